"""The join, asked of a store: which themes and families rise, fall, emerge, part from uploads, and go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import numpy as np

from classifier.trend.changes import ChangePoint, change_points
from classifier.trend.crossing import Crossing, Period, crossings
from classifier.trend.direction import DEFAULT_TEST, Direction, Trend, TrendSettings, directions
from classifier.trend.emerging import Shift, emerging, shifts
from classifier.trend.relation import Correlation, Lead, correlation, leads
from store.counts import CountKind
from store.database import Database
from store.labels import category_of, without_categories
from store.series import (
    Spans,
    UploadSeries,
    crossed_counts,
    expected_series,
    known_spans,
    newest_threads,
    thread_series,
    upload_series,
)
from store.themes import ThemeKind

_OUTLIERS = "-1"


_COUNTED_AS = {
    ThemeKind.LEAF: CountKind.LABEL,
    ThemeKind.CATEGORY: CountKind.LABEL,
    ThemeKind.TOPIC: CountKind.TOPIC,
    ThemeKind.FAMILY: CountKind.FAMILY,
    ThemeKind.FORUM_CATEGORY: CountKind.FORUM_CATEGORY,
}


class Tested(StrEnum):
    """The series that a test of trend is made on."""

    COUNT = "count"
    SHARE = "share"
    EXPECTED_SHARE = "expected share"


class Divergence(StrEnum):
    """How talk and uploads of a family move, where both move."""

    TALK_FALLS_UPLOADS_RISE = "talk falls, uploads rise"
    TALK_RISES_UPLOADS_FALL = "talk rises, uploads fall"
    BOTH_RISE = "both rise"
    BOTH_FALL = "both fall"


_DIVERGENCES = {
    (Trend.FALLING, Trend.RISING): Divergence.TALK_FALLS_UPLOADS_RISE,
    (Trend.RISING, Trend.FALLING): Divergence.TALK_RISES_UPLOADS_FALL,
    (Trend.RISING, Trend.RISING): Divergence.BOTH_RISE,
    (Trend.FALLING, Trend.FALLING): Divergence.BOTH_FALL,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is put to: labels of this bundle, topics of this run, whole months of [start, end) until `now`.

    Open ends reach to the first and last month that the sources cover whole.
    """

    bundle_id: str | None
    run_id: str | None
    now: datetime
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ThemeTrend:
    """How a theme moves over whole months. `threads` and `expected` are by month; `expected` of labels only.

    `direction` is of the share of all threads that `tested` names. Of a label that is the share expected by its
    calibrated probabilities, and it is called rising or falling only where the plain count moves the same way.
    `evidence`: ids of its newest threads.
    """

    theme: str
    shift: Shift
    direction: Direction
    tested: Tested
    changes: tuple[ChangePoint, ...]
    threads: tuple[int, ...]
    expected: tuple[float, ...]
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ThemeTrends:
    """Themes, those with most recent threads first, and the months they are told of; the last `recent` are recent."""

    months: range
    recent: int
    all_threads: tuple[int, ...]
    themes: tuple[ThemeTrend, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A theme's or family's threads beside uploads, both by month.

    Uploads are those of the family, or of all models. `lead` is of the threads: a positive lag means that talk comes
    first. `divergence` None: not both move.
    """

    subject: str
    threads: tuple[int, ...]
    uploads: tuple[int, ...]
    talk: Direction
    uploading: Direction
    correlation: Correlation | None
    lead: Lead | None
    divergence: Divergence | None


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Subjects with most threads first, over the months in which forum and Hub are both known whole."""

    months: range
    tested: Tested
    subjects: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Themes and families that go together, over these months; the last `recent` are recent."""

    months: range
    recent: int
    every: int
    cells: tuple[Crossing, ...]


def theme_trends(
    db: Database,
    asked: Asked,
    kind: ThemeKind,
    recent: int = 3,
    settings: TrendSettings = DEFAULT_TEST,
    evidence: int = 0,
) -> ThemeTrends:
    """How every theme of a kind moves, the last `recent` whole months against those before."""
    months = known_spans(db, asked.start, asked.end, asked.now).forum
    counts = _themes(db, asked, kind, months)
    every = _every(db, asked, months)
    expected = expected_series(db, asked.bundle_id, asked.run_id, months) if _of_labels(kind) else {}
    tested = Tested.EXPECTED_SHARE if expected else Tested.SHARE
    shares = {name: _shares(expected.get(name, values), every) for name, values in counts.items()}
    plain = {name: _shares(values, every) for name, values in counts.items()}
    totals = {name: float(sum(values)) for name, values in counts.items()}
    found = directions(shares, settings, totals)
    of_counts = directions(plain, settings, totals) if expected else found
    cut = max(0, len(months) - recent)
    moved = shifts(
        {name: sum(values[cut:]) for name, values in counts.items()},
        {name: sum(values[:cut]) for name, values in counts.items()},
        sum(every[cut:]),
        sum(every[:cut]),
    )
    themes = [
        ThemeTrend(
            name,
            moved[name],
            _agreed(found[name], of_counts[name]),
            tested,
            tuple(change_points(shares[name])),
            values,
            expected.get(name, ()),
            tuple(_evidence(db, asked, kind, name, months[cut:], evidence)),
        )
        for name, values in counts.items()
    ]
    themes.sort(key=lambda one: (-one.shift.recent, -sum(one.threads), one.theme))
    return ThemeTrends(months, len(months) - cut, every, tuple(themes))


def emerging_themes(
    db: Database, asked: Asked, kind: ThemeKind, recent: int = 3, least: int = 5, evidence: int = 5
) -> ThemeTrends:
    """Themes with at least `least` threads in the last whole months whose share grew beyond chance, surest first."""
    found = theme_trends(db, asked, kind, recent)
    by_name = {one.theme: one for one in found.themes}
    late = found.months[len(found.months) - found.recent :]
    themes = [
        replace(by_name[theme], evidence=tuple(_evidence(db, asked, kind, theme, late, evidence)))
        for theme in emerging({name: one.shift for name, one in by_name.items()}, least)
    ]
    return replace(found, themes=tuple(themes))


def compare_with_uploads(
    db: Database,
    asked: Asked,
    kind: ThemeKind = ThemeKind.FAMILY,
    subjects: Sequence[str] = (),
    tested: Tested = Tested.COUNT,
    settings: TrendSettings = DEFAULT_TEST,
) -> Comparisons:
    """Threads of each subject beside uploads: of families their own, of labels and topics all.

    Without `subjects` all that are talked of. `tested` SHARE takes threads and uploads as shares of all.
    """
    months = known_spans(db, asked.start, asked.end, asked.now).both
    counts = _themes(db, asked, kind, months)
    uploaded = upload_series(db, months)
    names = list(subjects) or list(counts)
    nothing = (0,) * len(months)
    talk = {name: counts.get(name, nothing) for name in names}
    beside = {name: _uploads_of(uploaded, kind, name, nothing) for name in names}
    return Comparisons(
        months, tested, _compared(talk, beside, _every(db, asked, months), uploaded.total, tested, settings)
    )


def divergences(found: Comparisons) -> tuple[Comparison, ...]:
    """Those whose talk and uploads move in opposite directions, widest first."""
    apart = (Divergence.TALK_FALLS_UPLOADS_RISE, Divergence.TALK_RISES_UPLOADS_FALL)
    rows = [one for one in found.subjects if one.divergence in apart]
    return tuple(sorted(rows, key=lambda one: -abs(one.talk.z - one.uploading.z)))


def cross_table(
    db: Database, asked: Asked, kind: ThemeKind = ThemeKind.LEAF, recent: int = 12, least: int = 5
) -> CrossTable:
    """Which themes are about which families, and whether the last `recent` months differ from those before."""
    months = known_spans(db, asked.start, asked.end, asked.now).forum
    late = months[max(0, len(months) - recent) :]
    whole, last = (_period(db, asked, kind, span) for span in (months, late))
    return CrossTable(months, len(late), whole.every, tuple(crossings(whole, last, least)))


def spans(db: Database, asked: Asked) -> Spans:
    """Which months can be told of whole."""
    return known_spans(db, asked.start, asked.end, asked.now)


def _themes(db: Database, asked: Asked, kind: ThemeKind, months: range) -> dict[str, tuple[int, ...]]:
    """Threads by month of each theme."""
    return _of_kind(kind, thread_series(db, asked.bundle_id, asked.run_id, _COUNTED_AS[kind], months))


def _of_kind(kind: ThemeKind, found: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Leaves or categories of all labels; a topic's outliers, and threads without a forum category, are no theme."""
    if kind is ThemeKind.LEAF:
        return {name: found[name] for name in without_categories(found)}
    if kind is ThemeKind.CATEGORY:
        return {name: values for name, values in found.items() if category_of(name) == name}
    return {name: values for name, values in found.items() if name not in ("", _OUTLIERS)}


def _of_labels(kind: ThemeKind) -> bool:
    return _COUNTED_AS[kind] is CountKind.LABEL


def _every(db: Database, asked: Asked, months: range) -> tuple[int, ...]:
    return thread_series(db, None, None, CountKind.ALL, months).get("", (0,) * len(months))


def _period(db: Database, asked: Asked, kind: ThemeKind, months: range) -> Period:
    both = crossed_counts(db, asked.bundle_id, asked.run_id, _COUNTED_AS[kind], months)
    themes = {name: sum(values) for name, values in _themes(db, asked, kind, months).items()}
    families = thread_series(db, None, None, CountKind.FAMILY, months)
    return Period(
        sum(_every(db, asked, months)),
        themes,
        {name: sum(values) for name, values in families.items()},
        {pair: number for pair, number in both.items() if pair[0] in themes},
    )


def _uploads_of(uploaded: UploadSeries, kind: ThemeKind, name: str, nothing: tuple[int, ...]) -> tuple[int, ...]:
    return uploaded.families.get(name, nothing) if kind is ThemeKind.FAMILY else uploaded.total


def _compared(
    talk: Mapping[str, tuple[int, ...]],
    beside: Mapping[str, tuple[int, ...]],
    every: tuple[int, ...],
    total: tuple[int, ...],
    tested: Tested,
    settings: TrendSettings,
) -> tuple[Comparison, ...]:
    share = tested is not Tested.COUNT
    first, second = (
        {name: _shares(values, whole) if share else values for name, values in rows.items()}
        for rows, whole in ((talk, every), (beside, total))
    )
    sums, upload_sums = ({name: float(sum(values)) for name, values in rows.items()} for rows in (talk, beside))
    spoken, uploading = directions(first, settings, sums), directions(second, settings, upload_sums)
    tried = [name for name in talk if spoken[name].trend is not Trend.UNKNOWN]
    led = leads({name: (first[name], second[name]) for name in tried})
    rows = [
        Comparison(
            name,
            talk[name],
            beside[name],
            spoken[name],
            uploading[name],
            correlation(first[name], second[name]),
            led.get(name),
            _DIVERGENCES.get((spoken[name].trend, uploading[name].trend)),
        )
        for name in talk
    ]
    return tuple(sorted(rows, key=lambda one: (-sum(one.threads), one.subject)))


def _agreed(estimate: Direction, count: Direction) -> Direction:
    """The direction of the estimate, unless the plain count moves the other way."""
    if estimate.trend in (Trend.RISING, Trend.FALLING) and estimate.slope * count.slope <= 0:
        return replace(estimate, trend=Trend.NONE)
    return estimate


def _evidence(db: Database, asked: Asked, kind: ThemeKind, name: str, months: range, limit: int) -> list[int]:
    if not limit or not months:
        return []
    return newest_threads(db, asked.bundle_id, asked.run_id, _COUNTED_AS[kind], name, months, limit)


def _shares(values: Sequence[float], every: Sequence[int]) -> tuple[float, ...]:
    whole = np.asarray(every, dtype=float)
    return tuple(np.divide(values, whole, out=np.zeros(len(whole)), where=whole > 0).tolist())
