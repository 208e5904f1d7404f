"""Hub: raw model types, gated and gone models, full listings, and what model cards hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.schema

revision = "0004_hub"
down_revision = "0003_collection"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("models") as table:
        table.add_column(sa.Column("hub_id", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("model_type", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("gated", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("modified_at", store.schema.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("listing", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_index("ix_models_source_id_hub_id", ["source_id", "hub_id"], unique=False)
    op.execute("UPDATE models SET model_type = family")
    op.create_table(
        "model_cards",
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("read_at", store.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("placeholders", sa.Integer(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("broken_metadata", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_model_cards_source_id")),
        sa.PrimaryKeyConstraint("source_id", "model_id", name=op.f("pk_model_cards")),
    )


def downgrade() -> None:
    op.drop_table("model_cards")
    with op.batch_alter_table("models") as table:
        table.drop_index("ix_models_source_id_hub_id")
        for name in ("gone", "listing", "modified_at", "gated", "model_type", "hub_id"):
            table.drop_column(name)
