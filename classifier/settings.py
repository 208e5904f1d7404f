"""How to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a fit.

    penalties: of a row in kernel regression, the larger the smoother; the one is taken that errs least held out.
    real_penalty: the same where there are real posts; it was chosen by F1 across sources.
    words_penalties: the same for regression over words. view_scales, context_scale: weight of the views and
    of the context in a row's likeness to others.
    none_recall: share of posts without a label that shall be left without one, held out.
    """

    seed: int = 0
    folds: int = 5
    penalties: tuple[float, ...] = (0.1, 0.3, 1.0)
    real_penalty: float = 0.3
    view_scales: tuple[float, ...] = (1.0, 0.5, 0.5)
    context_scale: float = 0.5
    words_penalties: tuple[float, ...] = (0.2, 0.6, 2.0)
    none_recall: float = 0.6

    def to_json(self) -> dict[str, Any]:
        """Plain form for manifests and keys."""
        return asdict(self)


def settings_from(table: Mapping[str, Any]) -> Settings:
    """Read the plain form. Raises KeyError or TypeError for another."""
    values = {field.name: table[field.name] for field in fields(Settings)}
    plain: dict[str, Any] = {name: tuple(x) if isinstance(x, list) else x for name, x in values.items()}
    return Settings(**plain)
