"""`format=cloudevents`: each event in a CloudEvents 1.0 envelope."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ide_backend.wire import Format, Message
from tactus.events import EventRecord


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`: one envelope."""
    time = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    yield Message(
        {
            "specversion": "1.0",
            "id": f"{record.run_id}/{record.seq}",
            "source": f"/tactus/runs/{record.run_id}",
            "type": f"dev.tactus.{record.event.event_type}",
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": record.flat(),
        }
    )


CLOUDEVENTS = Format("cloudevents", messages, pace="both")
