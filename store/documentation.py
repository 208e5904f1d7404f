"""How well uploads are documented: cards, their length, and what their metadata tells. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from store.database import Database
from store.months import format_month
from store.schema import model_cards, models
from store.values import CardState

METADATA_FIELDS = ("license", "datasets", "metrics", "base_model", "language", "model-index")
"""What a card's metadata should tell; `model-index` holds evaluation results."""

_PAGE = 10_000


class DocumentedBy(StrEnum):
    """What models are put together by."""

    FAMILY = "family"
    TASK = "task"
    MONTH = "month"


_COLUMNS = {
    DocumentedBy.FAMILY: models.c.family,
    DocumentedBy.TASK: models.c.pipeline_tag,
    DocumentedBy.MONTH: models.c.month,
}


@dataclass(frozen=True, slots=True)
class Documentation:
    """Models of one family, task or month: how many, with how many cards, and what of those was read.

    `with_card` None: the source does not tell of all. Of the `cards_read`: median words of text, mean number of
    sections and of places of the template left unfilled, share that gives each metadata field, and the mean of these
    shares; None where no card was read.
    """

    subject: str
    models: int
    with_card: int | None
    cards_read: int
    words: float | None
    sections: float | None
    placeholders: float | None
    gives: dict[str, float] = field(default_factory=dict)

    @property
    def card_share(self) -> float | None:
        """Models with a card over models; None when unknown or when there are none."""
        return self.with_card / self.models if self.with_card is not None and self.models else None

    @property
    def completeness(self) -> float | None:
        """Mean share of the metadata fields that cards give."""
        return sum(self.gives.values()) / len(self.gives) if self.gives else None


@dataclass(slots=True)
class _Read:
    """What the cards of one subject add up to."""

    words: list[int] = field(default_factory=list)
    sections: int = 0
    placeholders: int = 0
    gives: Counter[str] = field(default_factory=Counter)


def documentation(
    db: Database, by: DocumentedBy, start: int | None = None, end: int | None = None, least: int = 1
) -> list[Documentation]:
    """One row for each family, task or month with at least `least` models; months ascending, others biggest first.

    [start, end) are months of upload; without them models of unknown date count too. Models without the attribute are
    left out. The models are counted one by one, so this costs what is stored.
    """
    column = _COLUMNS[by]
    within: list[ColumnElement[bool]] = [column.is_not(None)]
    if start is not None:
        within.append(models.c.month >= start)
    if end is not None:
        within.append(models.c.month < end)
    number, untold = func.count(), func.sum(case((models.c.has_card.is_(None), 1), else_=0))
    carded = func.sum(case((models.c.has_card, 1), else_=0))
    with db.read() as connection:
        rows: Any = connection.execute(
            select(column, number, untold, carded).where(*within).group_by(column).having(number >= least)
        ).all()
    read = _cards(db, by, within)
    found = [
        _row(by, subject, int(count), None if unknown else int(cards), read.get(subject, _Read()))
        for subject, count, unknown, cards in rows
        if subject != ""
    ]
    return sorted(found, key=lambda row: row.subject if by is DocumentedBy.MONTH else (-row.models, row.subject))


def _cards(db: Database, by: DocumentedBy, within: list[Any]) -> dict[Any, _Read]:
    found: defaultdict[Any, _Read] = defaultdict(_Read)
    for row in _card_rows(db, by, within):
        read = found[row.subject]
        read.words.append(row.words)
        read.sections += len(row.sections)
        read.placeholders += row.placeholders
        read.gives.update(name for name in METADATA_FIELDS if name in row.fields)
    return dict(found)


def _card_rows(db: Database, by: DocumentedBy, within: list[Any]) -> Iterator[Any]:
    own = (model_cards.c.source_id == models.c.source_id) & (model_cards.c.model_id == models.c.id)
    query = select(
        model_cards.c.words,
        model_cards.c.sections,
        model_cards.c.placeholders,
        model_cards.c.fields,
        _COLUMNS[by].label("subject"),
    ).join(models, own)
    with db.read() as connection:
        rows = connection.execution_options(yield_per=_PAGE).execute(
            query.where(model_cards.c.state == CardState.READ.value, *within)
        )
        yield from rows


def _row(by: DocumentedBy, subject: Any, count: int, carded: int | None, read: _Read) -> Documentation:
    number = len(read.words)
    return Documentation(
        subject=format_month(subject) if by is DocumentedBy.MONTH else subject,
        models=count,
        with_card=carded,
        cards_read=number,
        words=float(median(read.words)) if number else None,
        sections=read.sections / number if number else None,
        placeholders=read.placeholders / number if number else None,
        gives={name: read.gives[name] / number for name in METADATA_FIELDS} if number else {},
    )
