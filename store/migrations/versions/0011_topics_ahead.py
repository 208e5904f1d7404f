"""What bundles say of topics, counted ahead."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0011_topics_ahead"
down_revision = "0010_by_thread"
branch_labels = None
depends_on = None

_TABLE = "topic_label_counts"
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MILLION = 1_000_000
_CARRIED = """
SELECT places.run_id, carried.bundle_id, places.topic, carried.label, count(*)
FROM topic_threads AS places JOIN thread_labels AS carried ON carried.thread_id = places.thread_id
JOIN threads ON threads.id = places.thread_id AND threads.counted
GROUP BY places.run_id, carried.bundle_id, places.topic, carried.label
"""
_OPENINGS = """
SELECT places.run_id, said.bundle_id, places.topic, said.post_id, said.verdict, assignments.label, assignments.score
FROM topic_threads AS places JOIN threads ON threads.id = places.thread_id AND threads.counted
JOIN posts ON posts.thread_id = places.thread_id AND posts.number = 1 AND NOT posts.deleted
JOIN post_verdicts AS said ON said.thread_id = places.thread_id AND said.post_id = posts.id
LEFT JOIN assignments ON assignments.bundle_id = said.bundle_id AND assignments.thread_id = said.thread_id
  AND assignments.post_id = said.post_id
ORDER BY places.run_id, said.bundle_id, places.topic, said.post_id
"""


def upgrade() -> None:
    table = op.create_table(
        _TABLE,
        sa.Column("run_id", _ROW_ID, nullable=False),
        sa.Column("bundle_id", _ROW_ID, nullable=False),
        sa.Column("topic", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("openings", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["topic_runs.id"], name=op.f("fk_topic_label_counts_run_id")),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name=op.f("fk_topic_label_counts_bundle_id")),
        sa.PrimaryKeyConstraint("run_id", "bundle_id", "topic", "label", name=op.f("pk_topic_label_counts")),
    )
    names = ("run_id", "bundle_id", "topic", "label")
    rows = [dict(zip(names, cell, strict=True)) | sums for cell, sums in _counted(op.get_bind()).items()]
    if rows:
        op.bulk_insert(table, rows)


def downgrade() -> None:
    op.drop_table(_TABLE)


def _counted(connection: sa.Connection) -> dict[tuple[int, int, int, str], dict[str, int]]:
    """As the store counts from now on."""
    found: defaultdict[tuple[int, int, int, str], Counter[str]] = defaultdict(Counter)
    for *cell, threads in connection.execute(sa.text(_CARRIED)):
        found[tuple(cell)].update(threads=threads)
    for key, group in groupby(connection.execute(sa.text(_OPENINGS)), key=lambda row: tuple(row[:5])):
        run, bundle, topic, _, verdict = key
        scores: dict[str, int] = {}
        for row in group:
            if row.label is not None:
                score = round(row.score * _MILLION)
                for label in {row.label, row.label.partition("/")[0], ""}:
                    scores[label] = max(score, scores.get(label, 0))
        found[run, bundle, topic, ""].update(threads=1, openings=int(verdict == "labelled"), score=scores.pop("", 0))
        for label, score in scores.items():
            found[run, bundle, topic, label].update(openings=1, score=score)
    return {cell: {name: sums[name] for name in ("threads", "openings", "score")} for cell, sums in found.items()}
