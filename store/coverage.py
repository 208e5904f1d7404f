"""Which months the sources cover, and which source tells of a month best."""

from __future__ import annotations

from collections.abc import Sequence

from store.months import month_start
from store.values import Coverage, Source, SourceKind


def covers(source: Source, month: int) -> Coverage:
    """How much of a month the source covers."""
    begin, end = month_start(month), month_start(month + 1)
    if source.covered_from is None or source.covered_to is None:
        return Coverage.NONE
    if source.covered_from >= end or source.covered_to <= begin:
        return Coverage.NONE
    whole = source.covered_from <= begin and source.covered_to >= end
    return Coverage.FULL if whole else Coverage.PARTIAL


def coverage(known: Sequence[Source], month: int, *, forum: bool) -> Coverage:
    """How much of a month the forums, or the sources of uploads, cover together."""
    found = {covers(source, month) for source in known if (source.kind is SourceKind.FORUM) == forum}
    return next((level for level in (Coverage.FULL, Coverage.PARTIAL) if level in found), Coverage.NONE)


def best_source(known: Sequence[Source], month: int) -> Source | None:
    """The source of uploads that covers a month best, a Hub before a published table; None where none covers it."""
    rank = {Coverage.NONE: 0, Coverage.PARTIAL: 1, Coverage.FULL: 2}

    def worth(source: Source) -> tuple[int, bool, int]:
        return rank[covers(source, month)], source.kind is SourceKind.HUB, source.id

    telling = [source for source in known if source.kind is not SourceKind.FORUM]
    best = max(telling, key=worth, default=None)
    return best if best and covers(best, month) is not Coverage.NONE else None
