"""Commands that set talk beside uploads: themes, emerging, compare, divergences, crosstable."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from classifier.trend import questions
from classifier.trend.crossing import Crossing
from classifier.trend.direction import Direction, Trend
from classifier.trend.questions import Asked, Comparison, Tested, ThemeTrend, ThemeTrends
from forumlens.cli.asking import FromFlag, ToFlag, check_themes, families_of, months_of
from forumlens.cli.assemble import open_store
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.options import DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_rows, say
from forumlens.cli.settings import load_settings
from store.assignments import current_bundle
from store.database import Database
from store.documentation import METADATA_FIELDS, Documentation, DocumentedBy, documentation
from store.months import format_month
from store.sources import all_sources
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
    with open_store(load_settings(database_url=database)) as db:
        named = families_of(db, subject or []) if kind is ThemeKind.FAMILY else tuple(subject or [])
        asked = _asked(db, kind, start, end)
        check_themes(db, asked, kind, named)
        found = questions.compare_with_uploads(db, asked, kind, named, tested)
    rows = [_comparison(one) if form is Format.TABLE else _full(one) for one in found.subjects]
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
    rows = [_comparison(one) if form is Format.TABLE else _full(one) for one in apart]
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
    rows = [_cell(cell) if form is Format.TABLE else asdict(cell) for cell in found.cells]
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
    print_rows([_documented(row, form) for row in rows], form, f"Documentation of uploads, by {by.value}")
    if rows and not any(row.cards_read for row in rows):
        say("No card was read yet: `forumlens scrape hub --cards 1000` reads a sample")


def _documented(row: Documentation, form: Format) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "models": row.models,
        "with card": row.with_card,
        "share": row.card_share,
        "read": row.cards_read,
        "words": row.words,
        "sections": row.sections,
        "unfilled": row.placeholders,
        "complete": row.completeness,
        **({name: row.gives.get(name) for name in METADATA_FIELDS} if form is not Format.TABLE else {}),
    }


def _asked(db: Database, kind: ThemeKind, start: str | None, end: str | None) -> Asked:
    first, last = months_of(start, end)
    bundle, run = current_bundle(db), current_topic_run(db)
    if kind in (ThemeKind.LEAF, ThemeKind.CATEGORY) and bundle is None:
        raise NotMadeYetError("no post of the store is labelled yet: run `forumlens fit` and `forumlens assign`")
    if kind is ThemeKind.TOPIC and run is None:
        raise NotMadeYetError("the store has no topics yet: run `forumlens topics`")
    if any(source.authored for source in all_sources(db)):
        say("[yellow]Authored sample data, not mined.[/yellow]")
    return Asked(bundle, run, datetime.now(UTC), first, last)


def _months(months: range) -> str:
    return f"{format_month(months.start)} to {format_month(months.stop - 1)}" if months else "no whole month"


def _print_themes(found: ThemeTrends, form: Format, title: str) -> None:
    if form is Format.TABLE:
        print_rows([_theme(one) for one in found.themes], form, title)
    else:
        print_rows([_theme_in_full(found, one) for one in found.themes], form)


def _theme(one: ThemeTrend) -> dict[str, Any]:
    return {
        "theme": one.theme,
        "recent": one.shift.recent,
        "share": one.shift.recent_share,
        "before": one.shift.before_share,
        "p": one.shift.p_adjusted,
        "trend": one.direction.trend.value,
        "p of trend": None if one.direction.trend is Trend.UNKNOWN else one.direction.p_adjusted,
        "threads": sum(one.threads),
        **({"read": list(one.evidence)} if one.evidence else {}),
    }


def _theme_in_full(found: ThemeTrends, one: ThemeTrend) -> dict[str, Any]:
    return {
        "theme": one.theme,
        "from": format_month(found.months.start),
        "to": format_month(found.months.stop),
        "recent_months": found.recent,
        **asdict(one.shift),
        "tested": one.tested.value,
        **_flat_direction("", one.direction),
        "changes": [format_month(found.months.start + point.position) for point in one.changes],
        "threads": list(one.threads),
        "expected": [round(value, 3) for value in one.expected],
        "evidence": list(one.evidence),
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "threads": sum(one.threads),
        "talk": one.talk.trend.value,
        "uploads": sum(one.uploads),
        "uploading": one.uploading.trend.value,
        "rho": one.correlation.rho if one.correlation else None,
        "talk leads by": one.lead.lag if one.lead and one.lead.p_adjusted < 0.05 else None,
        "divergence": one.divergence.value if one.divergence else "",
    }


def _full(one: Comparison) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "divergence": one.divergence.value if one.divergence else "",
        **_flat_direction("talk_", one.talk),
        **_flat_direction("uploading_", one.uploading),
        **{
            name: getattr(one.correlation, field, None)
            for name, field in (("rho", "rho"), ("rho_p", "p"), ("rho_low", "low"), ("rho_high", "high"))
        },
        "lead_months": one.lead.lag if one.lead else None,
        "lead_correlation": one.lead.correlation if one.lead else None,
        "lead_p_adjusted": one.lead.p_adjusted if one.lead else None,
        "threads": list(one.threads),
        "uploads": list(one.uploads),
    }


def _flat_direction(prefix: str, one: Direction) -> dict[str, Any]:
    values = {name: value for name, value in asdict(one).items() if name not in ("months", "total")}
    return {f"{prefix}{name}": value for name, value in (values | {"trend": one.trend.value}).items()}


def _cell(cell: Crossing) -> dict[str, Any]:
    return {
        "theme": cell.theme,
        "family": cell.family,
        "threads": cell.threads,
        "lift": cell.lift,
        "p": cell.p_adjusted,
        "share of family": cell.share,
        "recently": cell.recent_share,
        "p of change": cell.p_change,
    }
