"""The client says who it is, asks before it enters, keeps a pace, and waits when it is told to."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from scraper.errors import (
    BlockedError,
    BudgetError,
    NotJsonError,
    RedirectError,
    RobotsError,
    ScraperError,
    StatusError,
    UnreachableError,
)
from scraper.http import PoliteClient, check_base_url
from scraper.pace import Pace
from tests.scraper.site import Answer, FakeTime, Site, running_site

OK = Answer(body={"ok": True})


def client_of(site: Site, fake: FakeTime, **options: Any) -> PoliteClient:
    options = {"rate": 0, "sleep": fake.sleep, "clock": fake.clock, "jitter": lambda: 0.25, **options}
    return PoliteClient(site.url, **options)


def test_it_says_who_it_is_and_whom_to_write_to(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = OK
    client_of(site, fake_time, contact="ann@example.org").get_json("/a.json")

    agent = site.headers[-1]["User-Agent"]
    assert agent.startswith("forumlens/")
    assert "+https://github.com/forumlens/forumlens" in agent
    assert "ann@example.org" in agent
    assert site.headers[-1]["Accept"] == "application/json"


def test_lists_of_ids_are_sent_in_one_request(site: Site, fake_time: FakeTime) -> None:
    site.routes["/t/1/posts.json"] = OK
    client = client_of(site, fake_time)
    client.get_json("/t/1/posts.json", {"post_ids[]": [4, 5]})

    assert site.paths() == ["/t/1/posts.json?post_ids%5B%5D=4&post_ids%5B%5D=5"]
    assert client.requests == 1


def test_robots_is_asked_once_and_not_counted(site: Site, fake_time: FakeTime) -> None:
    site.routes |= {"/robots.txt": Answer(body="User-agent: *\nDisallow: /search\n"), "/a.json": OK}
    client = client_of(site, fake_time)
    client.get_json("/a.json")
    client.get_json("/a.json")

    assert site.asked == ["/robots.txt", "/a.json", "/a.json"]
    assert client.requests == 2


def test_a_path_that_robots_disallows_is_not_asked_for(site: Site, fake_time: FakeTime) -> None:
    site.routes |= {"/robots.txt": Answer(body="User-agent: forumlens\nDisallow: /search\n"), "/search.json": OK}

    with pytest.raises(RobotsError, match=r"/search\.json"):
        client_of(site, fake_time).get_json("/search.json", {"q": "x"})
    assert site.paths() == []


def test_rules_that_cannot_be_known_stop_the_crawl(site: Site, fake_time: FakeTime) -> None:
    site.routes |= {"/robots.txt": Answer(503, "down"), "/a.json": OK}

    with pytest.raises(UnreachableError, match=r"robots\.txt"):
        client_of(site, fake_time).get_json("/a.json")
    assert site.paths() == []


@pytest.mark.parametrize(
    ("robots", "rate", "pause"),
    [
        ("", 1.0, 1.0),
        ("", 4.0, 0.25),
        ("", 0.0, 0.0),
        ("User-agent: *\nCrawl-delay: 3\n", 1.0, 3.0),
        ("User-agent: *\nCrawl-delay: 3\n", 0.0, 3.0),
        ("User-agent: *\nCrawl-delay: 3\n", 0.1, 10.0),
        ("User-agent: *\nRequest-rate: 1/5\n", 1.0, 5.0),
    ],
)
def test_the_slower_of_our_pace_and_the_sites_is_kept(
    site: Site, fake_time: FakeTime, robots: str, rate: float, pause: float
) -> None:
    site.routes |= {"/robots.txt": Answer(body=robots), "/a.json": OK}
    client = client_of(site, fake_time, rate=rate)
    client.get_json("/a.json")
    before = fake_time.now
    client.get_json("/a.json")
    client.get_json("/a.json")

    assert fake_time.now - before == pytest.approx(2 * pause)


def wait_seconds(seconds: float) -> dict[str, Any]:
    return {"errors": ["slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": seconds}}


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (Answer(429, "Slow down", {"Retry-After": "7"}), 7.25),
        (Answer(429, wait_seconds(9)), 9.25),
        (Answer(429, wait_seconds(9), {"Retry-After": "12"}), 12.25),
        (Answer(429, wait_seconds(19), {"Retry-After": "12"}), 19.25),
        (Answer(503, "<html>busy</html>", {"Retry-After": "5"}), 5.25),
        (Answer(429, "Slow down", {"Retry-After": "nan"}), 0.25),
        (Answer(429, "Slow down", {"Retry-After": "soon"}), 0.25),
        (Answer(429, {"extras": None}), 0.25),
    ],
)
def test_it_waits_as_long_as_it_is_told(site: Site, fake_time: FakeTime, refusal: Answer, pause: float) -> None:
    site.routes["/a.json"] = [refusal, OK]
    client = client_of(site, fake_time)

    assert client.get_json("/a.json") == {"ok": True}
    assert sum(fake_time.sleeps) == pytest.approx(max(pause, 0.5))  # after a refusal the pace is never faster
    assert client.requests == 2


def test_a_date_to_wait_for_is_understood(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [Answer(429, "", {"Retry-After": formatdate(time.time() + 100, usegmt=True)}), OK]
    client_of(site, fake_time).get_json("/a.json")

    assert 50 < fake_time.sleeps[0] < 101


def test_a_wait_beyond_reason_ends_the_crawl(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(429, "", {"Retry-After": "86400"})

    with pytest.raises(BlockedError, match="86400"):
        client_of(site, fake_time).get_json("/a.json")
    assert fake_time.sleeps == []


def test_server_errors_are_tried_again_with_growing_pauses(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [Answer(500), Answer(502), Answer(504), OK]

    assert client_of(site, fake_time).get_json("/a.json") == {"ok": True}
    assert fake_time.sleeps == sorted(fake_time.sleeps)
    assert fake_time.sleeps[-1] > fake_time.sleeps[0]


def test_it_gives_up_after_the_retries(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(500)
    client = client_of(site, fake_time, retries=2)

    with pytest.raises(StatusError, match="500") as caught:
        client.get_json("/a.json")
    assert caught.value.status == 500
    assert client.requests == 3


def test_endless_429_ends_the_crawl(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(429, "Slow down")

    with pytest.raises(BlockedError, match="429"):
        client_of(site, fake_time, retries=2).get_json("/a.json")


def test_a_server_that_is_not_there_is_named(fake_time: FakeTime) -> None:
    with running_site() as gone:
        client = client_of(gone, fake_time, retries=2)
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1"):
        client.get_json("/a.json")
    assert sum(fake_time.sleeps) >= 2 * 0.25


def test_a_moved_thread_is_followed_on_the_same_site(site: Site, fake_time: FakeTime) -> None:
    site.routes |= {"/t/1.json": Answer(301, "", {"Location": "/t/other/2.json"}), "/t/other/2.json": OK}

    assert client_of(site, fake_time).get_json("/t/1.json") == {"ok": True}


def test_it_does_not_follow_to_another_site(site: Site, fake_time: FakeTime) -> None:
    with running_site() as other:
        other.routes["/t/1.json"] = OK
        site.routes["/t/1.json"] = Answer(302, "", {"Location": f"{other.url}/t/1.json"})
        with pytest.raises(RedirectError, match=other.url):
            client_of(site, fake_time).get_json("/t/1.json")
        assert other.asked == []


def test_it_does_not_go_round_in_circles(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(302, "", {"Location": "/a.json"})

    with pytest.raises(RedirectError, match="more than"):
        client_of(site, fake_time).get_json("/a.json")


@pytest.mark.parametrize("body", ["<!doctype html><title>Log in</title>", "hello", b"\x00\xff"])
def test_something_else_than_json_is_a_clear_error(site: Site, fake_time: FakeTime, body: str | bytes) -> None:
    site.routes["/a.json"] = Answer(body=body)

    with pytest.raises(NotJsonError, match="JSON was expected"):
        client_of(site, fake_time).get_json("/a.json")


def test_a_refusal_tells_its_status_and_reason(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(403, {"errors": ["You must log in"], "error_type": "not_logged_in"})

    with pytest.raises(StatusError, match="403: You must log in"):
        client_of(site, fake_time).get_json("/a.json")


def test_a_refusal_by_a_proxy_is_a_block(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(403, "<html>Attention required</html>")

    with pytest.raises(BlockedError, match="keeps this client out"):
        client_of(site, fake_time).get_json("/a.json")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://Forum.Example.org/", "https://forum.example.org"),
        ("https://example.org:443/forum/", "https://example.org/forum"),
        ("http://[::1]:80", "http://[::1]"),
        (" http://127.0.0.1:4200 ", "http://127.0.0.1:4200"),
    ],
)
def test_addresses_are_brought_to_one_form(given: str, base: str) -> None:
    assert check_base_url(given) == base


@pytest.mark.parametrize("given", ["forum.example.org", "", "ftp://x", "http://", "http://u:p@x", "http://x:99999"])
def test_an_address_that_is_none_is_an_error(given: str) -> None:
    with pytest.raises(ScraperError):
        check_base_url(given)


def test_refusals_slow_the_pace_and_good_answers_bring_it_back(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [Answer(429, wait_seconds(1)), Answer(429, wait_seconds(1)), OK]
    client = client_of(site, fake_time, rate=1.0)
    client.get_json("/a.json")
    slowest = client.pace.delay
    for _ in range(200):
        client.get_json("/a.json")

    assert slowest == pytest.approx(4.0)
    assert client.pace.delay == pytest.approx(1.0)


def test_a_slow_site_gets_as_long_a_rest_as_it_took() -> None:
    fake = FakeTime()
    pace = Pace(1.0, fake.sleep, fake.clock)
    pace.wait()
    fake.now += 7  # the site takes its time
    pace.answered(refused=False)
    pace.wait()

    assert fake.sleeps == [pytest.approx(7.0)]


def test_a_budget_is_kept_over_retries(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [OK, Answer(500)]
    client = client_of(site, fake_time, budget=3)
    client.get_json("/a.json")

    with pytest.raises(BudgetError, match="3 requests"):
        client.get_json("/a.json")
    assert len(site.paths()) == client.requests == 3


def test_a_state_that_is_known_is_not_sent_again(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [Answer(body={"ok": True}, headers={"ETag": 'W/"7"'}), Answer(304, "")]
    client = client_of(site, fake_time)
    first = client.fetch("/a.json")
    second = client.fetch("/a.json", etag=first.etag)

    assert (first.body, first.not_modified, first.etag) == ({"ok": True}, False, 'W/"7"')
    assert (second.body, second.not_modified) == (None, True)
    assert [head.get("If-None-Match") for head in site.headers[1:]] == [None, 'W/"7"']


def test_json_that_came_damaged_is_asked_for_once_more(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = [Answer(body='{"ok": tr'), OK]
    client = client_of(site, fake_time)

    assert client.get_json("/a.json") == {"ok": True}
    assert client.requests == 2


def test_a_wrong_content_type_does_not_hide_json(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(body={"ok": True}, headers={"Content-Type": "text/html"})

    assert client_of(site, fake_time).get_json("/a.json") == {"ok": True}


def test_cookies_are_not_kept(site: Site, fake_time: FakeTime) -> None:
    site.routes["/a.json"] = Answer(body={}, headers={"Set-Cookie": "_forum_session=abc; path=/"})
    client = client_of(site, fake_time)
    client.get_json("/a.json")
    client.get_json("/a.json")

    assert all("Cookie" not in head for head in site.headers)


def test_a_negative_rate_is_an_error() -> None:
    with pytest.raises(ScraperError, match="rate is -1"):
        PoliteClient("http://127.0.0.1", rate=-1)


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html><head><title>Just a\n moment&hellip;</title></head><body>Checking</body></html>",
        "<html><meta charset=utf-8><svg><title/></svg><TITLE>Just a moment\u2026",
        "<?xml version='1.0'?><html><head><title>Just a moment&#8230;</title></head></html>",
    ],
)
def test_a_web_page_in_place_of_an_answer_is_told_by_its_title(site: Site, fake_time: FakeTime, page: str) -> None:
    site.routes |= {"/a.json": Answer(body=page), "/b.json": Answer(403, page), "/c.json": Answer(body="<p>x" * 40000)}
    client = client_of(site, fake_time)
    with pytest.raises(NotJsonError, match="a web page titled 'Just a moment\u2026' where JSON"):
        client.get_json("/a.json")
    with pytest.raises(BlockedError, match="403 with a web page titled 'Just a moment\u2026': the site keeps"):
        client.get_json("/b.json")
    with pytest.raises(NotJsonError, match="answered with a web page where JSON"):
        client.get_json("/c.json")
