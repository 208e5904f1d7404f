"""How to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a fit.

    penalty: of a row in kernel regression, the larger the smoother. view_scales, context_scale: weight of the views and
    of the context in a row's likeness to others. words_penalty: the same as penalty for regression over words.
    none_recall: share of posts without a label that shall be left without one, held out.
    """

    seed: int = 0
    folds: int = 5
    penalty: float = 0.15
    view_scales: tuple[float, ...] = (1.0, 0.5, 0.5)
    context_scale: float = 0.5
    words_penalty: float = 0.6
    mixer_iterations: int = 60
    none_recall: float = 0.8

    def to_json(self) -> dict[str, Any]:
        """Plain form for manifests and keys."""
        return asdict(self)


def settings_from(table: Mapping[str, Any]) -> Settings:
    """Read the plain form. Raises KeyError or TypeError for another."""
    values = {field.name: table[field.name] for field in fields(Settings)}
    return Settings(**{**values, "view_scales": tuple(values["view_scales"])})
