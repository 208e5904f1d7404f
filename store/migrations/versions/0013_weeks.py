"""Threads and uploads counted ahead by week too, and threads of a forum category by family, from what is stored."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from store.schema import UtcDateTime
from store.weeks import week_number, week_of

revision = "0013_weeks"
down_revision = "0012_topic_map"
branch_labels = None
depends_on = None

_THREADS = sa.table("threads", *map(sa.column, ("id", "created_at", "month", "counted", "category")))
_MENTIONS = sa.table("mentions", *map(sa.column, ("thread_id", "family")))


def upgrade() -> None:
    op.create_table(
        "week_counts",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "subject", "family", "week", name=op.f("pk_week_counts")),
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "week_uploads",
        sa.Column("source_id", number, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("models", sa.BigInteger(), nullable=False),
        sa.Column("cards", sa.BigInteger(), nullable=True),
        sa.Column("downloads", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_week_uploads_source_id")),
        sa.PrimaryKeyConstraint("source_id", "month", "week", "family", name=op.f("pk_week_uploads")),
    )
    op.create_index(op.f("ix_week_uploads_family_week"), "week_uploads", ["family", "week"], unique=False)
    _count_threads()
    _count_expected()
    _count_uploads()


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM trend_counts WHERE kind = 'forum category' AND family <> ''"))
    op.drop_table("week_uploads")
    op.drop_table("week_counts")


def _count_threads() -> None:
    _count("all", _THREADS)
    _count("forum category", _THREADS, _THREADS.c.category)
    _count("family", _joined(_MENTIONS), _MENTIONS.c.family)
    for calendar in ("week", "month"):
        _count("forum category", _joined(_MENTIONS), _THREADS.c.category, family=_MENTIONS.c.family, calendar=calendar)
    for kind, name, scope, subject in (
        ("verdict", "thread_verdicts", "bundle_id", "verdict"),
        ("label", "thread_labels", "bundle_id", "label"),
        ("topic", "topic_threads", "run_id", "topic"),
    ):
        said = sa.table(name, *map(sa.column, ("thread_id", scope, subject)))
        about = sa.cast(said.c[subject], sa.Text())
        _count(kind, _joined(said), about, said.c[scope])
        if kind != "verdict":
            named = _joined(said).join(_MENTIONS, _MENTIONS.c.thread_id == _THREADS.c.id)
            _count(kind, named, about, said.c[scope], _MENTIONS.c.family)


def _joined(said: sa.TableClause) -> sa.Join:
    return _THREADS.join(said, said.c.thread_id == _THREADS.c.id)


def _count(
    kind: str, rows: Any, subject: Any = None, scope: Any = None, family: Any = None, calendar: str = "week"
) -> None:
    table, period = {
        "week": ("week_counts", week_number(_THREADS.c.created_at)),
        "month": ("trend_counts", _THREADS.c.month),
    }[calendar]
    by = [column for column in (scope, subject, family) if column is not None]
    counted = (
        sa.select(
            sa.literal(kind),
            sa.literal(0) if scope is None else scope,
            sa.literal("") if subject is None else subject,
            sa.literal("") if family is None else family,
            period,
            sa.func.count(),
            sa.literal(0),
        )
        .select_from(rows)
        .where(_THREADS.c.counted == sa.true())
        .group_by(*by, period)
    )
    names = ("kind", "scope", "subject", "family", calendar, "threads", "expected")
    op.execute(sa.insert(sa.table(table, *map(sa.column, names))).from_select(names, counted))


def _count_expected() -> None:
    """Sums of the probability that one of a thread's posts carries a label, in millionths."""
    connection = op.get_bind()
    bundles = sa.table("bundles", sa.column("id"), sa.column("labels", sa.JSON()))
    labels = {row.id: row.labels for row in connection.execute(sa.select(bundles.c.id, bundles.c.labels))}
    said = sa.table("post_verdicts", *map(sa.column, ("bundle_id", "thread_id", "probabilities")))
    moment = sa.type_coerce(_THREADS.c.created_at, UtcDateTime()).label("moment")
    rows = connection.execute(
        sa.select(said.c.bundle_id, said.c.thread_id, said.c.probabilities, moment)
        .select_from(_joined(said))
        .where(_THREADS.c.counted == sa.true())
        .order_by(said.c.bundle_id, said.c.thread_id),
        execution_options={"yield_per": 1000},
    )
    expected: Counter[tuple[int, str, int]] = Counter()
    for (bundle, _, moment), posts in groupby(rows, key=lambda row: (row.bundle_id, row.thread_id, row.moment)):
        each = np.stack([np.frombuffer(post.probabilities, "<u2") for post in posts]) / 10_000
        for label, value in zip(labels[bundle], np.rint((1 - np.prod(1 - each, axis=0)) * 1_000_000), strict=True):
            expected[bundle, label, week_of(moment)] += int(value)
    upsert = sa.text(
        "INSERT INTO week_counts (kind, scope, subject, family, week, threads, expected) "
        "VALUES ('label', :scope, :subject, '', :week, 0, :expected) "
        "ON CONFLICT (kind, scope, subject, family, week) DO UPDATE SET expected = excluded.expected"
    )
    for (scope, subject, week), value in expected.items():
        connection.execute(upsert, {"scope": scope, "subject": subject, "week": week, "expected": value})


def _count_uploads() -> None:
    names = ("source_id", "created_at", "month", "family", "has_card", "downloads")
    models = sa.table("models", *map(sa.column, names))
    week = week_number(models.c.created_at)
    untold = sa.func.sum(sa.case((models.c.has_card.is_(None), 1), else_=0))
    carded = sa.func.sum(sa.case((models.c.has_card == sa.true(), 1), else_=0))
    counted = (
        sa.select(
            models.c.source_id,
            models.c.month,
            week,
            models.c.family,
            sa.func.count(),
            sa.case((untold > 0, None), else_=carded),
            sa.func.sum(models.c.downloads),
        )
        .where(models.c.month.is_not(None))
        .group_by(models.c.source_id, models.c.month, week, models.c.family)
    )
    columns = ("source_id", "month", "week", "family", "models", "cards", "downloads")
    op.execute(sa.insert(sa.table("week_uploads", *map(sa.column, columns))).from_select(columns, counted))
