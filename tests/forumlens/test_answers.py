"""The answers and causes commands on a small store, and what they say where something is wrong or not there yet."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.causes import ThreadCause, save_thread_causes, set_current_causes
from store.database import open_database
from store.sources import ensure, mark_covered
from store.threads import changed_threads, save_thread
from store.values import SourceKind
from tests.forumlens.running import run_command
from tests.store.build import START, post, thread


@pytest.fixture
def forumlens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command in a folder whose store holds an answered thread with a root cause, and one without a reply."""
    monkeypatch.chdir(tmp_path)
    with open_database("sqlite:///forumlens.db") as db:
        forum = ensure(db, SourceKind.FORUM, "https://forum.example").id
        mark_covered(db, forum, START, START + timedelta(days=60))
        save_thread(db, forum, thread("a", post(1), post(2, accepted=True), title="Why [bold]"))
        save_thread(db, forum, thread("b", post(1, key="b-1"), category="Models"))
        first = changed_threads(db, 0)[0]
        found = ThreadCause(first.posts[0].id, first.posts[1].id, b"h" * 32, "hub/bug", 0.5)
        save_thread_causes(db, "causes", "causes", [(first, found)])
        set_current_causes(db, "causes")
    return lambda *words: run_command(monkeypatch, capsys, *words)


def test_answers_by_forum_category(forumlens: Any) -> None:
    code, out, _ = forumlens("answers", "--by", "forum-category", "--format", "csv")
    rows = {row["theme"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0 and {theme: row["unanswered_share"] for theme, row in rows.items()} == {
        "Beginners": "0.0",
        "Models": "1.0",
    }
    assert rows["Beginners"]["reply_hours_median"] == "2.0" and rows["Models"]["reply_hours_median"] == ""
    assert rows["Models"]["unanswered"] == "2"
    table = forumlens("answers")[1]
    assert "0.500" in table and "2.0 h" in table


def test_causes_by_forum_category_and_thread_by_thread(forumlens: Any) -> None:
    code, out, err = forumlens("causes", "shares", "--by", "forum-category", "--format", "json")
    told = {"theme": "Beginners", "cause": "hub/bug", "threads": 1, "of": 1, "share": 1.0}
    assert (code, json.loads(out)) == (0, [told]) and "Experimental" in err
    assert "Why [bold]" in forumlens("causes", "list")[1]
    assert json.loads(forumlens("causes", "list", "--cause", "user/theory", "--format", "json")[1]) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("answers", "--by", "leaf"), 3, "forumlens assign"),
        (("answers", "--by", "topic"), 3, "forumlens topics"),
        (("answers", "--topic", "4"), 2, "--topic 4"),
        (("answers", "--label", "spaces", "--topic", "4"), 2, "exclude"),
        (("answers", "--label", "spacs"), 2, "'spaces'"),
        (("answers", "--family", "lama-x"), 2, "'lama-x'"),
        (("answers", "--forum-category", "Model"), 2, "Models"),
        (("answers", "--from", "2024-13"), 2, "--from"),
        (("answers", "--from", "2024-03", "--to", "2024-03"), 2, "--to"),
        (("causes", "list", "--cause", "hub/bugs"), 2, "hub/bug"),
        (("causes", "assign"), 3, "forumlens causes fit"),
    ],
)
def test_what_is_wrong_is_named_with_a_remedy(forumlens: Any, words: tuple[str, ...], code: int, said: str) -> None:
    ended, _, err = forumlens(*words)
    assert said in err and "Traceback" not in err
    assert ended == code


def test_without_causes_the_remedy_is_told(forumlens: Any) -> None:
    code, _, err = forumlens("causes", "shares", "--database", "sqlite:///other.db")
    assert code == 3 and "forumlens causes fit" in err
