"""A crawl in a process of its own, killed (SIGKILL) at random moments, must end in the store of one that was not.

    python -m tests.soak.crash --dump threads.jsonl.gz --points 50

serves the dump on this machine and prints what it found as JSON; exit status 1 where the stores differ.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from starlette.types import ASGIApp, Receive, Scope, Send

from labeled import files
from scraper.forum import crawl
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from scraper.replay import forum_app, running
from store.database import Database, open_database
from store.schema import frontier, posts, threads

FORUM = "https://forum.example"
_LATEST_S = 0.05
_CHILD = "import sys; from tests.soak.crash import crawl_once; crawl_once(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Found:
    """What a crash test found. `requests_whole`, `requests_killed`: asked of the site without and with the kills."""

    threads: int
    posts: int
    kills: int
    same: bool
    duplicates: int
    pending: int
    requests_whole: int
    requests_killed: int
    seconds: float


class Guillotine:
    """ASGI middleware that kills a process a moment after it has made so many requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._victim: subprocess.Popen[bytes] | None = None
        self._left, self._delay = 0, 0.0
        self.requests = 0

    def aim(self, victim: subprocess.Popen[bytes], after: int, delay: float) -> None:
        """Kill the process `delay` seconds after its request number `after`."""
        with self._lock:
            self._victim, self._left, self._delay = victim, after, delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it."""
        if scope["type"] == "http":
            with self._lock:
                self.requests += 1
                self._left -= 1
                if self._left == 0 and self._victim is not None:
                    threading.Timer(self._delay, self._victim.kill).start()
        await self._app(scope, receive, send)


def crash_test(dump: Path, points: int, seed: int, folder: Path) -> Found:
    """Crawl a dump once without and once with `points` kills, and compare the stores."""
    began = time.monotonic()
    chance = random.Random(seed)
    guillotine = Guillotine(forum_app(dump))
    whole, killed = (f"sqlite:///{folder / name}.db" for name in ("whole", "killed"))
    for url in (whole, killed):
        open_database(url).close()
    with running(guillotine) as address:
        crawl_once(address, whole)
        requests_whole = guillotine.requests
        kills = 0
        while kills < points:
            victim = subprocess.Popen([sys.executable, "-c", _CHILD, address, killed])
            # Most kills early enough that all of them strike before the end.
            after = 1 + int(chance.expovariate(1.5 * points / requests_whole))
            guillotine.aim(victim, after, chance.uniform(0, _LATEST_S))
            if victim.wait() == 0:
                break
            kills += victim.returncode == -signal.SIGKILL
            if victim.returncode not in (0, -signal.SIGKILL):
                raise RuntimeError(f"the crawl ended with status {victim.returncode}, which no kill explains")
        crawl_once(address, killed)
    with open_database(whole) as one, open_database(killed) as other:
        expected, found = content(one), content(other)
        return Found(
            threads=len(found),
            posts=sum(len(thread["posts"]) for thread in found.values()),
            kills=kills,
            same=expected == found,
            duplicates=_duplicates(other),
            pending=_pending(other),
            requests_whole=requests_whole,
            requests_killed=guillotine.requests - requests_whole,
            seconds=round(time.monotonic() - began, 1),
        )


def crawl_once(address: str, database: str) -> None:
    """Crawl to the end; what a victim runs."""
    with open_database(database) as db:
        crawl(db, PoliteClient(address, rate=0), pseudonyms=Pseudonymizer(b"k" * 32), known_as=FORUM, reread=0)


def content(db: Database) -> dict[str, dict[str, Any]]:
    """All that a store holds of its threads and posts, but for row ids, revisions and the time of reading."""
    left_out = {"id", "thread_id", "source_id", "revision", "deleted_at"}
    with db.read() as connection:
        keys = {row.id: row.external_id for row in connection.execute(select(threads.c.id, threads.c.external_id))}
        found = {
            row.external_id: {name: value for name, value in row._mapping.items() if name not in left_out}
            | {"posts": []}
            for row in connection.execute(select(threads))
        }
        for row in connection.execute(select(posts).order_by(posts.c.number, posts.c.external_id)):
            told = {name: value for name, value in row._mapping.items() if name not in left_out}
            found[keys[row.thread_id]]["posts"].append(told)
    return found


def _duplicates(db: Database) -> int:
    with db.read() as connection:
        shown = select(posts.c.external_id).where(~posts.c.deleted).group_by(posts.c.external_id)
        return connection.execute(
            select(func.count()).select_from(shown.having(func.count() > 1).subquery())
        ).scalar_one()


def _pending(db: Database) -> int:
    with db.read() as connection:
        return connection.execute(select(func.count()).where(frontier.c.pending)).scalar_one()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dump", type=Path, default=files.sample_forum(), help="raw /t/ID.json lines [the sample]")
    parser.add_argument("--points", type=int, default=50, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = crash_test(given.dump, given.points, given.seed, Path(folder))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    return 0 if found.same and not found.duplicates and not found.pending else 1


if __name__ == "__main__":
    sys.exit(main())
