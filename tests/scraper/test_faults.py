"""A site that fails, stalls, lies and changes while it is read: nothing is lost, and no error is a strange one."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.errors import ScraperError
from scraper.forum import crawl
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from scraper.replay import Fault, FaultPlan, forum_app, running
from scraper.replay.changes import ForumChanges
from scraper.replay.faults import FORUM_FAULTS
from store.database import Database, open_database
from store.threads import changed_threads
from tests.scraper.dumps import write_forum
from tests.scraper.site import FakeTime

STALL = {"stall": 0.3, "huge": 50_000}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A cut answer is an error in the server's log, and here it is meant."""
    log = logging.getLogger("uvicorn.error")
    before, log.disabled = log.disabled, True
    yield
    log.disabled = before


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_forum(tmp_path_factory.mktemp("forum") / "threads.jsonl", 34)


def read(db: Database, url: str, *, patience: float = 60.0, **options: Any) -> None:
    """Crawl; `patience` is how many seconds an answer may take, and only where answers stall may it be short."""
    fake = FakeTime()
    client = PoliteClient(url, rate=0, retries=2, timeout=(60.0, patience), sleep=fake.sleep, clock=fake.clock)
    crawl(db, client, pseudonyms=Pseudonymizer(b"k" * 32), known_as="https://forum.example", **options)
    client.close()


def read_in_trouble(db: Database, url: str, times: int, patience: float = 60.0) -> int:
    """Crawl while the plan is at work; how often it ended with an error of ours. Any other error is let through."""
    failed = 0
    for _ in range(times):
        try:
            read(db, url, patience=patience)
        except ScraperError:
            failed += 1
    return failed


def content(db: Database) -> list[Any]:
    """What the store shows, without the order in which it came."""
    return sorted(
        (
            thread.title,
            [(post.input.body, post.input.post_number, post.input.category, post.input.tags) for post in thread.posts],
        )
        for thread in changed_threads(db, 0, 100_000)
        if thread.counted
    )


def what_the_server_shows(url: str, folder: Path) -> list[Any]:
    with open_database(f"sqlite:///{folder / 'fresh.db'}") as fresh:
        read(fresh, url)
        return content(fresh)


@pytest.mark.parametrize("fault", FORUM_FAULTS)
def test_a_crawl_outlives_each_fault(db: Database, dump: Path, tmp_path: Path, fault: Fault) -> None:
    rate = 0.05 if fault is Fault.STALL else 0.2
    plan = FaultPlan(3, faults=[fault], changes=[], fault_rate=rate, **STALL)
    with running(forum_app(dump, faults=plan)) as url:
        read_in_trouble(db, url, 3, patience=0.1 if fault is Fault.STALL else 60.0)
        plan.calm = True
        read(db, url, full=True)
        assert content(db) == what_the_server_shows(url, tmp_path)
    assert set(plan.happened) == {fault.value}


@pytest.mark.parametrize("change", ForumChanges.LOUD)
def test_what_is_added_during_a_crawl_is_found(db: Database, dump: Path, tmp_path: Path, change: str) -> None:
    plan = FaultPlan(5, faults=[], changes=[change], change_rate=0.3, **STALL)
    with running(forum_app(dump, faults=plan)) as url:
        read(db, url)
        plan.calm = True
        read(db, url)
        assert content(db) == what_the_server_shows(url, tmp_path)
    assert plan.happened[change] > 3


@pytest.mark.parametrize("change", ForumChanges.SILENT)
def test_what_changes_silently_is_found_by_a_full_crawl(db: Database, dump: Path, tmp_path: Path, change: str) -> None:
    plan = FaultPlan(7, faults=[], changes=[change], change_rate=0.2, **STALL)
    with running(forum_app(dump, faults=plan)) as url:
        read_in_trouble(db, url, 2)
        plan.calm = True
        read(db, url, full=True)
        assert content(db) == what_the_server_shows(url, tmp_path)
    assert plan.happened[change] > 2


@given(
    seed=st.integers(0, 2**32),
    faults=st.sets(st.sampled_from([fault for fault in FORUM_FAULTS if fault is not Fault.STALL])),
    changes=st.sets(st.sampled_from(ForumChanges.ALL)),
    runs=st.integers(1, 3),
)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_trouble_one_clean_full_crawl_holds_what_the_server_shows(
    dump: Path, seed: int, faults: set[Fault], changes: set[str], runs: int
) -> None:
    plan = FaultPlan(seed, sorted(faults), sorted(changes), fault_rate=0.15, change_rate=0.1, **STALL)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_database(f"sqlite:///{folder}/store.db") as db,
        running(forum_app(dump, faults=plan)) as url,
    ):
        read_in_trouble(db, url, runs)
        plan.calm = True
        read(db, url, full=True)
        assert content(db) == what_the_server_shows(url, Path(folder))


def test_the_same_seed_makes_the_same_trouble(dump: Path) -> None:
    def answers(seed: int) -> tuple[list[tuple[int, int]], Counter[str]]:
        plan = FaultPlan(seed, [fault for fault in FORUM_FAULTS if fault not in (Fault.STALL, Fault.CUT)], huge=1000)
        with running(forum_app(dump, faults=plan)) as url:
            got = [requests.get(f"{url}/t/{key % 34 + 1}.json", timeout=5, allow_redirects=False) for key in range(80)]
        return [(answer.status_code, len(answer.content)) for answer in got], plan.happened

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


@pytest.mark.parametrize("change", ForumChanges.ALL)
def test_readers_see_each_change(dump: Path, change: str) -> None:
    plan = FaultPlan(11, faults=[], changes=[change], change_rate=0.0, huge=2000)

    def seen(url: str) -> list[Any]:
        rows = [requests.get(f"{url}/latest.json?order=created&page={page}", timeout=5).json() for page in (0, 1)]
        keys = sorted(row["id"] for page in rows for row in page["topic_list"]["topics"])
        return [keys, *(requests.get(f"{url}/t/{key}.json", timeout=5).json() for key in keys)]

    with running(forum_app(dump, faults=plan)) as url:
        before = seen(url)
        plan.change_rate = 0.2
        while not plan.happened[change]:
            requests.get(f"{url}/site.json", timeout=5)
        plan.change_rate = 0.0
        assert seen(url) != before


@pytest.mark.parametrize("field", ["fault_rate", "change_rate"])
def test_a_rate_that_is_no_share_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        FaultPlan(1, **{field: 1.5})
