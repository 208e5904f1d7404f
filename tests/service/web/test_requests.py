"""What the page answers and refuses, request by request."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import requests

from tests.service.test_access import token_file
from tests.service.web.conftest import page_of, shown

CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


def opened(site: str, path: str = "/triage") -> tuple[requests.Session, str]:
    """A visitor who has opened a page with forms, and what these must bring back."""
    visitor = requests.Session()
    found = CSRF.search(visitor.get(site + path, timeout=30).text)
    assert found
    return visitor, found[1]


def sign_in(site: str, token: str) -> requests.Session:
    visitor, csrf = opened(site, "/sign-in")
    answer = visitor.post(f"{site}/sign-in", {"token": token, "csrf": csrf}, timeout=30, allow_redirects=False)
    assert answer.status_code == 303
    return visitor


def test_the_policy_lets_nothing_in_from_outside(site: str) -> None:
    for path in ("/", "/threads/6", "/nowhere", "/static/app.css"):
        headers = requests.get(site + path, timeout=30).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
    assert requests.get(site, timeout=30).headers["cache-control"] == "no-store"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: str) -> None:
    cookie = requests.get(f"{site}/triage", timeout=30).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {"csrf": ""}),
        ({}, {"csrf": "0" * 64}),
        ({"Origin": "https://evil.example"}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, {}),
    ],
)
def test_a_form_of_another_site_changes_nothing(site: str, headers: dict[str, str], fields: dict[str, str]) -> None:
    visitor, csrf = opened(site)
    form = {"csrf": csrf, "post": "1", "decision": "none_fits", "lane": "triage"} | fields
    answer = visitor.post(f"{site}/triage/review", form, headers=headers, timeout=30)
    assert answer.status_code == 403
    assert "local" not in requests.get(f"{site}/threads/1", timeout=30).text


def test_a_name_that_is_led_to_this_machine_is_turned_away(site: str) -> None:
    assert requests.get(site, headers={"Host": "evil.example"}, timeout=30).status_code == 403
    assert requests.get(site, headers={"Host": "localhost:1"}, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/threads/999", 404, "999"),
        ("/threads/1x", 404, "no such page"),
        ("/threads?page=guess", 400, "page_token"),
        ("/threads?from=tomorrow", 400, "YYYY-MM-DD"),
        ("/threads?topic=many", 400, "number of a topic"),
        ("/themes/leaf/nothing", 404, "no leaf"),
        ("/themes/guess/spaces", 404, "no kind"),
        ("/topics/77", 400, "77"),
        ("/topics/many", 404, "many"),
        ("/families/unknown", 400, "unknown"),
        ("/static/../app.py", 404, ""),
        ("/?months=evil&csv=nothing", 200, "Overview"),
    ],
)
def test_bad_addresses_get_a_page_that_says_why(site: str, path: str, status: int, said: str) -> None:
    answer = requests.get(site + path, timeout=30)
    assert (answer.status_code, said in answer.text) == (status, True)


def test_bad_forms_are_refused(site: str) -> None:
    visitor, csrf = opened(site)
    for fields, status in (
        ({"post": "many", "decision": "skip"}, 400),
        ({"post": "1", "decision": "guess"}, 400),
        ({"post": "999", "decision": "skip"}, 404),
        ({"post": "1", "decision": "change", "labels": "guess"}, 400),
        ({"post": "1", "decision": "change", "note": "x" * 70_000}, 403),
    ):
        answer = visitor.post(f"{site}/triage/review", {"csrf": csrf, **fields}, timeout=30)
        assert answer.status_code == status, fields


def test_tables_are_csv_in_which_no_cell_is_a_formula(site: str) -> None:
    answer = requests.get(f"{site}/threads?csv=threads", timeout=30)
    assert (
        answer.headers["content-type"].startswith("text/csv") and "attachment" in answer.headers["content-disposition"]
    )
    rows = list(csv.reader(answer.text.splitlines()))
    assert rows[0][:3] == ["Thread", "Started", "Posts"] and len(rows) == 7
    assert rows[1][0] == "6" and rows[1][5].startswith("\u202e")
    overview = list(csv.reader(requests.get(f"{site}/?csv=challenge", timeout=30).text.splitlines()))
    assert [row[0] for row in overview[1:3]] == ["memory-performance/memory", "memory-performance/speed"]


def test_a_trend_is_drawn_by_month_quarter_or_week(site: str) -> None:
    for path in ("/families/llama", "/themes/leaf/memory-performance/memory", "/topics/0"):
        for by, first in (("month", "2024-01"), ("quarter", "2024-01"), ("week", "2024-01-01"), ("evil", "2024-01")):
            answer = requests.get(f"{site}{path}?by={by}&csv=trend", timeout=30)
            rows = list(csv.reader(answer.text.splitlines()))
            assert rows[0][0] == ("Month" if by == "evil" else by.capitalize())
            assert rows[1][0] == first


def test_tokens_decide_who_looks_and_who_judges(tmp_path: Path) -> None:
    path, secrets = token_file(tmp_path, reader="read", ada="review")
    with shown(tmp_path, token_file=path) as running:
        site = page_of(running)
        turned = requests.get(f"{site}/threads?q=memory", timeout=30, allow_redirects=False)
        assert (turned.status_code, turned.headers["location"]) == (303, "/sign-in?next=%2Fthreads%3Fq%3Dmemory")
        visitor, csrf = opened(site, "/sign-in")
        refused = visitor.post(f"{site}/sign-in", {"token": "guess", "csrf": csrf}, timeout=30)
        assert refused.status_code == 403 and "not known" in refused.text
        reader, ada = sign_in(site, secrets["reader"]), sign_in(site, secrets["ada"])
        assert reader.get(site, timeout=30).status_code == 200
        assert reader.get(f"{site}/triage", timeout=30).status_code == 403
        page = ada.get(f"{site}/triage", timeout=30)
        found = CSRF.search(page.text)
        assert page.status_code == 200 and found
        form = {"csrf": found[1], "post": "1", "decision": "none_fits", "lane": "triage"}
        assert ada.post(f"{site}/triage/review", form, timeout=30).status_code == 200
        assert "<bdi>ada</bdi>" in reader.get(f"{site}/threads/1", timeout=30).text
        assert not [text for text in (page.text, str(ada.cookies.items())) if secrets["ada"] in text]
        ada.post(f"{site}/sign-out", {"csrf": found[1]}, timeout=30)
        assert ada.get(f"{site}/triage", timeout=30, allow_redirects=False).status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\nx"])
def test_signing_in_leads_to_this_page_only(site: str, target: str) -> None:
    visitor, csrf = opened(site, "/sign-in")
    form = {"csrf": csrf, "next": target}
    answer = visitor.post(f"{site}/sign-in", form, timeout=30, allow_redirects=False)
    assert answer.headers["location"] == "/"
