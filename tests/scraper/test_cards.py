"""Model cards are measured, whatever they hold; a killed run goes on, a larger sample takes only what it adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import cards
from scraper.cards import CardSummary, crawl_cards, measure_card
from scraper.errors import BlockedError, ScraperError
from scraper.hub import crawl_hub
from scraper.hub_client import HubClient
from scraper.replay import hub_app, running
from store import sources
from store.cards import load_cards
from store.database import Database
from store.values import CardState, ModelCardFacts, SourceKind
from tests.scraper.dumps import model_row
from tests.scraper.site import Answer, FakeTime, Site

NOW = datetime(2024, 6, 1, tzinfo=UTC)
HUB = "https://hub.example"
CARD = """---
license: mit
tags:
- summarization
model-index: []
datasets: []
---
<!-- written by a tool -->
# Model card for X

Some *fine* words.

## Training data `v2`

[More Information Needed]

```python
# not a heading
```

Uses
----
"""


def measured(content: str) -> ModelCardFacts:
    return measure_card("acme/x", content, NOW)


def test_a_card_is_measured() -> None:
    card = measured(CARD)

    assert card.sections == ("Model card for X", "Training data `v2`", "Uses")
    assert {"license", "tags"} <= set(card.fields)
    assert card.placeholders == 1
    assert not card.broken_metadata
    assert card.characters == len(CARD.partition("tool -->")[2].strip())
    assert card.words == len(CARD.partition("tool -->")[2].split())


@pytest.mark.parametrize("content", ["", "---\nlicense: mit\n---\n", "---\nlicense: mit\n---", " \n"])
def test_metadata_alone_is_no_text(content: str) -> None:
    assert (measured(content).characters, measured(content).sections) == (0, ())


@pytest.mark.parametrize(
    "metadata",
    [
        "license: mit\ntags: [a, b",
        "license: mit\n\ttags: x",
        "license: mit\n- tags",
        "license: !!python/object:os.system x",
        "license: mit\n? [1, 2]\n: x",
        "license: *nothing",
        "license: " + "[" * 50_000,
        "license:\n" + "- " * 50_000,
        "license: " + "{a: " * 50_000,
    ],
)
def test_broken_metadata_does_not_hide_the_text(metadata: str) -> None:
    card = measured(f"---\n{metadata}\n---\n# Title\nwords")

    assert card.broken_metadata
    assert card.fields[0] == "license"
    assert card.sections == ("Title",)
    assert card.characters == len("# Title\nwords")


@pytest.mark.parametrize("data", ["- a\n- b", "just a text", "1: x", "model-index: 5", "eval_results: x", "tags: 3"])
def test_metadata_of_strange_types_is_survived(data: str) -> None:
    assert measured(f"---\n{data}\n---\n# Title\nwords").sections == ("Title",)


@pytest.mark.parametrize("text", ["> " * 5000 + "x", "- " * 5000, "[" * 20_000, "*" * 20_000, "# " * 5000, "`" * 9999])
def test_hostile_markdown_is_survived(text: str) -> None:
    assert measured(text).characters > 0


pieces = st.one_of(
    st.sampled_from(
        ["---\n", "---", "license: mit\n", "tags: [a\n", "# A\n", "```\n", "\n", "\t", ": ", "&a ", "*a", "!"]
    ),
    st.text(max_size=8),
)


@given(st.lists(pieces, max_size=20))
def test_no_card_makes_it_fail(parts: list[str]) -> None:
    card = measured("---\n" * (len(parts) % 2) + "".join(parts))

    json.dumps([card.sections, card.fields]).encode()
    assert card.words <= card.characters


@pytest.fixture
def served(tmp_path: Path, db: Database) -> Any:
    rows = [model_row(key) for key in range(30)]
    for row in rows:
        if row["siblings"] == [{"rfilename": "README.md"}] and row["id"] != "acme/model-1":
            row["readme"] = CARD
    dump = tmp_path / "hub.jsonl"
    dump.write_text("\n".join(json.dumps(row) for row in rows))
    with running(hub_app(dump)) as url:
        crawl_hub(db, client=HubClient(url), known_as=HUB)
        yield url


def read(db: Database, url: str, **options: Any) -> CardSummary:
    fake = FakeTime()
    client = HubClient(url, sleep=fake.sleep, clock=fake.clock)
    return crawl_cards(db, client=client, known_as=HUB, **options)


def stored(db: Database) -> dict[str, ModelCardFacts]:
    return {card.model_id: card for card in load_cards(db, sources.ensure(db, SourceKind.HUB, HUB).id)}


def test_all_cards_are_read_once(db: Database, served: str) -> None:
    summary = read(db, served)

    assert (summary.asked, summary.read, summary.missing) == (15, 14, 1)
    assert stored(db)["acme/model-1"].state is CardState.MISSING
    assert stored(db)["acme/model-3"].sections[0] == "Model card for X"
    assert read(db, served).asked == 0


def test_a_sample_is_the_same_in_each_run_and_grows(db: Database, served: str) -> None:
    assert read(db, served, sample=4).asked == 4
    first = set(stored(db))
    assert read(db, served, sample=4).asked == 0
    assert read(db, served, sample=9).asked == 5
    assert first < set(stored(db))


def test_a_card_whose_model_changed_is_read_again(db: Database, served: str) -> None:
    from store.schema import models

    read(db, served)
    with db.write() as connection:
        changed = datetime.now(UTC) + timedelta(hours=1)
        connection.execute(models.update().where(models.c.id == "acme/model-3").values(modified_at=changed))
    assert read(db, served).asked == 1


def test_a_killed_run_goes_on(db: Database, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_BATCH", 4)
    asked = iter(range(10))

    def dying() -> datetime:
        if next(asked, None) is None:
            raise KeyboardInterrupt
        return NOW

    with pytest.raises(KeyboardInterrupt):
        read(db, served, now=dying)
    assert len(stored(db)) == 8
    assert read(db, served).asked == 7


def test_gated_cards_are_told_and_others_are_left_for_later(db: Database, site: Site) -> None:
    rows = [{"id": f"acme/m{key}", "createdAt": "2023-01-15T00:00:00.000Z"} for key in range(3)]
    site.routes["/api/models"] = Answer(body=rows)
    site.routes["/acme/m0/resolve/main/README.md"] = Answer(403, {"error": "gated"})
    site.routes["/acme/m1/resolve/main/README.md"] = Answer(302, headers={"Location": "http://elsewhere.invalid/x"})
    site.routes["/acme/m2/resolve/main/README.md"] = Answer(body=b"# \xff card")
    crawl_hub(db, client=HubClient(site.url), known_as=HUB)
    summary = read(db, site.url)

    assert (summary.refused, summary.unreadable, summary.read) == (1, 1, 1)
    assert stored(db)["acme/m2"].sections == ("\ufffd card",)
    assert set(stored(db)) == {"acme/m0", "acme/m2"}
    assert "elsewhere" in summary.failures[0]


def test_many_refusals_of_the_site_end_the_run(db: Database, site: Site) -> None:
    rows = [{"id": f"acme/m{key}", "createdAt": "2023-01-15T00:00:00.000Z"} for key in range(20)]
    site.routes["/api/models"] = Answer(body=rows)
    for row in rows:
        site.routes[f"/{row['id']}/resolve/main/README.md"] = Answer(418, {"error": "no"})
    crawl_hub(db, client=HubClient(site.url), known_as=HUB)
    with pytest.raises(BlockedError, match="10 cards in a row"):
        read(db, site.url)


def test_a_sample_of_nothing_is_refused(db: Database, served: str) -> None:
    with pytest.raises(ScraperError, match="sample"):
        read(db, served, sample=0)
