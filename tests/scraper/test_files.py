"""Files of threads, models and uploads are imported; what cannot be read is set aside with line and reason."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeled import files
from scraper.errors import FileError
from scraper.files import ImportSummary, import_models, import_threads, import_uploads
from scraper.pseudonyms import Pseudonymizer
from scraper.rows import read_rows
from store import sources
from store.database import Database
from store.holdings import families_known
from store.months import parse_month
from store.threads import changed_threads
from store.values import AUTHORED_TAG

PSEUDONYMS = Pseudonymizer(b"k" * 32)


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, rows: list[dict[str, Any]]) -> Path:
    """Write rows in the form that the name tells."""
    path = Path(name)
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    file = io.StringIO(newline="")
    if ".csv" in name:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    else:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    data = file.getvalue().encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def threads_of(db: Database, path: Path, **options: Any) -> ImportSummary:
    return import_threads(db, path, pseudonyms=PSEUDONYMS, **options)


def issue(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "url": f"https://code.example/acme/issues/{number}",
        "title": f"Issue {number}",
        "created_at": f"2023-0{number}-05T10:00:00Z",
        "state": "Closed issue",
        "labels": "bug, help wanted",
        "body": f"It fails {number}",
        **fields,
    }


FORMS = ["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet"]


@pytest.mark.parametrize("name", FORMS)
def test_flat_threads_are_read_from_every_form(db: Database, name: str) -> None:
    summary = threads_of(db, write(name, [issue(1), issue(2, body="Line one\nline two")]))

    assert (summary.source, summary.rows, summary.stored, summary.posts, summary.rejected) == ("a", 2, 2, 2, 0)
    assert summary.unknown_columns == []
    first, second = changed_threads(db, 0)
    assert first.title == "Issue 1"
    assert first.posts[0].input.tags == ("bug", "help wanted")
    assert second.posts[0].input.body == "Line one\nline two"
    assert not list(Path().glob("*.rejects.jsonl"))
    [source] = sources.all_sources(db)
    assert source.covered_from == datetime(2023, 1, 1, tzinfo=UTC)
    assert source.covered_to == datetime(2023, 2, 5, 10, 0, 0, 1, tzinfo=UTC), "half-open: past the last row"


def test_importing_again_changes_nothing(db: Database) -> None:
    path = write("a.jsonl", [issue(1), issue(2)])
    threads_of(db, path)
    revision = changed_threads(db, 0)[-1].revision
    threads_of(db, path)

    assert changed_threads(db, revision) == []


def test_users_are_not_named(db: Database) -> None:
    threads_of(db, write("a.jsonl", [issue(1, author="ann", title="@ann", body="@ann and `@cached`\n```\n@ann\n```")]))
    [thread] = changed_threads(db, 0)
    name = PSEUDONYMS.name("ann")

    assert thread.title == f"@{name}"
    assert thread.posts[0].input.body == f"@{name} and `@cached`\n```\n@ann\n```"


def test_raw_bodies_are_read_and_may_belong_to_a_forum(db: Database) -> None:
    posts = [
        {"id": 11, "post_number": 1, "created_at": "2023-01-05T10:00:00Z", "cooked": "<p>hi</p>", "username": "ann"}
    ]
    raw = {
        "id": 1,
        "title": "T",
        "slug": "t",
        "post_stream": {"posts": posts, "stream": [11, 12]},
        "tags": [AUTHORED_TAG],
    }
    summary = threads_of(db, write("a.jsonl", [raw]), source="https://forum.example")

    assert (summary.stored, summary.incomplete, summary.unknown_columns) == (1, 1, [])
    assert changed_threads(db, 0)[0].posts[0].input.body == "hi"
    [source] = sources.all_sources(db)
    assert (source.name, source.authored) == ("https://forum.example", True)


def test_unknown_columns_are_reported_once(db: Database) -> None:
    summary = threads_of(db, write("a.jsonl", [issue(1, mood="good"), issue(2, mood="bad", colour="red")]))

    assert summary.unknown_columns == ["mood", "colour"]
    assert summary.stored == 2


def test_bad_rows_are_set_aside_with_line_and_reason(db: Database) -> None:
    path = Path("a.jsonl")
    lines = [
        json.dumps(issue(1)),
        "{broken",
        "[1]",
        "",
        json.dumps(issue(2, created_at="soon")),
        json.dumps(issue(3, url="")),
        json.dumps(issue(4, title="", body=" ")),
        json.dumps(issue(5, state="lost")),
        json.dumps(issue(6)),
    ]
    path.write_bytes("\n".join(lines).encode() + b'\n{"url": "\xff"}\n')
    summary = threads_of(db, path)

    assert (summary.rows, summary.stored, summary.rejected) == (9, 2, 7)
    assert summary.rejects == Path("a.jsonl.rejects.jsonl")
    told = {row["line"]: row["reason"] for row in map(json.loads, summary.rejects.read_text().splitlines())}
    expected = {
        2: "JSON",
        3: "object",
        5: "created_at is 'soon'",
        6: "id and url",
        7: "title and body",
        8: "state is",
        10: "UTF-8",
    }
    assert told.keys() == expected.keys()
    assert all(part in told[line] for line, part in expected.items())


def test_the_rejects_file_can_be_put_elsewhere(db: Database, tmp_path: Path) -> None:
    rejects = tmp_path / "bad.jsonl"
    assert threads_of(db, write("a.jsonl", [issue(1, created_at="")]), rejects=rejects).rejects == rejects
    assert json.loads(rejects.read_text())["line"] == 1


def test_bad_csv_rows_are_set_aside(db: Database) -> None:
    path = Path("a.csv")
    good = b"https://x.example/1,T,2023-01-05\n"
    path.write_bytes(
        b"\xef\xbb\xbfurl,title,created_at\n" + good + b"only,two\n" + b"https://x.example/2,\xff,2023-01-05\n"
    )
    summary = threads_of(db, path)

    assert (summary.stored, summary.rejected, summary.unknown_columns) == (1, 2, [])
    assert summary.rejects is not None
    assert [json.loads(line)["line"] for line in summary.rejects.read_text().splitlines()] == [3, 4]


def test_a_long_post_in_a_cell_is_read(db: Database) -> None:
    threads_of(db, write("a.csv", [issue(1, body="word " * 50_000)]))

    assert len(changed_threads(db, 0)[0].posts[0].input.body) == 5 * 50_000 - 1


def test_a_private_or_deleted_row_is_left_out(db: Database) -> None:
    threads_of(db, write("a.jsonl", [issue(1), issue(2)]))
    summary = threads_of(db, write("a.jsonl", [issue(1, state="deleted"), issue(3, state="unlisted")]))

    assert (summary.stored, len(summary.left_out)) == (0, 2)
    assert sorted((thread.title, thread.counted) for thread in changed_threads(db, 0)) == [
        ("", False),
        ("Issue 2", True),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl.gz", gzip.compress(b'{"url": "x"}\n' * 1000)[:-20], "cannot be read beyond line"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.parquet", b"no parquet", "Parquet"),
        ("a.csv", b"", "empty"),
        ("a.pdf", b"", "known form"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(db: Database, name: str, content: bytes, message: str) -> None:
    Path(name).write_bytes(content)
    with pytest.raises(FileError, match=message):
        threads_of(db, Path(name))


def test_a_missing_file_is_named(db: Database) -> None:
    with pytest.raises(FileError, match=r"none\.jsonl is not there"):
        threads_of(db, Path("none.jsonl"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([".jsonl", ".csv", ".tsv", ".parquet", ".jsonl.gz"]), st.binary(max_size=200))
def test_any_bytes_give_rows_or_a_file_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    try:
        rows = list(read_rows(path))
    except FileError as error:
        assert str(path) in str(error)
    else:
        assert all(row.line >= 1 for row in rows)


@pytest.mark.parametrize("name", FORMS)
def test_models_are_read_from_every_form(db: Database, name: str) -> None:
    rows = [
        {"modelId": "acme/a", "creation_time": "2021-11-14 23:35:08+00:00", "downloads": 31.0, "has_card": "True",
         "model_type": "BERT", "pipeline_tag": "fill-mask", "library_name": "transformers", "likes": 3, "words": 5},
        {"modelId": "acme/b", "creation_time": None, "downloads": 0.0, "has_card": "False",
         "model_type": None, "pipeline_tag": None, "library_name": None, "likes": 0, "words": 0},
    ]  # fmt: skip
    summary = import_models(db, write(name, rows))

    assert (summary.stored, summary.rejected, summary.unknown_dates) == (2, 0, 1)
    assert summary.unknown_columns == ["words"]
    assert families_known(db) == {"bert"}
    [source] = sources.all_sources(db)
    assert source.covered_from == datetime(2021, 11, 1, tzinfo=UTC)


def uploads_of(
    db: Database, path: Path, **options: Any
) -> tuple[ImportSummary, dict[tuple[str, str], tuple[int, int | None]]]:
    from store.schema import uploads

    summary = import_uploads(db, path, **options)
    with db.read() as connection:
        rows = connection.execute(uploads.select()).all()
    months = {parse_month(f"2023-{month:02d}"): f"2023-{month:02d}" for month in range(1, 13)}
    return summary, {(months[row.month], row.family): (row.models, row.cards) for row in rows}


def test_a_long_table_of_uploads_is_read(db: Database) -> None:
    rows = [
        {"month": "2023-01", "family": "BERT", "count": 3, "cards": 2},
        {"month": "2023-01", "family": "bert ", "count": 4, "cards": 1},
        {"month": "2023-02-01", "family": "gpt2", "count": 5, "cards": ""},
        {"month": "Feb", "family": "gpt2", "count": 5, "cards": 0},
        {"month": "2023-03", "family": "gpt2", "count": 2, "cards": 3},
        {"month": "2023-03", "family": "", "count": 2, "cards": 1},
        {"month": "2023-03", "family": "t5", "count": "", "cards": ""},
    ]
    summary, stored = uploads_of(db, write("a.csv", rows))

    assert stored == {("2023-01", "bert"): (7, 3), ("2023-02", "gpt2"): (5, None)}
    assert (summary.stored, summary.rejected) == (3, 4)


def test_a_wide_table_of_uploads_is_read_without_its_sums(db: Database) -> None:
    path = Path("a.csv")
    path.write_text(
        ",2023-01,2023-02,2023-04,sum,cumulative sum,note\n"
        "Bert,1,,2.0,3,3,x\n"
        "gpt2,,,4,4,7,x\n"
        "t5,1,minus,,1,8,x\n"
        ",,,,8,1,\n"
        "SUM,2,0,6,8,,\n"
    )
    aliases = {"Bert": "bert-family", "gpt2": "bert-family"}
    summary, stored = uploads_of(db, path, canonical=lambda name: aliases[name])

    assert stored == {("2023-01", "bert-family"): (1, None), ("2023-04", "bert-family"): (6, None)}
    assert (summary.stored, summary.rejected, summary.unknown_columns) == (2, 1, ["note"])
    assert summary.left_out == ["row 5: no family", "row 6: SUM", "column sum", "column cumulative sum"]
    [source] = sources.all_sources(db)
    assert source.covered_from == datetime(2023, 1, 1, tzinfo=UTC)
    assert source.covered_to == datetime(2023, 5, 1, tzinfo=UTC)


def test_importing_uploads_again_counts_nothing_twice(db: Database) -> None:
    path = write("a.jsonl", [{"month": "2023-01", "family": "bert", "count": 3}])
    uploads_of(db, path)

    assert uploads_of(db, path)[1] == {("2023-01", "bert"): (3, None)}


def test_a_table_of_something_else_is_an_error(db: Database) -> None:
    with pytest.raises(FileError, match="month, family and count"):
        import_uploads(db, write("a.csv", [{"x": 1}]))


def test_raw_bodies_take_the_names_of_categories_from_the_line_before(db: Database) -> None:
    summary = import_threads(db, files.sample_forum(), pseudonyms=PSEUDONYMS)

    assert (summary.rejected, summary.stored) == (0, 154)
    categories = {post.input.category for thread in changed_threads(db, 0, 200) for post in thread.posts}
    assert "Beginners" in categories and not any(name.lower().startswith("category ") for name in categories)
