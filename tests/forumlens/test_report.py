"""The report is one page that needs nothing else, tells what was planted, and shows hostile names as text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from store.database import open_database
from tests.forumlens.running import run_command
from tests.service.planted import MEMORY, MONTHS, fill_planted

HOSTILE = "</script><img src=x onerror=alert(1)>"


class _Page(HTMLParser):
    """Text of cells, and every address that the page loads something from."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "srcset") or (tag, name) == ("link", "href")
        ]

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def forumlens(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *words: run_command(monkeypatch, capsys, *words)


@pytest.fixture
def store(folder: Path) -> Iterator[Path]:
    path = folder / "forumlens.db"
    with open_database(f"sqlite:///{path}") as db:
        fill_planted(db, category=HOSTILE, title=HOSTILE)
    yield path


def test_the_page_tells_what_was_planted_and_loads_nothing(forumlens: Any, folder: Path, store: Path) -> None:
    code, _, said = forumlens("report", "--out", "r.html", "--data", "numbers", "--title", HOSTILE)
    assert code == 0, said
    page = _Page()
    page.feed((folder / "r.html").read_text("utf-8"))
    assert page.loaded == []
    assert "img" not in page.tags
    assert page.text.count("talk falls, uploads rise") >= 1
    assert {MEMORY, "spaces", "memory-performance"} <= set(page.text)
    assert HOSTILE in page.text
    with (folder / "numbers" / "families.csv").open() as file:
        rows = {row["subject"]: row for row in csv.DictReader(file)}
    assert rows["bert"]["divergence"] == "talk falls, uploads rise"
    assert rows["bert"]["threads"].split() == [str(26 - month) for month in range(MONTHS)]


def test_numbers_as_parquet(forumlens: Any, folder: Path, store: Path) -> None:
    code, _, said = forumlens("report", "--out", "r.html", "--data", "numbers", "--data-format", "parquet")
    assert code == 0, said
    rows = pq.read_table(folder / "numbers" / "leaves.parquet").to_pylist()
    memory = next(row for row in rows if row["theme"] == MEMORY)
    assert memory["trend"] == "rising"
    assert sum(memory["threads"]) == sum(2 + month for month in range(MONTHS))


def test_a_store_without_labels_has_a_report_too(forumlens: Any, folder: Path) -> None:
    code, _, said = forumlens("report", "--out", "r.html")
    assert code == 0, said
    assert "nothing is labelled yet" in (folder / "r.html").read_text("utf-8")


def test_a_span_that_ends_before_it_starts_is_refused(forumlens: Any) -> None:
    code, _, said = forumlens("report", "--from", "2024-02", "--to", "2024-01")
    assert code == 2
    assert "--from 2024-02 is not before --to 2024-01" in said
