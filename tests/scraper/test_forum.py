"""A crawl brings the store up to date with a forum: all of it, then what is new, also after a kill."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.errors import BlockedError, ScraperError
from scraper.forum import CrawlSummary, crawl
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from scraper.replay import forum_app, running
from store import sources
from store.database import Database, open_database
from store.threads import changed_threads
from store.values import AUTHORED_TAG
from tests.scraper.forum_site import START, Forum
from tests.scraper.site import Answer, FakeTime, Site, running_site

NOW = datetime(2024, 6, 1, tzinfo=UTC)


class Killed(BaseException):
    """Stands for the end of the process at this point."""


@pytest.fixture
def forum(site: Site) -> Forum:
    return Forum(site)


def run(db: Database, site: Site, **options: Any) -> CrawlSummary:
    fake = FakeTime()
    client = PoliteClient(site.url, rate=0, retries=1, sleep=fake.sleep, clock=fake.clock)
    options = {"reread": 0, "now": lambda: NOW, **options}
    return crawl(db, client, pseudonyms=Pseudonymizer(b"k" * 32), **options)


def titles(db: Database) -> list[str]:
    return sorted(thread.title for thread in changed_threads(db, 0, 10_000) if thread.counted)


def content(db: Database) -> list[tuple[str, list[str]]]:
    """What the store holds, without the order in which it came."""
    return sorted(
        (thread.title, [post.input.body for post in thread.posts]) for thread in changed_threads(db, 0, 10_000)
    )


def span(db: Database) -> tuple[datetime | None, datetime | None]:
    [source] = sources.all_sources(db)
    return source.covered_from, source.covered_to


def test_all_threads_are_stored_with_few_requests(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 6):
        forum.add(key)
    summary = run(db, site)

    assert (summary.threads, summary.posts, summary.pending, summary.missing) == (5, 5, 0, 0)
    assert titles(db) == [f"Thread {key}" for key in range(1, 6)]
    assert sum(path.startswith("/t/") for path in site.paths()) == 5
    assert summary.requests == len(site.paths())
    assert span(db) == (datetime(2023, 1, 1, tzinfo=UTC), NOW)
    assert changed_threads(db, 0)[0].posts[0].input.category == "Models"


def test_a_long_thread_is_completed_in_batches(db: Database, forum: Forum, site: Site) -> None:
    forum.add(1, posts=437)
    summary = run(db, site)

    assert summary.posts == 437
    assert [post.number for post in changed_threads(db, 0)[0].posts] == list(range(1, 438))
    assert sum(path.startswith("/t/") for path in site.paths()) == 1 + 9  # (437 - 20) / 50, rounded up


def test_the_next_crawl_reads_only_what_changed(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 30):
        forum.add(key)
    run(db, site)
    site.asked.clear()
    forum.add(3, posts=2, bumped_at=(START + timedelta(days=99)).isoformat())
    forum.add(90)
    summary = run(db, site)

    assert summary.threads == 2
    assert [path for path in site.paths() if path.startswith("/t/")] == ["/t/3.json", "/t/90.json"]
    assert summary.list_pages < 5
    assert "Thread 90" in titles(db)


def test_threads_that_cannot_be_read_are_recorded_and_nothing_more(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 8):
        forum.add(key)
    forum.status = {
        2: Answer(404, {"errors": ["gone"]}),
        3: Answer(410, {"errors": ["deleted"]}),
        4: Answer(403, {"errors": ["private"], "error_type": "invalid_access"}),
        5: Answer(body={"id": 5, "post_stream": {"posts": [{"id": 1}]}}),
    }
    forum.threads[6]["visible"] = False
    site.routes["/t/7.json"] = Answer(404, "<html>not here</html>")
    summary = run(db, site)

    assert (summary.threads, summary.missing, summary.private, summary.failed) == (1, 3, 1, 1)
    assert titles(db) == ["Thread 1"]
    assert "thread 5" in summary.failures[0]


def test_an_unlisted_thread_is_not_collected(db: Database, forum: Forum, site: Site) -> None:
    forum.add(1)
    forum.add(2)
    hidden = json.loads(json.dumps(forum.threads[2]))
    site.routes["/t/2.json"] = Answer(body=hidden | {"visible": False, "post_stream": {"posts": hidden.pop("posts")}})
    summary = run(db, site)

    assert (summary.threads, summary.unlisted) == (1, 1)
    assert titles(db) == ["Thread 1"]


def test_a_thread_that_goes_loses_its_text(db: Database, forum: Forum, site: Site) -> None:
    forum.add(1)
    forum.add(2)
    run(db, site)
    forum.threads[2]["bumped_at"] = (START + timedelta(days=50)).isoformat()
    forum.status[2] = Answer(404, {"errors": ["gone"]})
    summary = run(db, site)

    assert summary.missing == 1
    assert content(db) == [("", []), ("Thread 1", ["1001"])]


def test_a_site_that_shuts_us_out_does_not_empty_the_store(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 21):
        forum.add(key)
    run(db, site)
    for key in range(1, 21):
        forum.threads[key]["bumped_at"] = (START + timedelta(days=50)).isoformat()
        forum.status[key] = Answer(403, {"errors": ["no"]})

    with pytest.raises(BlockedError, match="in a row"):
        run(db, site)
    assert len(titles(db)) == 20
    forum.status.clear()
    assert run(db, site).threads == 20


def test_a_thread_that_fails_for_the_moment_is_read_next_time(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 4):
        forum.add(key)
    forum.status[2] = Answer(500)
    first = run(db, site)
    forum.status.clear()
    second = run(db, site)

    assert (first.threads, first.failed, first.pending) == (2, 1, 1)
    assert (second.threads, second.pending) == (1, 0)
    assert len(titles(db)) == 3


def test_a_thread_that_slipped_past_between_two_pages_is_found(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 8):
        forum.add(key)
    listing = forum._list

    def vanishing(path: str) -> Answer:
        if "order=created" in path and "page=1" in path:
            forum.threads.pop(1, None)  # all later threads move up: the first of page 1 is now on page 0
        return listing(path)

    site.routes["/latest.json"] = vanishing
    summary = run(db, site)

    assert titles(db) == [f"Thread {key}" for key in range(2, 8)]
    assert summary.missing == 1


def test_since_leaves_older_threads_alone_and_can_be_moved_back(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 40):
        forum.add(key)
    since = START + timedelta(days=30)
    summary = run(db, site, since=since)

    assert titles(db) == sorted(f"Thread {key}" for key in range(30, 40))
    assert summary.list_pages < 20
    assert span(db) == (since, NOW)

    run(db, site)
    assert len(titles(db)) == 39
    assert span(db) == (datetime(2023, 1, 1, tzinfo=UTC), NOW)


def test_a_limit_is_a_pause(db: Database, forum: Forum, site: Site) -> None:
    for key in range(1, 12):
        forum.add(key)
    first = run(db, site, limit=4)

    assert first.threads == 4
    assert titles(db) == ["Thread 1", "Thread 2", "Thread 3", "Thread 4"]
    assert span(db) == (datetime(2023, 1, 1, tzinfo=UTC), START + timedelta(days=4))

    assert run(db, site, limit=5).threads == 5
    assert run(db, site).threads == 2
    assert len(titles(db)) == 11
    assert span(db)[1] == NOW


def test_a_limit_of_nothing_is_an_error(db: Database, forum: Forum, site: Site) -> None:
    with pytest.raises(ScraperError, match="limit is 0"):
        run(db, site, limit=0)


def test_an_empty_forum_is_no_trouble(db: Database, forum: Forum, site: Site) -> None:
    assert run(db, site).threads == 0
    forum.add(1)
    assert run(db, site).threads == 1


def test_an_address_that_is_no_forum_is_a_clear_error(db: Database, site: Site) -> None:
    site.routes["/latest.json"] = Answer(body={"hello": "world"})
    with pytest.raises(ScraperError, match="topic_list"):
        run(db, site)


def test_authored_threads_mark_their_source(db: Database, forum: Forum, site: Site) -> None:
    forum.add(1, tags=[{"id": 1, "name": AUTHORED_TAG, "slug": AUTHORED_TAG}])
    run(db, site)

    assert sources.all_sources(db)[0].authored


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kills=st.lists(st.integers(1, 25), min_size=1, max_size=4), sizes=st.lists(st.sampled_from([1, 3, 75]), max_size=7)
)
def test_a_crawl_killed_anywhere_goes_on(
    tmp_path_factory: pytest.TempPathFactory,
    empty_store: Path,
    shared_site: Site,
    kills: list[int],
    sizes: list[int],
) -> None:
    shared_site.routes.clear()
    forum = Forum(shared_site)
    for key, posts in enumerate(sizes, 1):
        forum.add(key, posts)
    folder = tmp_path_factory.mktemp("kills")
    with store_at(folder / "once", empty_store) as once, store_at(folder / "killed", empty_store) as killed:
        run(once, shared_site)
        for steps in kills:
            with pytest.MonkeyPatch.context() as patch:
                kill_after(patch, steps)
                try:
                    run(killed, shared_site)
                except Killed:
                    continue
        summary = run(killed, shared_site)

        assert content(killed) == content(once)
        assert span(killed) == span(once)
        assert summary.pending == 0


def test_no_single_write_is_a_bad_moment_to_be_killed(
    forum: Forum, site: Site, tmp_path: Path, empty_store: Path
) -> None:
    for key, posts in enumerate([1, 25, 1], 1):
        forum.add(key, posts)
    with store_at(tmp_path / "whole", empty_store) as whole:
        run(whole, site)
        expected = content(whole), span(whole)
    for steps in range(200):
        with store_at(tmp_path / str(steps), empty_store) as db, pytest.MonkeyPatch.context() as patch:
            kill_after(patch, steps)
            try:
                run(db, site)
                break
            except Killed:
                patch.undo()
            run(db, site)
            assert (content(db), span(db)) == expected, f"killed before write {steps + 1}"
    assert 10 < steps < 199


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of an empty store: a copy of it is ready sooner than a new one."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    open_database(f"sqlite:///{path}").close()
    return path


def store_at(folder: Path, empty_store: Path) -> Database:
    folder.mkdir()
    return open_database(f"sqlite:///{shutil.copy(empty_store, folder)}")


def kill_after(patch: pytest.MonkeyPatch, steps: int) -> None:
    """End the process, as it were, before the n-th write to the store."""
    write = Database.write
    left = iter(range(steps))

    def counted(self: Database) -> Any:
        if next(left, None) is None:
            raise Killed
        return write(self)

    patch.setattr(Database, "write", counted)


def test_a_replayed_forum_is_stored_whole(db: Database, tmp_path: Path, site: Site) -> None:
    made = Forum(site)
    dump = tmp_path / "dump.jsonl"
    with dump.open("w", encoding="utf-8") as file:
        for key in range(1, 71):
            made.add(key, posts=1 + key % 3 * 25, pinned_globally=key == 40)
            thread = made.threads[key]
            posts = thread.pop("posts")
            thread["post_stream"] = {"posts": posts, "stream": [post["id"] for post in posts]}
            file.write(json.dumps(thread) + "\n")
    with running(forum_app(dump)) as url:
        client = PoliteClient(url, rate=0)
        first = crawl(db, client, pseudonyms=Pseudonymizer(b"k" * 32))
        again = crawl(db, client, pseudonyms=Pseudonymizer(b"k" * 32))

    assert first.threads == 70
    assert first.posts == sum(1 + key % 3 * 25 for key in range(1, 71))
    assert (again.threads, again.pending) == (0, 0)
