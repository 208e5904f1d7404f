"""Model cards as measured: which are to be read, and what was found."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from hashlib import sha256

from sqlalchemy import or_, select

from store.database import Database
from store.schema import model_cards, models
from store.values import CardState, ModelCardFacts

_PAGE = 10_000


def cards_to_read(db: Database, source_id: int, sample: int | None = None) -> Iterator[str]:
    """Ids of models whose card was never read, or changed since; of all, or of a random sample of this size.

    Models that have no card, or are gone, are left out. The sample is the first of all models with a card in the order
    of the SHA-256 of their ids: the same in every run, and a larger one holds the smaller.
    """
    if sample is None:
        yield from (key for key, unread in _with_card(db, source_id) if unread)
        return
    drawn = heapq.nsmallest(
        sample, ((sha256(key.encode()).digest(), key, unread) for key, unread in _with_card(db, source_id))
    )
    yield from (key for _, key, unread in drawn if unread)


def save_cards(db: Database, source_id: int, many: Iterable[ModelCardFacts]) -> None:
    """Store what was found, keyed by model."""
    rows = [
        {
            "source_id": source_id,
            "model_id": card.model_id,
            "read_at": card.read_at,
            "state": card.state.value,
            "characters": card.characters,
            "words": card.words,
            "placeholders": card.placeholders,
            "sections": list(card.sections),
            "fields": list(card.fields),
            "broken_metadata": card.broken_metadata,
        }
        for card in many
    ]
    with db.write() as connection:
        db.upsert(connection, model_cards, rows, ["source_id", "model_id"])


def load_cards(db: Database, source_id: int) -> Iterator[ModelCardFacts]:
    """What was found, ascending by model id, streamed."""
    last = ""
    while True:
        with db.read() as connection:
            rows = connection.execute(
                select(model_cards)
                .where(model_cards.c.source_id == source_id, model_cards.c.model_id > last)
                .order_by(model_cards.c.model_id)
                .limit(_PAGE)
            ).all()
        if not rows:
            return
        last = rows[-1].model_id
        for row in rows:
            yield ModelCardFacts(
                model_id=row.model_id,
                state=CardState(row.state),
                read_at=row.read_at,
                characters=row.characters,
                words=row.words,
                placeholders=row.placeholders,
                sections=tuple(row.sections),
                fields=tuple(row.fields),
                broken_metadata=row.broken_metadata,
            )


def _with_card(db: Database, source_id: int) -> Iterator[tuple[str, bool]]:
    """(model id, whether its card is still to be read), a page of ids at a time."""
    unread = or_(model_cards.c.read_at.is_(None), models.c.modified_at > model_cards.c.read_at)
    own = (model_cards.c.source_id == models.c.source_id) & (model_cards.c.model_id == models.c.id)
    carded = (models.c.source_id == source_id, models.c.has_card.is_not(False), ~models.c.gone)
    last = ""
    while True:
        with db.read() as connection:
            rows = connection.execute(
                select(models.c.id, unread.label("unread"))
                .select_from(models.outerjoin(model_cards, own))
                .where(*carded, models.c.id > last)
                .order_by(models.c.id)
                .limit(_PAGE)
            ).all()
        if not rows:
            return
        last = rows[-1].id
        yield from ((row.id, bool(row.unread)) for row in rows)
