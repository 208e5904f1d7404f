"""Threads by month, counted ahead for every subject of a trend; probabilities of all labels; downloads by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_counts"
down_revision = "0005_answers"
branch_labels = None
depends_on = None

_DERIVED = (
    "thread_causes", "assignments", "post_verdicts", "thread_labels", "thread_verdicts", "mentions",
    "topic_threads", "topics", "topic_runs", "stages", "bundles",
)  # fmt: skip


def upgrade() -> None:
    _forget_derived()
    with op.batch_alter_table("bundles") as table:
        table.add_column(sa.Column("labels", sa.JSON(), nullable=False))
    with op.batch_alter_table("post_verdicts") as table:
        table.add_column(sa.Column("probabilities", sa.LargeBinary(), nullable=False))
    with op.batch_alter_table("uploads") as table:
        table.add_column(sa.Column("downloads", sa.BigInteger(), nullable=True))
    op.create_table(
        "trend_counts",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "subject", "family", "month", name=op.f("pk_trend_counts")),
    )
    op.create_index("ix_trend_counts_kind_scope_family_month", "trend_counts", ["kind", "scope", "family", "month"])
    _count("all", "''")
    _count("forum category", "category")


def downgrade() -> None:
    _forget_derived()
    op.drop_table("trend_counts")
    for name, column in (("uploads", "downloads"), ("post_verdicts", "probabilities"), ("bundles", "labels")):
        with op.batch_alter_table(name) as table:
            table.drop_column(column)


def _forget_derived() -> None:
    """The stages make it anew; the vectors, which take the time, stay."""
    for table in _DERIVED:
        op.execute(sa.delete(sa.table(table)))
    op.execute(sa.text("DELETE FROM settings WHERE name IN ('current_topic_run', 'current_bundle', 'current_causes')"))


def _count(kind: str, subject: str) -> None:
    op.execute(
        sa.text(
            "INSERT INTO trend_counts (kind, scope, subject, family, month, threads, expected) "
            f"SELECT '{kind}', 0, {subject}, '', month, count(*), 0 FROM threads WHERE counted "
            f"GROUP BY {subject + ', ' if subject != chr(39) * 2 else ''}month"
        )
    )
