"""Alerts that were raised, so that each is told of once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.schema

revision = "0008_alerts"
down_revision = "0007_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("raised_at", store.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", store.schema.UtcDateTime(timezone=True), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alerts")),
    )


def downgrade() -> None:
    op.drop_table("alerts")
