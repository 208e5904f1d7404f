"""How well uploads are documented, by family, task and month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store import sources
from store.cards import save_cards
from store.database import Database
from store.documentation import METADATA_FIELDS, DocumentedBy, documentation
from store.models import save_models
from store.months import parse_month
from store.values import CardState, HubModel, ModelCardFacts, SourceKind

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def day(month: int) -> datetime:
    return datetime(2024, month, 5, tzinfo=UTC)


@pytest.fixture
def hub(db: Database) -> Database:
    source = sources.ensure(db, SourceKind.HUB, "hub.example").id
    save_models(
        db,
        source,
        [
            HubModel("a/1", day(1), "llama", "text-generation", has_card=True),
            HubModel("a/2", day(1), "llama", "text-generation", has_card=False),
            HubModel("a/3", day(2), "llama", "fill-mask", has_card=True),
            HubModel("a/4", day(2), "bert", "fill-mask", has_card=None),
            HubModel("a/5", None, "bert", None, has_card=True),
            HubModel("a/6", day(2), None, "fill-mask", has_card=True),
        ],
    )
    save_cards(
        db,
        source,
        [
            card("a/1", 100, ("Uses", "Bias"), ("license", "datasets", "tags")),
            card("a/3", 300, ("Uses",), ("license",)),
            card("a/5", 40, (), (), state=CardState.REFUSED),
        ],
    )
    return db


def card(
    model: str, words: int, sections: tuple[str, ...], fields: tuple[str, ...], state: CardState = CardState.READ
) -> ModelCardFacts:
    return ModelCardFacts(model, state, NOW, words * 6, words, 1, sections, fields)


def test_by_family_with_what_was_read_of_the_cards(hub: Database) -> None:
    llama, bert = documentation(hub, DocumentedBy.FAMILY)
    assert (llama.subject, llama.models, llama.with_card, llama.cards_read) == ("llama", 3, 2, 2)
    assert (llama.words, llama.sections, llama.placeholders) == (200, 1.5, 1)
    assert llama.card_share == pytest.approx(2 / 3)
    assert llama.gives == {name: {"license": 1.0, "datasets": 0.5}.get(name, 0.0) for name in METADATA_FIELDS}
    assert llama.completeness == pytest.approx(1.5 / len(METADATA_FIELDS))
    assert (bert.models, bert.with_card, bert.card_share, bert.words, bert.completeness) == (2, None, None, None, None)


def test_by_task_and_by_month_within_a_span(hub: Database) -> None:
    assert [(row.subject, row.models) for row in documentation(hub, DocumentedBy.TASK)] == [
        ("fill-mask", 3),
        ("text-generation", 2),
    ]
    months = documentation(hub, DocumentedBy.MONTH)
    assert [(row.subject, row.models, row.with_card) for row in months] == [("2024-01", 2, 1), ("2024-02", 3, None)]
    (february,) = documentation(hub, DocumentedBy.FAMILY, parse_month("2024-02"), parse_month("2024-03"), least=1)[:1]
    assert (february.subject, february.models) == ("bert", 1)
    assert documentation(hub, DocumentedBy.FAMILY, least=3)[0].subject == "llama"
