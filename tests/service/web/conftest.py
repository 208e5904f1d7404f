"""The page over a small store, with a hostile thread in it, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.server import ServerOptions
from store.assignments import save_thread_assignments, set_current_bundle
from store.database import Database, open_database
from store.sources import ensure, mark_authored
from store.threads import changed_threads, save_threads
from store.topic_values import Placed
from store.topics import place_threads
from store.values import Assignment, Post, SourceKind, Thread
from tests.service.corpus import BUNDLE, RUN, fill
from tests.service.doubles import LABELS, Running, TinyBundle, TinyFamilies, answer, serving
from tests.tools import require_module, require_tool

CHANCES = {label.id: 0.2 for label in LABELS}
SCRIPT = "<script>window.pwned = 1</script>"
RIGHT_TO_LEFT = "שלום עולם, הדגם אינו נטען"
OVERRIDE = "\u202egnp.exe"
HOSTILE = (
    f"""{SCRIPT}<img src=x onerror="window.pwned = 1"> {{{{ 7 * 7 }}}} {OVERRIDE}

{RIGHT_TO_LEFT}

```html
</code></pre>{SCRIPT}
{"x" * 3000}
{"line of a log" + chr(10)} """
    + "y = 1\n" * 5_000
    + "```\nout of memory, after all"
)


@contextmanager
def shown(folder: Path, **options: Any) -> Iterator[Running]:
    """The page over the corpus and the hostile thread, on a free port."""
    with open_database(f"sqlite:///{folder / 'store.db'}") as db:
        forum = ensure(db, SourceKind.FORUM, "forum.example")
        fill(db, assigned=False)
        save_threads(db, forum.id, [hostile_thread()])
        label(db)
        place_hostile(db)
        mark_authored(db, forum.id)
        chosen = ServerOptions(**{"farewell": 0.0, "grace": 10.0, "web_port": 0} | options)
        with serving(db, TinyBundle(), families=TinyFamilies(), options=chosen) as running:
            yield running


def label(db: Database) -> None:
    """Label all posts by their words, with a probability for every label."""
    said = []
    for thread in changed_threads(db, 0):
        answers = [(post, answer(post.input)) for post in thread.posts]
        said.append(
            (
                thread,
                [
                    Assignment(post.id, post.input_hash, found.verdict, found.labels, CHANCES | dict(found.labels))
                    for post, found in answers
                ],
            )
        )
    save_thread_assignments(db, BUNDLE, f"assign:{BUNDLE}", said, list(CHANCES))
    set_current_bundle(db, BUNDLE)


def place_hostile(db: Database) -> None:
    """Put the hostile thread on the map."""
    stored = changed_threads(db, 0)[-1]
    place_threads(db, RUN, stored.revision, [Placed(stored.id, stored.month, 1, b"-" * 32, (0.5, 0.5))])


def hostile_thread() -> Thread:
    """A thread whose every text would do harm if it were taken for anything but text."""
    created = datetime(2024, 3, 20, tzinfo=UTC)
    post = Post(external_id="h1", number=1, created_at=created, body=HOSTILE, author="user-0badc0de")
    return Thread(
        "h", f"=1+1 {SCRIPT}", "javascript:alert(1)", created, (post,), f"{OVERRIDE} <b>", tags=("<i>tag</i>",)
    )


def page_of(running: Running) -> str:
    """Address of the page."""
    return f"http://127.0.0.1:{running.server.web_port}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page over a store of the module's own."""
    with shown(tmp_path_factory.mktemp("site")) as running:
        yield page_of(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium. Not for the whole session: while it is open, the thread has a running event loop."""
    path, playwright = require_tool("chromium"), require_module("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield opened
        opened.close()
