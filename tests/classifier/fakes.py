"""Doubles for the encoder: quick, deterministic, without weights."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.embedder import Loaded
from classifier.taxonomy import Taxonomy, parse_taxonomy
from store.values import Example, PostInput

DIMENSIONS = 64


def hashed_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Bags of hashed words: texts that share words lie near each other."""
    out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()) or ["-"]:
            digest = hashlib.sha256(word.encode()).digest()
            out[row, digest[0] % DIMENSIONS] += 1.0
            out[row, digest[1] % DIMENSIONS] += 0.5
    return out / np.linalg.norm(out, axis=1, keepdims=True)


class HashEmbedder:
    """An Embedder over hashed words that remembers what it was asked for."""

    def __init__(self, revision: str = "r1", precision: str = "float32", fail_after: int | None = None) -> None:
        self.key = f"hash|{revision}|{precision}|256"
        self.device = "cpu"
        self.seen: list[str] = []
        self.fail_after = fail_after

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.seen) + len(texts) > self.fail_after:
            raise KeyboardInterrupt
        self.seen += texts
        return hashed_vectors(texts)


class FakeLoader:
    """Stands in for loading weights: notes device, precision and every batch."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | Path | None, str, str]] = []
        self.batches: list[list[str]] = []

    def __call__(self, model: str | Path | None, device: str, precision: str) -> Loaded:
        self.asked.append((model, device, precision))
        return Loaded("fake", "0", 32, lambda texts: [min(32, len(text.split())) for text in texts], self._forward)

    def _forward(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(list(texts))
        return hashed_vectors(texts) * 3


WORDS = {
    "garden/soil": "soil compost earth clay drainage mulch",
    "garden/pests": "aphid slug snail mildew beetle spray",
    "kitchen/bread": "flour yeast dough oven crust loaf",
    "kitchen/soup": "broth ladle stock simmer pot onion",
    "thanks": "thanks grateful cheers appreciated kind helped",
}


def small_taxonomy(exclusive: bool = False) -> Taxonomy:
    """Five leaves in three categories, of two kinds."""
    labels = [
        {"id": "garden", "kind": "problem", "name": "Garden", "definition": "Anything that grows in a bed."},
        {"id": "kitchen", "kind": "problem", "name": "Kitchen", "definition": "Anything that is cooked or baked."},
    ]
    for leaf, words in WORDS.items():
        kind = "benefit" if leaf == "thanks" else "problem"
        definition = f"About {words}. Somebody writes of it."
        labels.append({"id": leaf, "kind": kind, "name": leaf.split("/")[-1], "definition": definition})
    return parse_taxonomy({"name": "small", "version": "1", "exclusive": exclusive, "labels": labels})


def small_examples(count: int = 120, seed: int = 0, exclusive: bool = False) -> list[Example]:
    """Posts of words that tell their label, some with two labels, some with none."""
    rng = np.random.default_rng(seed)
    leaves = list(WORDS)
    filler = ["today", "we", "tried", "again", "it", "was", "odd", "because", "the", "weather", "changed"]
    examples = []
    for number in range(count):
        kind = rng.random()
        several = 2 if kind < 0.2 and not exclusive else 1
        chosen = [] if kind > 0.85 else [leaves[i] for i in rng.choice(len(leaves), several, replace=False)]
        words = [word for leaf in chosen for word in rng.choice(WORDS[leaf].split(), 5)]
        words += list(rng.choice(filler, 6 if chosen else 14))
        rng.shuffle(words)
        post = PostInput(id=f"e{number}", body=" ".join(words) + ".", title="", reply=bool(chosen == ["thanks"]))
        examples.append(Example(post, tuple(chosen)))
    return examples
