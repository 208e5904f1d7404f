"""A refiner as plain data: JSON and safetensors, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from classifier.features import CONTEXT, VIEWS
from classifier.labels import LabelSpace
from classifier.logistic import Linear
from classifier.refiner import LinearRefiner, Settings
from classifier.taxonomy import Taxonomy
from classifier.words import Words

_LINEAR = ("dense", "words", "mixer", "gate")
_SPACE = ("leaf_vectors", "category_vectors", "phrase_vectors", "phrase_leaf")


class StateError(ValueError):
    """Data that is no refiner for this taxonomy."""


def refiner_state(refiner: LinearRefiner) -> tuple[dict[str, Any], bytes]:
    """(JSON, safetensors bytes) of a refiner."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(refiner.space, name) for name in _SPACE}
    arrays |= {"support": refiner.support, "centre": refiner.centre, "idf": refiner.vocabulary.idf}
    for name in _LINEAR:
        linear: Linear = getattr(refiner, name)
        arrays |= {f"{name}.weights": linear.weights, f"{name}.bias": linear.bias}
    plain = {"settings": refiner.settings.to_json(), "terms": list(refiner.vocabulary.terms)}
    return plain, save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def refiner_from(taxonomy: Taxonomy, plain: Mapping[str, Any], data: bytes) -> LinearRefiner:
    """Make a refiner of its plain data. Raises StateError when shapes do not fit the taxonomy."""
    try:
        arrays = load(data)
    except SafetensorError as error:
        raise StateError(f"arrays: {error}") from error
    settings = Settings(**{**plain["settings"], "view_scales": tuple(plain["settings"]["view_scales"])})
    columns = {category.id: index for index, category in enumerate(taxonomy.categories)}
    space = LabelSpace(
        tuple(leaf.id for leaf in taxonomy.leaves),
        tuple(columns),
        np.asarray([columns[leaf.category] for leaf in taxonomy.leaves], dtype=np.intp),
        arrays["leaf_vectors"],
        arrays["category_vectors"],
        arrays["phrase_vectors"],
        arrays["phrase_leaf"].astype(np.intp),
    )
    linear = {name: Linear(arrays[f"{name}.weights"], arrays[f"{name}.bias"]) for name in _LINEAR}
    vocabulary = Words(plain["terms"], arrays["idf"])
    refiner = LinearRefiner(space, settings, vocabulary=vocabulary, support=arrays["support"],
                            centre=arrays["centre"], **linear)  # fmt: skip
    _check(refiner)
    return refiner


def _check(refiner: LinearRefiner) -> None:
    k, c = len(refiner.space.leaves), len(refiner.space.categories)
    d = refiner.space.leaf_vectors.shape[1]
    wanted = {
        "leaf_vectors": (refiner.space.leaf_vectors, (k, d)),
        "category_vectors": (refiner.space.category_vectors, (c, d)),
        "dense": (refiner.dense.weights, (len(VIEWS) * d + len(CONTEXT), k + c + 1)),
        "words": (refiner.words.weights, (len(refiner.vocabulary.terms), k + 1)),
        "support": (refiner.support, (k,)),
        "centre": (refiner.centre, (k + c,)),
    }
    for name, (array, shape) in wanted.items():
        if array.shape != shape:
            raise StateError(f"{name}: has shape {array.shape}, not {shape}")
