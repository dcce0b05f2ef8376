"""What went wrong in a run, told as events."""

from tactus.errors import TactusError
from tactus.events import ErrorEvent
from tactus.lua.lines import excerpt
from tactus.runtime.recorder import Recorder


class Faults:
    """Tells each error of one run once, with the lines of the source that it names."""

    def __init__(self, file: str, source: str, recorder: Recorder) -> None:
        self._sources = {file: source}
        self._recorder = recorder
        self._told: list[TactusError] = []

    def add(self, file: str, source: str) -> None:
        """The run has one more file."""
        self._sources[file] = source

    def tell(self, error: TactusError, turn_id: str | None = None) -> None:
        """Tell `error`, unless it was told already."""
        if any(error is told or error.__cause__ is told for told in self._told):
            return
        self._told.append(error)
        source = self._sources.get(error.file or "", "")
        shown = "\n".join(text for _, text in excerpt(source, error.line))
        self._recorder.emit(
            ErrorEvent(
                code=error.code,
                message=error.message,
                file=error.file,
                line=error.line,
                excerpt=shown or None,
                traceback=error.traceback,
                hint=error.hint,
                turn_id=turn_id,
            )
        )
