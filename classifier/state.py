"""A refiner as plain data: JSON and safetensors, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from classifier.experts import Experts
from classifier.features import CONTEXT, VIEWS
from classifier.kernel import KernelModel
from classifier.labels import LabelSpace
from classifier.logistic import Linear
from classifier.refiner import Curve, StackedRefiner, Weighing
from classifier.settings import settings_from
from classifier.taxonomy import Taxonomy
from classifier.words import WordModel, Words

_LINEAR = ("leaf", "category", "gate")
_CURVES = ("leaf_curve", "category_curve")
_SPACE = ("leaf_vectors", "category_vectors", "phrase_vectors", "phrase_leaf")
_HALF = ("dense.rows",)  # These are exact in half precision.


class StateError(ValueError):
    """Data that is no refiner for this taxonomy."""


def refiner_state(refiner: StackedRefiner) -> tuple[dict[str, Any], bytes]:
    """(JSON, safetensors bytes) of a refiner."""
    experts, weighing = refiner.experts, refiner.weighing
    arrays: dict[str, NDArray[Any]] = {name: getattr(experts.space, name) for name in _SPACE}
    arrays |= {f"dense.{name}": getattr(experts.dense, name) for name in ("rows", "coefficients", "offset")}
    arrays |= {"idf": experts.words.vocabulary.idf} | _pack("words", experts.words.linear)
    arrays |= {"support": weighing.support, "centre": weighing.centre}
    for name in _LINEAR:
        arrays |= _pack(name, getattr(weighing, name))
    for name in _CURVES:
        arrays |= {f"{name}.x": getattr(weighing, name).x, f"{name}.y": getattr(weighing, name).y}
    halves = {name: arrays[name].astype(np.float16) for name in _HALF}
    plain = {"settings": experts.settings.to_json(), "terms": list(experts.words.vocabulary.terms)}
    return plain, save({name: np.ascontiguousarray(array) for name, array in (arrays | halves).items()})


def refiner_from(taxonomy: Taxonomy, plain: Mapping[str, Any], data: bytes) -> StackedRefiner:
    """Make a refiner of its plain data. Raises StateError when shapes do not fit the taxonomy."""
    try:
        arrays = load(data)
    except SafetensorError as error:
        raise StateError(f"arrays: {error}") from error
    arrays |= {name: arrays[name].astype(np.float32) for name in _HALF}
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
    dense = KernelModel(arrays["dense.rows"], arrays["dense.coefficients"], arrays["dense.offset"])
    words = WordModel(Words(plain["terms"], arrays["idf"]), _linear("words", arrays))
    weighing = Weighing(
        arrays["support"],
        arrays["centre"],
        _linear("leaf", arrays),
        _linear("category", arrays),
        _linear("gate", arrays),
        _curve("leaf_curve", arrays),
        _curve("category_curve", arrays),
    )
    refiner = StackedRefiner(Experts(space, settings_from(plain["settings"]), dense, words), weighing)
    _check(refiner)
    return refiner


def _pack(name: str, linear: Linear) -> dict[str, NDArray[Any]]:
    return {f"{name}.weights": linear.weights, f"{name}.bias": linear.bias}


def _linear(name: str, arrays: Mapping[str, NDArray[Any]]) -> Linear:
    return Linear(arrays[f"{name}.weights"], arrays[f"{name}.bias"])


def _curve(name: str, arrays: Mapping[str, NDArray[Any]]) -> Curve:
    return Curve(arrays[f"{name}.x"], arrays[f"{name}.y"])


def _check(refiner: StackedRefiner) -> None:
    space, experts, weighing = refiner.space, refiner.experts, refiner.weighing
    k, c, d = len(space.leaves), len(space.categories), space.leaf_vectors.shape[1]
    rows = len(experts.dense.rows)
    models = len(experts.dense.offset) // space.width
    wanted = {
        "leaf_vectors": (space.leaf_vectors, (k, d)),
        "category_vectors": (space.category_vectors, (c, d)),
        "dense.rows": (experts.dense.rows, (rows, len(VIEWS) * d + len(CONTEXT))),
        "dense.coefficients": (experts.dense.coefficients, (rows, models * space.width)),
        "dense.offset": (experts.dense.offset, (models * space.width,)),
        "words": (experts.words.linear.weights, (len(experts.words.vocabulary), space.width)),
        "support": (weighing.support, (k,)),
        "centre": (weighing.centre, (k + c,)),
    }
    for name, (array, shape) in wanted.items():
        if array.shape != shape:
            raise StateError(f"{name}: has shape {array.shape}, not {shape}")
