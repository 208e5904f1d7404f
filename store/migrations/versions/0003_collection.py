"""Collection: re-reading in rotation, conditional requests, earlier texts, and which vectors belong to a post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.schema

revision = "0003_collection"
down_revision = "0002_topics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("frontier") as table:
        table.add_column(sa.Column("read_at", store.schema.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("etag", sa.Text(), nullable=False, server_default=""))
        table.create_index("ix_frontier_rotation", ["source_id", "pending", "read_at"], unique=False)
    with op.batch_alter_table("posts") as table:
        table.add_column(sa.Column("deleted_at", store.schema.UtcDateTime(timezone=True), nullable=True))
        table.create_index("ix_posts_external_id", ["external_id"], unique=False)
    op.create_table(
        "post_edits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("written_at", store.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", store.schema.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_edits_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_edits")),
    )
    op.create_index(op.f("ix_post_edits_post_id"), "post_edits", ["post_id"], unique=False)
    op.create_table(
        "post_texts",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_texts_post_id")),
        sa.PrimaryKeyConstraint("post_id", "stage", "text_hash", name=op.f("pk_post_texts")),
    )
    op.create_index(op.f("ix_post_texts_text_hash"), "post_texts", ["text_hash"], unique=False)


def downgrade() -> None:
    op.drop_table("post_texts")
    op.drop_table("post_edits")
    with op.batch_alter_table("posts") as table:
        table.drop_index("ix_posts_external_id")
        table.drop_column("deleted_at")
    with op.batch_alter_table("frontier") as table:
        table.drop_index("ix_frontier_rotation")
        table.drop_column("etag")
        table.drop_column("read_at")
