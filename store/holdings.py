"""What the store holds. Reads only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from store.counts import CountKind
from store.database import Database
from store.labels import without_categories
from store.schema import (
    bundles,
    mentions,
    models,
    post_verdicts,
    posts,
    threads,
    topics,
    trend_counts,
    uploads,
    vectors,
)
from store.scopes import Scopes, bundle_number, bundle_of, run_of
from store.sources import all_sources
from store.values import StoreCounts


def families_known(db: Database) -> set[str]:
    """Families that occur in uploads or mentions."""
    with db.read() as connection:
        uploaded = connection.execute(select(uploads.c.family).where(uploads.c.family != "").distinct()).scalars()
        return {*uploaded, *_subject_totals(connection, CountKind.FAMILY, 0)}


def categories_known(db: Database) -> set[str]:
    """Forum categories that threads of the store are in."""
    with db.read() as connection:
        return set(_subject_totals(connection, CountKind.FORUM_CATEGORY, 0))


def labels_known(db: Database, bundle_id: str | None) -> list[str]:
    """Leaves and categories that the bundle gives probabilities for."""
    with db.read() as connection:
        return list(connection.execute(select(bundles.c.labels).where(bundles.c.key == bundle_id)).scalar() or ())


def label_totals(db: Database, bundle_id: str | None) -> list[tuple[str, int]]:
    """Threads that carry each leaf by this bundle, most frequent first."""
    with db.read() as connection:
        bundle = bundle_number(connection, bundle_id)
        totals = _subject_totals(connection, CountKind.LABEL, Scopes(bundle, None).of(CountKind.LABEL))
    return sorted(((leaf, totals[leaf]) for leaf in without_categories(totals)), key=lambda item: (-item[1], item[0]))


def counts(db: Database, bundle_id: str | None, run_id: str | None = None) -> StoreCounts:
    """How much the store holds; assignments are those of the bundle, topics those of the run."""
    with db.read() as connection:

        def count(table: Table, *where: ColumnElement[bool]) -> int:
            return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

        bundle = bundle_of(bundle_id)
        run = run_of(run_id)
        states = connection.execute(select(threads.c.state, func.count()).group_by(threads.c.state)).all()
        return StoreCounts(
            threads=count(threads, threads.c.counted),
            posts=count(posts, ~posts.c.deleted),
            models=count(models),
            assignments=count(post_verdicts, post_verdicts.c.bundle_id == bundle),
            mentions=count(mentions),
            topics=count(topics, topics.c.run_id == run, topics.c.topic >= 0),
            vectors=count(vectors),
            threads_by_state={row[0]: row[1] for row in states},
            sources=all_sources(db),
        )


def _subject_totals(connection: Connection, kind: CountKind, scope: int) -> dict[str, int]:
    """Threads of each subject of a kind in all months; subjects without a thread are left out."""
    total = func.sum(trend_counts.c.threads)
    cells = trend_counts.c.kind == kind.value, trend_counts.c.scope == scope, trend_counts.c.family == ""
    rows: Any = connection.execute(
        select(trend_counts.c.subject, total).where(*cells).group_by(trend_counts.c.subject).having(total > 0)
    )
    return {subject: int(threads_) for subject, threads_ in rows}
