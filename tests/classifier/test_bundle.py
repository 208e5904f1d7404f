from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.bundle import Bundle, BundleError, load_bundle
from classifier.evaluate import Gold, evaluate
from classifier.fit import FitError, fit_bundle, fit_key
from classifier.settings import Settings
from store.values import PostInput, Verdict
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return fit_bundle(small_taxonomy(), small_examples(), HashEmbedder())


@pytest.fixture(scope="module")
def unseen() -> list[PostInput]:
    return [example.post for example in small_examples(60, seed=9)]


def gold(count: int, seed: int, exclusive: bool = False) -> list[Gold]:
    examples = small_examples(count, seed, exclusive)
    return [Gold(e.post.id, e.labels[:1], e.labels, e.labels) for e in examples]


def test_learns_labels_and_none_of_unseen_posts(bundle: Bundle, unseen: list[PostInput]) -> None:
    report = evaluate(bundle.classify(unseen), gold(60, 9), small_taxonomy())
    assert report.leaf.micro_f1 > 0.85
    assert report.category.micro_f1 > 0.85
    assert report.leaf.top3 > 0.95
    assert report.none_texts > 3
    assert report.none_left_unlabelled >= report.none_texts - 2
    assert report.none > 0
    assert bundle.manifest["metrics"]["held_out"]["leaf"]["micro_f1"] > 0.8


def test_answers_are_ranked_and_consistent(bundle: Bundle, unseen: list[PostInput]) -> None:
    leaves = sorted(leaf.id for leaf in small_taxonomy().leaves)
    for post, answer in zip(unseen, bundle.classify(unseen), strict=True):
        assert answer.id == post.id
        assert sorted(label for label, _ in answer.ranked) == leaves
        scores = [score for _, score in answer.ranked]
        assert scores == sorted(scores, reverse=True)
        assert set(answer.labels) <= set(answer.ranked)
        assert not (answer.abstained and answer.labels)


def test_order_and_batch_do_not_matter(bundle: Bundle, unseen: list[PostInput]) -> None:
    whole = {answer.id: answer for answer in bundle.classify(unseen)}
    shuffled = random.Random(1).sample(unseen, len(unseen))
    pieces = [answer for start in range(0, 60, 7) for answer in bundle.classify(shuffled[start : start + 7])]
    assert [answer.id for answer in pieces] == [post.id for post in shuffled]
    for answer in pieces:
        assert [label for label, _ in answer.labels] == [label for label, _ in whole[answer.id].labels]
        assert answer.verdict is whole[answer.id].verdict
        ours, theirs = dict(answer.ranked), dict(whole[answer.id].ranked)
        assert max(abs(ours[leaf] - theirs[leaf]) for leaf in ours) < 1e-5
    assert bundle.classify([]) == []


def test_same_input_gives_the_same_bundle_and_another_seed_may_not(bundle: Bundle) -> None:
    again = fit_bundle(small_taxonomy(), small_examples(), HashEmbedder())
    assert again.id == bundle.id
    assert {**again.manifest, "fitted_at": ""} == {**bundle.manifest, "fitted_at": ""}
    other = fit_bundle(small_taxonomy(), small_examples(), HashEmbedder(), seed=1)
    assert other.id != bundle.id


def test_saved_and_loaded_answers_agree(bundle: Bundle, unseen: list[PostInput], tmp_path: Path) -> None:
    bundle.save(tmp_path / "b")
    loaded = load_bundle(tmp_path / "b", HashEmbedder())
    assert loaded.id == bundle.id
    assert loaded.taxonomy == bundle.taxonomy
    assert loaded.decider == bundle.decider
    ours, theirs = bundle.scores(unseen), loaded.scores(unseen)
    np.testing.assert_allclose(theirs.leaves, ours.leaves, atol=1e-6)
    np.testing.assert_allclose(theirs.applies, ours.applies, atol=1e-6)
    assert loaded.classify(unseen) == bundle.classify(unseen)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    names = {path.suffix for path in (tmp_path / "b").iterdir()}
    assert names == {".json", ".safetensors"}


def test_saving_replaces_a_bundle_but_nothing_else(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "b")
    bundle.save(tmp_path / "b")
    assert load_bundle(tmp_path / "b", HashEmbedder()).id == bundle.id
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(BundleError, match="is not empty"):
        bundle.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text("utf-8") == "dear"


def edit(name: str, change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    def apply(directory: Path) -> None:
        table = json.loads((directory / name).read_text("utf-8"))
        change(table)
        (directory / name).write_text(json.dumps(table), "utf-8")

    return apply


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: (d / "manifest.json").unlink(), "manifest.json: cannot be read"),
        (lambda d: (d / "manifest.json").write_text("{"), "no valid JSON"),
        (lambda d: (d / "manifest.json").write_text("[]"), "format: None"),
        (edit("manifest.json", lambda t: t.update(format=99)), "format: 99 is not 1"),
        (edit("manifest.json", lambda t: t.update(preprocessing=0)), "preprocessing: 0"),
        (edit("manifest.json", lambda t: t.pop("files")), "'files' is missing"),
        (edit("manifest.json", lambda t: t.update(id="0")), "id: '0' does not match"),
        (lambda d: (d / "arrays.safetensors").unlink(), "arrays.safetensors: cannot be read"),
        (lambda d: (d / "arrays.safetensors").write_bytes(b"x"), "the file was changed"),
        (edit("taxonomy.json", lambda t: t.update(version="9")), "the file was changed"),
    ],
)
def test_a_spoilt_bundle_is_refused(
    bundle: Bundle, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    bundle.save(tmp_path / "b")
    spoil(tmp_path / "b")
    with pytest.raises(BundleError) as caught:
        load_bundle(tmp_path / "b", HashEmbedder())
    assert message in str(caught.value)


def test_another_encoder_is_refused_and_another_precision_is_not(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "b")
    with pytest.raises(BundleError, match=r"hash\|r1\|256.*hash\|r2\|256"):
        load_bundle(tmp_path / "b", HashEmbedder(revision="r2"))
    assert load_bundle(tmp_path / "b", HashEmbedder(precision="bfloat16")).id == bundle.id


def test_an_exclusive_taxonomy_gives_one_label_or_none_at_all() -> None:
    examples = small_examples(120, exclusive=True)
    bundle = fit_bundle(small_taxonomy(exclusive=True), examples, HashEmbedder())
    posts = [example.post for example in small_examples(60, 9, exclusive=True)]
    answers = bundle.classify(posts)
    assert {len(answer.labels) for answer in answers} <= {0, 1}
    for answer in answers:
        assert answer.labels in ((), answer.ranked[:1])
        assert sum(score for _, score in answer.ranked) == pytest.approx(1, abs=1e-4)
    assert evaluate(answers, gold(60, 9, True), small_taxonomy(True)).leaf.micro_f1 > 0.85


def test_a_taxonomy_without_categories_or_none_works() -> None:
    taxonomy = small_taxonomy()
    labels = [label | {"id": label["id"].replace("/", "-")} for label in taxonomy.to_json()["labels"][2:]]
    from classifier.taxonomy import parse_taxonomy

    flat = parse_taxonomy({"name": "flat", "version": "1", "labels": labels})
    examples = [
        replace(e, labels=tuple(label.replace("/", "-") for label in e.labels)) for e in small_examples() if e.labels
    ]
    bundle = fit_bundle(flat, examples, HashEmbedder())
    answers = bundle.classify([example.post for example in examples])
    assert all(answer.verdict is not Verdict.NONE for answer in answers)
    right = sum(set(e.labels) == {label for label, _ in a.labels} for e, a in zip(examples, answers, strict=True))
    assert right > 0.9 * len(examples)


def test_fit_key_follows_everything_that_a_fit_depends_on() -> None:
    taxonomy, examples, settings = small_taxonomy(), small_examples(20), Settings()
    key = fit_key(taxonomy, examples, "e|1|float32|256", settings)
    assert key == fit_key(small_taxonomy(), small_examples(20), "e|1|float32|256", Settings())
    others = {
        fit_key(small_taxonomy(exclusive=True), examples, "e|1|float32|256", settings),
        fit_key(taxonomy, examples[:-1], "e|1|float32|256", settings),
        fit_key(taxonomy, [replace(examples[0], labels=()), *examples[1:]], "e|1|float32|256", settings),
        fit_key(taxonomy, examples, "e|2|float32|256", settings),
        fit_key(taxonomy, examples, "e|1|float32|256", replace(settings, seed=1)),
    }
    assert len(others | {key}) == 6


def test_examples_that_teach_nothing_are_refused() -> None:
    with pytest.raises(FitError, match="too few"):
        fit_bundle(small_taxonomy(), small_examples(5), HashEmbedder())
    one = [replace(example, labels=("thanks",)) for example in small_examples(20)]
    with pytest.raises(FitError, match="at least two"):
        fit_bundle(small_taxonomy(), one, HashEmbedder())
    with pytest.raises(FitError, match="'weather' is no leaf"):
        fit_bundle(small_taxonomy(), [replace(e, labels=("weather",)) for e in small_examples(20)], HashEmbedder())
