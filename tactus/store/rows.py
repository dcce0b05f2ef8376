"""Records as rows, and back: consecutive chunks of a turn are one row that can be cut again."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from tactus.events import EVENT, AgentStreamChunkEvent, EventRecord, Text

MOST_CHARACTERS = 8192  # of one row of chunks: as JSON it stays under 64 KiB whatever it holds

CHUNK = "agent_stream_chunk"
COST = "cost"
RESTART = "step_restarted"


def to_json(data: Any) -> str:
    """`data` as JSON; what UTF-8 cannot carry becomes a question mark, a character for each."""
    try:
        return orjson.dumps(data).decode()
    except TypeError:
        whole = json.dumps(data, ensure_ascii=False, default=str)
        return whole.encode("utf-8", "replace").decode()


def rows_of(records: Iterable[EventRecord]) -> list[dict[str, Any]]:
    """The rows for the records of one run, in their order."""
    rows: list[dict[str, Any]] = []
    run: list[EventRecord] = []
    size = 0
    for record in records:
        event = record.event
        if isinstance(event, AgentStreamChunkEvent):
            length = len(event.chunk_text)
            if run and (_turn_of(run[0]) != event.turn_id or size + length > MOST_CHARACTERS):
                rows.append(_merged(run))
                run, size = [], 0
            run.append(record)
            size += length
            continue
        if run:
            rows.append(_merged(run))
            run, size = [], 0
        # a turn's response is its text, which the turn table has
        data = event.model_dump(mode="json", exclude={"event_type", "response"})
        rows.append(_row(record, record.seq, data))
    if run:
        rows.append(_merged(run))
    return rows


def records_of(
    rows: Sequence[Any],
    texts: dict[str, Text],
    responses: Mapping[str, str],
    *,
    after: int,
    upto: int,
) -> Iterator[EventRecord]:
    """The records in `rows` with `after` < seq <= `upto`; a row of chunks is one record.

    Args:
        rows: of one run, in order, each as wide as the event table, with `goal_id`.
        texts: of each turn the text before the first row, or further; grown here.
        responses: the text of each turn whose cost is among the rows.
        after: where a row of chunks is cut in front.
        upto: where it is cut at its end.
    """
    for row in rows:
        data = orjson.loads(row.data)
        if row.event_type == COST:
            data["response"] = responses.get(row.turn_id, "")
        if row.event_type != CHUNK:
            event = EVENT.validate_python({"event_type": row.event_type, **data})
            seq = row.seq
            if row.event_type == RESTART and row.turn_id in texts:
                texts[row.turn_id] = _kept(texts[row.turn_id], data["kept_length"])
        else:
            text = texts.setdefault(row.turn_id, Text())
            first = max(after + 1 - row.seq, 0)
            last = min(upto, row.last_seq) - row.seq + 1
            lengths, counts = data["lengths"], counts_of(data)
            begin, end = sum(lengths[:first]), sum(lengths[:last])
            text.append(data["text"][max(text.length - data["start"], 0) : begin])
            event = AgentStreamChunkEvent.grown(
                text,
                data["text"][begin:end],
                turn_id=row.turn_id,
                agent_name=data["agent_name"],
                index=data["index"] + sum(counts[:first]),
                count=sum(counts[first:last]),
            )
            seq = row.seq + last - 1
        yield EventRecord.model_construct(
            seq=seq,
            run_id=row.run_id,
            timestamp=row.timestamp,
            goal_id=row.goal_id,
            parent_run_id=None,
            event=event,
        )


def counts_of(data: Mapping[str, Any]) -> list[int]:
    """How many model chunks each event of a row of chunks stands for."""
    counts: list[int] = data.get("counts") or [1] * len(data["lengths"])
    return counts


def compacted(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of one turn's chunks as few as they can be: each commit had begun a new one."""
    merged: list[dict[str, Any]] = []
    for row in rows:
        data = orjson.loads(row.data)
        last = merged[-1] if merged else None
        follows = last is not None and last["last_seq"] + 1 == row.seq
        if last is None or not follows or last["size"] + len(data["text"]) > MOST_CHARACTERS:
            columns = {str(name): value for name, value in row._asdict().items()}
            merged.append({**columns, "size": len(data["text"]), "pieces": [data]})
            continue
        last["pieces"].append(data)
        last["size"] += len(data["text"])
        last |= {"last_seq": row.last_seq, "timestamp": row.timestamp}
    for row in merged:
        del row["size"]
        pieces = row.pop("pieces")
        data = {
            **pieces[0],
            "text": "".join(piece["text"] for piece in pieces),
            "lengths": [length for piece in pieces for length in piece["lengths"]],
        }
        counts = [count for piece in pieces for count in counts_of(piece)]
        row["data"] = to_json({**data, "counts": counts} if set(counts) != {1} else data)
    return merged


def _kept(text: Text, length: int) -> Text:
    kept = Text()
    kept.append(text.upto(length))
    return kept


def _turn_of(record: EventRecord) -> str | None:
    return getattr(record.event, "turn_id", None)


def _row(record: EventRecord, first: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "seq": first,
        "last_seq": record.seq,
        "timestamp": record.timestamp,
        "event_type": record.event.event_type,
        "turn_id": _turn_of(record),
        "data": to_json(data),
        "key": record.key,
    }


def _merged(run: list[EventRecord]) -> dict[str, Any]:
    """One row for chunks of one turn that follow each other."""
    events = [record.event for record in run if isinstance(record.event, AgentStreamChunkEvent)]
    data: dict[str, Any] = {
        "agent_name": events[0].agent_name,
        "index": events[0].index,
        "start": events[0].accumulated_length - len(events[0].chunk_text),
        "text": "".join(event.chunk_text for event in events),
        "lengths": [len(event.chunk_text) for event in events],
    }
    counts = [event.chunk_count for event in events]
    if set(counts) != {1}:
        data["counts"] = counts
    return _row(run[-1], run[0].seq, data)
