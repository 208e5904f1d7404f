"""Measures of labels as tables, CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forumlens.cli.output import Format, print_json, print_rows

if TYPE_CHECKING:
    from classifier.intervals import Figure, Spread
    from classifier.measure import Measures

_SPREAD = "spread"
_CONFUSIONS_SHOWN = 20
_IDS_SHOWN = 2


def print_measures(found: Mapping[str, Measures], form: Format, spread_of: Sequence[str] = ()) -> None:
    """Print measures by name; `spread_of`: names of systems over which the spread of each figure is told, too."""
    from classifier.intervals import spread

    spreads = spread([found[name].headline() for name in spread_of])
    if form is Format.JSON:
        whole: dict[str, Any] = {name: measures.to_json() for name, measures in found.items()}
        of_figures = {row.name: {name: _round(value) for name, value in asdict(row).items()} for row in spreads}
        print_json(whole | ({_SPREAD: of_figures} if spreads else {}))
    elif form is Format.CSV:
        rows = [
            {"system": name, **asdict(figure), "sd": None}
            for name, measures in found.items()
            for figure in measures.headline()
        ]
        rows += [
            {"system": _SPREAD, "name": row.name, "value": row.mean, "low": row.low, "high": row.high, "sd": row.sd}
            for row in spreads
        ]
        print_rows([{name: _round(value) for name, value in row.items()} for row in rows], form)
    else:
        print_rows(_table(found, spreads), form, title=_title(list(found.values())))


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


def print_differences(found: Mapping[str, Sequence[Figure]], form: Format) -> None:
    """Print by how much each named system scores above the bundle."""
    if form is Format.JSON:
        print_json({name: {figure.name: figure.to_json() for figure in figures} for name, figures in found.items()})
    elif form is Format.CSV:
        rows = [{"system": name, **asdict(figure)} for name, figures in found.items() for figure in figures]
        print_rows([{name: _round(value) for name, value in row.items()} for row in rows], form)
    else:
        by_figure = zip(*found.values(), strict=True)
        rows = [
            {"": same[0].name, **{name: _interval(figure) for name, figure in zip(found, same, strict=True)}}
            for same in by_figure
        ]
        print_rows(rows, form, title="Score less that of the bundle, with its 95 % interval")


def _table(found: Mapping[str, Measures], spreads: Sequence[Spread]) -> list[dict[str, str | int | None]]:
    """A row a figure, a column a system."""
    rows: list[dict[str, str | int | None]] = [{"": "texts"} | {name: m.report.n for name, m in found.items()}]
    figures = {name: measures.headline() for name, measures in found.items()}
    of_figures = {row.name: f"{row.mean:.3f}, sd {row.sd:.3f}" for row in spreads}
    for number, figure in enumerate(next(iter(figures.values()))):
        row = {name: _interval(several[number]) for name, several in figures.items()}
        if figure.name == "none_left_unlabelled":
            row = {name: _of(cell, found[name].report.none_texts) for name, cell in row.items()}
        if spreads:
            row[_SPREAD] = of_figures.get(figure.name)
        rows.append({"": figure.name, **row})
        if figure.name == "ece":
            chance = {name: _chance(measures) for name, measures in found.items()}
            rows.append({"": "ece_by_chance", **chance})
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column) for column in columns} for row in rows]


def _of(cell: str | None, posts: int) -> str | None:
    return cell and f"{cell} of {posts}"


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
