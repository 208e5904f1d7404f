"""What a later crawl finds: what is new with few requests, what changed unseen in rotation, all of it by a full one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scraper.errors import BlockedError, BusyCrawlError, ScraperError, StatusError
from scraper.forum import CrawlSummary, crawl, estimate, verify
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from store import crawl as crawl_state
from store import sources
from store.database import Database, WriteError, open_database
from store.schema import post_edits, posts, threads
from tests.scraper.forum_site import START, Forum
from tests.scraper.site import Answer, FakeTime, Site, running_site

NOW = datetime(2024, 6, 1, tzinfo=UTC)


class Hours:
    """A clock that goes on an hour each time it is looked at."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def forum(site: Site) -> Forum:
    made = Forum(site, modern=True)
    for key in range(1, 8):
        made.add(key, posts=1 + key % 3, days=key * 12)
    return made


Run = Callable[..., CrawlSummary]


@pytest.fixture
def run(db: Database, site: Site) -> Run:
    return runner(db, site)


def client_of(site: Site, **options: Any) -> PoliteClient:
    fake = FakeTime()
    return PoliteClient(site.url, rate=0, retries=1, sleep=fake.sleep, clock=fake.clock, **options)


def runner(db: Database, site: Site) -> Run:
    clock = Hours()

    def start(*, budget: int | None = None, **options: Any) -> CrawlSummary:
        site.asked.clear()
        site.headers.clear()
        client = client_of(site, budget=budget)
        return crawl(db, client, pseudonyms=Pseudonymizer(b"k" * 32), **{"reread": 0, "now": clock, **options})

    return start


def stored(db: Database) -> dict[str, tuple[Any, ...]]:
    with db.read() as connection:
        return {
            head.external_id: (
                head.title,
                head.category,
                head.state == "closed",
                [
                    (row.external_id, row.body, row.likes)
                    for row in connection.execute(
                        select(posts).where(posts.c.thread_id == head.id, ~posts.c.deleted).order_by(posts.c.number)
                    )
                ],
            )
            for head in connection.execute(select(threads).where(threads.c.counted))
        }


def read(site: Site) -> list[str]:
    return [path for path in site.paths() if path.startswith("/t/")]


def test_the_first_crawl_goes_by_month(db: Database, forum: Forum, site: Site, run: Run) -> None:
    run()

    assert stored(db) == forum.shown()
    assert len({path.partition("&")[0] for path in site.paths() if path.startswith("/filter.json")}) == 4
    assert sum("order=created" in path for path in site.paths()) == 1  # to find the first one


@pytest.mark.parametrize(
    "filtered",
    [
        Answer(404, {"errors": ["no such page"]}),
        Answer(400, {"errors": ["invalid"]}),
        Answer(body={"filter": "unknown"}),
        Answer(body={"topic_list": {"topics": []}}),
        Answer(body={"topic_list": {"topics": [{"id": 1, "created_at": "2021-01-01T00:00:00Z"}]}}),
    ],
)
def test_without_month_windows_it_goes_by_creation(
    db: Database, forum: Forum, site: Site, run: Run, filtered: Answer
) -> None:
    site.routes["/filter.json"] = filtered
    run()

    assert stored(db) == forum.shown()
    assert sum(path.startswith("/filter.json") for path in site.paths()) == 1


@pytest.mark.parametrize("modern", [True, False])
def test_a_sync_without_changes_costs_three_requests_at_most(db: Database, site: Site, run: Run, modern: bool) -> None:
    forum = Forum(site, modern=modern)
    for key in range(1, 30):
        forum.add(key)
    run()

    summary = run()
    assert summary.requests <= 3
    assert summary.requests == len(site.paths())
    assert run(reread=4).requests <= 3 + 4


def test_changed_threads_cost_about_one_request_each(db: Database, forum: Forum, site: Site, run: Run) -> None:
    for key in range(20, 60):
        forum.add(key)
    run()
    for key in (2, 5, 33):
        forum.reply(key)
    forum.start(90, posts=2)
    summary = run()

    assert sorted(read(site)) == ["/t/2.json", "/t/33.json", "/t/5.json", "/t/90.json"]
    assert summary.requests <= 4 + 3 + 3  # two more pages of the list, of two threads each, and one of the feed
    assert (summary.threads, summary.posts_added) == (4, 5)
    assert stored(db) == forum.shown()


def test_a_reply_that_bumps_nothing_comes_by_the_feed(db: Database, forum: Forum, site: Site, run: Run) -> None:
    run()
    for _ in range(5):
        forum.reply(3, bump=False)
    forum.threads[3]["posts_count"] = 1  # nor does the list tell
    run()

    assert read(site) == ["/t/3.json"]
    assert stored(db) == forum.shown()


def test_a_site_without_a_feed_is_not_asked_for_it_again(forum: Forum, site: Site, run: Run) -> None:
    site.routes["/posts.json"] = Answer(403, {"errors": ["no"]})
    run()
    run()

    assert not any(path.startswith("/posts.json") for path in site.paths())


def test_rotation_finds_what_bumps_nothing(db: Database, forum: Forum, site: Site, run: Run) -> None:
    run()
    forum.edit(2, 0, "<p>edited</p>")
    forum.delete_post(4, 1)
    forum.like(5, 0, 7)
    forum.threads[3]["category_id"] = 4
    forum.threads[1]["title"] = "Renamed"
    del forum.threads[1]["posts"][1]
    changed = [run(reread=2) for _ in range(4)]

    assert stored(db) == forum.shown()
    assert [summary.reread for summary in changed] == [2, 2, 2, 2]
    assert sum(summary.reread_changed for summary in changed) == 5
    assert sum(summary.posts_edited for summary in changed) == 1
    assert sum(summary.posts_deleted for summary in changed) == 2
    assert all(summary.threads == 0 for summary in changed)


def test_rotation_takes_who_waited_longest(forum: Forum, site: Site, run: Run) -> None:
    run()
    seen = []
    for _ in range(4):
        run(reread=3)
        seen.append(read(site))

    assert sorted([*seen[0], *seen[1], *seen[2]][:7]) == [f"/t/{key}.json" for key in range(1, 8)]
    assert [*seen[2][1:], *seen[3]] == [*seen[0], *seen[1]][: len(seen[2]) + 2]


def test_an_edit_keeps_the_earlier_hash_and_time(db: Database, forum: Forum, run: Run) -> None:
    run()
    with db.read() as connection:
        before = connection.execute(select(posts).where(posts.c.external_id == "2001")).one()
    forum.edit(2, 0, "<p>other words</p>")
    run(reread=10)

    with db.read() as connection:
        [kept] = connection.execute(select(post_edits))
        after = connection.execute(select(posts).where(posts.c.external_id == "2001")).one()
    assert (kept.post_id, kept.text_hash, kept.written_at) == (before.id, before.text_hash, before.created_at)
    assert kept.replaced_at > NOW and after.text_hash != before.text_hash


def test_a_deleted_thread_is_a_tombstone_after_its_turn(db: Database, forum: Forum, run: Run) -> None:
    run()
    forum.remove(4)
    run(reread=10)

    assert stored(db) == forum.shown()
    with db.read() as connection:
        head = connection.execute(select(threads).where(threads.c.external_id == "4")).one()
        rows = connection.execute(select(posts).where(posts.c.thread_id == head.id)).all()
    assert (head.state, head.title, head.url, head.category, head.views) == ("deleted", "", "", "", 0)
    assert len(rows) == 2
    assert all(row.deleted and row.deleted_at and not row.body and not row.author for row in rows)


def test_a_thread_that_comes_back_is_stored_again(db: Database, forum: Forum, run: Run) -> None:
    run()
    gone = forum.threads.pop(4)
    run(reread=10)
    forum.threads[4] = gone
    run(reread=10)

    assert stored(db) == forum.shown()


def test_a_moved_post_is_in_one_thread_only(db: Database, forum: Forum, run: Run) -> None:
    run()
    forum.move_post(5, 2, to=1)
    forum.threads[1]["bumped_at"] = (START + timedelta(days=200)).isoformat()
    run()  # only the thread that got it is read for its bump; the other one is read because it lost a post

    assert stored(db) == forum.shown()


@pytest.mark.parametrize("field", ["closed", "archived"])
def test_states_are_kept(db: Database, forum: Forum, run: Run, field: str) -> None:
    run()
    forum.threads[3][field] = True
    run(reread=10)

    with db.read() as connection:
        states = connection.execute(select(threads.c.external_id, threads.c.state)).all()
    assert {row.external_id: row.state for row in states}["3"] == field


def test_a_thread_that_did_not_change_is_not_sent_again(forum: Forum, site: Site, run: Run) -> None:
    run()
    forum.edit(2, 0, "<p>edited</p>")
    summary = run(reread=7)

    conditional = [head for head in site.headers if "If-None-Match" in head]
    assert len(conditional) == 7
    assert (summary.reread, summary.reread_changed, summary.posts_edited) == (7, 1, 1)


def test_a_renamed_category_is_found_though_no_thread_changed(db: Database, forum: Forum, site: Site, run: Run) -> None:
    run(reread=10)
    names = {"category_list": {"categories": [{"id": 3, "name": "Model zoo"}]}}
    site.routes["/categories.json"] = Answer(body=names)
    run(reread=10)

    assert {category for _, category, _, _ in stored(db).values()} == {"Model zoo"}


def test_a_long_thread_is_read_whole_in_rotation(db: Database, forum: Forum, run: Run) -> None:
    forum.add(9, posts=45)
    run()
    forum.edit(9, 40, "<p>far down</p>")  # beyond the posts that an ETag speaks of
    run(reread=10)

    assert stored(db) == forum.shown()


@pytest.mark.parametrize(
    "refusal", [Answer(404, {"errors": ["gone"]}), Answer(body={"post_stream": {"posts": []}}), Answer(500)]
)
def test_posts_that_cannot_be_had_for_the_moment_are_not_taken_for_deleted(
    db: Database, forum: Forum, site: Site, run: Run, refusal: Answer
) -> None:
    forum.add(9, posts=45)
    run()
    forum.reply(9)
    forum.edit(9, 0, "<p>edited</p>")
    whole = site.routes["/t/9/posts.json"]
    site.routes["/t/9/posts.json"] = refusal
    summary = run()
    assert (summary.posts_deleted, summary.pending, len(summary.failures)) == (0, 1, 1)
    assert len(stored(db)["9"][3]) == 45

    site.routes["/t/9/posts.json"] = whole
    assert run().pending == 0
    assert stored(db) == forum.shown()


def test_a_full_crawl_finds_everything(db: Database, forum: Forum, run: Run) -> None:
    forum.add(8, visible=False)
    run()
    for key in range(1, 6):
        forum.edit(key, 0, f"<p>new words {key}</p>")
    forum.remove(6)
    forum.threads[8]["visible"] = True  # old, and in no list of changes
    forum.start(9)
    summary = run(full=True)

    assert stored(db) == forum.shown()
    assert summary.pending == 0 and summary.posts_edited == 5


def test_an_interrupted_full_crawl_goes_on(db: Database, forum: Forum, run: Run) -> None:
    run()
    for key in range(1, 8):
        forum.edit(key, 0, f"<p>new words {key}</p>")
    first = run(full=True, budget=14)
    rest = run()

    assert first.stopped == "budget" and first.pending > 0
    assert (rest.stopped, rest.pending) == ("", 0)
    assert stored(db) == forum.shown()


def test_the_sitemap_shows_what_every_list_missed(db: Database, forum: Forum, site: Site, run: Run) -> None:
    whole = forum._page

    def lossy(found: list[dict[str, Any]], *rest: Any) -> Answer:
        return whole([item for item in found if item["id"] != 4], *rest)

    forum._page = lossy  # type: ignore[method-assign]
    run()

    assert "4" in stored(db)
    assert verify(db, client_of(site)).missing == ()


def test_verify_names_what_is_missing(db: Database, forum: Forum, site: Site, run: Run) -> None:
    run()
    forum.remove(2)
    forum.start(50)
    found = verify(db, client_of(site))

    assert (found.missing, found.surplus) == ((("50", "never seen"),), ("2",))
    assert (found.sitemap, found.stored) == (7, 7)


def test_verify_of_a_forum_that_was_never_crawled_says_so(db: Database, forum: Forum, site: Site) -> None:
    with pytest.raises(ScraperError, match="holds nothing of"):
        verify(db, client_of(site))


def test_a_budget_is_a_pause(db: Database, forum: Forum, run: Run) -> None:
    for _ in range(20):
        summary = run(budget=6)
        assert summary.requests <= 6
        if not summary.stopped:
            break

    assert stored(db) == forum.shown()


def test_a_budget_is_of_a_day(db: Database, forum: Forum, site: Site) -> None:
    def go(day: int) -> CrawlSummary:
        client = client_of(site)
        return crawl(
            db,
            client,
            pseudonyms=Pseudonymizer(b"k" * 32),
            budget=8,
            reread=0,
            now=lambda: NOW + timedelta(days=day, hours=1),
        )

    runs = [go(day) for day in (0, 0, 1, 1, *range(2, 9))]
    assert [run.requests for run in runs[:4]] == [8, 0, 8, 0]
    assert [run.stopped for run in runs[:4]] == ["budget"] * 4 and runs[-1].stopped == ""
    assert stored(db) == forum.shown()


def test_a_second_crawler_is_refused(db: Database, forum: Forum, run: Run) -> None:
    run()
    source = sources.all_sources(db)[0].id
    with crawl_state.hold(db, source), pytest.raises(BusyCrawlError, match=r"another crawl of .*process \d+"):
        run()
    assert run().pending == 0


def test_a_site_that_says_gone_to_everything_does_not_empty_the_store(db: Database, forum: Forum, run: Run) -> None:
    run()
    kept = stored(db)
    forum.status = {key: Answer(404, {"errors": ["gone"]}) for key in forum.threads}
    with pytest.raises(BlockedError, match="in a row"):
        run(full=True)
    assert stored(db) == kept

    forum.status.clear()
    assert run().pending == 0
    assert stored(db) == forum.shown()


def test_many_deletions_at_once_are_believed_while_other_threads_can_be_read(
    db: Database, forum: Forum, run: Run
) -> None:
    for key in range(20, 40):
        forum.add(key)
    run()
    for key in range(20, 38):
        forum.remove(key)
    summary = run(reread=40)

    assert stored(db) == forum.shown()
    assert summary.reread == 27


def test_repeated_403_stops_the_crawl(db: Database, forum: Forum, site: Site, run: Run) -> None:
    forum.status = {key: Answer(403, {"errors": ["no"]}) for key in forum.threads}
    with pytest.raises(BlockedError, match="403"):
        run()
    assert len(read(site)) <= 5 + 3


def test_private_threads_are_no_trouble_in_rotation(db: Database, forum: Forum, run: Run) -> None:
    for key in range(20, 30):
        forum.add(key)
    run()
    forum.status = {key: Answer(403, {"errors": ["no"]}) for key in range(20, 30)}
    first, second = run(reread=40), run(reread=40)

    assert (first.reread_changed, second.reread_changed, second.reread) == (10, 0, 17)


def test_a_full_disk_is_a_clear_error_and_loses_nothing(
    tmp_path: Path, forum: Forum, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as db:
        run = runner(db, site)
        run()
        kept = stored(db)
        with db.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        forum.start(80)
        forum.edit(80, 0, f"<p>{'long ' * 20_000}</p>")
        with pytest.raises(WriteError, match="disk is full"):
            run()
        assert stored(db) == kept
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as db:
        assert runner(db, site)().pending == 0
        assert stored(db) == forum.shown() | {"80": stored(db)["80"]}
        assert len(stored(db)["80"][3]) == 1


def test_an_estimate_comes_near_what_a_crawl_takes(db: Database, forum: Forum, site: Site, run: Run) -> None:
    forum.per_page = 30
    for key in range(100, 220):
        forum.add(key, posts=1 if key % 4 else 30, days=key)
    told = estimate(db, client_of(site))
    assert sources.all_sources(db) == ()
    first = run()
    assert told.requests == pytest.approx(first.requests, rel=0.15)

    for key in range(100, 130):
        forum.reply(key)
    later = estimate(db, client_of(site), reread=5)
    second = run(reread=5)
    assert (later.threads, later.reread) == (30, 5)
    assert later.requests == pytest.approx(second.requests, rel=0.3)


_NAMES = ("start", "reply", "quiet", "edit", "like", "delete", "remove", "hide", "recategorise", "move")
_CHANGES = st.tuples(st.sampled_from(_NAMES), st.integers(1, 6))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(_CHANGES, max_size=5), min_size=1, max_size=3), modern=st.booleans())
def test_store_equals_server_after_any_changes(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, int]]], modern: bool
) -> None:
    folder = tmp_path_factory.mktemp("sync")
    with running_site() as site, open_database(f"sqlite:///{folder / 'store.db'}") as db:
        forum, run = Forum(site, modern=modern), runner(db, site)
        for key in range(1, 7):
            forum.add(key, posts=key % 3 + 1, days=key * 9)
        run()
        for changes in rounds:
            done = [(name, str(change(forum, name, key))) for name, key in changes]
            touched = {key for name, key in done if name in ("start", "reply")}
            run()
            now, shown = stored(db), forum.shown()
            # what is new or bumped is there at once
            assert {key: now.get(key) for key in touched & shown.keys()} == {
                key: shown[key] for key in touched & shown.keys()
            }
            # what changed unseen, within one turn of the rotation
            for _ in range(-(-len(crawl_state.outcomes(db, 1)) // 3)):
                run(reread=3)
            assert stored(db) == forum.shown()
        run(full=True)
        assert stored(db) == forum.shown()


def change(forum: Forum, name: str, key: int) -> int | None:
    """Change the forum, if there is anything to change; returns the thread."""
    if name == "start":
        key = 100 + len(forum.site.routes)
        forum.start(key)
        return key
    thread = forum.threads.get(key)
    if thread is None:
        return None
    several = len(thread["posts"]) > 1
    ways: dict[str, Callable[[], object]] = {
        "reply": lambda: forum.reply(key),
        "quiet": lambda: forum.reply(key, bump=False),
        "edit": lambda: forum.edit(key, 0, f"<p>again {forum._tick()}</p>"),
        "like": lambda: forum.like(key, 0, len(forum.site.asked)),
        "delete": lambda: several and forum.delete_post(key, 1),
        "remove": lambda: forum.remove(key),
        "hide": lambda: thread.update(visible=thread.get("visible") is False),
        "recategorise": lambda: thread.update(category_id=7 - thread["category_id"]),
        "move": lambda: several and forum.move_post(key, 1, to=max(forum.threads)),
    }
    ways[name]()
    return key


FAULTS = (
    Answer(429, "Slow down", {"Retry-After": "2"}),
    Answer(429, {"errors": ["slow"], "error_type": "rate_limit", "extras": {"wait_seconds": 2}}),
    Answer(500, "<html>oops</html>"),
    Answer(503, {"errors": ["busy"]}, {"Retry-After": "1"}),
    Answer(200, '{"topic_list": {"top'),
    Answer(200, "<!doctype html><title>proxy</title>"),
    Answer(200, {"message": "come back later"}),
    Answer(403, "<html>Attention required</html>"),
    Answer(403, {"errors": ["no"]}),
    Answer(404, {"errors": ["gone"]}),
    Answer(302, "", {"Location": "https://elsewhere.example/login"}),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8), st.sampled_from(FAULTS)), max_size=6),
    changes=st.lists(_CHANGES, max_size=6),
    modern=st.booleans(),
)
def test_store_equals_server_after_any_faults_and_one_full_crawl(
    tmp_path_factory: pytest.TempPathFactory,
    faults: list[tuple[int, int, Answer]],
    changes: list[tuple[str, int]],
    modern: bool,
) -> None:
    folder = tmp_path_factory.mktemp("faults")
    with running_site() as site, open_database(f"sqlite:///{folder / 'store.db'}") as db:
        forum, run = Forum(site, modern=modern), runner(db, site)
        for key in range(1, 7):
            forum.add(key, posts=key % 3 + 1, days=key * 9)
        well = site.answer
        pending = [*changes]
        plan = [fault for calm, times, fault in faults for fault in [None] * calm + [fault] * times]

        def ill(path: str) -> Answer:
            if pending and len(site.asked) % 3 == 0:  # the forum lives on while it is crawled
                change(forum, *pending.pop())
            fault = plan.pop(0) if plan and path != "/robots.txt" else None
            answer = well(path)
            return fault or answer

        site.answer = ill  # type: ignore[method-assign]
        for _ in range(4):
            with contextlib.suppress(ScraperError):
                run(reread=2)
        site.answer = well  # type: ignore[method-assign]
        run(full=True)
        assert stored(db) == forum.shown()


@pytest.mark.parametrize("known", [False, True])
def test_a_thread_that_once_led_to_another_site_is_read_by_the_next_run(
    db: Database, forum: Forum, site: Site, run: Run, known: bool
) -> None:
    if known:
        run()
        forum.edit(3, 0, "<p>edited</p>")
    forum.status[3] = Answer(302, "", {"Location": "https://elsewhere.example/login"})
    first = run(reread=10 if known else 0)
    assert (first.failed, first.pending) == (1, 1)
    assert "another site" in first.failures[0]

    forum.status.clear()
    assert (run().threads, stored(db)) == (1, forum.shown())


@pytest.mark.parametrize("trouble", ["elsewhere", "posts that are not given"])
def test_a_thread_that_keeps_failing_rests_for_a_day_or_until_it_changes(
    db: Database, forum: Forum, site: Site, trouble: str
) -> None:
    def after(hours: int) -> tuple[int, int]:
        """(requests for thread 3, threads pending) of a run so many hours later."""
        site.asked.clear()
        moment = NOW + timedelta(hours=hours)
        summary = crawl(
            db, client_of(site), pseudonyms=Pseudonymizer(b"k" * 32), reread=0, now=lambda: moment, full=hours == 60
        )
        return sum("/t/3" in path for path in site.paths()), summary.pending

    if trouble == "elsewhere":
        forum.status[3] = Answer(302, "", {"Location": "https://elsewhere.example/login"})
    else:
        forum.add(3, posts=25, days=36)
        site.routes["/t/3/posts.json"] = Answer(body={"post_stream": {"posts": []}})
    tried, again = after(0), after(1)
    assert tried[0] > 0 and again[0] > 0
    assert after(2) == after(24) == (0, 1)
    assert after(26)[0] > 0 and after(27) == (0, 1)
    forum.reply(3)
    assert after(28)[0] > 0 and after(29)[0] > 0 and after(30) == (0, 1)
    assert after(60)[0] > 0  # by --full

    forum.status.clear()
    site.routes["/t/3/posts.json"] = lambda path: forum._posts(3, path)
    assert after(90)[1] == 0
    assert stored(db) == forum.shown()


def test_a_site_that_answers_404_to_all_is_not_crawled_to_its_end(
    db: Database, forum: Forum, site: Site, run: Run
) -> None:
    for key in range(20, 60):
        forum.add(key)
    forum.status = {key: Answer(404, {"errors": ["gone"]}) for key in forum.threads}
    with pytest.raises(BlockedError, match="in a row"):
        run()
    assert len(read(site)) < 12

    forum.status.clear()
    run()
    assert stored(db) == forum.shown()


def test_categories_that_cannot_be_had_for_the_moment_rename_nothing(
    db: Database, forum: Forum, site: Site, run: Run
) -> None:
    run()
    kept, whole = stored(db), site.routes["/categories.json"]
    site.routes["/categories.json"] = Answer(502, "<html>bad gateway</html>")
    with pytest.raises(StatusError):
        run(full=True)
    assert stored(db) == kept

    site.routes |= {"/categories.json": Answer(404, {"errors": ["none"]}), "/site.json": whole}
    run(full=True)
    assert stored(db) == kept
