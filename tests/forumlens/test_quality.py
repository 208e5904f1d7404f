"""Which encoder a command loads: the one of the settings, of a quality, or of the bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.weights import KNOWN, MINILM, MPNET, by_name
from forumlens.cli.errors import BadInputError
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy
from tests.forumlens.running import run_command

Run = Callable[..., tuple[int, str, str]]
CLASSIFY = ("classify", "new.jsonl")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the encoders that commands load; quick stand-ins come instead."""
    names: list[str] = []

    def load(settings: object, name: str) -> HashEmbedder:
        known = by_name(name or MINILM.name)
        names.append(known.short if known else name)
        encoder = HashEmbedder()
        encoder.key = f"{known.name if known else name}|{known.sha256[:16] if known else 'r1'}|float32|256"
        return encoder

    monkeypatch.setattr("forumlens.cli.assemble.load_encoder", load)
    return names


@pytest.fixture
def forumlens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], loaded: list[str]
) -> Run:
    """The command line in a folder with a taxonomy, examples, a new post and a few threads."""
    monkeypatch.chdir(tmp_path)
    taxonomy = small_taxonomy().to_json()
    lines = [f"{name} = {json.dumps(taxonomy[name])}" for name in ("name", "version")]
    for label in taxonomy["labels"]:
        lines += ["[[labels]]", *(f"{name} = {json.dumps(label[name])}" for name in ("id", "kind", "name"))]
        lines.append(f"definition = {json.dumps(label['definition'])}")
    Path("small.toml").write_text("\n".join(lines), "utf-8")
    rows = [{"id": e.post.id, "body": e.post.body, "labels": list(e.labels)} for e in small_examples(60, seed=3)]
    Path("own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    Path("new.jsonl").write_text(json.dumps({"id": "1", "body": "flour yeast dough"}) + "\n", "utf-8")
    Path("gold.jsonl").write_text(json.dumps({**rows[0], "id": "g"}) + "\n", "utf-8")
    issue = {"title": "Soil", "created_at": "2024-01-10T12:00:00Z", "body": "compost earth clay"}
    issues = [{"url": f"https://issues.example/{number}", **issue} for number in range(4)]
    Path("issues.jsonl").write_text("".join(json.dumps(row) + "\n" for row in issues), "utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        code, out, err = run_command(monkeypatch, capsys, *words)
        return code, out, err.replace("\n", " ")

    return run


def fit(forumlens: Run, *words: str) -> str:
    code, _, err = forumlens("fit", "--taxonomy", "small.toml", "--examples", "own.jsonl", *words)
    assert code == 0, err
    return err


def test_a_bundle_of_best_quality_brings_its_encoder(
    forumlens: Run, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "8 times" in fit(forumlens, "--quality", "best")
    assert forumlens("import", "threads", "issues.jsonl")[0] == 0
    for words in (CLASSIFY, ("evaluate", "--data", "gold.jsonl"), ("assign",), ("topics",)):
        code, out, err = forumlens(*words)
        assert code == 0 and out, (words, err)
    assert set(loaded) == {MPNET.short} and len(loaded) == 5
    served: list[str] = []
    monkeypatch.setattr("service.server.run_server", lambda db, bundle, *_, **__: served.append(bundle.embedder.key))
    assert forumlens("serve", "--port", "0")[0] == 0
    assert [key.partition("|")[0] for key in served] == [MPNET.name]


def test_settings_that_name_another_encoder_than_the_bundle_are_refused(
    forumlens: Run, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "8 times" not in fit(forumlens)
    assert loaded == [MINILM.short]
    monkeypatch.setenv("FORUMLENS_QUALITY", "best")
    for words in (CLASSIFY, ("assign",), ("topics",), ("serve", "--port", "0"), ("evaluate", "--data", "gold.jsonl")):
        code, out, err = forumlens(*words)
        assert code == 2 and out == "", words
        assert "'quality'" in err and all(encoder.name in err for encoder in KNOWN) and "forumlens fit" in err
    monkeypatch.setenv("FORUMLENS_ENCODER", MINILM.name)
    assert forumlens(*CLASSIFY)[0] == 0
    monkeypatch.setenv("FORUMLENS_ENCODER", "lab/other")
    code, _, err = forumlens(*CLASSIFY)
    assert code == 2 and "'encoder'" in err and "lab/other" in err


def test_a_named_encoder_goes_before_a_quality(forumlens: Run, loaded: list[str]) -> None:
    assert "left aside" in fit(forumlens, "--quality", "best", "--encoder", "lab/other")
    assert forumlens(*CLASSIFY)[0] == 0
    assert loaded == ["lab/other", "lab/other"]


def test_a_second_run_stays_with_the_encoder_of_the_bundle_unless_told(
    forumlens: Run, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise BadInputError("far enough")

    fit(forumlens, "--quality", "best")
    loaded.clear()
    monkeypatch.setattr("forumlens.cli.demo.collect_forum", lambda *_, **__: None)
    monkeypatch.setattr("forumlens.cli.demo.collect_hub", lambda *_, **__: None)
    monkeypatch.setattr("forumlens.cli.demo.load_training", stop)
    for words in (
        (),
        ("--quality", "default"),
        ("--bundle", "none-yet"),
        ("--bundle", "none-yet", "--quality", "best"),
    ):
        assert "far enough" in forumlens("run", "--no-serve", *words)[2]
    assert loaded == [MPNET.short, MINILM.short, MINILM.short, MPNET.short]


def test_an_encoder_that_is_not_at_hand_is_told_with_the_bundle_that_needs_it(
    forumlens: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.embedder import EmbedderError

    fit(forumlens, "--encoder", "lab/other")

    def missing(settings: object, name: str) -> HashEmbedder:
        raise EmbedderError(f"model: {name!r} cannot be loaded")

    monkeypatch.setattr("forumlens.cli.assemble.load_encoder", missing)
    code, _, err = forumlens(*CLASSIFY)
    assert code == 1 and "bundle was fitted with 'lab/other'" in err.replace("the bundle at bundle", "bundle")
    assert "FORUMLENS_ENCODER" in err


def test_a_quality_that_is_none_is_named(forumlens: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORUMLENS_QUALITY", "superb")
    code, _, err = forumlens("fit")
    assert code == 2 and "superb" in err and "FORUMLENS_QUALITY" in err
