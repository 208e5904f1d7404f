"""The page as people meet it: in a browser, by keyboard, on a phone, in the dark, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.service.web.conftest import RIGHT_TO_LEFT, SCRIPT
from tests.tools import require_module

PAGES = {
    "/": "Overview",
    "/?months=12": "Overview",
    "/themes": "Themes",
    "/themes/leaf/memory-performance/memory": "Memory",
    "/themes/category/memory-performance": "Memory",
    "/themes/forum-category/Beginners": "Beginners",
    "/topics": "Topics",
    "/topics/map": "Map of topics",
    "/topics/map?topic=0&by=topic": "Map: memory",
    "/topics/0": "memory",
    "/topics/-1": "no topic",
    "/families": "Families",
    "/families/llama": "llama",
    "/threads": "Threads",
    "/threads?q=memory&family=llama": "Threads",
    "/threads?family=lama": "Threads",
    "/threads/1": "Thread a",
    "/threads/6": SCRIPT,
    "/triage": "Triage",
    "/triage?lane=random": "Triage",
    "/triage/agreement": "Agreement",
    "/triage/estimates": "Estimates",
    "/status": "Status",
    "/sign-in": "Sign in",
    "/nowhere": "Not found",
}
COLOURFUL = {"/", "/themes/category/memory-performance", "/triage", "/threads?family=lama"}
SAME_KIND = {
    "/topics/map?topic=0&by=topic",
    "/?months=12",
    "/topics/-1",
    "/threads?q=memory&family=llama",
    "/threads/1",
    "/triage?lane=random",
}
PLOTLY_STYLE = "Applying inline style"  # of maps, which Plotly brings and the policy keeps out
Open = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Open]:
    """Opens an address in a browser of its own; what went wrong there is in `problems`."""
    contexts = []

    def go(path: str, **settings: Any) -> Any:
        context = browser.new_context(base_url=site, **settings)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()


def real_problems(page: Any) -> list[str]:
    return [one for one in page.problems if PLOTLY_STYLE not in one and "status of 40" not in one]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_there_and_open_to_everybody(visit: Open, site: str, scheme: str) -> None:
    axe = require_module("axe_playwright_python.sync_playwright").Axe()
    page = visit("/status", color_scheme=scheme)
    for path, title in PAGES.items():
        if path in (SAME_KIND if scheme == "light" else PAGES.keys() - COLOURFUL):
            continue
        page.goto(site + path)
        assert title in page.locator("h1").inner_text(), path
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [
            (path, one["id"], [node["html"][:160] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious
    assert not real_problems(page)


def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Open, site: str) -> None:
    page = visit("/", viewport={"width": 360, "height": 740})
    assert page.get_by_role("note").inner_text().startswith("Authored sample")
    for path in PAGES.keys() - SAME_KIND:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_hostile_thread_stays_text(visit: Open) -> None:
    page = visit("/threads/6")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main script, main img, main b, main i").count() == 0
    assert SCRIPT in page.locator("h1").inner_text()
    body = page.locator(".post .body")
    assert "{{ 7 * 7 }}" in body.inner_text() and SCRIPT in page.locator("pre").inner_text()
    assert page.get_by_text("On the forum").count() == 0  # its address is a script
    hebrew = body.locator("p", has_text=RIGHT_TO_LEFT)
    assert page.locator("pre").bounding_box()["height"] < 600
    assert hebrew.count() == 1 and page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.goto(page.url.replace("/threads/6", "/triage"))
    assert page.evaluate("window.pwned") is None
    assert not real_problems(page)


def test_plots_are_drawn_saved_and_told_as_a_table(visit: Open) -> None:
    page = visit("/families/llama")
    page.wait_for_selector(".canvas .main-svg .barlayer path")
    assert page.locator(".canvas").get_attribute("aria-label").count("axis") == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    assert download.value.suggested_filename.endswith(".svg")
    with page.expect_download() as download:
        page.locator("figure").get_by_role("link", name=re.compile("CSV")).click()
    rows = download.value.path().read_text().splitlines()
    assert rows[0].startswith("Month,Threads,Of all") and rows[1].startswith("2024-01,1,2,0.5")
    page.locator("summary").click()
    assert page.locator("figure tbody tr").count() == len(rows) - 1
    assert not real_problems(page)


def test_a_point_of_the_map_leads_to_its_thread_and_its_title_stays_text(visit: Open) -> None:
    page = visit("/topics/map", viewport={"width": 360, "height": 740})
    page.wait_for_selector(".canvas .scatterlayer .point")
    assert page.locator(".canvas .scatterlayer .point").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1000, "height": 800})
    page.wait_for_function("() => document.querySelector('.canvas .main-svg').getBoundingClientRect().width > 500")
    leads = page.evaluate("document.querySelector('.canvas').data.flatMap(one => one.customdata.map(each => each[0]))")
    box = page.locator(".canvas .scatterlayer .point").nth(leads.index("/threads/6")).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".canvas .hovertext", has_text=SCRIPT).wait_for()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/threads/6")
    with page.expect_download() as download:
        page.goto(page.url.replace("/threads/6", "/topics/map"))
        page.locator("figure").get_by_role("link", name=re.compile("CSV")).click()
    assert len(download.value.path().read_text().splitlines()) == 7
    assert not real_problems(page)


def test_the_colours_are_the_visitors_choice_and_stay(visit: Open) -> None:
    page = visit("/", color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light").click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert light == page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_keys_lead_through_the_pages(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/families")
    page.keyboard.press("/")
    page.wait_for_url("**/threads")


def test_filters_live_in_the_address(visit: Open) -> None:
    page = visit("/threads")
    page.get_by_label("Family").fill("bert")
    page.get_by_label("Words").fill('"bert is slow"')
    page.get_by_role("button", name="Find").click()
    assert "family=bert" in page.url
    assert page.locator("tbody tr").count() == 1 and page.locator("mark").first.inner_text().lower() == "bert is slow"
    page.get_by_label("Family").fill("brt")
    page.get_by_role("button", name="Find").click()
    assert "did you mean" in page.get_by_role("alert").inner_text()


def test_without_javascript_all_can_be_read_and_judged(visit: Open) -> None:
    page = visit("/families/llama", java_script_enabled=False)
    assert page.locator("figure tbody tr").first.is_visible()
    page.goto(page.url.replace("/families/llama", "/topics/map"))
    page.get_by_role("link", name="show its threads").first.click()
    page.get_by_role("link", name="Thread a").click()
    assert page.url.endswith("/threads/1")
    page.goto(page.url.replace("/threads/1", "/triage"))
    first = page.locator(".judge").first
    post = first.get_attribute("id")
    first.get_by_role("button", name="Skip").click()
    assert "kept" in page.get_by_role("status").inner_text()
    assert page.locator(f"#{post}").count() == 0
    page.get_by_role("button", name="Undo").click()
    assert page.locator(f"#{post}").count() == 1


def test_the_whole_review_loop_by_keyboard(visit: Open, site: str) -> None:
    page = visit("/triage")
    count = page.locator(".judge").count()
    said = page.get_by_role("status")

    def press(*keys: str) -> str:
        before = said.inner_text()
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function("before => document.getElementById('said').textContent !== before", arg=before)
        return str(said.inner_text())

    assert press("n").startswith("none fits")
    assert press("u").startswith("Taken back")
    assert "current" in str(page.locator(".judge").first.get_attribute("class"))
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("m")
    page.keyboard.type("seen <b>twice</b>")
    page.keyboard.press("Escape")
    title = page.locator(".judge.current h2").inner_text()
    assert press("c", "Space", "Tab", "Space", "Enter") and page.locator(".judge.done").count() == 1
    assert press("s").startswith("skipped")
    assert press("a").startswith("accepted")
    assert page.locator(".judge").count() == count and page.locator(".judge.done").count() == 3
    page.goto(site + page.locator(".judge.done h2 a").first.get_attribute("href"))
    assert title in page.locator("h1").inner_text()
    said_of = page.locator(".said").first.inner_text()
    assert said_of.startswith("✎ local:") and "<b>twice</b>" in said_of
    page.goto(f"{site}/triage")
    assert page.locator(".judge").count() < count


def test_the_first_paint_needs_no_script_of_size(site: str) -> None:
    text = requests.get(site, timeout=30).text
    assert "plotly" not in text and len(text) < 100_000
