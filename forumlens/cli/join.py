"""Commands that set talk beside uploads: themes, emerging, compare, divergences, crosstable."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from classifier.trend import questions
from classifier.trend.questions import Asked, Tested, ThemeTrends
from forumlens.cli.asking import FromFlag, ToFlag, check_themes, families_of, months_of
from forumlens.cli.assemble import open_store
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.options import DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_rows, say
from forumlens.cli.rows import (
    brief_comparison,
    brief_crossing,
    brief_documentation,
    brief_theme,
    comparison_row,
    documentation_row,
    theme_row,
)
from forumlens.cli.settings import load_settings
from store.assignments import current_bundle
from store.database import Database
from store.documentation import DocumentedBy, documentation
from store.months import format_month
from store.sources import holds_authored
from store.themes import ThemeKind
from store.topics import current_topic_run

KindFlag = Annotated[ThemeKind, typer.Option("--kind", help="What a theme is.")]
RecentFlag = Annotated[int, typer.Option("--recent", min=1, max=120, help="Whole months that count as recent.")]
LeastFlag = Annotated[int, typer.Option("--least", min=1, help="Threads that are the least to tell of.")]
SharesFlag = Annotated[bool, typer.Option("--shares", help="Test shares of all threads and uploads, not counts.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(themes)
    app.command()(emerging)
    app.command()(compare)
    app.command()(divergences)
    app.command()(crosstable)
    app.command("documentation")(show_documentation)


def themes(
    kind: KindFlag = ThemeKind.CATEGORY,
    start: FromFlag = None,
    end: ToFlag = None,
    recent: RecentFlag = 3,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """How every theme moves: the last whole months against those before, and the trend with its test.

    Example: forumlens themes --kind leaf --recent 6
    """
    with open_store(load_settings(database_url=database)) as db:
        found = questions.theme_trends(db, _asked(db, kind, start, end), kind, recent)
    _print_themes(found, form, f"Themes ({kind.value}), {_months(found.months)}, the last {found.recent} recent")


def emerging(
    kind: KindFlag = ThemeKind.TOPIC,
    start: FromFlag = None,
    end: ToFlag = None,
    recent: RecentFlag = 3,
    least: LeastFlag = 5,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Themes that are new or take a bigger share of the threads than before, beyond chance, with threads to read.

    Example: forumlens emerging --kind topic --recent 6
    """
    with open_store(load_settings(database_url=database)) as db:
        found = questions.emerging_themes(db, _asked(db, kind, start, end), kind, recent, least)
    _print_themes(found, form, f"Emerging ({kind.value}), {_months(found.months)}, the last {found.recent} recent")


def compare(
    subject: Annotated[list[str] | None, typer.Argument(help="Families or other themes. \\[default: all]")] = None,
    kind: KindFlag = ThemeKind.FAMILY,
    start: FromFlag = None,
    end: ToFlag = None,
    shares: SharesFlag = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Threads beside uploads: how both move, go together, and which comes first. Families beside their own uploads.

    Example: forumlens compare bert llama whisper
    """
    tested = Tested.SHARE if shares else Tested.COUNT
    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        named = families_of(settings, db, subject or []) if kind is ThemeKind.FAMILY else tuple(subject or [])
        asked = _asked(db, kind, start, end)
        check_themes(db, asked, kind, named)
        found = questions.compare_with_uploads(db, asked, kind, named, tested)
    rows = [brief_comparison(one) if form is Format.TABLE else comparison_row(one) for one in found.subjects]
    print_rows(rows, form, f"Talk beside uploads ({tested.value}), {_months(found.months)}")


def divergences(
    start: FromFlag = None,
    end: ToFlag = None,
    shares: SharesFlag = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Families whose talk falls while their uploads rise, and the reverse; the widest apart first.

    Example: forumlens divergences --from 2022-03 --format csv
    """
    with open_store(load_settings(database_url=database)) as db:
        asked = _asked(db, ThemeKind.FAMILY, start, end)
        found = questions.compare_with_uploads(db, asked, tested=Tested.SHARE if shares else Tested.COUNT)
    apart = questions.divergences(found)
    rows = [brief_comparison(one) if form is Format.TABLE else comparison_row(one) for one in apart]
    print_rows(rows, form, f"Talk and uploads part ({found.tested.value}), {_months(found.months)}")
    if not apart:
        say(f"None of {len(found.subjects)} families: see `forumlens compare` for how each moves")


def crosstable(
    kind: KindFlag = ThemeKind.LEAF,
    start: FromFlag = None,
    end: ToFlag = None,
    recent: RecentFlag = 12,
    least: LeastFlag = 5,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Which themes are about which model families: lift over chance, and how that moved in the last months.

    Example: forumlens crosstable --kind category --least 10
    """
    if kind in (ThemeKind.FAMILY, ThemeKind.FORUM_CATEGORY):
        raise BadInputError(f"--kind {kind.value} is not crossed with families: give leaf, category or topic")
    with open_store(load_settings(database_url=database)) as db:
        found = questions.cross_table(db, _asked(db, kind, start, end), kind, recent, least)
    rows = [brief_crossing(cell) if form is Format.TABLE else asdict(cell) for cell in found.cells]
    print_rows(rows, form, f"Themes and families, {_months(found.months)}, {found.every} threads")


def show_documentation(
    by: Annotated[DocumentedBy, typer.Option("--by", help="What models are put together by.")] = DocumentedBy.FAMILY,
    start: FromFlag = None,
    end: ToFlag = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Models that are the least to tell of.")] = 1,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """How well uploads are documented: cards, and of those that were read their length, sections and metadata.

    Example: forumlens documentation --by task --least 20
    """
    with open_store(load_settings(database_url=database)) as db:
        rows = documentation(db, by, *months_of(start, end), least)
    shape = brief_documentation if form is Format.TABLE else documentation_row
    print_rows([shape(row) for row in rows], form, f"Documentation of uploads, by {by.value}")
    if rows and not any(row.cards_read for row in rows):
        say("No card was read yet: `forumlens scrape hub --cards 1000` reads a sample")


def _asked(db: Database, kind: ThemeKind, start: str | None, end: str | None) -> Asked:
    first, last = months_of(start, end)
    bundle, run = current_bundle(db), current_topic_run(db)
    if kind in (ThemeKind.LEAF, ThemeKind.CATEGORY) and bundle is None:
        raise NotMadeYetError("no post of the store is labelled yet: run `forumlens fit` and `forumlens assign`")
    if kind is ThemeKind.TOPIC and run is None:
        raise NotMadeYetError("the store has no topics yet: run `forumlens topics`")
    if holds_authored(db):
        say("[yellow]Authored sample data, not mined.[/yellow]")
    return Asked(bundle, run, datetime.now(UTC), first, last)


def _months(months: range) -> str:
    return f"{format_month(months.start)} to {format_month(months.stop - 1)}" if months else "no whole month"


def _print_themes(found: ThemeTrends, form: Format, title: str) -> None:
    if form is Format.TABLE:
        print_rows([brief_theme(one) for one in found.themes], form, title)
    else:
        print_rows([theme_row(found, one) for one in found.themes], form)
