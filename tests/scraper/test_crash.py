"""The short form of the crash test (the long one: `make soak`), and a second crawler in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labeled import files
from scraper.errors import BusyCrawlError
from scraper.replay import forum_app, running
from store import crawl as crawl_state
from store.database import open_database
from tests.soak.crash import crash_test, crawl_once

HOLD = """
import sys, time
from store import crawl, sources
from store.database import open_database
from store.values import SourceKind
with open_database(sys.argv[1]) as db, crawl.hold(db, sources.ensure(db, SourceKind.FORUM, sys.argv[2]).id):
    print("held", flush=True)
    time.sleep(600)
"""


def test_killed_at_random_moments_a_crawl_ends_in_the_same_store(tmp_path: Path) -> None:
    found = crash_test(files.sample_forum(), points=3, seed=1, folder=tmp_path)

    assert found.kills == 3
    assert (found.same, found.duplicates, found.pending) == (True, 0, 0)
    assert found.threads > 100


def test_a_crawler_that_died_holds_nobody_up(tmp_path: Path) -> None:
    database, name = f"sqlite:///{tmp_path / 'store.db'}", "https://forum.example"
    open_database(database).close()
    holder = subprocess.Popen([sys.executable, "-c", HOLD, database, name], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with running(forum_app(files.sample_forum())) as url:
            with pytest.raises(BusyCrawlError, match="another crawl"):
                crawl_once(url, database)
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            crawl_once(url, database)
    finally:
        holder.kill()
        holder.wait()
    with open_database(database) as db:
        assert crawl_state.pending_count(db, 1) == 0
