"""Kernel ridge regression for many labels at once, with predictions for rows held out in groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from classifier.logistic import Array


@dataclass(frozen=True, slots=True)
class KernelModel:
    """Values as weighted sums of Gaussian likenesses to rows.

    rows: [N, d]; coefficients: [N, m]; offset: [m]; squares: [N], squared lengths of the rows.
    """

    rows: Array
    coefficients: Array
    offset: Array
    squares: torch.Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "squares", _squares(self.rows))

    def values(self, x: Array) -> Array:
        """Values of rows, [n, m]."""
        return np.asarray(likeness(x, self.rows, self.squares) @ self.coefficients + self.offset, dtype=np.float32)


def likeness(first: Array, second: Array, second_squares: torch.Tensor | None = None) -> Array:
    """exp(-|a - b|^2 / 2) of every pair of rows, [n, N]; `second_squares` where they are at hand, [N]."""
    a, b = torch.from_numpy(first), torch.from_numpy(second)
    of_second = _squares(second) if second_squares is None else second_squares
    squares = _squares(first)[:, None] + of_second[None, :] - 2 * (a @ b.T)
    return np.asarray(torch.exp(-squares.clamp_(min=0) / 2).numpy(), dtype=np.float32)


def _squares(rows: Array) -> torch.Tensor:
    return torch.from_numpy(rows).square().sum(dim=1)


def fit_kernel(
    x: Array, y: Array, penalties: Sequence[float], handicaps: Sequence[Array], groups: Sequence[str], offset: Array
) -> tuple[KernelModel, Array]:
    """Fit a kernel regression, and one more for each of `handicaps`; they become the columns of one model, in turn.

    x: float32 [N, d]; y: float32 [N, m]; penalties: of which the one is taken that is best for all rows alike;
    handicaps: [N] each, by what the penalty of a row is multiplied: the larger, the less the row counts; offset: [m],
    what is expected of a row unlike all others. Also gives [N, e, m]: what models say of each row that saw none of its
    group.
    """
    kernel = likeness(x, x)
    penalty, first = solve_best(kernel, y - offset, penalties, groups)
    solved = [first, *(solve_ridge(kernel, y - offset, penalty * handicap, groups) for handicap in handicaps)]
    coefficients = np.concatenate([some for some, _ in solved], axis=1)
    return KernelModel(x, coefficients, np.tile(offset, len(solved))), np.stack([y - errors for _, errors in solved], 1)


def solve_best(
    kernel: Array, y: Array, penalties: Sequence[float], groups: Sequence[str]
) -> tuple[float, tuple[Array, Array]]:
    """That of the penalties which errs least on rows of groups held out (squared error), and solve_ridge with it."""
    one = np.ones(len(y), np.float32)
    solved = ((penalty, solve_ridge(kernel, y, penalty * one, groups)) for penalty in penalties)
    return min(solved, key=lambda found: float(np.square(found[1][1]).sum()))


def solve_ridge(kernel: Array, y: Array, penalty: Array, groups: Sequence[str]) -> tuple[Array, Array]:
    """Minimise sum of (y - f)^2 / penalty + |f|^2 over functions f of the kernel's space.

    kernel: [N, N]; y: [N, m]; penalty: [N]. Gives the coefficients [N, m] of the rows, and the errors [N, m] that f
    makes of each when fitted without the rows of its group.

    One inverse A of kernel + penalty serves all groups: with coefficients a = A y, the rows b of a group are missed by
    (A_bb)^-1 a_b (for single rows Cook and Weisberg 1982, for groups An, Liu and Venkatesh 2007).
    """
    matrix = torch.from_numpy(kernel).double() + torch.diag(torch.from_numpy(penalty).double())
    identity = torch.eye(len(y), dtype=torch.float64)
    half = torch.linalg.solve_triangular(torch.linalg.cholesky(matrix), identity, upper=False)  # A = half^T half
    coefficients = half.T @ (half @ torch.from_numpy(y).double())
    errors = coefficients / half.square().sum(dim=0)[:, None]
    for rows in _members(groups):
        some = half[:, rows]
        errors[rows] = torch.linalg.solve(some.T @ some, coefficients[rows])
    return coefficients.float().numpy(), errors.float().numpy()


def _members(groups: Sequence[str]) -> list[torch.Tensor]:
    """Rows of each group of more than one."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows[group].append(row)
    return [torch.tensor(some) for some in rows.values() if len(some) > 1]
