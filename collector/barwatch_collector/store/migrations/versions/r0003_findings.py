"""Findings, with their history."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table; it is filled when failures are explained."""
    op.create_table(
        "finding",
        sa.Column("failure", sa.String(length=32), nullable=False),
        sa.Column("found_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("failing_hosts", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("failure", "found_at_ns", name=op.f("pk_finding")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drops the table; what was found can be found again, but not when."""
    op.drop_table("finding")
