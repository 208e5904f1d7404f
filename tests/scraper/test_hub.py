"""A Hub's list comes into the store, newest first; a killed run goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scraper import hub
from scraper.cards import crawl_cards
from scraper.errors import BadFieldError, BusyCrawlError, NotJsonError, RedirectError, StatusError
from scraper.files import import_models
from scraper.hub import HubSummary, crawl_hub
from scraper.hub_client import HubClient
from scraper.model_rows import parse_model
from scraper.replay import hub_app, running
from store import crawl as crawl_state
from store import sources
from store.database import Database
from store.holdings import families_known
from store.values import AUTHORED_TAG
from tests.scraper.site import Answer, FakeTime, Site

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
    fake = FakeTime()
    return crawl_hub(db, client=HubClient(site.url, sleep=fake.sleep, clock=fake.clock), now=lambda: NOW, **options)


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

    def dying(*args: Any, **options: Any) -> int:
        if next(calls, None) is None:
            raise Killed
        return save(*args, **options)

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
    with pytest.raises(StatusError, match=r"/api/models cannot be read, it answers 401: set HF_TOKEN"):
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
        summary = crawl_hub(db, client=HubClient(url))
        again = crawl_hub(db, client=HubClient(url))

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


class Names:
    """A table of usual names."""

    def __init__(self, **names: str) -> None:
        self.names = names
        self.key = str(sorted(names.items()))

    def canonical(self, name: str) -> str:
        return self.names.get(name, name)


def test_a_full_run_finds_what_changed_and_what_is_gone(db: Database, made: Hub, site: Site) -> None:
    for key in range(7):
        made.add(key)
    run(db, site)
    del made.rows[2]
    made.rows[0] |= {"gated": "auto", "config": {"model_type": "t5"}}
    assert run(db, site).gone == 0

    summary = run(db, site, full=True)
    assert (summary.gone, summary.gated, summary.stored, summary.stored_gone) == (1, 1, 7, 1)
    assert {row.id for row in rows_of(db) if row.gone} == {"acme/m2"}
    assert {row.id: row.family for row in rows_of(db)}["acme/m0"] == "t5"
    # It was uploaded all the same.
    assert families_by_month(db) == {("bert", 6), ("t5", 1)}

    made.add(2)
    assert run(db, site, full=True).stored_gone == 0


def test_a_full_run_back_to_a_day_says_nothing_of_older_models(db: Database, made: Hub, site: Site) -> None:
    for key in range(7):
        made.add(key)
    run(db, site, since=START + timedelta(days=3))
    made.rows.clear()
    made.add(6)
    summary = run(db, site, since=START + timedelta(days=3), full=True)

    assert {row.id for row in rows_of(db) if row.gone} == {"acme/m3", "acme/m4", "acme/m5"}
    assert summary.gone == 3


def test_a_full_run_that_is_killed_is_taken_up(
    db: Database, made: Hub, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in range(12):
        made.add(key)
    run(db, site)
    made.rows = [row for row in made.rows if row["id"] not in ("acme/m1", "acme/m11")]
    save, calls = hub.models.save_models, iter(range(3))

    def dying(*args: Any, **options: Any) -> int:
        if next(calls, None) is None:
            raise Killed
        return save(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(hub.models, "save_models", dying)
        with pytest.raises(Killed):
            run(db, site, full=True)
    site.asked.clear()

    assert run(db, site).gone == 2
    assert len(site.paths()) == 1 + 2  # the head, and the pages that were left
    assert {row.id for row in rows_of(db) if row.gone} == {"acme/m1", "acme/m11"}


def test_what_a_full_run_cannot_read_is_not_gone(db: Database, made: Hub, site: Site) -> None:
    made.add(0)
    made.add(1)
    run(db, site)
    made.rows[0]["downloads"] = "many"

    assert run(db, site, full=True).gone == 0


def test_a_renamed_model_moves(db: Database, made: Hub, site: Site) -> None:
    made.add(0, _id="aa")
    made.add(1, _id="bb")
    run(db, site)
    made.rows[1]["id"] = "acme/renamed"
    summary = run(db, site, full=True)

    assert model_ids(db) == {"acme/m0", "acme/renamed"}
    assert summary.gone == 0
    assert families_by_month(db) == {("bert", 2)}


def test_families_go_by_their_usual_names_and_follow_the_table(db: Database, made: Hub, site: Site) -> None:
    made.add(0, config={"model_type": "XLM-RoBERTa"})
    made.add(1, config={})
    run(db, site, families=Names(**{"xlm-roberta": "xlm"}))
    assert families_by_month(db) == {("xlm", 1), ("", 1)}

    run(db, site, families=Names(**{"xlm-roberta": "roberta"}))
    assert families_by_month(db) == {("roberta", 1), ("", 1)}
    assert {row.model_type for row in rows_of(db)} == {"xlm-roberta", ""}


def test_no_call_is_made_while_the_quota_is_used_up(db: Database, site: Site) -> None:
    rows = [{"id": f"acme/m{key}", "createdAt": "2023-01-15T00:00:00.000Z"} for key in (1, 2)]
    link = {"Link": f'<{site.url}/api/models?cursor=x>; rel="next"'}
    site.routes["/api/models"] = [
        Answer(body=rows[:1], headers=link | {"RateLimit": '"api";r=0;t=120'}),
        Answer(body=rows[1:], headers={"RateLimit": '"api";r=499;t=300'}),
    ]
    fake = FakeTime()
    summary = crawl_hub(db, client=HubClient(site.url, sleep=fake.sleep, clock=fake.clock), now=lambda: NOW)

    assert fake.sleeps == [121.0]
    assert (summary.models, summary.waited) == (2, 121.0)


def test_a_second_crawler_is_refused(db: Database, made: Hub, site: Site, tmp_path: Path) -> None:
    made.add(0)
    run(db, site)
    asked = len(site.paths())
    dump = tmp_path / "models.jsonl"
    dump.write_text('{"id": "a/b", "createdAt": "2024-01-01T00:00:00Z"}\n')
    with crawl_state.hold(db, sources.all_sources(db)[0].id):
        for another in (
            lambda: run(db, site),
            lambda: crawl_cards(db, client=HubClient(site.url)),
            lambda: import_models(db, dump, source=site.url, snapshot=True),
        ):
            with pytest.raises(BusyCrawlError, match=r"another crawl of .*process \d+"):
                another()
    assert len(site.paths()) == asked
    made.add(1)
    assert run(db, site).stored == 2


def test_quotas_of_files_and_api_are_told_apart(site: Site) -> None:
    site.routes["/api/models"] = Answer(body=[], headers={"RateLimit": '"api";r=0;t=120'})
    site.routes["/a/b/resolve/main/README.md"] = Answer(body="# Card")
    fake = FakeTime()
    client = HubClient(site.url, sleep=fake.sleep, clock=fake.clock)
    client.get_json(f"{site.url}/api/models")

    assert client.get_text(f"{site.url}/a/b/resolve/main/README.md", 99) == "# Card"
    assert fake.sleeps == []


def test_the_token_is_in_no_log_error_or_answer(
    db: Database, made: Hub, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_ENDPOINT", site.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_DEBUG", True)
    made.add(0)
    with caplog.at_level("DEBUG"):
        summary = run(db, site)
        site.routes["/api/models"] = Answer(401, {"error": "no"})
        with pytest.raises(StatusError) as caught:
            run(db, site)

    assert "hf_secret" in str(site.headers)
    assert "hf_secret" not in f"{caplog.text}{summary}{caught.value!r}{caught.value.__cause__!r}"


def rows_of(db: Database) -> list[Any]:
    from store.schema import models

    with db.read() as connection:
        return list(connection.execute(models.select()).all())


def families_by_month(db: Database) -> set[tuple[str, int]]:
    from store.schema import uploads

    with db.read() as connection:
        return {(row.family, row.models) for row in connection.execute(uploads.select())}
