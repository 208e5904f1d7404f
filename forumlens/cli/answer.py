"""Commands that answer from the store: trends, status."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from classifier.trend.periods import Period, moving_mean, series_by
from forumlens.cli.asking import check_label, families_of, months_of, subject_of
from forumlens.cli.assemble import open_store
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.forum import verify_forum
from forumlens.cli.options import DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_json, print_record, print_rows, say
from forumlens.cli.settings import load_settings
from scraper.forum import Completeness
from store import assignments, holdings, topics
from store.months import format_month
from store.sources import holds_authored
from store.values import Coverage, StoreCounts, TrendPoint


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("trends")(show_trends)
    app.command()(status)


def show_trends(
    label: Annotated[str | None, typer.Option(help="Leaf id, for example memory-performance/memory.")] = None,
    category: Annotated[str | None, typer.Option(help="Category id, for example memory-performance.")] = None,
    topic: Annotated[int | None, typer.Option(help="Topic id, as `forumlens topics` gives it.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Model family, for example llama; repeatable.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Month to stop before, YYYY-MM.")] = None,
    per_family: Annotated[bool, typer.Option("--per-family", help="One series for each family.")] = False,
    forum_category: Annotated[str | None, typer.Option(help="Category of the forum.")] = None,
    by: Annotated[Period, typer.Option("--by", help="Length of the periods; a week begins on Monday.")] = Period.MONTH,
    smooth: Annotated[bool, typer.Option("--smooth", help="Add the moving mean of three periods.")] = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Threads of a theme by month, quarter or week, beside uploads. `-` is unknown, never 0.

    Example: forumlens trends --label memory-performance/memory --family llama --family gpt2 --from 2024-01
    """
    if per_family and not family:
        raise BadInputError("--per-family needs --family: name the families that shall have a series each")
    first, last = months_of(start, end)
    settings = load_settings(database_url=database)
    check_label(settings, label, category, topic)
    with open_store(settings) as db:
        subject = subject_of(db, label or category, topic, forum_category)
        if subject.label and assignments.current_bundle(db) is None:
            raise NotMadeYetError("no post of the store is labelled yet: run `forumlens fit` and `forumlens assign`")
        families = families_of(settings, db, family or [])
        groups = [(name,) for name in families] if per_family and families else [families]
        bundle, run, now = assignments.current_bundle(db), topics.current_topic_run(db), datetime.now(UTC)
        series = [series_by(by, db, bundle, run, subject, group, first, last, now=now) for group in groups]
        if holds_authored(db):
            say("[yellow]Authored sample data, not mined.[/yellow]")
    line = _trend_line if form is Format.TABLE else _trend_row
    rows = [
        line(group, point, by, len(groups) > 1) | ({"smoothed": mean} if smooth else {})
        for group, points in zip(groups, series, strict=True)
        for point, mean in zip(points, moving_mean(points), strict=True)
    ]
    print_rows(rows, form, title=_trend_title(label or category or forum_category, topic, family))


def status(
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare with the forum's sitemap: names missing threads, exit status 1.")
    ] = False,
    forum: Annotated[str | None, typer.Option(help="Forum to verify. \\[default: the one that was crawled]")] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Requests a second, for --verify.")] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """What the store holds and which span each source covers; with --verify, whether anything of the forum is missing.

    Example: forumlens status --format json
    """
    settings = load_settings(database_url=database, rate=rate)
    with open_store(settings) as db:
        found = holdings.counts(db, assignments.current_bundle(db), topics.current_topic_run(db))
        report = _status(found, assignments.current_bundle(db), topics.current_topic_run(db))
        compared = verify_forum(settings, db, forum) if verify else None
    if form is Format.JSON:
        print_json(report | ({"completeness": asdict(compared)} if compared else {}))
    else:
        figures = {name: value for name, value in report.items() if not isinstance(value, list | dict)}
        print_record(figures, form, title="Store")
    if form is Format.TABLE:
        print_rows(report["sources"], form, title="Sources")
        if compared:
            _print_completeness(compared)
    if compared and compared.missing:
        raise typer.Exit(1)


def _print_completeness(found: Completeness) -> None:
    figures = {"sitemap": found.sitemap, "stored": found.stored, "missing": len(found.missing)}
    print_record(figures | {"not in the sitemap": len(found.surplus)}, Format.TABLE, title="Beside the sitemap")
    if found.missing:
        rows = [{"missing thread": key, "what is known": why} for key, why in found.missing]
        print_rows(rows, Format.TABLE)


def _trend_row(families: tuple[str, ...], point: TrendPoint, by: Period, _per_family: bool) -> dict[str, Any]:
    return {
        **({"families": list(families)} if families else {}),
        by.value: _named(point, by),
        "threads": point.threads,
        "all_threads": point.all_threads,
        "share": point.share,
        "expected": point.expected_threads,
        "labelled": point.labelled_threads,
        "none": point.none_threads,
        "abstained": point.abstained_threads,
        "abstained_share": point.abstained_share,
        "uploads": point.uploads,
        "all_uploads": point.all_uploads,
        "upload_share": point.upload_share,
        "with_card": point.uploads_with_card,
        "card_share": point.card_share,
        "downloads": point.downloads,
        "partial": point.partial,
        "forum_coverage": point.forum_coverage.value,
        "hub_coverage": point.hub_coverage.value,
    }


def _trend_line(families: tuple[str, ...], point: TrendPoint, by: Period, per_family: bool) -> dict[str, Any]:
    """The row as people read it: what is the same in most months is told only where it is not."""
    remarks = [
        "partial" if point.partial else "",
        f"forum: {point.forum_coverage.value}" if point.forum_coverage is not Coverage.FULL else "",
        f"hub: {point.hub_coverage.value}" if point.hub_coverage is not Coverage.FULL else "",
    ]
    return {
        **({"family": families[0]} if per_family else {}),
        by.value: _named(point, by),
        "threads": point.threads,
        "of": point.all_threads,
        "share": point.share,
        **({"expected": point.expected_threads} if point.expected_threads is not None else {}),
        "unsure": point.abstained_share,
        "uploads": point.uploads,
        "of all": point.all_uploads,
        "with card": point.uploads_with_card,
        "remarks": ", ".join(filter(None, remarks)),
    }


def _named(point: TrendPoint, by: Period) -> str:
    """A week by its Monday, others by their first month."""
    return point.start.date().isoformat() if by is Period.WEEK else format_month(point.month)


def _trend_title(label: str | None, topic: int | None, families: list[str] | None) -> str:
    subject = label or (f"topic {topic}" if topic is not None else "all")
    return f"Threads: {subject}" + (f", mentioning {' or '.join(families)}" if families else "")


def _status(found: StoreCounts, bundle: str | None, run: str | None) -> dict[str, Any]:
    figures = asdict(found)
    figures["sources"] = [
        {
            "kind": source.kind.value,
            "name": source.name,
            "authored": source.authored,
            "covered_from": source.covered_from.isoformat() if source.covered_from else None,
            "covered_to": source.covered_to.isoformat() if source.covered_to else None,
        }
        for source in found.sources
    ]
    return figures | {"bundle": bundle, "topic_run": run}
