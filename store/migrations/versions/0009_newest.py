"""Newest counted threads, without sorting them all."""

from __future__ import annotations

from alembic import op

revision = "0009_newest"
down_revision = "0008_alerts"
branch_labels = None
depends_on = None

_NAME = "ix_threads_counted_created_at_id"


def upgrade() -> None:
    op.create_index(op.f(_NAME), "threads", ["counted", "created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f(_NAME), table_name="threads")
