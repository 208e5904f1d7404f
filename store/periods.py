"""Threads of any span of time, counted when asked. Months are counted ahead, see store.counts. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from store.database import Database
from store.schema import thread_labels, threads
from store.scopes import bundle_of


@dataclass(frozen=True, slots=True)
class PeriodCounts:
    """Counted threads that were started in a span of time: all, and by label (leaves and categories)."""

    threads: int
    labels: Mapping[str, int]

    def share(self, label: str) -> float:
        """Share of threads with this label; 0 where there are none."""
        return self.labels.get(label, 0) / self.threads if self.threads else 0.0


def count_period(db: Database, bundle_id: str | None, start: datetime, end: datetime) -> PeriodCounts:
    """Threads started in [start, end), by what the bundle says of them."""
    inside = threads.c.counted, threads.c.created_at >= start, threads.c.created_at < end
    with db.read() as connection:
        every = connection.execute(select(func.count()).where(*inside)).scalar_one()
        bundle = bundle_of(bundle_id)
        rows = connection.execute(
            select(thread_labels.c.label, func.count())
            .join(threads, threads.c.id == thread_labels.c.thread_id)
            .where(thread_labels.c.bundle_id == bundle, *inside)
            .group_by(thread_labels.c.label)
        )
        return PeriodCounts(every, {row[0]: row[1] for row in rows})
