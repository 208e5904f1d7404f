"""Measures of labels as tables, CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from forumlens.cli.output import Format, print_json, print_rows

if TYPE_CHECKING:
    from classifier.intervals import Figure
    from classifier.measure import Measures

_SPREAD = "spread"
_CONFUSIONS_SHOWN = 20
_IDS_SHOWN = 2

Spread = dict[str, dict[str, float | None]]


def print_measures(found: Mapping[str, Measures], form: Format, spread_of: Sequence[str] = ()) -> None:
    """Print measures by name; `spread_of`: names of systems over which the spread of each figure is told, too."""
    spread = _spread([found[name] for name in spread_of])
    if form is Format.JSON:
        whole: dict[str, Any] = {name: measures.to_json() for name, measures in found.items()}
        print_json(whole | ({_SPREAD: spread} if spread else {}))
    elif form is Format.CSV:
        rows = [
            {"system": name, "sd": None, **asdict(figure)}
            for name, measures in found.items()
            for figure in measures.headline()
        ]
        rows += [{"system": _SPREAD, "name": name, **values} for name, values in spread.items()]
        columns = ("system", "name", "value", "low", "high", "sd")
        print_rows([{column: _round(row[column]) for column in columns} for row in rows], form)
    else:
        print_rows(_table(found, spread), form, title=_title(list(found.values())))


def print_labels(measures: Measures, form: Format) -> None:
    """Print how well each label is given, at both levels."""
    levels = (("category", measures.report.category), ("leaf", measures.report.leaf))
    rows = [{"level": name, **asdict(score)} for name, level in levels for score in level.per_label]
    print_rows(rows, form, title=f"{measures.report.n} texts")


def print_confusions(measures: Measures, form: Format) -> None:
    """Print what was given in place of what, at both levels; in a table the most frequent only."""
    levels = (("category", measures.category_confusions), ("leaf", measures.leaf_confusions))
    if form is not Format.TABLE:
        print_rows([{"level": name} | row.to_json() for name, level in levels for row in level], form)
        return
    for name, level in levels:
        rows = [row.to_json() | {"ids": row.ids[:_IDS_SHOWN]} for row in level[:_CONFUSIONS_SHOWN]]
        print_rows(rows, form, title=f"{name}: required but missed, and what was given that no annotator gave")


def _spread(several: Sequence[Measures]) -> Spread:
    """Mean, standard deviation and ends of each figure over several bundles; nothing for fewer than two."""
    if len(several) < 2:
        return {}
    values = {
        name: [value for value in row if value is not None]
        for name, *row in zip(
            [figure.name for figure in several[0].headline()],
            *([figure.value for figure in measures.headline()] for measures in several),
            strict=True,
        )
    }
    return {
        name: {
            "value": _round(fmean(row)),
            "low": _round(min(row)),
            "high": _round(max(row)),
            "sd": _round(stdev(row)) if len(row) > 1 else None,
        }
        for name, row in values.items()
        if row
    }


def _table(found: Mapping[str, Measures], spread: Spread) -> list[dict[str, str | int | None]]:
    """A row a figure, a column a system."""
    rows: list[dict[str, str | int | None]] = [{"": "texts"} | {name: m.report.n for name, m in found.items()}]
    figures = {name: measures.headline() for name, measures in found.items()}
    for number, figure in enumerate(next(iter(figures.values()))):
        row = {name: _interval(several[number]) for name, several in figures.items()}
        if figure.name == "none_left_unlabelled":
            row = {name: _of(cell, found[name].report.none_texts) for name, cell in row.items()}
        if spread:
            row[_SPREAD] = _spread_cell(spread.get(figure.name))
        rows.append({"": figure.name, **row})
        if figure.name == "ece":
            rows.append({"": "ece_by_chance"} | {name: _chance(measures) for name, measures in found.items()})
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column) for column in columns} for row in rows]


def _of(cell: str | None, posts: int) -> str | None:
    return cell and f"{cell} of {posts}"


def _spread_cell(values: Mapping[str, float | None] | None) -> str | None:
    return None if values is None else f"{values['value']:.3f}, sd {values['sd'] or 0:.3f}"


def _interval(figure: Figure) -> str | None:
    if figure.value is None:
        return None
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _chance(measures: Measures) -> str | None:
    by_chance = measures.calibration.by_chance
    return by_chance and f"{by_chance[0]:.3f} (up to {by_chance[1]:.3f})"


def _title(several: Sequence[Measures]) -> str:
    first = several[0]
    if not first.resamples:
        return "Without intervals"
    groups = {measures.groups for measures in several}
    of_groups = f" of {first.groups} groups" if len(groups) == 1 else ", by group"
    return f"In brackets: 95 % interval by {first.resamples} resamples{of_groups}"


def _round(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
