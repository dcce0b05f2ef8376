"""The tables of the event log: plain types, so that another database is only another URL."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

SCHEMA_VERSION = 3

METADATA = MetaData()

RUN = Table(
    "run",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("params", Text, nullable=False),  # JSON
    Column("model", Text),  # what was asked for in place of every agent's model
    Column("goal_id", Text),
    Column("status", String(16), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("duration_ms", Float),
    Column("turns", Integer, nullable=False),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost", Float),  # USD; null when the price of any turn is unknown
    Column("result", Text),  # JSON
    Column("error", Text),  # JSON
    Column("last_seq", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),  # no event beyond it has been told to anybody
    Column("crc", BigInteger),  # of all columns before it
    Index("run_by_start", "started_ms"),
    Index("run_by_status", "status", "started_ms"),
    Index("run_by_goal", "goal_id", "started_ms"),
)

EVENT = Table(
    "event",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),  # more than seq where chunks were merged
    Column("timestamp", BigInteger, nullable=False),
    Column("event_type", String(32), nullable=False),
    Column("turn_id", String(64)),
    Column("data", Text, nullable=False),  # JSON
    Column("crc", BigInteger),  # of all columns before it
    Column("key", Text),  # names the event alike when its run is repeated
    Index("event_by_turn", "run_id", "turn_id", "seq"),
)

TURN = Table(
    "turn",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("turn_id", String(64), primary_key=True),
    Column("agent_name", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("duration_ms", Float),
    Column("time_to_first_token_ms", Float),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost", Float),
    Column("chunks", Integer),
    Column("text", Text),  # null while the turn is active: then its text is in its chunks
    Column("crc", BigInteger),  # of all columns before it
    Index("turn_by_start", "started_ms"),
    Index("turn_by_status", "status", "started_ms"),
)
