"""Digest, alerts and feed, over a store whose last days are known."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from lxml import etree

from forumlens.tell.feed import atom_feed
from forumlens.tell.rules import Rule, RuleKind, find_alerts
from forumlens.tell.webhook import WebhookError, post_alert
from store import sources
from store import threads as thread_store
from store.alerts import Alert
from store.assignments import save_thread_assignments, set_current_bundle
from store.database import Database, open_database
from store.values import Assignment, SourceKind, Verdict
from tests.forumlens.running import run_command
from tests.store.build import post, thread

Run = Callable[..., tuple[int, str, str]]

NOW = datetime.now(UTC)
HOSTILE = "<script>alert(1)</script> [x](javascript:y)"
SECRET = base64.b64encode(b"0123456789abcdef").decode()


def fill(db: Database) -> None:
    """Twenty threads of the last week, half of them about memory; twenty of the week before, of which two are."""
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    for number in range(40):
        start = NOW - timedelta(days=3 if number < 20 else 10)
        title = HOSTILE if number == 19 else f"Title {number}"
        thread_store.save_thread(db, forum, thread(f"t{number}", post(1, "b"), title=title, created_at=start))
    items = []
    for stored in thread_store.changed_threads(db, 0):
        number = len(items)
        leaf = "memory/oom" if number < 10 or 20 <= number < 22 else "other"
        said = [Assignment(one.id, one.input_hash, Verdict.LABELLED, ((leaf, 0.9),)) for one in stored.posts]
        items.append((stored, said))
    save_thread_assignments(db, "b1", "assign:b1", items, ["memory", "memory/oom", "other"])
    set_current_bundle(db, "b1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'forumlens.db'}") as db:
        fill(db)
        yield db


@pytest.fixture
def forumlens(
    tmp_path: Path, store: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *words: run_command(monkeypatch, capsys, *words)


class Hook(HTTPServer):
    """A webhook that answers with the statuses it was given, then 204, and keeps what it was sent."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = statuses
        self.seen: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook([])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_digest_sets_the_week_beside_the_one_before(forumlens: Run) -> None:
    code, out, err = forumlens("digest")
    assert code == 0, err
    assert "20 new threads (20 in the period before)" in out
    assert "| memory/oom | 10 | 2 | 50.0 % | +40.0 points |" in out
    assert "<script>" not in out and "[x](" not in out

    code, page, err = forumlens("digest", "--form", "html")
    assert code == 0, err
    root = etree.fromstring(page.encode(), etree.HTMLParser())
    assert root.findall(".//script") == []
    assert HOSTILE in [link.text for link in root.iter("a")]


def test_rules_find_shares_that_grow_and_nothing_twice(store: Database) -> None:
    rule = Rule(kind=RuleKind.SHARE_GROWS, days=7, threads=5)
    found = find_alerts(store, [rule], NOW)
    assert [one.text.partition(":")[0] for one in found] == ["memory", "memory/oom"]
    assert "50.0% of threads in the last 7 days (10 of 20), 10.0%" in found[0].text
    assert find_alerts(store, [rule.model_copy(update={"factor": 6.0})], NOW) == []
    assert find_alerts(store, [rule.model_copy(update={"label": "other"})], NOW) == []
    assert find_alerts(store, [Rule(kind=RuleKind.NEW_THEME)], NOW) == []


def test_an_alert_is_tried_again_signed_and_told_once(forumlens: Run, tmp_path: Path, hook: Hook) -> None:
    settings = f'webhook_url = "{hook.url}"\nwebhook_secret = "whsec_{SECRET}"\n'
    rule = '[[alerts]]\nkind = "share-grows"\ndays = 7\nlabel = "memory"\n'
    (tmp_path / "forumlens.toml").write_text(settings + rule, "utf-8")
    hook.statuses = [400]
    code, out, err = forumlens("alerts")
    assert code == 1 and "did not take" in err and SECRET not in out + err
    code, out, err = forumlens("alerts", "--format", "json")
    assert code == 0, err
    assert [row["delivered"] for row in json.loads(out)] == [True]
    assert forumlens("alerts")[0] == 0
    assert len(hook.seen) == 2

    headers, body = hook.seen[-1]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(SECRET), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert json.loads(body)["data"]["text"].startswith("memory: 50.0%")

    code, out, err = forumlens("feed")
    [entry] = etree.fromstring(out.encode()).findall("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}title").startswith("memory: 50.0%")


def test_a_webhook_is_tried_again_under_one_id(hook: Hook) -> None:
    alert = Alert("k", NOW, "text")
    hook.statuses = [503, 500]
    post_alert(alert, hook.url, "", backoff=0)
    assert len({headers["webhook-id"] for headers, _ in hook.seen}) == 1 and len(hook.seen) == 3
    hook.statuses = [500] * 9
    with pytest.raises(WebhookError):
        post_alert(alert, hook.url, "", backoff=0)
    with pytest.raises(WebhookError, match="base64"):
        post_alert(alert, hook.url, "not base64!")


def test_a_feed_holds_no_sign_that_xml_lacks() -> None:
    feed = etree.fromstring(atom_feed([Alert("k", NOW, "a\x00b & <c>")]))
    assert feed.findtext("{*}entry/{*}title") == "a b & <c>"
