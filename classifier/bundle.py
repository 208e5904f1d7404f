"""A trained bundle: all that is needed to label posts, as a directory without pickle."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier import features as reading
from classifier import heldout, why
from classifier.decide import Decider, decider_from
from classifier.embedder import Embedder, SentenceEmbedder, identity
from classifier.heldout import HeldOut, HeldOutError, load_held_out
from classifier.logistic import Array
from classifier.neighbours import Neighbours, neighbours_of
from classifier.refiner import Scores, StackedRefiner
from classifier.state import StateError, refiner_from, refiner_state
from classifier.taxonomy import Taxonomy, TaxonomyError, parse_taxonomy
from store.values import Classification, PostInput

FORMAT = 1
"""Version of the directory's layout."""

MANIFEST = "manifest.json"
_FILES = ("taxonomy.json", "vocabulary.json", "arrays.safetensors")
_CHUNK = 256


class BundleError(RuntimeError):
    """A bundle that cannot be saved, loaded or used with this encoder."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A taxonomy with the models that label posts by it.

    `id` is a hash of all that decides its answers; `manifest` also tells how the bundle came about. `held_out` is at
    hand after a fit; load_held_out reads it of a bundle that was saved. `neighbours`: the posts of the fit; None where
    an earlier version fitted it.
    """

    id: str
    taxonomy: Taxonomy
    manifest: Mapping[str, Any]
    refiner: StackedRefiner
    decider: Decider
    embedder: Embedder
    held_out: HeldOut | None = None
    neighbours: Neighbours | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Ids of the leaves and categories that it gives probabilities for."""
        return tuple(sorted({*self.refiner.space.leaves, *self.refiner.space.categories}))

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        """Label posts, in order; memory is bounded by the answers."""
        return self.judge(posts)[0]

    def judge(self, posts: Sequence[PostInput]) -> tuple[list[Classification], Array]:
        """Label posts, in order; also the probabilities of categories, float32 [n, c], in order of the taxonomy."""
        space = self.refiner.space
        answers: list[Classification] = []
        categories = [np.zeros((0, len(space.categories)), np.float32)]
        for start in range(0, len(posts), _CHUNK):
            some = posts[start : start + _CHUNK]
            scores = self.scores(some)
            answers += self.decider.classify([post.id for post in some], scores, space)
            categories.append(scores.categories)
        return answers, np.concatenate(categories)

    def explain(self, posts: Sequence[PostInput], answers: Sequence[Classification]) -> list[Classification]:
        """The answers to posts with what speaks for each label: words, and the nearest posts that carry it."""
        explained = why.explain(self.refiner.experts.words, self.refiner.space, posts, answers)
        if self.neighbours is None:
            return explained
        return self.neighbours.explain(reading.read(posts, self.embedder).vectors[:, 0], explained)

    def scores(self, posts: Sequence[PostInput]) -> Scores:
        """Probabilities for posts, all at once."""
        return self.refiner.scores(reading.read(posts, self.embedder))

    def with_embedder(self, embedder: Embedder) -> Bundle:
        """The same bundle over another embedder of the same encoder. Raises BundleError if it is another."""
        check_encoder(self.manifest["encoder"]["key"], embedder)
        return replace(self, embedder=embedder)

    def save(self, directory: str | Path) -> None:
        """Write the bundle; a bundle that is there is replaced as a whole. Raises BundleError."""
        directory = Path(directory)
        if directory.exists() and not (directory / MANIFEST).is_file() and any(directory.iterdir()):
            raise BundleError(f"{directory}: is not empty and holds no bundle; give another directory")
        contents = _contents(self.taxonomy, self.refiner)
        directory.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        try:
            for name, data in contents.items():
                (fresh / name).write_bytes(data)
            if self.held_out:
                self.held_out.save(fresh / heldout.FILE)
            (fresh / MANIFEST).write_text(json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
            fresh.chmod(0o755)
            _put_in_place(fresh, directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def make_bundle(
    taxonomy: Taxonomy,
    refiner: StackedRefiner,
    decider: Decider,
    embedder: Embedder,
    about: Mapping[str, Any],
    held_out: HeldOut | None = None,
) -> Bundle:
    """Put a bundle together; `about` tells how it came about and goes into the manifest."""
    digests = {name: _digest(data) for name, data in _contents(taxonomy, refiner).items()}
    core = {
        "format": FORMAT,
        "taxonomy": taxonomy.ref,
        "preprocessing": reading.PREPROCESSING_VERSION,
        "encoder": encoder_facts(embedder.key),
        "decision": decider.to_json(),
        "files": digests,
    }
    manifest = {"id": _bundle_id(core), **core, **about}
    near = neighbours_of(refiner, held_out)
    return Bundle(manifest["id"], taxonomy, manifest, refiner, decider, embedder, held_out, near)


def encoder_facts(key: str) -> dict[str, Any]:
    """The parts of an encoder key; `revision` is the start of the SHA-256 of the weights."""
    name, revision, precision, max_length = key.rsplit("|", 3)
    facts = {"name": name, "revision": revision, "precision": precision, "max_length": int(max_length)}
    return {"key": key, **facts}


def load_bundle(directory: str | Path, embedder: Embedder | None = None) -> Bundle:
    """Load and verify a bundle; without an embedder the one is loaded that it was fitted with.

    Raises BundleError, EmbedderError, WeightsError.
    """
    directory = Path(directory)
    manifest = _read_manifest(directory)
    contents = {name: _verified(directory / name, manifest["files"].get(name)) for name in _FILES}
    try:
        taxonomy = parse_taxonomy(json.loads(contents["taxonomy.json"]), f"{directory / 'taxonomy.json'}")
        vocabulary = json.loads(contents["vocabulary.json"])
        refiner = refiner_from(taxonomy, vocabulary, contents["arrays.safetensors"])
        decider = decider_from(manifest["decision"])
        kept = directory / heldout.FILE
        near = neighbours_of(refiner, load_held_out(kept) if kept.is_file() else None)
    except (StateError, HeldOutError, TaxonomyError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{directory}: does not fit together ({error}); fit the bundle anew") from error
    if (len(decider.categories), len(decider.leaves)) != (len(taxonomy.categories), len(taxonomy.leaves)):
        raise BundleError(f"{directory}: decision: has too many or too few thresholds; fit the bundle anew")
    embedder = embedder or SentenceEmbedder(manifest["encoder"]["name"])
    check_encoder(manifest["encoder"]["key"], embedder)
    return Bundle(manifest["id"], taxonomy, manifest, refiner, decider, embedder, neighbours=near)


def encoder_key(directory: str | Path) -> str:
    """Key of the encoder that a bundle was fitted with. Raises BundleError."""
    return str(_read_manifest(Path(directory))["encoder"]["key"])


def check_encoder(key: str, embedder: Embedder) -> None:
    """Compare an embedder with the key of the encoder that a bundle was fitted with. Raises BundleError."""
    if identity(key) != identity(embedder.key):
        raise BundleError(
            f"encoder: the bundle was fitted with {identity(key)!r}, not {identity(embedder.key)!r}; "
            "name that model, or fit the bundle anew with this one"
        )


def _contents(taxonomy: Taxonomy, refiner: StackedRefiner) -> dict[str, bytes]:
    vocabulary, arrays = refiner_state(refiner)
    return {
        "taxonomy.json": _json(taxonomy.to_json()),
        "vocabulary.json": _json(vocabulary),
        "arrays.safetensors": arrays,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bundle_id(manifest: Mapping[str, Any]) -> str:
    core = {key: manifest[key] for key in ("format", "taxonomy", "preprocessing", "encoder", "decision", "files")}
    return _digest(json.dumps(core, sort_keys=True).encode())[:16]


def _put_in_place(fresh: Path, directory: Path) -> None:
    """A directory cannot be replaced in one step: the old one is moved aside first and put back if that fails."""
    old = fresh.with_name(fresh.name + ".old")
    if directory.exists():
        directory.rename(old)
    try:
        fresh.rename(directory)
    except OSError:
        if old.exists():
            old.rename(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _read_manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); fit a bundle first") from error
    except ValueError as error:
        raise BundleError(f"{path}: is no valid JSON ({error}); fit the bundle anew") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise BundleError(f"{path}: format: {found!r} is not {FORMAT}; fit the bundle anew with this version")
    if manifest.get("preprocessing") != reading.PREPROCESSING_VERSION:
        raise BundleError(
            f"{path}: preprocessing: {manifest.get('preprocessing')!r} is not {reading.PREPROCESSING_VERSION}; "
            "fit the bundle anew with this version"
        )
    try:
        expected = _bundle_id(manifest)
        encoder_facts(manifest["encoder"]["key"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: {error} is missing or malformed; fit the bundle anew") from error
    if manifest.get("id") != expected:
        raise BundleError(f"{path}: id: {manifest.get('id')!r} does not match its contents; fit the bundle anew")
    return manifest


def _verified(path: Path, expected: str | None) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); fit the bundle anew") from error
    if _digest(data) != expected:
        raise BundleError(f"{path}: SHA-256 is not what the manifest says; the file was changed: fit the bundle anew")
    return data
