"""Verdicts, asked for of every episode that is there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ASKED_FOR = """
INSERT INTO verdict (host_id, epoch, episode_id, opened_at_ns, evidence_of)
SELECT host_id, epoch, episode_id, opened_at_ns, CASE WHEN evidence IS NULL THEN NULL ELSE episode_id END FROM episode
"""


def upgrade() -> None:
    """Makes the table, with an empty verdict for each episode."""
    op.create_index(
        op.f("ix_episode_host_id_epoch_opened_at_ns"),
        "episode",
        ["host_id", "epoch", "opened_at_ns"],
        unique=False,
        sqlite_where=sa.text("evidence IS NOT NULL"),
        postgresql_where=sa.text("evidence IS NOT NULL"),
    )
    op.create_table(
        "verdict",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Integer(), nullable=False),
        sa.Column("opened_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("evidence_of", sa.Integer(), nullable=True),
        sa.Column("table_version", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(length=32), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("repetition", sa.String(length=16), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_id", "epoch", "episode_id"],
            ["episode.host_id", "episode.epoch", "episode.episode_id"],
            name=op.f("fk_verdict_host_id_epoch_episode_id_episode"),
        ),
        sa.PrimaryKeyConstraint("host_id", "epoch", "episode_id", name=op.f("pk_verdict")),
        sqlite_with_rowid=False,
    )
    op.execute(ASKED_FOR)
    op.create_index(
        op.f("ix_verdict_table_version_opened_at_ns"), "verdict", ["table_version", "opened_at_ns"], unique=False
    )


def downgrade() -> None:
    """Drops the table; what it held can be made again."""
    op.drop_index(op.f("ix_verdict_table_version_opened_at_ns"), table_name="verdict")
    op.drop_table("verdict")
    op.drop_index(op.f("ix_episode_host_id_epoch_opened_at_ns"), table_name="episode")
