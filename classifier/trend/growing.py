"""Themes that take a larger share of threads than before, told quickly: only the shares are tested, no direction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from classifier.trend.emerging import emerging, shifts
from store.counts import CountKind
from store.database import Database
from store.labels import without_categories
from store.series import known_spans, thread_series


def growing(
    db: Database, bundle_id: str | None, run_id: str | None, kind: CountKind, now: datetime, recent: int = 3
) -> dict[str, float | None]:
    """How many times its share before each growing leaf or topic takes in the last whole months; None: it is new."""
    months = known_spans(db, None, None, now).forum
    cut = max(0, len(months) - recent)
    counts = thread_series(db, bundle_id, run_id, kind, months)
    named = without_categories(counts) if kind is CountKind.LABEL else [name for name in counts if name != "-1"]
    every = thread_series(db, None, None, CountKind.ALL, months).get("", (0,) * len(months))
    moved = shifts(_sums(counts, named, cut, None), _sums(counts, named, 0, cut), sum(every[cut:]), sum(every[:cut]))
    return {name: moved[name].ratio for name in emerging(moved)}


def _sums(counts: Mapping[str, tuple[int, ...]], named: list[str], start: int, end: int | None) -> dict[str, int]:
    return {name: sum(counts[name][start:end]) for name in named}
