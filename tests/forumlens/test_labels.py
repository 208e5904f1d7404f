"""Labelled data on the command line: kept without text, fitted on, verified, checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from forumlens.cli import app as cli
from labeled import files
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy
from tests.forumlens.running import run_command

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def encoder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def forumlens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], encoder: HashEmbedder
) -> Run:
    """The command line in a folder of its own, with a quick encoder and, as what comes along, an empty layer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("forumlens.cli.assemble.load_encoder", lambda settings, name: encoder)

    def run(*words: str) -> tuple[int, str, str]:
        code, out, err = run_command(monkeypatch, capsys, *words)
        return code, out, err.replace("\n", " ")

    return run


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """Labelled posts of the small taxonomy, in six repositories; the taxonomy stands beside them."""
    taxonomy = small_taxonomy().to_json()
    heads = "".join(f"{name} = {json.dumps(taxonomy[name])}\n" for name in ("name", "version"))
    labels = [
        "".join(f"{name} = {json.dumps(label[name])}\n" for name in ("id", "kind", "name", "definition"))
        for label in taxonomy["labels"]
    ]
    (tmp_path / "small.toml").write_text(heads + "".join(f"[[labels]]\n{label}" for label in labels), "utf-8")
    return write(tmp_path / "posts.jsonl", rows(100))


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": e.post.id,
            "source": f"https://example.org/owner/repo{number % 6}/issues/{number}",
            "title": "",
            "body": e.post.body,
            "labels": list(e.labels),
            "reply": False,
        }
        for number, e in enumerate(small_examples(count, seed=3))
    ]


def write(path: Path, found: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), "utf-8")
    return path


def add(forumlens: Run, posts: Path) -> None:
    code, out, err = forumlens(
        "labels", "add-real", str(posts), "--folder", "layer", "--taxonomy", "small.toml", "--format", "json"
    )
    assert code == 0, err
    assert {Path(row["file"]).name for row in json.loads(out)} == {
        "real.jsonl",
        "real.vocabulary.json",
        "real.text.safetensors",
        "real.hash-r1.safetensors",
    }


def fit(forumlens: Run, *names: str) -> tuple[int, str, str]:
    words = [word for name in names for word in ("--examples", name)]
    return forumlens("fit", "--taxonomy", "small.toml", *words, "--format", "json")


@pytest.fixture
def kept(forumlens: Run, posts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layer of the posts in the place of the one that comes along; the texts are gone."""
    add(forumlens, posts)
    posts.unlink()
    Path("forumlens.db").unlink()
    monkeypatch.setattr(files, "real_folder", lambda: Path("layer"))
    return Path("layer")


def test_kept_posts_are_learned_from_without_text_and_label_new_ones(
    forumlens: Run, kept: Path, encoder: HashEmbedder, tmp_path: Path
) -> None:
    encoder.seen.clear()
    code, out, err = fit(forumlens, "real")
    assert code == 0, err
    first = json.loads(out)
    assert (first["examples"], first["real_posts"]) == (0, 100)
    assert all("About" in text or len(text) < 60 for text in encoder.seen)  # definitions, and no post
    write(
        tmp_path / "new.jsonl", [{"id": "1", "body": "flour yeast dough oven crust"}, {"id": "2", "body": "aphid slug"}]
    )
    code, out, _ = forumlens("classify", "new.jsonl")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["ranked"][0] for answer in answers] == ["kitchen/bread", "garden/pests"]
    code, out, err = fit(forumlens, "real")
    assert json.loads(out) == first and "kept" in err
    write(tmp_path / "own.jsonl", [row | {"id": f"own-{row['id']}"} for row in rows(30)])
    both = json.loads(fit(forumlens, "real", "own.jsonl")[1])
    assert (both["examples"], both["real_posts"]) == (30, 100) and both["bundle"] != first["bundle"]


def test_real_posts_by_another_encoder_are_refused_when_named_and_left_out_when_not(
    forumlens: Run, kept: Path, encoder: HashEmbedder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    encoder.key = "hash|r2|float32|256"
    code, out, err = fit(forumlens, "real")
    assert code == 2 and out == "" and "no vectors of the real posts by 'hash|r2|256'" in err
    assert "labels add-real" in err
    own = write(tmp_path / "own.jsonl", rows(60))
    monkeypatch.setattr(files, "examples", lambda: own)
    code, out, err = fit(forumlens, "bundled")
    assert code == 0 and json.loads(out)["real_posts"] == 0
    assert "The real posts are left out" in err


def test_a_second_encoder_is_added_beside_the_first(forumlens: Run, posts: Path, encoder: HashEmbedder) -> None:
    add(forumlens, posts)
    before = Path("layer/real.hash-r1.safetensors").read_bytes()
    encoder.key = "hash|r2|float32|256"
    assert forumlens("labels", "add-real", str(posts), "--folder", "layer", "--taxonomy", "small.toml")[0] == 0
    assert Path("layer/real.hash-r1.safetensors").read_bytes() == before
    assert Path("layer/real.hash-r2.safetensors").exists()


def test_verify_real_tells_what_is_not_the_same(forumlens: Run, posts: Path, tmp_path: Path) -> None:
    add(forumlens, posts)
    words = ("--folder", "layer", "--taxonomy", "small.toml", "--format", "json")
    code, out, _ = forumlens("labels", "verify-real", str(posts), *words)
    found = json.loads(out)
    assert code == 0 and found["holds"] and found["posts"] == 100 and found["vectors"] > 0.999
    other = rows(100)
    other[4]["body"] += " And more."
    code, out, err = forumlens("labels", "verify-real", str(write(tmp_path / "other.jsonl", other)), *words)
    assert code == 1 and json.loads(out)["changed"] == 1 and "e4" in err


@pytest.mark.parametrize("likeness", ["words", "encoder"])
def test_check_finds_what_must_be_mended(forumlens: Run, posts: Path, tmp_path: Path, likeness: str) -> None:
    good = rows(40)
    long = good[1]["body"] * 2
    bad = [
        *good,
        good[0],
        {**good[2], "id": "same"},
        {**good[1], "id": "near-1", "body": long},
        {**good[1], "id": "near-2", "body": long + " Again."},
        {"id": "blank", "body": "", "labels": []},
        {"id": "odd", "body": "x", "labels": ["weather"]},
    ]
    write(tmp_path / "bad.jsonl", bad)
    code, out, _ = forumlens(
        *("labels", "check", "bad.jsonl", "--taxonomy", "small.toml", "--likeness", likeness, "--format", "json")
    )
    found = json.loads(out)
    problems = [finding["problem"] for finding in found["findings"] if finding["error"]]
    assert code == 1
    for said in ("id stands twice", "text stands twice", "body: is missing or empty", "'weather' is no leaf"):
        assert sum(said in problem for problem in problems) == 1, said
    assert any(finding["rows"] == ["near-1", "near-2"] for finding in found["findings"])
    assert found["rows"] == {"rows": 42}
    assert found["lengths"]["shortest"] <= found["lengths"]["median"] <= found["lengths"]["longest"]


def test_check_counts_leaves_and_pairs(forumlens: Run, posts: Path) -> None:
    words = ("labels", "check", str(posts), "--taxonomy", "small.toml", "--likeness", "words")
    code, out, _ = forumlens(*words, "--format", "json")
    found = json.loads(out)
    given = [set(row["labels"]) for row in rows(100)]
    assert code == 0
    assert found["leaves"]["thanks"]["rows"] == sum("thanks" in labels for labels in given)
    assert found["unlabelled"]["rows"] == sum(not labels for labels in given)
    assert all(n == sum({a, b} <= labels for labels in given) for a, b, n in found["pairs"])
    assert sum(n for _, _, n in found["pairs"]) == sum(len(labels) == 2 for labels in given)
    assert "Rows by leaf" in forumlens(*words)[1]
    assert forumlens(*words, "--format", "csv")[1].splitlines()[0] == "leaf,rows"


def test_rows_that_come_along_need_no_mending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By words, as the encoder needs a minute for the authored ones; of the real ones the kept vectors are compared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["forumlens", "labels", "check", "--likeness", "words", "--format", "json"])
    try:
        cli.main()
    except SystemExit as ended:
        assert not ended.code, capsys.readouterr().out[-2000:]
    found = json.loads(capsys.readouterr().out)
    assert found["rows"]["real"] == 2120 and found["rows"]["authored"] >= 925
    assert not [finding for finding in found["findings"] if finding["error"]]
    assert len(found["leaves"]) == 69
