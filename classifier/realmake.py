"""Making a layer of real posts of their texts, and verifying one by them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from classifier import features as reading
from classifier.embedder import Embedder
from classifier.experts import OFFSET
from classifier.features import CONTEXT, VIEWS
from classifier.folds import groups_of, place_of
from classifier.labels import Array, LabelSpace, outcome_names, read_labels
from classifier.real import (
    ABOUT,
    FLAGS,
    FORMAT,
    ROWS,
    TEXT,
    VOCABULARY,
    RealError,
    RealRow,
    digest_of,
    read_layer,
    text_sha256,
    vectors_path,
)
from classifier.settings import Settings
from classifier.taxonomy import Taxonomy
from classifier.words import WordModel, Words, fit_words
from store.values import Example

LEAST_POSTS = 3
"""In how many posts a term must stand to be kept."""


SAME = 0.999
"""Cosine above which numbers that were made again are the ones that are kept, whatever the precision."""


def rows_of(examples: Sequence[Example]) -> tuple[RealRow, ...]:
    """What is kept of posts. Raises RealError where one has no source."""
    for example in examples:
        if not example.post.source:
            raise RealError(f"id {example.post.id!r}: source is missing; give the URL or id that the post is found by")
    return tuple(
        RealRow(e.post.id, e.post.source, text_sha256(e.post), e.labels, *(getattr(e.post, name) for name in FLAGS))
        for e in examples
    )


def make_layer(
    directory: Path,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    embedder: Embedder,
    settings: Settings,
    beside: Sequence[Example] = (),
) -> list[Path]:
    """Write the layer of these posts, and their vectors by this encoder; gives the files written.

    `beside`: examples that come along with their text, from whose words it is learned too. Vectors by other encoders
    stay where they are and are refused from then on if the posts changed.
    """
    rows = rows_of(examples)
    features = reading.read([example.post for example in examples], embedder)
    lines = "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in rows).encode("utf-8")
    common = {"format": FORMAT, "rows": digest_of(lines), "preprocessing": reading.PREPROCESSING_VERSION}
    model, held_out = fit_shared_words([*examples, *beside], read_labels(taxonomy, embedder), settings)
    numbers = {
        "context": features.context,
        "word_values": held_out[: len(rows)],
        "beside_values": held_out[len(rows) :],
        "word_weights": model.linear.weights,
        "word_bias": model.linear.bias,
        "idf": model.vocabulary.idf,
    }
    about = {
        "beside": [text_sha256(example.post) for example in beside],
        "context": CONTEXT,
        "outcomes": outcome_names(taxonomy),
        "settings": settings.to_json(),
    }
    paths = [directory / ROWS, directory / VOCABULARY, directory / TEXT, vectors_path(directory, embedder.key)]
    terms = json.dumps(model.vocabulary.terms, ensure_ascii=False, indent=0).encode("utf-8")
    paths[0].write_bytes(lines)
    paths[1].write_bytes(terms)
    paths[2].write_bytes(_pack(numbers, common | about | {"terms": digest_of(terms)}))
    views = {name: features.vectors[:, v] for v, name in enumerate(VIEWS)}
    paths[3].write_bytes(_pack(views, common | {"encoder": embedder.key}))
    return paths


@dataclass(frozen=True, slots=True)
class Verified:
    """A layer against the texts that it was made of.

    changed: ids whose text has another hash, unknown: ids of texts that the layer lacks, missing: posts of the layer
    whose text was not given. Least cosines of what was made again with what is kept; `words` (held-out values, all
    posts together) is None unless every text was given.
    """

    posts: int
    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: int
    vectors: float
    context: float
    words: float | None

    @property
    def holds(self) -> bool:
        """Whether all texts are the ones that the layer was made of, and give what it holds."""
        cosines = (self.vectors, self.context, 1.0 if self.words is None else self.words)
        return self.posts > 0 and not self.changed and not self.unknown and min(cosines) > SAME


def verify_layer(
    directory: Path,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    embedder: Embedder,
    settings: Settings,
    beside: Sequence[Example] = (),
) -> Verified:
    """Make a layer's numbers again of texts and compare. Raises RealError, RowError."""
    layer = read_layer(directory, taxonomy, embedder.key)
    place = {row.id: index for index, row in enumerate(layer.rows)}
    given = {row.id: row for row in rows_of(examples)}
    kept_rows = {row.id: row for row in layer.rows}
    same = [e for e in examples if given[e.post.id] == kept_rows.get(e.post.id)]
    kept = layer.features.take(np.asarray([place[e.post.id] for e in same], dtype=np.intp))
    made = reading.read([e.post for e in same], embedder)
    words = None
    if len(same) == len(layer.rows):
        _, held_out = fit_shared_words([*same, *beside], read_labels(taxonomy, embedder), settings)
        assert kept.word_values is not None
        words = _least_cosine(held_out[: len(same)].reshape(1, -1), kept.word_values.reshape(1, -1))
    return Verified(
        len(same),
        tuple(key for key, row in given.items() if key in place and row != kept_rows[key]),
        tuple(key for key in given if key not in place),
        len(place.keys() - given.keys()),
        _least_cosine(made.vectors.reshape(-1, made.vectors.shape[2]), kept.vectors.reshape(-1, kept.vectors.shape[2])),
        _least_cosine(made.context, kept.context),
        words,
    )


def fit_shared_words(examples: Sequence[Example], space: LabelSpace, settings: Settings) -> tuple[WordModel, Array]:
    """The words model of posts, and its values [n, m] for each post when it has seen none of its group."""
    texts = [reading.take_apart(example.post).words for example in examples]
    groups = groups_of([(example.post.id, example.post.source) for example in examples])
    places = [place_of(example.post.source) for example in examples]
    outcomes = space.outcomes(space.targets([example.labels for example in examples]))
    vocabulary = Words.shared(texts, groups, places, LEAST_POSTS)
    return fit_words(vocabulary, texts, outcomes, groups, settings.words_penalties, OFFSET * outcomes.mean(axis=0))


def _pack(arrays: Mapping[str, Array], about: Mapping[str, Any]) -> bytes:
    """Arrays as float16. What they are stands in one entry: the format keeps several in no order."""
    halves = {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in arrays.items()}
    return save(halves, {ABOUT: json.dumps(about, sort_keys=True)})


def _least_cosine(first: Array, second: Array) -> float:
    """Least cosine of rows; two rows of zeros are alike."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    both = (np.abs(first).max(axis=1, initial=0) == 0) & (np.abs(second).max(axis=1, initial=0) == 0)
    cosines = (first * second).sum(axis=1) / np.maximum(lengths, 1e-9)
    return float(np.where(both, 1.0, cosines).min(initial=1.0))
