"""What is random in a run."""

import hashlib

from tactus.runtime.places import Places


class Chance:
    """Draws bytes that follow from the run's id, the place and a count: nothing to record.

    A replay comes to the same places in the same order, and so to the same bytes; two runs have
    different ids. The count is of the place, not of the run: what is drawn within a step, which a
    replay leaves out, does not change what is drawn elsewhere.
    """

    def __init__(self, run_id: str, places: Places) -> None:
        self._run_id = run_id
        self._places = places

    def draw(self) -> bytes:
        """The next 32 bytes."""
        return self._digest("drawn")

    def question_id(self) -> str:
        """The id of the next question: the same when it is asked again after a crash."""
        return self._digest("question").hex()[:16]

    def _digest(self, what: str) -> bytes:
        return hashlib.sha256(f"{self._run_id}/{what}/{self._places.next(what)}".encode()).digest()
