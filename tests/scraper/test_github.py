"""Issues of a GitHub repository become threads: whole, in order, nobody named, whatever the order of the rows."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.files import ImportSummary, import_threads
from scraper.pseudonyms import Pseudonymizer
from store.database import Database, open_database
from store.threads import changed_threads
from store.values import StoredThread

API = "https://api.github.com/repos/Acme/Tools"
SITE = "https://github.com/Acme/Tools"
PSEUDONYMS = Pseudonymizer(b"k" * 32)


def issue(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "url": f"{API}/issues/{number}",
        "repository_url": API,
        "html_url": f"{SITE}/issues/{number}",
        "id": 9000 + number,
        "number": number,
        "title": f"Issue {number}",
        "user": {"login": "ann-x", "type": "User"},
        "labels": [{"id": 1, "name": "bug"}],
        "state": "open",
        "locked": False,
        "comments": 0,
        "created_at": f"2023-04-{number:02d}T12:00:00Z",
        "updated_at": f"2023-04-{number:02d}T12:00:00Z",
        "body": f"Body of {number}",
        "reactions": {"total_count": 3, "+1": 2, "-1": 1},
        **fields,
    }


def comment(number: int, of: int, **fields: Any) -> dict[str, Any]:
    return {
        "url": f"{API}/issues/comments/{number}",
        "html_url": f"{SITE}/issues/{of}#issuecomment-{number}",
        "issue_url": f"{API}/issues/{of}",
        "id": number,
        "user": {"login": "bob"},
        "created_at": f"2023-05-01T00:{number:02d}:00Z",
        "updated_at": f"2023-05-01T00:{number:02d}:00Z",
        "body": f"Comment {number}",
        **fields,
    }


def load(db: Database, folder: Path, *files: list[dict[str, Any]]) -> ImportSummary:
    paths = [folder / f"rows{place}.jsonl" for place in range(len(files))]
    for path, rows in zip(paths, files, strict=True):
        path.write_text("\n".join(json.dumps(row) for row in rows))
    return import_threads(db, *paths, pseudonyms=PSEUDONYMS, source=SITE, rejects=folder / "rejects.jsonl")


def threads(db: Database) -> list[StoredThread]:
    return changed_threads(db, 0, 1000)


def test_issues_and_comments_of_two_files_become_threads(db: Database, tmp_path: Path) -> None:
    summary = load(db, tmp_path, [issue(1, comments=2), issue(2)], [comment(12, 1), comment(11, 1)])

    assert (summary.stored, summary.posts, summary.rejected, summary.incomplete) == (2, 4, 0, 0)
    first = threads(db)[0]
    assert [post.input.body for post in first.posts] == ["Body of 1", "Comment 11", "Comment 12"]
    assert [post.number for post in first.posts] == [1, 2, 3]
    assert first.posts[0].input.category == "acme/tools"
    assert first.posts[0].input.tags == ("bug",)
    assert [post.input.by_starter for post in first.posts] == [None, False, False]


def test_names_and_hidden_hints_are_taken_out(db: Database, tmp_path: Path) -> None:
    body = "<!-- describe\nthe bug -->\n@bob it fails\n```py\n@wraps\n```"
    load(db, tmp_path, [issue(1, title="Ask @bob", body=body)])
    [thread] = threads(db)

    name = PSEUDONYMS.name("bob")
    assert thread.title == f"Ask @{name}"
    assert thread.posts[0].input.body == f"@{name} it fails\n```py\n@wraps\n```"


def test_states_and_likes_are_kept_and_pull_requests_are_not_threads(db: Database, tmp_path: Path) -> None:
    from store.schema import threads as table

    pull = issue(4, html_url=f"{SITE}/pull/4", pull_request={"url": f"{API}/pulls/4"})
    summary = load(
        db, tmp_path, [issue(1), issue(2, state="closed"), issue(3, locked=True, state="closed"), pull, comment(1, 4)]
    )

    assert summary.stored == 3
    with db.read() as connection:
        rows = connection.execute(table.select().order_by(table.c.external_id)).all()
    assert [row.state for row in rows] == ["live", "closed", "archived"]
    assert [row.likes for row in rows] == [2, 2, 2]
    assert rows[0].created_at == datetime(2023, 4, 1, 12, tzinfo=UTC)


def test_who_belongs_to_the_project_is_staff(db: Database, tmp_path: Path) -> None:
    from store.schema import posts as table

    said = ["MEMBER", "OWNER", "COLLABORATOR", "CONTRIBUTOR", "NONE", "SOMETHING NEW", ""]
    rows = [comment(10 + place, 1, author_association=name) for place, name in enumerate(said)]
    load(db, tmp_path, [issue(1), *rows])
    with db.read() as connection:
        stored = connection.execute(table.select().order_by(table.c.number)).all()
    assert [row.staff for row in stored] == [None, True, True, True, False, False, None, None]


def test_an_issue_that_lacks_comments_is_told(db: Database, tmp_path: Path) -> None:
    assert load(db, tmp_path, [issue(1, comments=3), comment(1, 1)]).incomplete == 1


def test_an_issue_that_cannot_be_read_is_set_aside_with_its_line(db: Database, tmp_path: Path) -> None:
    summary = load(db, tmp_path, [issue(1), issue(2, created_at=None), issue(3, user=None, body=None, reactions=None)])

    assert (summary.stored, summary.rejected) == (2, 1)
    [reject] = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert reject["line"] == 2
    assert "created_at" in reject["reason"]


def test_pages_as_gh_prints_them_are_read(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "pages.json"
    path.write_text(json.dumps([issue(1), issue(2)]) + json.dumps([issue(3)]) + "\n")
    summary = import_threads(db, path, pseudonyms=PSEUDONYMS, rejects=tmp_path / "rejects.jsonl")

    assert (summary.rows, summary.stored) == (3, 3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_the_order_of_the_rows_makes_no_difference(seed: int, count: int) -> None:
    rows = [issue(number) for number in (1, 2, 3)] + [comment(key, key % 3 + 1) for key in range(1, 10)]
    random.Random(seed).shuffle(rows)
    with tempfile.TemporaryDirectory() as folder, open_database(f"sqlite:///{folder}/store.db") as db:
        load(db, Path(folder), *(rows[place::count] for place in range(count)))
        bodies = sorted((thread.title, [post.input.body for post in thread.posts]) for thread in threads(db))

    assert bodies == [
        (f"Issue {number}", [f"Body of {number}", *(f"Comment {key}" for key in range(1, 10) if key % 3 + 1 == number)])
        for number in (1, 2, 3)
    ]
