"""Real posts without their text: labels, hashes and numbers made of them, to be fitted on where no text is at hand.

A layer is a folder of four files:

- `real.jsonl`: a row a post: id, source (URL or id), SHA-256 of its text, labels, what is known of its thread;
- `real.ENCODER.safetensors`: its vectors by one encoder, float16 [n, d] a view, zeros where the post lacks the view;
- `real.text.safetensors`: context features; weights of a words model of all posts and of the examples beside them; for
  each of both the values of such a model that saw nothing of its source; all float16;
- `real.vocabulary.json`: the terms of that model, each in several posts and sources.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from classifier import features as reading
from classifier.embedder import Embedder, identity
from classifier.features import CONTEXT, VIEWS, Features
from classifier.folds import groups_of
from classifier.labels import Array, outcome_names
from classifier.logistic import Linear
from classifier.rows import parse_labels, parse_row, read_objects
from classifier.taxonomy import Taxonomy
from classifier.words import WordModel, Words
from store.values import Example, PostInput

FORMAT = 1
ROWS, TEXT, VOCABULARY = "real.jsonl", "real.text.safetensors", "real.vocabulary.json"
ABOUT = "about"
"""Entry of a safetensors header that tells, as JSON, what the arrays are."""

FLAGS = ("reply", "by_starter", "accepted")


class RealError(ValueError):
    """A layer of real posts that is missing, damaged, or made for something else."""


@dataclass(frozen=True, slots=True)
class RealRow:
    """A real post: where it is, the hash of its text, its leaf ids, and what is known of its thread."""

    id: str
    source: str
    sha256: str
    labels: tuple[str, ...]
    reply: bool | None = None
    by_starter: bool | None = None
    accepted: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain form; what is not known is left out."""
        flags = {name: getattr(self, name) for name in FLAGS if getattr(self, name) is not None}
        return {"id": self.id, "source": self.source, "sha256": self.sha256, "labels": list(self.labels), **flags}


@dataclass(frozen=True, slots=True)
class RealLayer:
    """Real posts as one encoder sees them.

    words: what was learned of the words of these posts and of examples beside them; beside: of each such example, by
    the hash of its text, the values [m] of a words model that had not learned from it. digest: SHA-256 of all files.
    """

    rows: tuple[RealRow, ...]
    features: Features
    words: WordModel
    beside: Mapping[str, Array]
    encoder: str
    digest: str


def text_sha256(post: PostInput) -> str:
    """SHA-256, in hex, of the normalized text of a post.

    Title, body and the post before (empty where there is none), joined by line breaks, in Unicode form NFKC, every run
    of white space made one space, none at the ends, as UTF-8.
    """
    text = unicodedata.normalize("NFKC", "\n".join((post.title, post.body, post.previous or "")))
    return hashlib.sha256(re.sub(r"\s+", " ", text).strip().encode("utf-8")).hexdigest()


def read_rows(directory: Path, taxonomy: Taxonomy) -> tuple[RealRow, ...]:
    """The posts of a layer. Raises RealError, and RowError for a row that cannot be used."""
    leaves = {leaf.id for leaf in taxonomy.leaves}
    lines = _bytes(directory / ROWS).decode("utf-8").split("\n")
    rows = [_row(obj, leaves, taxonomy, where) for where, obj in read_objects(lines, str(directory / ROWS))]
    if len({row.id for row in rows}) < len(rows):
        raise RealError(f"{directory / ROWS}: ids stand twice; make the layer anew with `forumlens labels add-real`")
    return tuple(rows)


def read_layer(directory: Path, taxonomy: Taxonomy, encoder_key: str) -> RealLayer:
    """The layer with vectors by this encoder, whatever the precision. Raises RealError, RowError."""
    rows = read_rows(directory, taxonomy)
    path = find_vectors(directory, encoder_key)
    if path is None:
        raise RealError(
            f"{directory}: there are no vectors of the real posts by {identity(encoder_key)!r}; make them from the "
            "texts with `forumlens labels add-real`, or fit on authored examples only"
        )
    lines = digest_of(_bytes(directory / ROWS))
    text, about = _load(directory / TEXT, lines)
    views, of_vectors = _load(path, lines)
    if _weights(of_vectors.get("encoder", "|||")) != _weights(encoder_key):
        raise RealError(f"{path}: encoder: is {of_vectors.get('encoder')!r}, not {encoder_key!r}; make it anew")
    terms = _bytes(directory / VOCABULARY)
    if digest_of(terms) != about["terms"]:
        raise RealError(f"{directory / VOCABULARY}: was changed since {TEXT} was made; make the layer anew")
    named = {name: column for column, name in enumerate(about["outcomes"])}
    if set(named) != set(outcome_names(taxonomy)):
        raise RealError(f"{directory / TEXT}: outcomes: are not those of {taxonomy.ref}; make the layer anew")
    order = [named[name] for name in outcome_names(taxonomy)]
    try:
        vocabulary = Words(json.loads(terms), text["idf"])
        linear = Linear(text["word_weights"][:, order].copy(), text["word_bias"][order])
        of_context = about["context"]
        context = text["context"][:, [of_context.index(name) for name in CONTEXT]]
        vectors = np.stack([views[name] for name in VIEWS], axis=1)
        features = Features(vectors, ("",) * len(rows), context, text["word_values"][:, order].copy())
        beside = dict(zip(about["beside"], text["beside_values"][:, order], strict=True))
    except (KeyError, IndexError, ValueError) as error:
        raise RealError(f"{directory}: the layer does not fit together ({error}); make it anew") from error
    if {len(rows)} != {len(vectors), len(context), len(text["word_values"])}:
        raise RealError(f"{directory}: the layer does not fit together: rows are missing; make it anew")
    digest = digest_of(b"".join(_bytes(file) for file in (directory / ROWS, directory / TEXT, path)))
    return RealLayer(rows, features, WordModel(vocabulary, linear), beside, of_vectors["encoder"], digest)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """All that is learned from: the real posts, then the examples.

    real bool [n]: which posts are real ones without text; words: what was learned of words already; sources: where
    each post is, or its id.
    """

    features: Features
    labels: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    real: NDArray[np.bool_]
    words: WordModel | None
    sources: tuple[str, ...]


def training_set(examples: Sequence[Example], embedder: Embedder, real: RealLayer | None) -> TrainingSet:
    """Read the examples and join them to the real posts."""
    features = reading.read([example.post for example in examples], embedder)
    rows = real.rows if real else ()
    if real:
        values = np.full((len(examples), real.words.linear.weights.shape[1]), np.nan, np.float32)
        for row, example in enumerate(examples):
            values[row] = real.beside.get(text_sha256(example.post), values[row])
        features = reading.join(real.features, replace(features, word_values=values))
    sources = [(row.id, row.source) for row in rows] + [(example.post.id, example.post.source) for example in examples]
    return TrainingSet(
        features,
        (*(row.labels for row in rows), *(example.labels for example in examples)),
        groups_of(sources),
        np.arange(len(rows) + len(examples)) < len(rows),
        real.words if real else None,
        tuple(source or post_id for post_id, source in sources),
    )


def find_vectors(directory: Path, encoder_key: str) -> Path | None:
    """The file of the vectors by an encoder, if there is one; the same weights may go by another name."""
    revision, _ = _weights(encoder_key)
    return next(iter(sorted(directory.glob(f"real.*-{revision[:8]}.safetensors"))), None)


def kept_encoders(directory: Path) -> list[str]:
    """Keys of the encoders whose vectors a layer holds. Raises RealError."""
    lines = digest_of(_bytes(directory / ROWS))
    found = sorted(path for path in directory.glob("real.*-*.safetensors"))
    return [_load(path, lines)[1].get("encoder", "") for path in found]


def vectors_path(directory: Path, encoder_key: str) -> Path:
    """Where vectors by an encoder are written: its name and the start of its revision."""
    name, revision, _ = identity(encoder_key).rsplit("|", 2)
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", Path(name).name).strip("-").lower()
    return directory / f"real.{plain}-{revision[:8]}.safetensors"


def _row(obj: Any, leaves: set[str], taxonomy: Taxonomy, where: str) -> RealRow:
    post = parse_row({**obj, "title": "-"} if isinstance(obj, Mapping) else obj, where)
    if extra := sorted(set(obj) - {"id", "source", "sha256", "labels", *FLAGS}):
        raise RealError(f"{where}: {extra[0]}: is no field of a real post, whose text is not kept; take it out")
    if not post.source or not re.fullmatch(r"[0-9a-f]{64}", str(obj.get("sha256"))):
        raise RealError(f"{where}: source and sha256 (64 hex digits) are needed; make the layer anew")
    labels = parse_labels(obj, "labels", leaves, taxonomy, where)
    return RealRow(post.id, post.source, obj["sha256"], labels, post.reply, post.by_starter, post.accepted)


def _load(path: Path, rows: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays as float32, and what the file says of itself."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
            arrays = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise RealError(f"{path}: cannot be read ({error}); make the layer anew") from error
    wanted = {"format": FORMAT, "rows": rows, "preprocessing": reading.PREPROCESSING_VERSION}
    for name, value in wanted.items():
        if about.get(name) != value:
            raise RealError(
                f"{path}: {name}: is {about.get(name)!r}, not {value!r}; make the layer anew from the texts with "
                "`forumlens labels add-real`"
            )
    return arrays, about


def _weights(encoder_key: str) -> tuple[str, str]:
    """Revision (start of the SHA-256 of the weights) and longest text of an encoder key."""
    _, revision, longest = identity(encoder_key).rsplit("|", 2)
    return revision, longest


def digest_of(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RealError(
            f"{path}: cannot be read ({error.strerror}); make it with `forumlens labels add-real`"
        ) from error
