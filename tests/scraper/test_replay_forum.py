"""A forum dump served over HTTP on this machine behaves as a Discourse forum does."""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protego import Protego
from starlette.testclient import TestClient

from scraper.replay import DumpError, ForumLimits, PortError, forum_app, running

START = datetime(2024, 1, 1, tzinfo=UTC)


def _time(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def _thread(thread_id: int, posts: int = 1, *, hours: float | None = None, **fields: Any) -> dict[str, Any]:
    begun = float(thread_id) if hours is None else hours
    ids = [thread_id * 1000 + number for number in range(1, posts + 1)]
    return {
        "id": thread_id,
        "title": f"Thread {thread_id}",
        "slug": f"thread-{thread_id}",
        "created_at": _time(begun),
        "last_posted_at": _time(begun + posts - 1),
        "posts_count": posts,
        "category_id": 5,
        "post_stream": {"posts": [_post(post, begun, n) for n, post in enumerate(ids, 1)], "stream": ids},
        **fields,
    }


def _post(post_id: int, hours: float, number: int, **fields: Any) -> dict[str, Any]:
    user = 7 + number % 3
    made = _time(hours + number - 1)
    names = {"user_id": user, "username": f"user{user}"}
    return {"id": post_id, "post_number": number, "created_at": made, "cooked": f"<p>{post_id}</p>", **names, **fields}


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., TestClient]:
    def start(*lines: dict[str, Any], **options: Any) -> TestClient:
        path = tmp_path / "dump.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        return TestClient(forum_app(path, **options), follow_redirects=False)

    return start


def _ids(response: Any) -> list[int]:
    return [row["id"] for row in response.json()["topic_list"]["topics"]]


def _pages(client: TestClient, path: str, **params: Any) -> Iterator[list[int]]:
    for page in range(1000):
        response = client.get(path, params={**params, "page": page})
        assert response.status_code == 200
        yield _ids(response)
        more = response.json()["topic_list"].get("more_topics_url")
        if more is None:
            return
        assert more.startswith("/latest?")
        assert f"page={page + 1}" in more
    raise AssertionError("the list has no end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    count=st.integers(0, 140),
    dice=st.randoms(use_true_random=False),
    order=st.sampled_from(["default", "created", "activity", "views", "posts", "likes", "nonsense"]),
    ascending=st.sampled_from(["true", "false"]),
    per_page=st.sampled_from([None, 1, 7, 30, 100]),
)
def test_paging_visits_every_listed_thread_once(
    count: int, dice: random.Random, order: str, ascending: str, per_page: int | None
) -> None:
    lines = []
    for number in range(1, count + 1):
        # Few different times, so that pages end between equals.
        thread = _thread(number, hours=dice.randrange(4), visible=dice.randrange(5) > 0, views=dice.randrange(3))
        if dice.randrange(10) == 0:
            thread |= {"pinned_globally": True, "pinned_at": _time(dice.randrange(2))}
        lines.append(thread)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        client = TestClient(forum_app(path))
        size = {} if per_page is None else {"per_page": per_page}
        pages = list(_pages(client, "/latest.json", order=order, ascending=ascending, **size))
    assert all(len(page) <= (per_page or 30) for page in pages)
    seen = [thread_id for page in pages for thread_id in page]
    assert sorted(seen) == [line["id"] for line in lines if line["visible"]]


def test_orders_and_pins(serve: Callable[..., TestClient]) -> None:
    client = serve(
        _thread(1, posts=3, hours=0, views=9, like_count=1),
        _thread(2, posts=1, hours=1, views=4, like_count=5),
        _thread(3, posts=1, hours=9, views=6, like_count=3),
        _thread(4, posts=2, hours=-9, pinned_globally=True, pinned=True, pinned_at=_time(0)),
        _thread(5, posts=2, hours=-8, pinned_globally=True, pinned=True, pinned_at=_time(4)),
    )
    assert _ids(client.get("/latest.json")) == [5, 4, 3, 1, 2]
    assert _ids(client.get("/latest.json?order=activity&ascending=true")) == [5, 4, 2, 1, 3]
    assert _ids(client.get("/latest.json?order=created&ascending=true")) == [4, 5, 1, 2, 3]
    assert _ids(client.get("/latest.json?order=created")) == [3, 2, 1, 5, 4]
    assert _ids(client.get("/latest.json?order=views"))[:3] == [1, 3, 2]
    assert _ids(client.get("/latest.json?order=likes"))[:3] == [2, 3, 1]
    assert _ids(client.get("/latest.json?order=posts"))[0] == 1


def test_a_full_last_page_promises_an_empty_one(serve: Callable[..., TestClient]) -> None:
    client = serve(*(_thread(number) for number in range(1, 31)))
    first = client.get("/latest.json?order=created&ascending=true").json()["topic_list"]
    assert first["per_page"] == 30
    assert first["more_topics_url"] == "/latest?ascending=true&no_definitions=true&order=created&page=1"
    more = client.get(first["more_topics_url"], headers={"Accept": "application/json"})
    assert _ids(more) == []
    assert "more_topics_url" not in more.json()["topic_list"]


def test_list_rows_carry_what_a_crawler_reads(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(3, posts=2, tags=["a"], views=12, like_count=4, highest_post_number=5, closed=True))
    body = client.get("/latest.json").json()
    (row,) = body["topic_list"]["topics"]
    expected = {
        "id": 3, "slug": "thread-3", "posts_count": 2, "highest_post_number": 5, "bumped_at": _time(4), "visible": True,
        "category_id": 5, "tags": ["a"], "pinned": False, "closed": True, "archived": False, "views": 12,
        "last_poster_username": "user9", "like_count": 4, "created_at": _time(3),
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert {user["username"] for user in body["users"]} == {"user8", "user9"}
    assert [poster["user_id"] for poster in row["posters"]] == [8, 9]


@pytest.mark.parametrize("query", ["page=-1", "page=x", "per_page=0", "per_page=101", "page=99999999999"])
def test_a_bad_page_is_refused(serve: Callable[..., TestClient], query: str) -> None:
    response = serve(_thread(1)).get(f"/latest.json?{query}")
    assert response.status_code == 400
    assert query.split("=", maxsplit=1)[0] in response.json()["errors"][0]


def test_a_thread_gives_twenty_posts_and_all_ids(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(2, posts=47))
    body = client.get("/t/2.json").json()
    assert [post["post_number"] for post in body["post_stream"]["posts"]] == list(range(1, 21))
    assert body["post_stream"]["stream"] == [2000 + number for number in range(1, 48)]
    assert body["chunk_size"] == 20
    rest = body["post_stream"]["stream"][20:]
    answer = client.get("/t/2/posts.json", params={"post_ids[]": list(reversed(rest))}).json()
    assert answer["id"] == 2
    assert set(answer["post_stream"]) == {"posts"}
    assert [post["id"] for post in answer["post_stream"]["posts"]] == rest
    third = client.get("/t/2.json?page=3").json()["post_stream"]["posts"]
    assert [post["post_number"] for post in third] == list(range(41, 48))
    assert client.get("/t/2.json?page=4").status_code == 404
    assert client.get("/t/thread-2/2/45.json").json()["post_stream"]["posts"] == third


@settings(max_examples=25, deadline=None)
@given(posts=st.integers(1, 130), batch=st.integers(1, 60), foreign=st.integers(1, 5))
def test_batches_of_post_ids_give_every_post_once(posts: int, batch: int, foreign: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.jsonl.gz"
        path.write_bytes(gzip.compress(b"\n".join(json.dumps(_thread(n, posts)).encode() for n in (1, 2))))
        client = TestClient(forum_app(path))
        body = client.get("/t/1.json").json()["post_stream"]
        got = [post["id"] for post in body["posts"]]
        rest = body["stream"][20:]
        for start in range(0, len(rest), batch):
            asked = [*rest[start : start + batch], 2000 + foreign, 999_999]
            answer = client.get("/t/1/posts.json", params={"post_ids[]": asked}).json()
            got += [post["id"] for post in answer["post_stream"]["posts"]]
    assert got == [1000 + number for number in range(1, posts + 1)]


def test_slugs(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(6, posts=3), _thread(7, slug="%C3%BCber"))
    moved = client.get("/t/old-name/6.json?page=2")
    assert moved.status_code == 301
    assert moved.headers["location"] == "http://testserver/t/thread-6/6.json?page=2"
    assert client.get("/t/thread-6/6.json").json()["id"] == 6
    assert client.get("/t/-/6/3.json").headers["location"].endswith("/t/thread-6/6/3.json")
    encoded = client.get("/t/wrong/7.json").headers["location"]
    assert encoded.endswith("/t/%C3%BCber/7.json")
    assert client.get(encoded).json()["id"] == 7
    assert client.get("/t/any/8.json").status_code == 404


def test_threads_that_may_not_be_read(serve: Callable[..., TestClient]) -> None:
    lines = (
        _thread(1, visible=False),
        _thread(2, archetype="private_message"),
        _thread(3, deleted_at=_time(1)),
        _thread(4),
    )
    client = serve(*lines)
    assert _ids(client.get("/latest.json")) == [4]
    assert client.get("/t/1.json").json()["visible"] is False
    for missing in (2, 3, 99):
        response = client.get(f"/t/{missing}.json")
        assert response.status_code == 404
        assert response.json()["error_type"] == "not_found"
        assert response.json()["errors"]
        assert client.get(f"/t/{missing}/posts.json").status_code == 404
    telling = serve(*lines, detailed_404=True)
    assert [telling.get(f"/t/{number}.json").status_code for number in (1, 2, 3, 99)] == [200, 403, 410, 404]


def test_deleted_posts_and_whispers_leave_gaps(serve: Callable[..., TestClient]) -> None:
    thread = _thread(1, posts=5, highest_post_number=5, posts_count=3)
    thread["post_stream"]["posts"][1]["deleted_at"] = _time(9)
    thread["post_stream"]["posts"][3]["post_type"] = 4
    client = serve(thread)
    body = client.get("/t/1.json").json()
    assert [post["post_number"] for post in body["post_stream"]["posts"]] == [1, 3, 5]
    assert body["post_stream"]["stream"] == [1001, 1003, 1005]
    assert body["highest_post_number"] == 5
    asked = client.get("/t/1/posts.json", params={"post_ids[]": [1002, 1003]}).json()
    assert [post["id"] for post in asked["post_stream"]["posts"]] == [1003]
    assert [post["id"] for post in client.get("/posts.json").json()["latest_posts"]] == [1005, 1003, 1001]


def test_the_feed_of_posts_pages_by_id(serve: Callable[..., TestClient]) -> None:
    hidden = _thread(3, posts=4, visible=False)
    small = _thread(4, posts=2)
    small["post_stream"]["posts"][1]["post_type"] = 3
    client = serve(_thread(1, posts=70), _thread(2, posts=40), hidden, small)
    first = client.get("/posts.json").json()["latest_posts"]
    assert len(first) == 50
    seen: list[int] = []
    before: int | None = None
    while page := client.get("/posts.json", params={} if before is None else {"before": before}).json()["latest_posts"]:
        seen += [post["id"] for post in page]
        before = page[-1]["id"] - 1
    assert seen == [4001, *range(2040, 2000, -1), *range(1070, 1000, -1)]
    assert first[0]["topic_id"] == 4
    assert first[0]["topic_title"] == "Thread 4"
    assert client.get("/posts.json?before=1001").json()["latest_posts"][0]["id"] == 1001


def test_filter_windows(serve: Callable[..., TestClient]) -> None:
    client = serve(
        *(_thread(day, hours=24 * (day - 1), category_id=day % 2 + 1, views=day) for day in range(1, 41)),
        {"category_list": {"categories": [{"id": 1, "name": "Even ones", "slug": "even"}]}},
    )
    window = "created-after:2024-01-05 created-before:2024-1-08 order:created-asc"
    assert _ids(client.get("/filter.json", params={"q": window})) == [5, 6, 7, 8]
    assert _ids(client.get("/filter.json", params={"q": "category:even views-min:37"})) == [40, 38]
    many = client.get("/filter.json", params={"q": "order:created"})
    assert _ids(many) == list(range(40, 10, -1))
    assert many.json()["topic_list"]["more_topics_url"] == "/filter?page=1&q=order%3Acreated"
    unknown = client.get("/filter.json", params={"q": "created-by:somebody"})
    assert unknown.status_code == 400
    assert "created-by" in unknown.json()["errors"][0]


def test_categories(serve: Callable[..., TestClient]) -> None:
    given_ones = [
        {"id": 1, "name": "Main", "slug": "main", "subcategory_list": [{"id": 2, "name": "Below", "slug": "below"}]},
        {"id": 3, "name": "Other", "slug": "other"},
    ]
    client = serve(_thread(1, category_id=2), _thread(2, category_id=9), {"category_list": {"categories": given_ones}})
    nested = client.get("/categories.json?include_subcategories=true").json()["category_list"]["categories"]
    assert [category["id"] for category in nested] == [1, 3, 9]
    assert [child["name"] for child in nested[0]["subcategory_list"]] == ["Below"]
    assert nested[0]["subcategory_list"][0]["topic_count"] == 1
    assert nested[2]["name"] == "Category 9"
    flat = client.get("/categories.json").json()["category_list"]["categories"]
    assert flat[0]["subcategory_ids"] == [2]
    assert "subcategory_list" not in flat[0]
    site = client.get("/site.json").json()["categories"]
    assert {category["id"]: category["parent_category_id"] for category in site} == {1: None, 2: 1, 3: None, 9: None}


def test_about_sitemap_and_robots(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(1, posts=3), _thread(2), _thread(3, visible=False))
    stats = client.get("/about.json").json()["about"]["stats"]
    assert (stats["topics_count"], stats["posts_count"]) == (2, 4)
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = ElementTree.fromstring(client.get("/sitemap.xml").text)
    (sitemap,) = [node.text or "" for node in index.iter(f"{space}loc")]
    listed = [node.text for node in ElementTree.fromstring(client.get(sitemap).text).iter(f"{space}loc")]
    assert listed == ["http://testserver/t/thread-1/1", "http://testserver/t/thread-2/2"]
    assert client.get("/sitemap_2.xml").status_code == 404
    robots = Protego.parse(client.get("/robots.txt").text)
    assert not robots.can_fetch("http://testserver/search?q=a", "anybody")
    assert robots.can_fetch("http://testserver/t/1.json", "anybody")
    assert robots.can_fetch("http://testserver/latest.json?page=2", "anybody")


def test_json_only_for_those_who_ask_for_it(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(1))
    assert client.get("/t/1", headers={"Accept": "application/json"}).json()["id"] == 1
    page = client.get("/t/1")
    assert page.headers["content-type"].startswith("text/html")
    assert "/t/1.json" in page.text
    assert client.get("/nowhere.json").json()["error_type"] == "not_found"


def test_an_old_and_bare_dump_is_filled(serve: Callable[..., TestClient]) -> None:
    posts = [{"id": 11, "created_at": "2016-03-01T10:00:00.000Z"}, {"id": 12, "created_at": "2016-03-02T10:00:00Z"}]
    client = serve({"id": 1, "title": "Où est-il?", "post_stream": {"posts": posts}})
    (row,) = client.get("/latest.json").json()["topic_list"]["topics"]
    assert row["bumped_at"] == row["last_posted_at"] == "2016-03-02T10:00:00Z"
    assert row["created_at"] == "2016-03-01T10:00:00.000Z"
    assert (row["slug"], row["posts_count"], row["visible"], row["tags"]) == ("ou-est-il", 2, True, [])
    body = client.get("/t/ou-est-il/1.json").json()
    assert body["post_stream"]["stream"] == [11, 12]
    first = body["post_stream"]["posts"][0]
    assert (first["post_type"], first["actions_summary"], first["topic_id"]) == (1, [], 1)
    assert first["updated_at"] == first["created_at"]


def test_a_thread_given_twice_is_taken_as_it_came_last(serve: Callable[..., TestClient]) -> None:
    client = serve(_thread(1, posts=2, title="Before"), _thread(1, posts=3, title="After"))
    assert client.get("/t/1.json").json()["title"] == "After"
    assert len(client.get("/posts.json").json()["latest_posts"]) == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "line 2"),
        ("[1]", "list"),
        ('{"id": 3}', "post_stream.posts"),
        ('{"id": "x", "post_stream": {"posts": []}}', "id is 'x'"),
        ('{"id": 3, "post_stream": {"posts": []}}', "created_at"),
        ('{"id": 3, "created_at": "yesterday", "post_stream": {"posts": []}}', "yesterday"),
        ('{"id": 3, "post_stream": {"posts": [{"created_at": "2020-01-01T00:00:00Z"}]}}', "post_stream.posts.id"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(json.dumps(_thread(1)) + "\n" + line + "\n")
    with pytest.raises(DumpError, match="line 2") as caught:
        forum_app(path)
    assert words in str(caught.value)


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="does not exist"):
        forum_app(tmp_path / "none.jsonl")
    damaged = tmp_path / "cut.jsonl.gz"
    damaged.write_bytes(gzip.compress(json.dumps(_thread(1, posts=30)).encode())[:-20])
    with pytest.raises(DumpError, match="damaged"):
        forum_app(damaged)


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("shape", ["text", "json"])
def test_limits_refuse_as_discourse_does(serve: Callable[..., TestClient], shape: Any) -> None:
    clock = _Clock()
    client = serve(_thread(1), limits=ForumLimits(per_10_seconds=3, per_minute=100, shape=shape, clock=clock))
    assert [client.get("/t/1.json").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get("/t/1.json")
    assert refused.headers["retry-after"] == "10"
    if shape == "text":
        assert refused.text.startswith("Slow down")
        assert refused.headers["discourse-rate-limit-error-code"] == "ip_10_secs_limit"
    else:
        assert refused.json()["error_type"] == "rate_limit"
        assert refused.json()["extras"]["wait_seconds"] == 10
    clock.now = 9.0
    assert [client.get("/t/1.json").status_code for _ in range(3)] == [429, 429, 429]
    clock.now = 10.5
    assert client.get("/t/1.json").status_code == 429, "retrying while blocked prolongs the block"
    clock.now = 40.0
    assert client.get("/t/1.json").status_code == 200


def test_the_limit_per_minute(serve: Callable[..., TestClient]) -> None:
    clock = _Clock()
    client = serve(_thread(1), limits=ForumLimits(clock=clock))
    for second in range(200):
        clock.now = second * 0.25
        assert client.get("/t/1.json").status_code == 200
    refused = client.get("/t/1.json")
    assert refused.status_code == 429
    assert refused.headers["discourse-rate-limit-error-code"] == "ip_60_secs_limit"


def test_a_large_real_dump_is_served_whole() -> None:
    shared = Path(os.environ.get("FORUMLENS_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "data" / "discourse" / "archive_topics.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the real archive is not at {path}: set FORUMLENS_SHARED to the folder that has data/discourse")
    with running(forum_app(path)) as base, requests.Session() as session:
        stats = session.get(f"{base}/about.json", timeout=10).json()["about"]["stats"]
        ids: list[int] = []
        page = 0
        while rows := _ids(session.get(f"{base}/latest.json?per_page=100&page={page}", timeout=10)):
            ids += rows
            page += 1
        for thread_id in ids[::50]:
            body = session.get(f"{base}/t/{thread_id}.json", timeout=10).json()
            got = [post["id"] for post in body["post_stream"]["posts"]]
            if rest := body["post_stream"]["stream"][20:]:
                more = session.get(f"{base}/t/{thread_id}/posts.json", params={"post_ids[]": rest}, timeout=10)
                got += [post["id"] for post in more.json()["post_stream"]["posts"]]
            assert got == body["post_stream"]["stream"]
            assert len(got) == body["posts_count"]
    assert (stats["topics_count"], stats["posts_count"]) == (5_046, 36_990)
    assert len(ids) == len(set(ids)) == 5_046


def test_it_runs_on_this_machine_and_stops(tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(json.dumps(_thread(1, posts=25)))
    app = forum_app(path)
    with running(app) as base:
        port = int(base.rpartition(":")[2])
        assert [thread for thread in threading.enumerate() if thread.name == f"replay-{port}"]
        with requests.Session() as session:
            assert len(session.get(f"{base}/t/1.json", timeout=10).json()["post_stream"]["posts"]) == 20
            moved = session.get(f"{base}/t/wrong/1.json", timeout=10)
            assert [hop.status_code for hop in moved.history] == [301]
            assert moved.json()["id"] == 1
        with pytest.raises(PortError, match=str(port)), running(app, port):
            pass
    assert not [thread for thread in threading.enumerate() if thread.name == f"replay-{port}"]
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))
    with running(app, port) as again:
        assert requests.get(f"{again}/about.json", timeout=10).status_code == 200
