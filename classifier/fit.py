"""Fitting a bundle on labelled examples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from classifier import features as reading
from classifier.bundle import FORMAT, Bundle, make_bundle
from classifier.decide import fit_decider
from classifier.embedder import Embedder
from classifier.evaluate import evaluate
from classifier.heldout import hold_out
from classifier.labels import read_labels
from classifier.real import RealLayer, training_set
from classifier.refiner import fit_refiner
from classifier.settings import Settings
from classifier.taxonomy import Taxonomy
from store.values import Example

FIT_VERSION = 5
"""Grows whenever the same input would give another bundle."""

LEAST_EXAMPLES = 10
_LIBRARIES = ("numpy", "scikit-learn", "scipy", "sentence-transformers", "torch")


class FitError(ValueError):
    """Examples that no bundle can be fitted on."""


def fit_key(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    encoder_key: str,
    settings: Settings,
    real: RealLayer | None = None,
) -> str:
    """Hash of everything that a fit depends on: a bundle whose manifest has the same need not be fitted again."""
    parts = {
        "versions": [FORMAT, FIT_VERSION, reading.PREPROCESSING_VERSION],
        "taxonomy": taxonomy.to_json(),
        "examples": examples_hash(examples),
        "real": real.digest if real else None,
        "encoder": encoder_key,
        "settings": settings.to_json(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def examples_hash(examples: Sequence[Example]) -> str:
    """SHA-256 over examples in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def fit_bundle(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    embedder: Embedder,
    seed: int = 0,
    settings: Settings | None = None,
    real: RealLayer | None = None,
) -> Bundle:
    """Fit a bundle; its manifest tells how well posts were labelled that the models had not seen.

    `real`: real posts whose text is not at hand, learned from beside the examples.
    The same input, seed and encoder give the same bundle. Raises FitError.
    """
    settings = replace(settings or Settings(), seed=seed)
    _check(taxonomy, examples, real)
    space = read_labels(taxonomy, embedder)
    data = training_set(examples, embedder, real)
    refiner, scores = fit_refiner(data, space, settings)
    decider = fit_decider(
        scores, space.targets(data.labels), space, taxonomy.exclusive, none_recall=settings.none_recall
    )
    held_out = hold_out(data, scores, space, settings, taxonomy.exclusive)
    report = evaluate(held_out.answers(taxonomy), held_out.gold, taxonomy)
    about: dict[str, Any] = {
        "fit_key": fit_key(taxonomy, examples, embedder.key, settings, real),
        "fitted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "settings": settings.to_json(),
        "data": {
            "examples": len(examples),
            "sha256": examples_hash(examples),
            "real": {"posts": len(real.rows), "sha256": real.digest, "encoder": real.encoder} if real else None,
            "groups": len(set(data.groups)),
        },
        "metrics": {"held_out": report.to_json()},
        "forumlens": _version("forumlens"),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }
    return make_bundle(taxonomy, refiner, decider, embedder, about, held_out)


def _check(taxonomy: Taxonomy, examples: Sequence[Example], real: RealLayer | None) -> None:
    given = [example.labels for example in examples] + [row.labels for row in (real.rows if real else ())]
    if len(given) < LEAST_EXAMPLES:
        raise FitError(f"examples: {len(given)} are too few; give at least {LEAST_EXAMPLES}")
    leaves = {leaf.id for leaf in taxonomy.leaves}
    used = {label for labels in given for label in labels}
    if unknown := sorted(used - leaves):
        raise FitError(f"examples: label {unknown[0]!r} is no leaf of {taxonomy.ref}; use one of its leaf ids")
    if len(used) < 2:
        raise FitError(f"examples: use {len(used)} of {len(leaves)} leaves; give examples of at least two")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
