"""Model families on the command line: found in a text, measured, and a table of one's own on top."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forumlens.running import run_command

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def forumlens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code, out, err = run_command(monkeypatch, capsys, *words)
        return code, out, " ".join(err.split())

    return run


def test_find_in_a_text_or_a_file(forumlens: Run, tmp_path: Path) -> None:
    code, out, _ = forumlens("mentions", "find", "Fine-tuning OPT beside llama-2-7b", "--format", "json")
    assert code == 0
    found = {row["family"]: row for row in json.loads(out)}
    assert (found["llama"]["told by"], found["opt"]["offset"]) == ("name", 12)
    assert "tuned" in found["opt"]["told by"]
    (tmp_path / "post.txt").write_text("you can opt out", encoding="utf-8")
    code, out, err = forumlens("mentions", "find", "post.txt")
    assert (code, out) == (0, "") and "No model family" in err


def test_evaluate_rows_of_ones_own(forumlens: Run, tmp_path: Path) -> None:
    rows = [
        {"text": "bert and gpt2", "families": ["bert", "gpt2"]},
        {"text": "nothing to opt for", "families": []},
        {"text": "the vit in question", "families": ["vit", "swin"]},
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, _ = forumlens("mentions", "evaluate", "--data", str(data), "--format", "json")
    assert code == 0
    every, ambiguous = json.loads(out)
    assert (every["sentences"], every["precision"], every["recall"]) == (3, 1.0, 0.75)
    assert every["recall_low"] == pytest.approx(0.3006, abs=1e-4)  # Wilson's interval for 3 of 4
    assert (ambiguous["families"], ambiguous["precision"]) == ("ambiguous", None)
    code, out, _ = forumlens("mentions", "evaluate", "--data", str(data), "--errors", "--format", "json")
    assert [(row["wrong"], row["missed"]) for row in json.loads(out)] == [([], ["swin"])]


def test_a_family_that_is_not_in_the_table_is_named(forumlens: Run, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text('{"text": "x", "families": ["zyqlm"]}\n', encoding="utf-8")
    code, _, err = forumlens("mentions", "evaluate", "--data", str(data))
    assert code == 2 and "line 1: families: 'zyqlm' is not in the table" in err


def test_refresh_writes_what_the_table_lacks_and_it_is_used(forumlens: Run, tmp_path: Path) -> None:
    models = tmp_path / "models.csv"
    lines = ["id,created_at,model_type"]
    lines += [f"someone/zyqlm-{number},2024-01-01T00:00:00Z,zyqlm" for number in range(12)]
    lines += ["someone/one,2024-01-01T00:00:00Z,rarelm", "someone/two,2024-01-01T00:00:00Z,bert"]
    models.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert forumlens("import", "models", str(models))[0] == 0
    code, out, err = forumlens("mentions", "refresh", "--output", "own.toml", "--format", "json")
    assert (code, json.loads(out)) == (0, [{"family": "zyqlm", "models": 12, "ambiguous": False}])
    assert "Wrote 1 families to own.toml" in err
    code, out, _ = forumlens("mentions", "find", "zyqlm-7b or bert", "--families", "own.toml", "--format", "json")
    assert {row["family"] for row in json.loads(out)} == {"zyqlm", "bert"}
    code, _, err = forumlens("mentions", "refresh", "--output", "own.toml")
    assert code == 2 and "is there already" in err
    assert forumlens("mentions", "refresh", "--families", "own.toml")[2].startswith("The table has every family")


def test_a_table_that_cannot_be_used_is_named(forumlens: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.toml").write_text("families = 3\n", encoding="utf-8")
    code, _, err = forumlens("mentions", "find", "bert", "--families", "own.toml")
    assert code == 2 and "own.toml has no families" in err
    monkeypatch.setenv("FORUMLENS_FAMILIES", "gone.toml")
    code, _, err = forumlens("mentions", "find", "bert")
    assert code == 2 and "gone.toml cannot be read" in err
