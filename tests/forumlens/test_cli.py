"""The command line as a person or a script meets it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from forumlens.cli import app as cli
from tests.forumlens.running import run_command

COMMANDS = (
    "scrape forum",
    "scrape hub",
    "import threads",
    "import models",
    "import uploads",
    "replay forum",
    "replay hub",
    "replay tape",
    "fit",
    "labels add-real",
    "labels verify-real",
    "labels check",
    "labels export",
    "mentions find",
    "mentions evaluate",
    "mentions refresh",
    "assign",
    "topics",
    "causes fit",
    "causes assign",
    "causes shares",
    "causes list",
    "answers",
    "themes",
    "emerging",
    "compare",
    "divergences",
    "crosstable",
    "documentation",
    "report",
    "evaluate",
    "classify",
    "trends",
    "digest",
    "alerts",
    "feed",
    "serve",
    "token",
    "bundle use",
    "run",
    "status",
)

ISSUES = [
    {
        "url": f"https://issues.example/{number}",
        "title": "OOM with llama",
        "created_at": f"2024-0{1 + number % 3}-10T12:00:00Z",
        "body": "CUDA out of memory when I load llama-2-7b",
    }
    for number in range(6)
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own, as the defaults name files in the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def forumlens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        return run_command(monkeypatch, capsys, *words)

    return run


def write_issues(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def leaf_commands(group: Any, words: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= leaf_commands(command, (*words, name))
        else:
            found[" ".join((*words, name))] = command
    return found


def test_every_command_is_there_and_shows_an_example_that_it_accepts(folder: Path) -> None:
    for name in ("threads.jsonl.gz", "models.jsonl.gz", "issues.jsonl", "comments.jsonl", "models.parquet"):
        (folder / name).touch()
    for name in ("uploads_by_month.csv", "dev.jsonl"):
        (folder / name).touch()
    (folder / "tape").mkdir()
    known = leaf_commands(typer.main.get_command(cli.app))
    assert set(known) == set(COMMANDS)
    for name, command in known.items():
        text = (command.help or "").split("Example: ", 1)[1].split("| ")[-1]
        words = shlex.split(" ".join(text.split()))
        assert words[: 1 + len(name.split())] == ["forumlens", *name.split()]
        command.make_context(name, words[1 + len(name.split()) :])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_succeeds(forumlens: Any, name: str) -> None:
    code, out, _ = forumlens(*name.split(), "--help")
    assert code == 0 and "Example" in out


def test_status_of_an_empty_store(forumlens: Any) -> None:
    code, out, _ = forumlens("status", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert {name: found[name] for name in ("threads", "posts", "models", "assignments")} == dict.fromkeys(
        ("threads", "posts", "models", "assignments"), 0
    )
    assert Path("forumlens.db").exists()


def test_import_keeps_good_rows_and_sets_bad_ones_aside(forumlens: Any, folder: Path) -> None:
    file = write_issues(folder / "issues.jsonl", [*ISSUES, "{not json", {"title": "no body or date"}])
    code, out, err = forumlens("import", "threads", str(file), "--format", "json")
    assert code == 0
    assert (json.loads(out)["stored"], json.loads(out)["rejected"]) == (6, 2)
    assert "2 rows" in err
    rejects = [json.loads(line) for line in (folder / "issues.jsonl.rejects.jsonl").read_text().splitlines()]
    assert [row["line"] for row in rejects] == [7, 8] and all(row["reason"] for row in rejects)
    assert json.loads(forumlens("status", "--format", "json")[1])["threads"] == 6


def test_import_of_a_file_without_a_good_row_fails(forumlens: Any, folder: Path) -> None:
    file = write_issues(folder / "issues.jsonl", ["{not json"])
    assert forumlens("import", "threads", str(file))[0] == 2


def test_trends_say_unknown_where_nothing_is_covered(forumlens: Any, folder: Path) -> None:
    packed = folder / "issues.jsonl.gz"
    packed.write_bytes(gzip.compress(write_issues(folder / "issues.jsonl", ISSUES).read_bytes()))
    assert forumlens("import", "threads", str(packed))[0] == 0
    code, out, _ = forumlens("trends", "--from", "2023-12", "--to", "2024-03", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(row["month"], row["threads"], row["uploads"]) for row in rows] == [
        ("2023-12", "", ""),
        ("2024-01", "2", ""),
        ("2024-02", "2", ""),
    ]
    code, out, _ = forumlens("trends", "--by", "week", "--from", "2024-01", "--to", "2024-03", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["week"] for row in rows][:2] == ["2024-01-01", "2024-01-08"]
    assert (len(rows), sum(int(row["threads"] or 0) for row in rows)) == (9, 4)


def test_published_uploads_join_by_the_name_of_the_family(forumlens: Any, folder: Path) -> None:
    write_issues(folder / "issues.jsonl", ISSUES)
    (folder / "uploads.csv").write_text("month,family,count\n2024-01,GPT-2,5\n2024-01,llama,3\n2024-02,llama,4\n")
    assert forumlens("import", "threads", "issues.jsonl")[0] == 0
    assert forumlens("import", "uploads", "uploads.csv")[0] == 0
    code, out, _ = forumlens("trends", "--family", "gpt2", "--to", "2024-03", "--format", "json")
    assert code == 0
    assert [(row["month"], row["uploads"], row["all_uploads"]) for row in json.loads(out)] == [
        ("2024-01", 5, 8),
        ("2024-02", 0, 4),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trends", "--label", "memory-performance/memry"), "memory-performance/memory"),
        (("trends", "--label", "spaces", "--category", "spaces"), "at most one"),
        (("trends", "--from", "2024-13"), "YYYY-MM"),
        (("trends", "--family", "no-such-family"), "no-such-family"),
        (("trends", "--topic", "3"), "forumlens topics"),
        (("trends", "--label", "spaces"), "forumlens assign"),
        (("trends", "--per-family"), "--family"),
        (("trends", "--from", "2024-03", "--to", "2024-03"), "--from 2024-03"),
        (("trends", "--family", "[/b]"), "[/b]"),
        (("serve", "--port", "99999"), "99999"),
        (("status", "--database", "nonsense"), "sqlite:///FILE"),
        (("fit", "--taxonomy", "none.toml", "--examples", "none.jsonl"), "none.toml"),
        (("fit", "--examples", "none.jsonl"), "none.jsonl"),
        (("import", "uploads", "none.csv"), "none.csv"),
        (("scrape", "forum", "--forum", "not a url"), "not a url"),
        (("scrape", "forum", "--forum", "http://127.0.0.1:1", "--log", "no/such/folder.log"), "--log"),
        (("scrape", "forum", "--budget", "0"), "budget"),
        (("status", "--verify"), "--forum"),
    ],
)
def test_what_is_wrong_is_named_with_a_remedy(forumlens: Any, words: tuple[str, ...], said: str) -> None:
    code, out, err = forumlens(*words)
    assert code in (1, 2, 3) and out == ""
    assert said in err.replace("\n", "") and "Traceback" not in err


@pytest.mark.parametrize("words", [("assign",), ("serve", "--port", "0")])
def test_without_a_bundle_the_remedy_is_fit(forumlens: Any, words: tuple[str, ...]) -> None:
    code, _, err = forumlens(*words)
    assert code == 3 and "forumlens fit" in err


def test_settings_flag_over_environment_over_file(
    forumlens: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "forumlens.toml").write_text('database_url = "sqlite:///from-file.db"\n')
    forumlens("status")
    monkeypatch.setenv("FORUMLENS_DATABASE_URL", "sqlite:///from-env.db")
    forumlens("status")
    forumlens("status", "--database", "sqlite:///from-flag.db")
    assert {path.name for path in folder.glob("*.db")} == {"from-file.db", "from-env.db", "from-flag.db"}


def test_setting_that_cannot_be_used_is_named(forumlens: Any, folder: Path) -> None:
    (folder / "forumlens.toml").write_text('rate = "fast"\n')
    code, _, err = forumlens("status")
    assert code == 2 and "rate" in err and "FORUMLENS_RATE" in err


def test_text_from_files_is_never_read_as_markup(forumlens: Any, folder: Path) -> None:
    rows = [{**ISSUES[0], "a[/b]": 1, "title": "[/red] [bold]"}, {"id": "[/x]"}]
    code, _, err = forumlens("import", "threads", str(write_issues(folder / "issues.jsonl", rows)))
    assert code == 0 and "a[/b]" in err and "1 rows" in err


def test_topics_are_listed_with_their_figures(forumlens: Any, folder: Path) -> None:
    words = ("memory of the gpu is exhausted", "tokenizer adds a padding token", "deploy the space with gradio")
    rows = [
        ISSUES[0]
        | {"url": f"https://issues.example/{number}", "title": words[number % 3], "body": f"{words[number % 3]}?"}
        for number in range(12)
    ]
    assert forumlens("import", "threads", str(write_issues(folder / "issues.jsonl", rows)))[0] == 0
    code, out, _ = forumlens("topics", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert (found["run"]["threads"], found["run"]["topics"], found["run"]["outlier_share"]) == (12, 3, 0.0)
    assert -1 <= found["run"]["coherence"] <= 1 and 0 < found["run"]["diversity"] <= 1
    assert {(topic["topic"], topic["threads"], topic["new_theme"]) for topic in found["topics"]} == {
        (0, 4, None),
        (1, 4, None),
        (2, 4, None),
    }
    assert any("padding" in topic["name"] for topic in found["topics"])
    _, table, remark = forumlens("topics", "--refresh")
    assert "3 topics in 12 threads" in table and "forumlens assign" in remark
    code, out, _ = forumlens("topics", "--new-themes", "--format", "csv")
    assert (code, out) == (0, "")
