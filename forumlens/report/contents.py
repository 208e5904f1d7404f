"""What a report tells, asked of the store once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from classifier.advice import Advice, AdviceSettings, AdviceTexts, ThemeEvidence, TrendEvidence, select_advice
from classifier.trend.direction import Direction, directions
from classifier.trend.questions import (
    Asked,
    Comparisons,
    CrossTable,
    ThemeTrends,
    compare_with_uploads,
    cross_table,
    emerging_themes,
    theme_trends,
)
from store.answers import AnswerFigures, query_answers
from store.causes import CauseShares, current_causes, query_causes
from store.counts import CountKind
from store.database import Database
from store.documentation import Documentation, DocumentedBy, documentation
from store.holdings import counts
from store.listings import thread_links
from store.series import newest_threads
from store.themes import ThemeKind, ThreadScope
from store.topic_lists import list_topics
from store.values import StoreCounts, ThreadLink

_TOPICS = 500
_EVIDENCE = 5
_LEAST_MODELS = 20


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is told. What needs labels, topics or causes is None or empty where these were never made.

    `answers` and `causes` are by category; `documented` by month and by family; `card_trend` of the share of uploads
    with a card; `links` are the threads that are named as evidence, by id; `topic_names` by topic.
    """

    now: datetime
    holdings: StoreCounts
    bundle_id: str | None
    categories: ThemeTrends | None
    leaves: ThemeTrends | None
    emerging: Mapping[ThemeKind, ThemeTrends]
    families: Comparisons
    beside_uploads: Comparisons | None
    crossed: CrossTable | None
    documented: Mapping[DocumentedBy, Sequence[Documentation]]
    card_trend: Direction | None
    answers: Mapping[str, AnswerFigures]
    causes: Mapping[str, CauseShares]
    advice: Sequence[Advice]
    links: Mapping[int, ThreadLink]
    topic_names: Mapping[str, str]

    @property
    def authored(self) -> bool:
        """Whether any source is authored sample data, not mined."""
        return any(source.authored for source in self.holdings.sources)


def gather(db: Database, asked: Asked, texts: AdviceTexts, recent: int = 3) -> Contents:
    """Ask the store; `recent`: whole months that count as recent."""
    labelled = asked.bundle_id is not None
    categories = theme_trends(db, asked, ThemeKind.CATEGORY, recent) if labelled else None
    leaves = theme_trends(db, asked, ThemeKind.LEAF, recent, evidence=_EVIDENCE) if labelled else None
    kinds = [ThemeKind.LEAF] * labelled + [ThemeKind.TOPIC] * (asked.run_id is not None)
    emerging = {kind: emerging_themes(db, asked, kind, recent) for kind in kinds}
    scope = ThreadScope(asked.bundle_id, asked.run_id, start=asked.start, end=asked.end)
    answers = query_answers(db, scope, ThemeKind.CATEGORY) if labelled else {}
    bundle = current_causes(db)
    advice = _advice(db, asked, texts, categories, answers) if categories else []
    told = [one.evidence for found in (*emerging.values(), *filter(None, [leaves])) for one in found.themes]
    evidence = {thread for ids in (*told, *(one.threads for one in advice)) for thread in ids}
    documented = {by: documentation(db, by, asked.start, asked.end, _least(by)) for by in DocumentedBy}
    return Contents(
        asked.now,
        counts(db, asked.bundle_id, asked.run_id),
        asked.bundle_id,
        categories,
        leaves,
        emerging,
        compare_with_uploads(db, asked),
        compare_with_uploads(db, asked, ThemeKind.CATEGORY) if labelled else None,
        cross_table(db, asked) if labelled else None,
        documented,
        _card_trend(documented[DocumentedBy.MONTH]),
        answers,
        query_causes(db, bundle, scope, ThemeKind.CATEGORY) if bundle and labelled else {},
        advice,
        thread_links(db, sorted(evidence)),
        _topic_names(db, asked),
    )


def _advice(
    db: Database, asked: Asked, texts: AdviceTexts, themes: ThemeTrends, answers: Mapping[str, AnswerFigures]
) -> list[Advice]:
    return select_advice(texts, _theme_evidence(db, asked, themes, answers), AdviceSettings())


def _theme_evidence(
    db: Database, asked: Asked, themes: ThemeTrends, answers: Mapping[str, AnswerFigures]
) -> Iterable[ThemeEvidence]:
    for one in themes.themes:
        figures = answers.get(one.theme)
        newest = newest_threads(db, asked.bundle_id, asked.run_id, CountKind.LABEL, one.theme, themes.months, _EVIDENCE)
        unanswered = figures.unanswered[:_EVIDENCE] if figures else ()
        slope = one.direction.slope_low, one.direction.slope_high
        yield ThemeEvidence(
            one.theme,
            sum(one.threads),
            figures.threads if figures else 0,
            figures.threads - figures.answered if figures else 0,
            TrendEvidence(one.direction.trend, one.direction.p_adjusted, slope),
            tuple(dict.fromkeys((*unanswered, *newest)))[:_EVIDENCE],
        )


def _card_trend(months: Sequence[Documentation]) -> Direction | None:
    told = [(row.card_share, row.models) for row in months if row.card_share is not None]
    if not told:
        return None
    series = {"cards": [share for share, _ in told]}
    return directions(series, totals={"cards": float(sum(models for _, models in told))})["cards"]


def _topic_names(db: Database, asked: Asked) -> dict[str, str]:
    if asked.run_id is None:
        return {}
    return {str(topic.id): topic.name for topic in list_topics(db, asked.run_id, asked.bundle_id, _TOPICS)}


def _least(by: DocumentedBy) -> int:
    return 1 if by is DocumentedBy.MONTH else _LEAST_MODELS
