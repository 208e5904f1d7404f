"""Real posts without their text: kept, fitted on with no text at hand, refused where they do not fit, verified."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.evaluate import Gold, evaluate
from classifier.fit import fit_bundle, fit_key
from classifier.folds import groups_of, place_of
from classifier.labels import read_labels
from classifier.logistic import Linear
from classifier.real import RealError, RealLayer, read_layer, text_sha256
from classifier.realmake import fit_shared_words, make_layer, verify_layer
from classifier.rows import RowError
from classifier.settings import Settings
from classifier.words import WordModel, Words, fit_words
from store.values import Example, PostInput
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy


def sourced(count: int, seed: int) -> list[Example]:
    """Labelled posts of several threads, some of them replies."""
    return [
        replace(
            example,
            post=replace(
                example.post,
                source=f"https://example.org/owner/repo{number % 7}/issues/{number}",
                by_starter=number % 2 == 0 if example.post.reply else None,
                previous="We dug the bed over." if example.post.reply else None,
            ),
        )
        for number, example in enumerate(small_examples(count, seed))
    ]


@pytest.fixture(scope="module")
def texts() -> list[Example]:
    return sourced(120, seed=3)


@pytest.fixture(scope="module")
def folder(texts: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("layer")
    make_layer(place, texts, small_taxonomy(), HashEmbedder(), Settings())
    return place


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def layer(folder: Path) -> RealLayer:
    return read_layer(folder, small_taxonomy(), HashEmbedder().key)


def test_keeps_labels_context_and_vectors_but_no_text(folder: Path, texts: list[Example], layer: RealLayer) -> None:
    rows = [json.loads(line) for line in (folder / "real.jsonl").read_text("utf-8").splitlines()]
    assert {key for row in rows for key in row} == {"id", "source", "sha256", "labels", "reply", "by_starter"}
    assert [row["labels"] for row in rows] == [list(example.labels) for example in texts]
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not [e.post.id for e in texts if e.post.body.encode() in kept or e.post.body[:25].encode() in kept]
    vectors = HashEmbedder().encode([example.post.body for example in texts])
    np.testing.assert_allclose(layer.features.vectors[:, 0], vectors, atol=1e-3)
    assert layer.features.words == ("",) * 120


def test_a_term_of_a_single_source_is_not_kept() -> None:
    said = ["secret handshake", "secret handshake here", "our secret handshake", "plain words", "plain talk", "plain"]
    groups = ["a", "a", "a", "a", "b", "c"]
    words, pieces = Words.shared(said, groups, groups).terms
    assert words == ("plain",)
    assert "plai" in pieces and not [piece for piece in pieces if "cre" in piece or "hand" in piece]
    assert Words.shared(["one", "two"], ["a", "b"], ["a", "b"]).rows(["one"]).nnz == 0


def test_a_name_that_one_forum_uses_in_many_threads_is_not_kept() -> None:
    said = ["ask joey now", "ask joey", "ask joey", "ask now", "ask now"]
    sources = ["forum:1/1", "forum:2/1", "forum:3/1", "https://example.org/o/r/issues/1", "stackoverflow:1"]
    groups = groups_of([(source, source) for source in sources])
    places = [place_of(source) for source in sources]
    words, pieces = Words.shared(said, groups, places).terms
    assert words == ("ask", "now")
    assert "ask" in pieces and not [piece for piece in pieces if "jo" in piece or "ey" in piece]


def groups_alone(said: Sequence[str]) -> list[str]:
    return [str(number) for number in range(len(said))]


def test_kept_word_values_are_of_models_that_saw_no_post_of_the_source(texts: list[Example]) -> None:
    """A word that stands for a label in one source alone is learned, but not believed in the held-out scores."""
    marked = [
        replace(e, labels=("thanks",), post=replace(e.post, body="zebra crossing")) if "repo3" in e.post.source else e
        for e in texts
    ]
    said = [e.post.body for e in marked]
    assert sum("zebra" in body for body in said) > 10
    space = read_labels(small_taxonomy(), HashEmbedder())
    _, held_out = fit_shared_words(marked, space, Settings())
    thanks = space.leaves.index("thanks")
    mine = ["zebra" in body for body in said]
    targets = space.targets([e.labels for e in marked])
    seen, _ = fit_words(Words.fit(said), said, targets, groups_alone(said), (0.3,), np.zeros(5))
    assert seen.values(["zebra crossing"])[0, thanks] > 0.6
    assert held_out[mine, thanks].max() < 0.5


def test_fits_without_any_text_and_labels_unseen_posts(layer: RealLayer) -> None:
    encoder = HashEmbedder()
    bundle = fit_bundle(small_taxonomy(), [], encoder, real=layer)
    posts = [example.post for example in small_examples(60, seed=9)]
    gold = [Gold(e.post.id, e.labels[:1], e.labels, e.labels) for e in small_examples(60, seed=9)]
    report = evaluate(bundle.classify(posts), gold, small_taxonomy())
    assert report.leaf.micro_f1 > 0.8
    assert bundle.manifest["data"]["real"]["posts"] == 120
    assert bundle.manifest["data"]["examples"] == 0
    assert 0.6 < bundle.manifest["metrics"]["held_out"]["leaf"]["micro_f1"] <= 1


def test_real_posts_and_examples_together_beat_few_examples(layer: RealLayer) -> None:
    few = small_examples(25, seed=5)
    gold = [Gold(e.post.id, e.labels[:1], e.labels, e.labels) for e in small_examples(80, seed=9)]
    posts = [example.post for example in small_examples(80, seed=9)]
    alone = fit_bundle(small_taxonomy(), few, HashEmbedder())
    both = fit_bundle(small_taxonomy(), few, HashEmbedder(), real=layer)
    scores = [evaluate(b.classify(posts), gold, small_taxonomy()).leaf.micro_f1 for b in (alone, both)]
    assert scores[1] > max(scores[0], 0.8)


def test_the_same_layer_gives_the_same_bundle_and_its_hash_is_in_the_key(layer: RealLayer, folder: Path) -> None:
    few = small_examples(25, seed=5)
    again = read_layer(folder, small_taxonomy(), HashEmbedder().key)
    first = fit_bundle(small_taxonomy(), few, HashEmbedder(), real=layer)
    second = fit_bundle(small_taxonomy(), few, HashEmbedder(), real=again)
    assert first.id == second.id
    assert {**first.manifest, "fitted_at": ""} == {**second.manifest, "fitted_at": ""}
    keys = {
        fit_key(small_taxonomy(), few, "e|1|float32|256", Settings(), real)
        for real in (None, layer, again, replace(layer, digest="0"))
    }
    assert len(keys) == 3
    assert first.manifest["data"]["real"]["sha256"] == layer.digest


def test_making_it_twice_writes_the_same_files(folder: Path, texts: list[Example], tmp_path: Path) -> None:
    make_layer(tmp_path, texts, small_taxonomy(), HashEmbedder(), Settings())
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert [(tmp_path / name).read_bytes() == (folder / name).read_bytes() for name in names] == [True] * 4


def test_texts_at_hand_move_what_was_learned_and_bring_new_words() -> None:
    vocabulary = Words([["loaf", "slug"], [" lo"]], np.ones(3, np.float32))
    weights = np.asarray([[0.8, 0], [0, 0.8], [0.2, 0]], np.float32)
    learned = WordModel(vocabulary, Linear(weights, np.asarray([0.1, 0.05], np.float32)))
    said = ["rye loaf", "rye loaf rye", "slug", "slug rain"] * 5
    y = np.asarray([[1, 0], [1, 0], [0, 1], [0, 1]] * 5, dtype=np.float32)
    grown = learned.grown(said)
    assert grown.vocabulary.terms[0][:2] == ("loaf", "slug") and "rye" in grown.vocabulary.terms[0]
    for text in ("loaf", "slug"):
        np.testing.assert_allclose(grown.values([text])[0].argmax(), learned.values([text])[0].argmax())
    np.testing.assert_allclose(grown.values(["?"]), [[0.1, 0.05]], atol=1e-6)
    moved, held_out = fit_words(grown.vocabulary, said, y, groups_alone(said), (0.1,), np.zeros(2), grown.linear)
    assert moved.values(["rye"])[0, 0] > 0.4
    assert moved.linear.bias.tolist() == grown.linear.bias.tolist()
    np.testing.assert_allclose(held_out.argmax(axis=1), y.argmax(axis=1))
    still, _ = fit_words(grown.vocabulary, said, y, groups_alone(said), (1e6,), np.zeros(2), grown.linear)
    np.testing.assert_allclose(still.linear.weights, grown.linear.weights, atol=1e-3)


def test_other_weights_are_refused_and_another_precision_is_not(folder: Path) -> None:
    with pytest.raises(RealError, match=r"no vectors of the real posts by 'hash\|r2\|256'"):
        read_layer(folder, small_taxonomy(), HashEmbedder(revision="r2").key)
    assert read_layer(folder, small_taxonomy(), HashEmbedder(precision="bfloat16").key).rows


def edit_rows(change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda place: (place / "real.jsonl").write_text(change((place / "real.jsonl").read_text("utf-8")), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (edit_rows(lambda text: text.replace('"thanks"', '"garden/soil"', 1)), "rows: is"),
        (edit_rows(lambda text: text.replace('"reply"', '"body": "x", "reply"', 1)), "body: is no field"),
        (edit_rows(lambda text: text.replace('"thanks"', '"weather"', 1)), "'weather' is no leaf"),
        (edit_rows(lambda text: re.sub(r'"sha256": "\w+"', '"sha256": "0"', text, count=1)), "sha256"),
        (edit_rows(lambda text: text.splitlines(keepends=True)[0] + text), "ids stand twice"),
        (lambda place: (place / "real.vocabulary.json").write_text('[["soil"], ["so"]]'), "was changed since"),
        (lambda place: (place / "real.text.safetensors").write_bytes(b"x"), "cannot be read"),
        (lambda place: (place / "real.text.safetensors").unlink(), "cannot be read"),
        (lambda place: (place / "real.jsonl").unlink(), "cannot be read"),
    ],
)
def test_a_spoilt_layer_is_refused(copy: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(copy)
    with pytest.raises((RealError, RowError), match=said):
        read_layer(copy, small_taxonomy(), HashEmbedder().key)


def test_posts_read_otherwise_are_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.features.PREPROCESSING_VERSION", 999)
    with pytest.raises(RealError, match=r"preprocessing: is .*, not 999"):
        read_layer(copy, small_taxonomy(), HashEmbedder().key)


def test_a_post_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RealError, match="source is missing"):
        make_layer(tmp_path, small_examples(20), small_taxonomy(), HashEmbedder(), Settings())


def test_who_has_the_texts_can_verify(folder: Path, texts: list[Example]) -> None:
    found = verify_layer(folder, texts, small_taxonomy(), HashEmbedder(), Settings())
    assert found.holds and found.posts == 120 and found.words is not None and found.words > 0.999
    part = verify_layer(folder, texts[:30], small_taxonomy(), HashEmbedder(), Settings())
    assert part.holds and (part.posts, part.missing, part.words) == (30, 90, None)
    first = replace(texts[0], post=replace(texts[0].post, body="Something else."))
    other = replace(texts[1], post=replace(texts[1].post, id="new"))
    changed = verify_layer(folder, [first, other, *texts[2:]], small_taxonomy(), HashEmbedder(), Settings())
    assert not changed.holds
    assert (changed.changed, changed.unknown, changed.missing) == ((texts[0].post.id,), ("new",), 1)


def test_vectors_that_are_not_of_the_texts_are_found(copy: Path, texts: list[Example]) -> None:
    class Turned(HashEmbedder):
        def encode(self, texts):  # type: ignore[no-untyped-def]
            return np.roll(super().encode(texts), 1, axis=1)

    found = verify_layer(copy, texts, small_taxonomy(), Turned(), Settings())
    assert not found.holds and found.vectors < 0.9 and found.context > 0.999


def test_the_hash_does_not_depend_on_white_space_or_unicode_form() -> None:
    one = PostInput(id="1", title="Ünder", body="a  b\r\n\tc ", previous=None)
    other = PostInput(id="2", title="U\u0308nder ", body="a b\nc")
    assert text_sha256(one) == text_sha256(other)
    assert text_sha256(one) != text_sha256(replace(one, previous="before"))
    assert text_sha256(PostInput(id="1", body="plain")) == (
        "a116c9ed46d6207734a43317d30fd88f52ac8634c37d904bbf4e41d865f90475"
    )
