"""What to do about a theme, for whom, and whether the evidence is enough to say it. Plain values in and out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from classifier.taxonomy import Taxonomy
from classifier.trend.direction import Trend

_LEVEL = 0.95


class AdviceError(ValueError):
    """A file of advice that cannot be used; the message names the entry and the remedy."""


class Stakeholder(StrEnum):
    """Whom advice is for: maintainers of the hub and its libraries, authors of models, users of either."""

    MAINTAINERS = "maintainers"
    AUTHORS = "authors"
    USERS = "users"


class Ground(StrEnum):
    """What kind of evidence speaks for advice."""

    VOLUME = "volume"
    UNANSWERED = "unanswered"
    RISING = "rising"


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """Thresholds that evidence must pass.

    least_threads: threads of the theme in the period. high_unanswered: share of unanswered threads that the lower end
    of its 95 % interval (Wilson 1927) must reach, over at least least_observed threads. significance: a rise counts
    where its p value, adjusted for the number of series that were tested, is below.
    """

    least_threads: int = 20
    least_observed: int = 20
    high_unanswered: float = 0.2
    significance: float = 0.05


@dataclass(frozen=True, slots=True)
class TrendEvidence:
    """A test of trend: its p value, adjusted for many tests, and the interval of the slope; None where not computed."""

    direction: Trend
    p: float | None = None
    slope: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ThemeEvidence:
    """What is known of a theme in a period.

    threads: all that carry it; observed: those seen for long enough to tell whether they are answered, of which so many
    are unanswered; evidence: ids of threads that show it, the most telling first.
    """

    theme: str
    threads: int
    observed: int = 0
    unanswered: int = 0
    trend: TrendEvidence | None = None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why advice is shown: a value that passed its threshold.

    volume: threads, at least; unanswered: lower end of the share's interval, at least; rising: adjusted p, below (where
    there is none, the lower end of the slope's interval, above 0).
    """

    ground: Ground
    value: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Advice:
    """A text for a stakeholder on a theme, the reasons why it is shown, and the threads behind it."""

    theme: str
    stakeholder: Stakeholder
    text: str
    reasons: tuple[Reason, ...]
    threads: tuple[int, ...]


AdviceTexts = Mapping[str, Mapping[Stakeholder, str]]
"""Texts by theme and stakeholder."""


def select_advice(
    texts: AdviceTexts, evidence: Iterable[ThemeEvidence], settings: AdviceSettings | None = None
) -> list[Advice]:
    """Advice on the themes that have enough threads and are badly answered, on the rise, or both.

    The theme with most threads first, stakeholders in their order. Themes without a text are passed over.
    """
    settings = settings or AdviceSettings()
    found = sorted(evidence, key=lambda item: (-item.threads, item.theme))
    reasons = {item.theme: reasons_for(item, settings) for item in found}
    return [
        Advice(item.theme, stakeholder, texts[item.theme][stakeholder], reasons[item.theme], item.evidence)
        for item in found
        if item.theme in texts and reasons[item.theme]
        for stakeholder in Stakeholder
        if stakeholder in texts[item.theme]
    ]


def reasons_for(item: ThemeEvidence, settings: AdviceSettings) -> tuple[Reason, ...]:
    """Why advice on a theme is shown: its volume, and what else passed; empty where it is not enough."""
    if item.threads < settings.least_threads:
        return ()
    further = [reason for reason in (_unanswered(item, settings), _rising(item.trend, settings)) if reason]
    volume = Reason(Ground.VOLUME, item.threads, settings.least_threads)
    return (volume, *further) if further else ()


def load_advice(path: Path, taxonomy: Taxonomy) -> AdviceTexts:
    """Read a file of `[[advice]]` tables. Raises AdviceError for one that names no label of the taxonomy."""
    try:
        rows = tomllib.loads(path.read_text("utf-8"))["advice"]
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise AdviceError(f"{path}: cannot be read ({error}); write [[advice]] tables with a theme") from error
    texts: dict[str, Mapping[Stakeholder, str]] = {}
    known = {label.id for label in taxonomy.labels}
    for row in rows:
        theme, told = _entry(row, str(path))
        if theme not in known:
            raise AdviceError(f"{path}: theme {theme!r} is no label of {taxonomy.ref}; use the id of one")
        if theme in texts:
            raise AdviceError(f"{path}: theme {theme!r} stands twice; put all of it in one entry")
        texts[theme] = told
    return texts


def _entry(row: Mapping[str, Any], where: str) -> tuple[str, Mapping[Stakeholder, str]]:
    theme = row.get("theme")
    told = {name: text for name, text in row.items() if name != "theme"}
    if unknown := sorted(set(told) - set(Stakeholder)):
        raise AdviceError(f"{where}: {theme!r}: {unknown[0]} is no stakeholder; there are {', '.join(Stakeholder)}")
    if not told or not all(isinstance(text, str) and text.strip() for text in (theme, *told.values())):
        raise AdviceError(f"{where}: {theme!r}: a theme and a text for at least one stakeholder are needed")
    return str(theme), {Stakeholder(name): " ".join(text.split()) for name, text in told.items()}


def _unanswered(item: ThemeEvidence, settings: AdviceSettings) -> Reason | None:
    if item.observed < max(1, settings.least_observed):
        return None
    low = float(binomtest(item.unanswered, item.observed).proportion_ci(_LEVEL, method="wilson").low)
    return Reason(Ground.UNANSWERED, low, settings.high_unanswered) if low >= settings.high_unanswered else None


def _rising(trend: TrendEvidence | None, settings: AdviceSettings) -> Reason | None:
    """A rise must be told by whatever was computed of it: p, interval, or both."""
    if trend is None or trend.direction is not Trend.RISING or (trend.p is None and trend.slope is None):
        return None
    if trend.slope is not None and trend.slope[0] <= 0:
        return None
    if trend.p is None:
        assert trend.slope is not None
        return Reason(Ground.RISING, trend.slope[0], 0.0)
    return Reason(Ground.RISING, trend.p, settings.significance) if trend.p < settings.significance else None
