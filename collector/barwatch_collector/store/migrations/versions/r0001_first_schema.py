"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes all tables."""
    op.create_table(
        "host",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("system", sa.String(length=16), nullable=False),
        sa.Column("agent_version", sa.String(length=64), nullable=False),
        sa.Column("hardware_uuid", sa.String(length=64), nullable=True),
        sa.Column("first_seen_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_ns", sa.BigInteger(), nullable=False),
        sa.Column("clock_skew_ns", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host")),
        sa.UniqueConstraint("agent_id", name=op.f("uq_host_agent_id")),
    )
    op.create_table(
        "epoch",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_epoch_host_id_host")),
        sa.PrimaryKeyConstraint("host_id", "number", name=op.f("pk_epoch")),
        sa.UniqueConstraint("host_id", "uuid", name=op.f("uq_epoch_host_id_uuid")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "function_state",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("function_key", sa.String(length=16), nullable=False),
        sa.Column("taken_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("power_state", sa.String(length=16), nullable=True),
        sa.Column("runtime_status", sa.String(length=16), nullable=True),
        sa.Column("link_speed_gts", sa.Float(), nullable=True),
        sa.Column("link_width", sa.Integer(), nullable=True),
        sa.Column("is_memory_decoding", sa.Boolean(), nullable=True),
        sa.Column("aer_correctable", sa.BigInteger(), nullable=True),
        sa.Column("aer_nonfatal", sa.BigInteger(), nullable=True),
        sa.Column("aer_fatal", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_function_state_host_id_host")),
        sa.PrimaryKeyConstraint("host_id", "function_key", "taken_at_ns", name=op.f("pk_function_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("taken_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("machine_vendor", sa.String(length=255), nullable=True),
        sa.Column("machine_model", sa.String(length=255), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_snapshot_host_id_host")),
        sa.PrimaryKeyConstraint("host_id", "snapshot_id", name=op.f("pk_snapshot")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "function",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("function_key", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=16), nullable=False),
        sa.Column("topology", sa.String(length=16), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Integer(), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("class_code", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id", "snapshot_id"],
            ["snapshot.host_id", "snapshot.snapshot_id"],
            name=op.f("fk_function_host_id_snapshot_id_snapshot"),
        ),
        sa.PrimaryKeyConstraint("host_id", "snapshot_id", "function_key", name=op.f("pk_function")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_function_topology"), "function", ["topology"], unique=False)
    op.create_table(
        "gap",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=9), nullable=False),
        sa.Column("gap_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("from_ns", sa.BigInteger(), nullable=False),
        sa.Column("to_ns", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.String(length=4096), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch"], ["epoch.host_id", "epoch.number"], name=op.f("fk_gap_host_id_epoch_epoch")
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "origin", "gap_id", name=op.f("pk_gap")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("function_key", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=16), nullable=False),
        sa.Column("topology", sa.String(length=16), nullable=False),
        sa.Column("register", sa.String(length=64), nullable=False),
        sa.Column("access", sa.String(length=8), nullable=False),
        sa.Column("bar", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("expect", sa.String(length=18), nullable=True),
        sa.Column("mask", sa.String(length=18), nullable=True),
        sa.Column("is_canary", sa.Boolean(), nullable=False),
        sa.Column("ok", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("all_ones", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("mismatch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("denied", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unreachable", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fault", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counted_until_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch"], ["epoch.host_id", "epoch.number"], name=op.f("fk_series_host_id_epoch_epoch")
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "series_id", name=op.f("pk_series")),
        postgresql_with={"fillfactor": 50},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "setting",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=4096), nullable=True),
        sa.Column("source", sa.String(length=4096), nullable=False),
        sa.Column("reason", sa.String(length=4096), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id", "snapshot_id"],
            ["snapshot.host_id", "snapshot.snapshot_id"],
            name=op.f("fk_setting_host_id_snapshot_id_snapshot"),
        ),
        sa.PrimaryKeyConstraint("host_id", "snapshot_id", "name", name=op.f("pk_setting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validity",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("from_ns", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id", "snapshot_id"],
            ["snapshot.host_id", "snapshot.snapshot_id"],
            name=op.f("fk_validity_host_id_snapshot_id_snapshot"),
        ),
        sa.PrimaryKeyConstraint("host_id", "from_ns", name=op.f("pk_validity")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "episode",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("opened_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("closed_at_ns", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(length=18), nullable=True),
        sa.Column("reason", sa.String(length=4096), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch", "series_id"],
            ["series.host_id", "series.epoch", "series.series_id"],
            name=op.f("fk_episode_host_id_epoch_series_id_series"),
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "episode_id", name=op.f("pk_episode")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_episode_opened_at_ns"), "episode", ["opened_at_ns"], unique=False)
    op.create_table(
        "raw_block",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("first_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch", "series_id"],
            ["series.host_id", "series.epoch", "series.series_id"],
            name=op.f("fk_raw_block_host_id_epoch_series_id_series"),
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "series_id", "first_at_ns", name=op.f("pk_raw_block")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series_hour",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("ok", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("all_ones", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("mismatch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("denied", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unreachable", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fault", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch", "series_id"],
            ["series.host_id", "series.epoch", "series.series_id"],
            name=op.f("fk_series_hour_host_id_epoch_series_id_series"),
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "hour", "series_id", name=op.f("pk_series_hour")),
        postgresql_with={"fillfactor": 50},
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_series_hour_host_id_epoch_series_id_hour"),
        "series_hour",
        ["host_id", "epoch", "series_id", "hour"],
        unique=False,
    )


def downgrade() -> None:
    """Drops all tables."""
    op.drop_index(op.f("ix_series_hour_host_id_epoch_series_id_hour"), table_name="series_hour")
    op.drop_table("series_hour")
    op.drop_table("raw_block")
    op.drop_index(op.f("ix_episode_opened_at_ns"), table_name="episode")
    op.drop_table("episode")
    op.drop_table("validity")
    op.drop_table("setting")
    op.drop_table("series")
    op.drop_table("gap")
    op.drop_index(op.f("ix_function_topology"), table_name="function")
    op.drop_table("function")
    op.drop_table("snapshot")
    op.drop_table("function_state")
    op.drop_table("epoch")
    op.drop_table("host")
