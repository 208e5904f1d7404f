"""The labelled posts that stand beside an answer as evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.bundle import Bundle, BundleError, load_bundle
from classifier.fit import fit_bundle
from classifier.heldout import FILE
from classifier.taxonomy import Taxonomy
from store.values import Classification, Example, ExampleOrigin, Label, NearExample, PostInput
from tests.classifier.fakes import HashEmbedder

LABELS = ("memory", "speed", "hub")
WORDS = {"memory": "cuda out of memory", "speed": "slow training loop", "hub": "upload to the hub fails"}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    labels = tuple(Label(name, "challenge", name, f"About {name}.", leaf=True) for name in LABELS)
    examples = [
        Example(PostInput(f"{label}-{number}", f"{text} {number}", source=f"own:{number}" if number else ""), (label,))
        for number in range(6)
        for label, text in WORDS.items()
    ]
    return fit_bundle(Taxonomy("tiny", "1", False, labels), examples, HashEmbedder())


def evidence(bundle: Bundle, body: str, *labels: str) -> dict[str, tuple[NearExample, ...]]:
    answer = Classification("x", tuple((label, 0.5) for label in labels), (), False)
    (told,) = bundle.explain([PostInput("x", body)], [answer])
    return {reason.label: reason.examples for reason in told.reasons}


def test_the_nearest_that_carry_the_label_stand_beside_it(bundle: Bundle) -> None:
    found = evidence(bundle, "slow training loop 4", "speed", "memory")
    assert {label for label, near in found.items() for one in near if one.labels != (label,)} == set()
    assert (found["speed"][0].source, found["speed"][0].origin) == ("own:4", ExampleOrigin.GIVEN)
    assert found["speed"][0].cosine == pytest.approx(1, abs=1e-3)
    for near in found.values():
        cosines = [one.cosine for one in near]
        assert cosines == sorted(cosines, reverse=True) and all(0 < cosine <= 1 for cosine in cosines)
        assert len(near) <= 3
    assert evidence(bundle, "cuda out of memory 0", "memory")["memory"][0].source == "memory-0"  # has an id only


def test_a_saved_bundle_knows_them_too(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "bundle")
    again = load_bundle(tmp_path / "bundle", HashEmbedder())
    for body in WORDS.values():
        assert evidence(again, body, *LABELS) == evidence(bundle, body, *LABELS)
    (tmp_path / "bundle" / FILE).write_bytes(b"damaged")
    with pytest.raises(BundleError, match="fit the bundle anew"):
        load_bundle(tmp_path / "bundle", HashEmbedder())
    (tmp_path / "bundle" / FILE).unlink()
    without = load_bundle(tmp_path / "bundle", HashEmbedder())
    assert evidence(without, "slow training loop", "speed") == {"speed": ()}
