"""Answers: whether staff wrote a post, and why a thread's question had to be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_answers"
down_revision = "0004_hub"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("posts") as table:
        table.add_column(sa.Column("staff", sa.Boolean(), nullable=True))
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "thread_causes",
        sa.Column("bundle_id", row_id, nullable=False),
        sa.Column("thread_id", row_id, nullable=False),
        sa.Column("question_id", row_id, nullable=False),
        sa.Column("post_id", row_id, nullable=False),
        sa.Column("input_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name=op.f("fk_thread_causes_bundle_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_thread_causes_thread_id")),
        sa.ForeignKeyConstraint(["question_id"], ["posts.id"], name=op.f("fk_thread_causes_question_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_thread_causes_post_id")),
        sa.PrimaryKeyConstraint("bundle_id", "thread_id", name=op.f("pk_thread_causes")),
    )
    op.create_index(op.f("ix_thread_causes_thread_id"), "thread_causes", ["thread_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_thread_causes_thread_id"), "thread_causes")
    op.drop_table("thread_causes")
    with op.batch_alter_table("posts") as table:
        table.drop_column("staff")
