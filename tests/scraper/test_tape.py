"""A crawl is put on tape without names, and played again to the same end."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import FileError
from scraper.forum import CrawlSummary, crawl
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from scraper.replay import DumpError, running, tape_app
from scraper.tape import Tape
from store.database import Database, open_database
from store.threads import changed_threads
from tests.scraper.forum_site import Forum
from tests.scraper.site import Answer, FakeTime, Site

KEY = Pseudonymizer(b"k" * 32)
COOKED = (
    '<aside class="quote no-group" data-username="Bob_Smith" data-post="1"><div class="title"><img alt="" width="24"'
    ' src="/user_avatar/forum/bob_smith/48/1_2.png" class="avatar"> Bob_Smith:</div><blockquote><p>hi</p></blockquote>'
    '</aside><p>Thanks <a class="mention" href="/u/carla">@carla</a>, and bob_smith, alias Robert Miller!'
    " Use <code>fp16</code></p>"
)
NAMED = re.compile(r"user-\w+|bob_smith|Robert Miller")


def go(db: Database, url: str, tape: Tape | None = None) -> CrawlSummary:
    fake = FakeTime()
    client = PoliteClient(url, rate=0, retries=2, record=tape, sleep=fake.sleep, clock=fake.clock)
    return crawl(db, client, pseudonyms=KEY, known_as="https://forum.example")


def content(db: Database) -> list[tuple[str, list[Any]]]:
    """What the store holds, names apart."""
    return sorted(
        (
            thread.title,
            [replace(post.input, body=NAMED.sub("N", post.input.body), previous=None) for post in thread.posts],
        )
        for thread in changed_threads(db, 0)
    )


@pytest.fixture
def forum(site: Site) -> Forum:
    made = Forum(site, modern=True)
    for key in range(1, 6):
        made.add(key, posts=1 + 22 * (key == 2))
    made.threads[3]["posts"][0] |= {
        "username": "bob_smith",
        "name": "Robert Miller",
        "avatar_template": "/user_avatar/forum/bob_smith/{size}/1_2.png",
        "cooked": COOKED,
        "actions_summary": [{"id": 2, "count": 3}],
    }
    made.threads[3]["details"] = {"created_by": {"username": "bob_smith", "name": "Bob Smith"}}
    return made


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def test_a_tape_plays_the_same_crawl(db: Database, forum: Forum, site: Site, tmp_path: Path) -> None:
    refused = Answer(429, {"errors": ["slow"], "extras": {"wait_seconds": 3}})
    shown = site.routes["/t/4.json"]
    site.routes["/t/4.json"] = [refused, shown("/t/4.json")]  # type: ignore[operator]
    site.routes["/t/5.json"] = Answer(body='{"id": 5, "post_st')
    first = go(db, site.url, Tape(tmp_path / "tape", KEY))
    with running(tape_app(tmp_path / "tape")) as url, open_database(f"sqlite:///{tmp_path / 'again.db'}") as other:
        second = go(other, url)
        assert content(other) == content(db)

    assert (first.threads, first.failed) == (4, 1)
    assert (second.threads, second.failed, second.requests) == (first.threads, first.failed, first.requests)


def test_a_tape_holds_no_names_and_no_cookies(db: Database, forum: Forum, site: Site, tmp_path: Path) -> None:
    site.routes["/site.json"] = Answer(body={"groups": [{"name": "staff"}]}, headers={"Set-Cookie": "_t=secret"})
    site.routes["/t/1.json"] = Answer(502, "<html>proxy of bob_smith</html>")
    go(db, site.url, Tape(tmp_path / "tape", KEY))
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "tape").glob("*.json"))

    assert "smith" not in text.lower() and "Miller" not in text and "carla" not in text and "secret" not in text
    assert KEY.name("bob_smith") in text and "fp16" in text
    assert {"Models", "Datasets"} <= {
        item["name"]
        for record in recorded(tmp_path / "tape")
        if record["path"].startswith("/categories.json")
        for item in record["body"]["category_list"]["categories"]
    }
    assert {record["kind"] for record in recorded(tmp_path / "tape")} == {"json", "xml", "html"}


def test_one_folder_takes_one_tape(tmp_path: Path) -> None:
    (tmp_path / "000001.json").write_text("{}")
    with pytest.raises(FileError, match="another folder"):
        Tape(tmp_path, KEY)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"path": "/x", "status": 200, "headers": {}}'])
def test_a_folder_without_a_tape_says_so(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "000001.json").write_text(content)
    with pytest.raises(DumpError, match="--record"):
        tape_app(tmp_path)
