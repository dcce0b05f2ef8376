"""The order that AG-UI asks of events: what its own client refuses to read otherwise."""

from collections.abc import Iterable
from typing import Any

_OPENED = {
    "STEP_STARTED": "step_name",
    "TEXT_MESSAGE_START": "message_id",
    "TOOL_CALL_START": "tool_call_id",
}
_WITHIN = {"TEXT_MESSAGE_CONTENT": "message_id", "TOOL_CALL_ARGS": "tool_call_id"}
_CLOSED = {
    "STEP_FINISHED": "step_name",
    "TEXT_MESSAGE_END": "message_id",
    "TOOL_CALL_END": "tool_call_id",
}
_LAST = ("RUN_FINISHED", "RUN_ERROR")


def in_order(events: Iterable[Any]) -> list[str]:
    """The texts that the events make, message by message; fails where one is out of order."""
    texts: dict[str, str] = {}
    opened: set[str] = set()
    known: set[str] = set()
    kinds: list[str] = []
    for event in events:
        kind = str(event.type.value)
        assert not set(kinds) & set(_LAST), "the run had ended"
        assert (kind == "RUN_STARTED") == (not kinds), "a run starts first, and once"
        kinds.append(kind)
        if kind in _OPENED:
            identity = getattr(event, _OPENED[kind])
            assert identity not in known
            opened.add(identity)
            known.add(identity)
        elif kind in _WITHIN:
            assert getattr(event, _WITHIN[kind]) in opened
            assert event.delta != ""
        elif kind in _CLOSED:
            opened.remove(getattr(event, _CLOSED[kind]))
        elif kind == "TOOL_CALL_RESULT":
            assert event.tool_call_id in known - opened
        elif kind == "RUN_FINISHED":
            assert not opened
        if kind.startswith("TEXT_MESSAGE"):
            text = texts.get(event.message_id, "")
            texts[event.message_id] = text + getattr(event, "delta", "")
    assert kinds[-1] in _LAST
    return list(texts.values())
