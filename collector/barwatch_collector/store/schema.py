"""Tables. Every key leads with the host, so that a distributed PostgreSQL can shard by it.

Times are nanoseconds since 1970 in UTC. Unknown is NULL. Counters are cumulative, as the agent sent them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

HOUR_NS = 3_600_000_000_000
HALF_FULL = {"fillfactor": 50}  # per cent: a counter moves within its page, and no index hears of it (a HOT update)
COUNTS = ("ok", "all_ones", "mismatch", "denied", "unreachable", "fault", "skipped")  # columns of Counts, in its order


def _counts() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, default=0, server_default="0") for name in COUNTS]


host = Table(
    "host",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", String(36), nullable=False, unique=True),
    Column("hostname", String(255), nullable=False),
    Column("system", String(16), nullable=False),
    Column("agent_version", String(64), nullable=False),
    Column("hardware_uuid", String(64)),
    Column("first_seen_ns", BigInteger, nullable=False),
    Column("last_seen_ns", BigInteger, nullable=False),
    Column("clock_skew_ns", BigInteger),  # collector's clock minus the agent's, at the latest Hello
)

epoch = Table(
    "epoch",  # one spool of one agent
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, ... per host
    Column("uuid", String(36), nullable=False),
    Column("sequence", BigInteger, nullable=False),  # last committed batch
    Column("first_seen_ns", BigInteger, nullable=False),
    ForeignKeyConstraint(["host_id"], ["host.id"]),
    UniqueConstraint("host_id", "uuid"),
    sqlite_with_rowid=False,
)

snapshot = Table(
    "snapshot",  # content-addressed: one row however often a host returns to it
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("snapshot_id", String(32), primary_key=True),
    Column("taken_at_ns", BigInteger, nullable=False),  # when it was first seen
    Column("machine_vendor", String(255)),  # HostFacts, for questions across hosts
    Column("machine_model", String(255)),
    Column("document", LargeBinary, nullable=False),  # the Snapshot message, as sent
    ForeignKeyConstraint(["host_id"], ["host.id"]),
    sqlite_with_rowid=False,
)

validity = Table(
    "validity",  # from when on which snapshot holds
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("from_ns", BigInteger, primary_key=True),
    Column("snapshot_id", String(32), nullable=False),
    ForeignKeyConstraint(["host_id", "snapshot_id"], ["snapshot.host_id", "snapshot.snapshot_id"]),
    sqlite_with_rowid=False,
)

function = Table(
    "function",  # the functions of a snapshot, for questions across hosts
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("snapshot_id", String(32), primary_key=True),
    Column("function_key", String(16), primary_key=True),
    Column("address", String(16), nullable=False),
    Column("topology", String(16), nullable=False),  # fingerprint of the route
    Column("route", Text, nullable=False),  # the same route for people
    Column("vendor", Integer, nullable=False),
    Column("device", Integer, nullable=False),
    Column("class_code", Integer, nullable=False),
    ForeignKeyConstraint(["host_id", "snapshot_id"], ["snapshot.host_id", "snapshot.snapshot_id"]),
    Index(None, "topology"),
    sqlite_with_rowid=False,
)

setting = Table(
    "setting",  # the settings of a snapshot
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("snapshot_id", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("value", String(4096)),
    Column("source", String(4096), nullable=False),
    Column("reason", String(4096)),  # why it is absent or unreadable
    ForeignKeyConstraint(["host_id", "snapshot_id"], ["snapshot.host_id", "snapshot.snapshot_id"]),
    sqlite_with_rowid=False,
)

series = Table(
    "series",  # what is read, and how it went since the series began
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("series_id", Integer, primary_key=True),
    Column("snapshot_id", String(32), nullable=False),
    Column("function_key", String(16), nullable=False),
    Column("address", String(16), nullable=False),
    Column("topology", String(16), nullable=False),
    Column("register", String(64), nullable=False),
    Column("access", String(8), nullable=False),
    Column("bar", Integer),  # NULL: configuration space
    Column("offset", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("expect", String(18)),  # hexadecimal, as episode.value; NULL: the plan expects no value
    Column("mask", String(18)),  # hexadecimal: the bits of it that count; NULL: all
    Column("is_canary", Boolean, nullable=False),
    *_counts(),
    Column("counted_until_ns", BigInteger),  # NULL: no counters yet
    ForeignKeyConstraint(["host_id", "epoch"], ["epoch.host_id", "epoch.number"]),
    postgresql_with=HALF_FULL,
    sqlite_with_rowid=False,
)

series_hour = Table(
    "series_hour",  # where the counters of a series stood at the end of each hour in which they moved
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("hour", Integer, primary_key=True),  # hours since 1970; before the series, so that a batch writes neighbours
    Column("series_id", Integer, primary_key=True),
    *_counts(),
    ForeignKeyConstraint(["host_id", "epoch", "series_id"], ["series.host_id", "series.epoch", "series.series_id"]),
    Index(None, "host_id", "epoch", "series_id", "hour"),  # for the way back in time of one series
    postgresql_with=HALF_FULL,
    sqlite_with_rowid=False,
)

episode = Table(
    "episode",
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("episode_id", Integer, primary_key=True),
    Column("series_id", Integer, nullable=False),
    Column("opened_at_ns", BigInteger, nullable=False),
    Column("last_at_ns", BigInteger, nullable=False),
    Column("closed_at_ns", BigInteger),  # NULL: it lasts
    Column("outcome", String(16), nullable=False),
    Column("reads", BigInteger, nullable=False),
    Column("value", String(18)),  # hexadecimal: SQL has no unsigned 64-bit integers
    Column("reason", String(4096)),
    Column("evidence", LargeBinary),  # the Evidence message, as sent: decoded again when we know more
    ForeignKeyConstraint(["host_id", "epoch", "series_id"], ["series.host_id", "series.epoch", "series.series_id"]),
    Index(None, "opened_at_ns"),
    Index(  # for the evidence of one host at one time
        None,
        "host_id",
        "epoch",
        "opened_at_ns",
        sqlite_where=text("evidence IS NOT NULL"),
        postgresql_where=text("evidence IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

verdict = Table(
    "verdict",  # one row per episode, written with it; what it says is filled in later
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("episode_id", Integer, primary_key=True),
    Column("opened_at_ns", BigInteger, nullable=False),  # of the episode: the latest is judged first
    Column(
        "evidence_of", Integer
    ),  # the episode whose evidence counts here; NULL: none is known, the read stands alone
    Column("table_version", Integer),  # of the decision table; NULL: no verdict yet
    Column("failure", String(32)),  # FailureClass; NULL: no verdict yet
    Column("confidence", Float),  # 0 to 1; NULL: no verdict yet
    Column("repetition", String(16)),  # NULL: no verdict yet, or nothing was read again or besides
    Column("document", Text),  # JSON: reasons, missing and likely; NULL: no verdict yet
    ForeignKeyConstraint(
        ["host_id", "epoch", "episode_id"], ["episode.host_id", "episode.epoch", "episode.episode_id"]
    ),
    Index(None, "table_version", "opened_at_ns"),  # what is to be judged, the latest at the end
    sqlite_with_rowid=False,
)

gap = Table(
    "gap",  # known losses
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("origin", String(9), primary_key=True),  # "agent" or "collector": who noticed
    Column("gap_id", BigInteger, primary_key=True),  # the agent's number; the first missing sequence for the collector
    Column("cause", String(32), nullable=False),
    Column("from_ns", BigInteger, nullable=False),
    Column("to_ns", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("detail", String(4096)),
    ForeignKeyConstraint(["host_id", "epoch"], ["epoch.host_id", "epoch.number"]),
    sqlite_with_rowid=False,
)

raw_block = Table(
    "raw_block",
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("series_id", Integer, primary_key=True),
    Column("first_at_ns", BigInteger, primary_key=True),
    Column("last_at_ns", BigInteger, nullable=False),
    Column("reads", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),  # the RawBlock message, as sent
    ForeignKeyConstraint(["host_id", "epoch", "series_id"], ["series.host_id", "series.epoch", "series.series_id"]),
    sqlite_with_rowid=False,
)

function_state = Table(
    "function_state",  # what came and went: mediators, never causes
    metadata,
    Column("host_id", Integer, primary_key=True),
    Column("function_key", String(16), primary_key=True),
    Column("taken_at_ns", BigInteger, primary_key=True),
    Column("power_state", String(16)),
    Column("runtime_status", String(16)),
    Column("link_speed_gts", Float),
    Column("link_width", Integer),
    Column("is_memory_decoding", Boolean),
    Column("aer_correctable", BigInteger),
    Column("aer_nonfatal", BigInteger),
    Column("aer_fatal", BigInteger),
    ForeignKeyConstraint(["host_id"], ["host.id"]),
    sqlite_with_rowid=False,
)

finding = Table(
    "finding",  # what explained the failures of a class from then on; of the whole fleet, so no host leads its key
    metadata,
    Column("failure", String(32), primary_key=True),  # FailureClass, or "any"
    Column("found_at_ns", BigInteger, primary_key=True),
    Column("engine", String(16), nullable=False),  # version of the engine
    Column("input_hash", String(64), nullable=False),  # of everything the answer depends on
    Column("failing_hosts", Integer, nullable=False),
    Column("level", String(16)),  # of the first explanation; NULL: nothing is explained
    Column("sentence", Text, nullable=False),  # the first one, or why there is none
    Column("document", Text, nullable=False),  # JSON: the whole report
    sqlite_with_rowid=False,
)
