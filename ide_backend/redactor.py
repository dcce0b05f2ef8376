"""Keys are kept out of every record, whatever event would carry them."""

from collections.abc import Iterable

from tactus.dspy.redact import redact
from tactus.events import EVENT, AgentStreamChunkEvent, EventRecord
from tactus.store.rows import to_json


class Redactor:
    """Masks the values of `secrets` in records.

    The text of a model is left as it is: it is never given a key, and its pieces must add up.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def record(self, record: EventRecord, goal_id: str | None) -> EventRecord:
        """`record` without keys, and with its goal."""
        event = record.event
        if not isinstance(event, AgentStreamChunkEvent) and self._secrets:
            before = to_json(event.model_dump(mode="json"))
            after = redact(before, self._secrets)
            if after != before:
                event = EVENT.validate_json(after)
        if event is record.event and goal_id is None:
            return record
        return EventRecord.model_construct(
            seq=record.seq,
            run_id=record.run_id,
            timestamp=record.timestamp,
            goal_id=goal_id,
            parent_run_id=record.parent_run_id,
            event=event,
        )
