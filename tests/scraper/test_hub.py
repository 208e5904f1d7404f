"""A Hub's list comes into the store, newest first; a killed run goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scraper import hub
from scraper.errors import BadFieldError, NotJsonError, RedirectError, UnreachableError
from scraper.hub import HubSummary, crawl_hub
from scraper.model_rows import parse_model
from scraper.replay import hub_app, running
from store import sources
from store.database import Database
from store.trends import families_known
from store.values import AUTHORED_TAG
from tests.scraper.site import Answer, Site

START = datetime(2023, 1, 15, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)


class Killed(BaseException):
    """Stands for the end of the process at this point."""


class Hub:
    """A Hub of a few models, 3 a page, with the Hub's keyset links."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.rows: list[dict[str, Any]] = []
        site.routes["/api/models"] = self._list

    def add(self, key: int, **fields: Any) -> None:
        created = (START + timedelta(days=key)).isoformat().replace("+00:00", ".000Z")
        self.rows.append({"id": f"acme/m{key}", "createdAt": created, "config": {"model_type": "BERT"}, **fields})

    def _list(self, path: str) -> Answer:
        query = parse_qs(urlsplit(path).query)
        shown = sorted(self.rows, key=lambda row: str(row["createdAt"]), reverse=True)
        if "cursor" in query:
            shown = [row for row in shown if row["createdAt"] < query["cursor"][0]]
        page, rest = shown[:3], shown[3:]
        link = f'<{self.site.url}/api/models?cursor={page[-1]["createdAt"]}>; rel="next"' if rest else ""
        return Answer(body=page, headers={"Link": link} if link else {})


@pytest.fixture
def made(site: Site) -> Hub:
    return Hub(site)


def run(db: Database, site: Site, **options: Any) -> HubSummary:
    return crawl_hub(db, endpoint=site.url, now=lambda: NOW, **options)


def span(db: Database) -> tuple[datetime | None, datetime | None]:
    [source] = sources.all_sources(db)
    return source.covered_from, source.covered_to


def test_all_models_are_stored(db: Database, made: Hub, site: Site) -> None:
    for key in range(8):
        made.add(key)
    summary = run(db, site)

    assert (summary.models, summary.pages, summary.failed) == (8, 3, 0)
    assert families_known(db) == {"bert"}
    assert span(db) == (datetime(2023, 1, 1, tzinfo=UTC), NOW)
    query = parse_qs(urlsplit(site.paths()[0]).query)
    assert query["sort"] == ["createdAt"]
    assert {"createdAt", "config", "siblings"} <= set(query["expand"])


def test_the_next_run_takes_only_what_is_new(db: Database, made: Hub, site: Site) -> None:
    for key in range(12):
        made.add(key)
    run(db, site)
    made.add(100)
    site.asked.clear()
    summary = run(db, site)

    assert len(site.paths()) == 1
    assert summary.models == 3


def test_since_ends_the_list_and_can_be_moved_back(db: Database, made: Hub, site: Site) -> None:
    for key in range(12):
        made.add(key)
    since = START + timedelta(days=8)
    assert run(db, site, since=since).models == 4
    assert span(db) == (since, NOW)

    assert run(db, site).models == 12
    assert span(db) == (datetime(2023, 1, 1, tzinfo=UTC), NOW)


def test_a_killed_run_goes_on_at_its_page(db: Database, made: Hub, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in range(12):
        made.add(key)
    save, calls = hub.models.save_models, iter(range(2))

    def dying(*args: Any) -> int:
        if next(calls, None) is None:
            raise Killed
        return save(*args)

    with monkeypatch.context() as patch:
        patch.setattr(hub.models, "save_models", dying)
        with pytest.raises(Killed):
            run(db, site)
    made.add(100)
    site.asked.clear()
    run(db, site)

    assert model_ids(db) == {f"acme/m{key}" for key in [*range(12), 100]}
    assert len(site.paths()) == 1 + 2  # what is new, and the two pages that were left


def test_models_that_the_hub_kept_no_date_of_have_none(db: Database, made: Hub, site: Site) -> None:
    made.add(0, createdAt="2022-03-02T23:29:04.000Z")
    made.add(1, createdAt="2022-03-02T23:29:59.000Z")
    made.add(2, createdAt="2022-03-02T23:30:01.000Z")
    summary = run(db, site)

    assert (summary.models, summary.unknown_dates) == (3, 2)
    covered = span(db)[0]
    assert covered is not None
    assert covered > datetime(2022, 3, 2, 23, 29, 59, tzinfo=UTC)


def test_a_model_that_cannot_be_read_is_told_and_nothing_more(db: Database, made: Hub, site: Site) -> None:
    made.add(0)
    made.add(1, downloads="many")
    summary = run(db, site)

    assert (summary.models, summary.failed) == (1, 1)
    assert "downloads" in summary.failures[0]


def test_authored_models_mark_their_source(db: Database, made: Hub, site: Site) -> None:
    made.add(0, tags=[AUTHORED_TAG])
    run(db, site)

    assert sources.all_sources(db)[0].authored


def test_the_token_is_not_shown_to_another_site(
    db: Database, made: Hub, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.add(0)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    run(db, site)
    assert "hf_secret" not in str(site.headers)

    monkeypatch.setenv("HF_ENDPOINT", site.url)
    run(db, site)
    assert "hf_secret" in str(site.headers)


@pytest.mark.parametrize("body", [{"error": "no"}, "<html></html>", "hello"])
def test_an_endpoint_that_is_no_hub_is_a_clear_error(db: Database, site: Site, body: Any) -> None:
    site.routes["/api/models"] = Answer(body=body)
    with pytest.raises(NotJsonError, match="a Hub"):
        run(db, site)


def test_a_refusal_is_an_error_of_ours(db: Database, site: Site) -> None:
    site.routes["/api/models"] = Answer(401, {"error": "no"})
    with pytest.raises(UnreachableError, match=r"/api/models cannot be read"):
        run(db, site)


def test_a_list_that_leads_to_another_site_is_not_followed(db: Database, site: Site) -> None:
    site.routes["/api/models"] = Answer(body=[], headers={"Link": '<http://elsewhere.example/x>; rel="next"'})
    with pytest.raises(RedirectError, match=r"elsewhere\.example"):
        run(db, site)


def test_a_replayed_hub_is_stored_whole(db: Database, tmp_path: Path) -> None:
    rows = []
    for key in range(2500):
        created = (START + timedelta(hours=key // 2)).isoformat().replace("+00:00", ".000Z")
        row: dict[str, Any] = {"id": f"acme/m{key}", "modelId": f"acme/m{key}", "createdAt": created}
        rows.append(row | {"config": {"model_type": "gpt2"}, "siblings": [{"rfilename": "README.md"}]})
    dump = tmp_path / "hub.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with running(hub_app(dump)) as url:
        summary = crawl_hub(db, endpoint=url)
        again = crawl_hub(db, endpoint=url)

    assert summary.models == 2500
    assert len(model_ids(db)) == 2500
    assert again.pages == 1


@pytest.mark.parametrize(
    ("fields", "card"),
    [
        ({}, None),
        ({"siblings": []}, False),
        ({"siblings": [{"rfilename": "README.md"}]}, True),
        ({"siblings": [{"rfilename": "config.json"}], "cardData": {}}, False),
        ({"cardData": {"license": "mit"}}, True),
        ({"cardData": None}, None),
        ({"has_card": "False", "has_modelcard": "True"}, False),
        ({"has_card": "", "has_modelcard": "True"}, True),
    ],
)
def test_the_card_is_told_as_far_as_the_row_knows(fields: dict[str, Any], card: bool | None) -> None:
    assert parse_model({"id": "a/b", **fields}).has_card is card


def test_dates_of_other_sources_are_kept_but_not_the_hubs_stand_in() -> None:
    assert parse_model({"id": "a/b", "created_at": "2019-02-18 10:36:15+00:00"}).created_at == datetime(
        2019, 2, 18, 10, 36, 15, tzinfo=UTC
    )
    assert parse_model({"id": "a/b", "created_at": "2022-03-02T23:29:05Z"}).created_at is None
    assert parse_model({"id": "a/b", "created_at": "2019-02-18"}, from_hub=True).created_at is None


@pytest.mark.parametrize(
    "row", [{}, {"id": " "}, {"id": ["x"]}, {"id": "a/b", "has_card": "perhaps"}, {"id": "a", "likes": -1}]
)
def test_a_row_that_is_no_model_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(BadFieldError):
        parse_model(row)


def model_ids(db: Database) -> set[str]:
    from store.schema import models

    with db.read() as connection:
        return {row.id for row in connection.execute(models.select())}
