"""Scores of a bundle on the command line: figures with intervals, curves as files, confusions."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy
from tests.forumlens.running import run_command

Run = Callable[..., tuple[int, str, str]]


def write_taxonomy(path: Path) -> None:
    taxonomy = small_taxonomy().to_json()
    lines = [f"{name} = {json.dumps(taxonomy[name])}" for name in ("name", "version")]
    for label in taxonomy["labels"]:
        lines += ["[[labels]]", *(f"{name} = {json.dumps(value)}" for name, value in label.items())]
    path.write_text("\n".join(lines), "utf-8")


def write_rows(path: Path, count: int, seed: int) -> Path:
    rows = [
        {"id": e.post.id, "body": e.post.body, "labels": e.labels, "source": f"https://example.org/o/r{number % 7}/x"}
        for number, e in enumerate(small_examples(count, seed))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def forumlens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with gold rows and a bundle that was fitted on other rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    encoder = HashEmbedder()
    monkeypatch.setattr("forumlens.cli.assemble.load_encoder", lambda settings, name: encoder)
    write_taxonomy(tmp_path / "small.toml")
    write_rows(tmp_path / "train.jsonl", 80, seed=1)
    write_rows(tmp_path / "gold.jsonl", 40, seed=2)

    def run(*words: str) -> tuple[int, str, str]:
        return run_command(monkeypatch, capsys, *words)

    code, _, err = run("fit", "--taxonomy", "small.toml", "--examples", "train.jsonl")
    assert code == 0, err
    return run


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def shown_intervals(text: str, name: str) -> list[list[float]]:
    """Value, low and high of each system in a figure's row of a printed table."""
    row = next(line for line in text.splitlines() if line.strip().startswith(name))
    return [[float(part) for part in cell] for cell in re.findall(r"(-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)", row)]


def near(figure: dict[str, float]) -> Any:
    return pytest.approx([figure[name] for name in ("value", "low", "high")], abs=0.0006)


def test_figures_come_with_intervals_in_every_format(forumlens: Run) -> None:
    words = ("evaluate", "--data", "gold.jsonl", "--resamples", "200", "--format")
    code, out, err = forumlens(*words, "json")
    assert code == 0, err
    whole = json.loads(out)["bundle"]
    assert (whole["n"], whole["bootstrap"]) == (40, {"groups": 7, "resamples": 200})
    f1 = whole["figures"]["leaf_micro_f1"]
    assert f1["value"] == whole["leaf"]["micro_f1"] and f1["low"] <= f1["value"] <= f1["high"]
    assert whole["calibration"]["pairs"] == sum(row["pairs"] for row in whole["calibration"]["bins"])
    assert [point["coverage"] for point in whole["coverage"]["points"]] == [1, 0.9, 0.8, 0.7, 0.5]
    rows = {row["name"]: row for row in table(forumlens(*words, "csv")[1])}
    assert [float(rows["leaf_micro_f1"][name]) for name in ("value", "low", "high")] == list(f1.values())
    shown = forumlens(*words, "table")[1]
    assert shown_intervals(shown, "leaf_micro_f1") == [near(f1)]
    assert "200 resamples of 7 groups" in shown
    assert " to " not in forumlens("evaluate", "--data", "gold.jsonl", "--resamples", "0")[1]


def test_other_bundles_and_baselines_stand_beside(forumlens: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORUMLENS_SEED", "1")
    assert forumlens("fit", "--taxonomy", "small.toml", "--examples", "train.jsonl", "--out", "other")[0] == 0
    words = ("evaluate", "--data", "gold.jsonl", "--resamples", "0", "--beside", "other", "--format", "csv")
    code, out, err = forumlens(*words, "--baselines", "--examples", "train.jsonl")
    assert code == 0, err
    rows = table(out)
    systems = list(dict.fromkeys(row["system"] for row in rows))
    assert systems[:2] + systems[-1:] == ["bundle", "bundle other", "spread"] and len(systems) == 6
    f1 = {row["system"]: float(row["value"]) for row in rows if row["name"] == "category_micro_f1"}
    assert f1["spread"] == pytest.approx((f1["bundle"] + f1["bundle other"]) / 2, abs=1e-4)
    assert f1["most frequent label"] < f1["bundle"]


def test_differences_are_drawn_together(forumlens: Run) -> None:
    words = ("evaluate", "--data", "gold.jsonl", "--resamples", "100", "--differences")
    code, _, err = forumlens(*words)
    assert code == 2 and "nothing to compare with" in err
    words = (*words, "--beside", "bundle", "--baselines", "--examples", "train.jsonl")
    found = json.loads(forumlens(*words, "--format", "json")[1])
    assert found["bundle bundle"]["leaf_micro_f1"] == {"value": 0, "low": 0, "high": 0}  # the same one
    worse = found["most frequent label"]["leaf_micro_f1"]
    assert worse["low"] < worse["value"] < worse["high"] < 0
    rows = {(row["system"], row["name"]): row for row in table(forumlens(*words, "--format", "csv")[1])}
    assert float(rows["most frequent label", "leaf_micro_f1"]["value"]) == worse["value"]
    assert near(worse) in shown_intervals(forumlens(*words)[1], "leaf_micro_f1")


def test_a_bundle_of_another_taxonomy_is_refused(forumlens: Run) -> None:
    text = Path("small.toml").read_text().replace("About soil", "Of soil")
    Path("changed.toml").write_text(text)
    assert forumlens("fit", "--taxonomy", "changed.toml", "--examples", "train.jsonl", "--out", "other")[0] == 0
    code, out, err = forumlens("evaluate", "--data", "gold.jsonl", "--beside", "other")
    assert (code, out) == (2, "") and "--beside other: is of another taxonomy" in err


def test_curves_are_written_as_tables_and_as_a_picture(forumlens: Run) -> None:
    code, _, err = forumlens("evaluate", "--data", "gold.jsonl", "--resamples", "50", "--curves", "out/curves")
    assert code == 0 and "out/curves" in err
    reliability = table(Path("out/curves/reliability.csv").read_text())
    assert reliability and all(float(row["low"]) <= float(row["high"]) for row in reliability)
    coverage = [row for row in table(Path("out/curves/risk_coverage.csv").read_text()) if row["level"] == "leaf"]
    assert [float(row["coverage"]) for row in coverage] == pytest.approx([n / 100 for n in range(1, 101)])
    assert all(float(row["micro_f1"]) + float(row["risk"]) == pytest.approx(1, abs=1e-5) for row in coverage)
    picture = ElementTree.parse("out/curves/curves.svg").getroot()
    words = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Risk and coverage", "bundle"} <= words
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == len(reliability)
    Path("file").touch()
    code, _, err = forumlens("evaluate", "--data", "gold.jsonl", "--resamples", "0", "--curves", "file")
    assert code == 2 and "--curves file: cannot be written" in err


def test_confusions_name_posts(forumlens: Run) -> None:
    rows: list[dict[str, Any]] = [json.loads(line) for line in Path("gold.jsonl").read_text().splitlines()]
    for row in rows:
        row["labels"] = ["kitchen/soup" if label == "garden/soil" else label for label in row["labels"]]
    moved = {row["id"] for row in rows if "kitchen/soup" in row["labels"]}
    Path("moved.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("evaluate", "--data", "moved.jsonl", "--resamples", "0", "--confusions")
    found = json.loads(forumlens(*words, "--format", "json")[1])
    leaf = next(row for row in found if row["level"] == "leaf")
    assert (leaf["missed"], leaf["given"]) == ("kitchen/soup", "garden/soil")
    assert leaf["posts"] > 2 and set(leaf["ids"]) <= moved
    assert "garden/soil" in forumlens(*words)[1]
    code, _, err = forumlens(*words, "--per-label")
    assert code == 2 and "ask for one of them" in err


def test_labels_are_listed_at_both_levels(forumlens: Run) -> None:
    rows = table(forumlens("evaluate", "--data", "gold.jsonl", "--per-label", "--format", "csv")[1])
    assert {row["level"] for row in rows} == {"category", "leaf"}
    assert {"garden", "garden/soil"} <= {row["label"] for row in rows}


def test_without_data_the_posts_of_the_fit_are_scored_as_held_out(forumlens: Run) -> None:
    code, out, err = forumlens("evaluate", "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    assert set(found) == {"all", "examples"}
    assert found["all"]["n"] == 80
    assert found["all"]["leaf"]["micro_f1"] > 0.8
    code, out, err = forumlens("evaluate", "--per-label", "--format", "csv")
    assert code == 0 and {row["label"] for row in table(out)} >= {"garden", "garden/soil", "thanks"}
    code, _, err = forumlens("evaluate", "--baselines")
    assert code == 2 and "--data" in err


def test_held_out_answers_that_are_damaged_are_told(forumlens: Run, tmp_path: Path) -> None:
    (tmp_path / "bundle" / "held_out.safetensors").write_bytes(b"no")
    code, _, err = forumlens("evaluate")
    assert code == 1 and "held_out.safetensors: cannot be read" in err and "fit the bundle anew" in err
