"""The answers command: how threads are answered, by theme."""

from __future__ import annotations

from typing import Any

import typer

from forumlens.cli.asking import (
    ByFlag,
    CategoryFlag,
    FamilyFlag,
    ForumCategoryFlag,
    FromFlag,
    LabelFlag,
    ToFlag,
    TopicFlag,
    scope_of,
)
from forumlens.cli.assemble import open_store
from forumlens.cli.options import DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_rows, say
from forumlens.cli.settings import load_settings
from store.answers import OBSERVED, AnswerFigures, Quartiles, query_answers
from store.sources import holds_authored
from store.themes import ThemeKind

_DAYS_FROM = 48


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("answers")(show_answers)


def show_answers(
    label: LabelFlag = None,
    category: CategoryFlag = None,
    topic: TopicFlag = None,
    family: FamilyFlag = None,
    forum_category: ForumCategoryFlag = None,
    start: FromFlag = None,
    end: ToFlag = None,
    by: ByFlag = ThemeKind.ALL,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Which threads are answered and accepted, by staff or users, and how soon; by theme if asked.

    Only threads count that were observed for 14 days. In the table, `by staff` is of the accepted answers, times
    are medians; JSON and CSV have the rest. `-` is unknown, never 0.

    Example: forumlens answers --by category --from 2024-01
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        scope = scope_of(settings, db, by, label, category, topic, family, forum_category, start, end)
        found = query_answers(db, scope, by)
        if holds_authored(db):
            say("[yellow]Authored sample data, not mined.[/yellow]")
    line = _line if form is Format.TABLE else _row
    print_rows([line(theme, figures) for theme, figures in found.items()], form, title="Answers")
    if left := max((figures.left_out for figures in found.values()), default=0):
        say(f"Left out: up to {left} threads a theme, seen for less than {OBSERVED.days} days or of sources that "
            "hold no replies.")  # fmt: skip


def _row(theme: str, figures: AnswerFigures) -> dict[str, Any]:
    return {
        "theme": theme,
        "threads": figures.threads,
        "left_out": figures.left_out,
        "answered": figures.answered,
        "answered_share": figures.answered_share,
        "answered_by_staff": figures.answered_by_staff,
        "answered_by_users": figures.answered_by_users,
        "accepted": figures.accepted,
        "accepted_share": figures.accepted_share,
        "accepted_by_staff": figures.accepted_by_staff,
        "accepted_by_users": figures.accepted_by_users,
        "unanswered_share": figures.unanswered_share,
        **_hours("reply_hours", figures.reply_hours),
        **_hours("accept_hours", figures.accept_hours),
        "unanswered": list(figures.unanswered),
    }


def _hours(name: str, value: Quartiles | None) -> dict[str, float | None]:
    values = (value.low, value.median, value.high) if value else (None,) * 3
    return {f"{name}_{part}": hours for part, hours in zip(("q1", "median", "q3"), values, strict=True)}


def _line(theme: str, figures: AnswerFigures) -> dict[str, Any]:
    """The row as people read it."""
    told = figures.accepted_by_staff + figures.accepted_by_users
    return {
        "theme": theme,
        "threads": figures.threads,
        "no reply": figures.unanswered_share,
        "accepted": figures.accepted_share,
        "by staff": figures.accepted_by_staff / told if told else None,
        "reply": _time(figures.reply_hours),
        "accept": _time(figures.accept_hours),
    }


def _time(value: Quartiles | None) -> str | None:
    """The median as people read it."""
    if value is None:
        return None
    return f"{value.median:.1f} h" if value.median < _DAYS_FROM else f"{value.median / 24:.1f} d"
