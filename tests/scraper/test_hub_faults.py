"""A Hub that fails, stalls, lies and changes while it is listed: nothing is lost, and no error is a strange one."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub.utils import _http
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper import hub
from scraper.errors import ScraperError
from scraper.hub import crawl_hub
from scraper.hub_client import HubClient
from scraper.replay import Fault, FaultPlan, hub_app, running
from scraper.replay.changes import HubChanges
from scraper.replay.faults import HUB_FAULTS
from store.database import Database, open_database
from tests.scraper.dumps import write_hub
from tests.scraper.site import FakeTime


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """Small pages, no waiting, and no server log: a cut answer is an error there, and here it is meant."""
    log = logging.getLogger("uvicorn.error")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "disabled", True)
        patch.setattr(logging.getLogger("huggingface_hub.utils._http"), "disabled", True)
        patch.setattr(_http, "time", SimpleNamespace(sleep=lambda seconds: None))
        patch.setattr(hub, "_PAGE_SIZE", 7)
        yield


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_hub(tmp_path_factory.mktemp("hub") / "models.jsonl", 60)


def read(db: Database, url: str, *, patience: float = 60.0, **options: Any) -> None:
    """List; `patience` is how many seconds an answer may take, and only where answers stall may it be short."""
    fake = FakeTime()
    client = HubClient(url, timeout=patience, sleep=fake.sleep, clock=fake.clock)
    crawl_hub(db, client=client, known_as="https://hub.example", **options)


def read_in_trouble(db: Database, url: str, times: int, patience: float = 60.0) -> None:
    """List while the plan is at work; an error of ours may end it, any other is let through."""
    for _ in range(times):
        with contextlib.suppress(ScraperError):
            read(db, url, patience=patience, full=True)


def content(db: Database) -> list[Any]:
    """What the store holds and is not gone."""
    from store.schema import models

    with db.read() as connection:
        rows = connection.execute(models.select().where(~models.c.gone).order_by(models.c.id)).all()
    return [(row.id, row.created_at, row.family, row.has_card, row.downloads, row.likes, row.gated) for row in rows]


def what_the_hub_shows(url: str, folder: Path) -> list[Any]:
    with open_database(f"sqlite:///{folder / 'fresh.db'}") as fresh:
        read(fresh, url)
        return content(fresh)


@pytest.mark.parametrize("fault", HUB_FAULTS)
def test_a_listing_outlives_each_fault(db: Database, dump: Path, tmp_path: Path, fault: Fault) -> None:
    plan = FaultPlan(3, faults=[fault], changes=[], fault_rate=0.3, stall=0.2)
    with running(hub_app(dump, faults=plan)) as url:
        read_in_trouble(db, url, 2, patience=0.1 if fault is Fault.STALL else 60.0)
        plan.calm = True
        read(db, url)
        read(db, url)
        assert content(db) == what_the_hub_shows(url, tmp_path)
    assert set(plan.happened) == {fault.value}


@given(
    seed=st.integers(0, 2**32),
    faults=st.sets(st.sampled_from([fault for fault in HUB_FAULTS if fault is not Fault.STALL])),
    changes=st.sets(st.sampled_from(HubChanges.ALL)),
    runs=st.integers(1, 3),
)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_trouble_one_clean_full_listing_holds_what_the_hub_shows(
    dump: Path, seed: int, faults: set[Fault], changes: set[str], runs: int
) -> None:
    plan = FaultPlan(seed, sorted(faults), sorted(changes), fault_rate=0.15, change_rate=0.3)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_database(f"sqlite:///{folder}/store.db") as db,
        running(hub_app(dump, faults=plan)) as url,
    ):
        read_in_trouble(db, url, runs)
        plan.calm = True
        read(db, url)  # takes up a full listing that was cut short
        read(db, url, full=True)
        assert content(db) == what_the_hub_shows(url, Path(folder))


def test_what_is_new_is_found_without_listing_all(db: Database, dump: Path, tmp_path: Path) -> None:
    plan = FaultPlan(5, faults=[], changes=HubChanges.LOUD, change_rate=0.0)
    with running(hub_app(dump, faults=plan)) as url:
        read(db, url)
        plan.change_rate = 1.0
        read(db, url)
        plan.calm = True
        read(db, url)
        assert content(db) == what_the_hub_shows(url, tmp_path)
    assert plan.happened["new-model"] > 0
