"""Which spans of time the sources cover, and which source tells of a span best."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store.values import Coverage, Source, SourceKind

Span = tuple[datetime, datetime]
"""A month or week: its first moment, and the first moment after it."""


def covers(source: Source, span: Span) -> Coverage:
    """How much of a span the source covers."""
    begin, end = span
    if source.covered_from is None or source.covered_to is None:
        return Coverage.NONE
    if source.covered_from >= end or source.covered_to <= begin:
        return Coverage.NONE
    whole = source.covered_from <= begin and source.covered_to >= end
    return Coverage.FULL if whole else Coverage.PARTIAL


def coverage(known: Sequence[Source], span: Span, *, forum: bool) -> Coverage:
    """How much of a span the forums, or the sources of uploads, cover together."""
    found = {covers(source, span) for source in known if (source.kind is SourceKind.FORUM) == forum}
    return next((level for level in (Coverage.FULL, Coverage.PARTIAL) if level in found), Coverage.NONE)


def best_source(known: Sequence[Source], span: Span) -> Source | None:
    """The source of uploads that covers a span best, a Hub before a published table; None where none covers it."""
    rank = {Coverage.NONE: 0, Coverage.PARTIAL: 1, Coverage.FULL: 2}

    def worth(source: Source) -> tuple[int, bool, int]:
        return rank[covers(source, span)], source.kind is SourceKind.HUB, source.id

    telling = [source for source in known if source.kind is not SourceKind.FORUM]
    best = max(telling, key=worth, default=None)
    return best if best and covers(best, span) is not Coverage.NONE else None
