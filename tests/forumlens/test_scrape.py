"""`forumlens scrape forum` and `forumlens status --verify` as a person or a script meets them, against a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labeled import files
from scraper import replay
from tests.forumlens.running import run_command


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with replay.running(replay.forum_app(files.sample_forum())) as address:
        yield address


@pytest.fixture
def forumlens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        return run_command(monkeypatch, capsys, *words)

    return run


def test_what_a_crawl_would_take_is_told_and_nothing_stored(forumlens: Any, url: str) -> None:
    code, out, _ = forumlens("scrape", "forum", "--forum", url, "--rate", "0", "--dry-run", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert json.loads(forumlens("status", "--format", "json")[1])["sources"] == []
    code, out, _ = forumlens("scrape", "forum", "--forum", url, "--rate", "0", "--format", "json")
    assert told["threads"] == pytest.approx(json.loads(out)["threads"], abs=10)
    assert told["requests"] == pytest.approx(json.loads(out)["requests"], rel=0.15)


def test_a_crawl_tells_what_it_did_to_people_and_scripts(forumlens: Any, url: str, tmp_path: Path) -> None:
    words = ("scrape", "forum", "--forum", url, "--rate", "0")
    code, out, err = forumlens(
        *words, "--limit", "5", "--log", "crawl.log", "--summary", "sum.json", "--record", "tape"
    )
    told = json.loads((tmp_path / "sum.json").read_text())
    assert code == 0 and "limit" in err and "threads" in out
    assert (told["threads"], told["stopped"], told["failures"]) == (5, "limit", [])
    log = (tmp_path / "crawl.log").read_text()
    assert log.count("/t/") >= 5 and "stored" in log and "crawl ended" in log
    assert len(list((tmp_path / "tape").glob("*.json"))) == told["requests"] + 1  # and robots.txt
    assert "Traceback" not in forumlens(*words, "--record", "tape")[2]


def test_verify_tells_whether_anything_is_missing(forumlens: Any, url: str) -> None:
    assert forumlens("scrape", "forum", "--forum", url, "--rate", "0", "--limit", "5")[0] == 0
    code, out, _ = forumlens("status", "--verify", "--rate", "0", "--format", "json")
    assert code == 1
    assert json.loads(out)["completeness"]["missing"]
    assert forumlens("scrape", "forum", "--forum", url, "--rate", "0")[0] == 0
    code, out, _ = forumlens("status", "--verify", "--rate", "0", "--format", "json")
    assert code == 0
    assert json.loads(out)["completeness"]["missing"] == []
