"""Commands on root causes: learn them, read them from answered threads, and show them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.causes import CauseSummary, assign_causes
from classifier.rows import read_examples
from classifier.taxonomy import load_taxonomy
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
from forumlens.cli.assemble import open_bundle, open_encoder_in_use, open_store
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.learn import fit_once
from forumlens.cli.options import BundleFlag, DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_record, print_rows, progress, say, summary_row
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.training import Training
from labeled import files
from store import assignments, holdings
from store.causes import CauseShares, current_causes, list_causes, query_causes
from store.database import Database
from store.sources import holds_authored
from store.themes import ThemeKind

if TYPE_CHECKING:
    from classifier.bundle import Bundle
    from classifier.embedder import Embedder

EXPERIMENTAL = (
    "[yellow]Experimental:[/yellow] root causes are learned from few authored pairs and are often wrong; "
    "docs/evaluation.md tells how often."
)
_OPEN = "(left open)"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Root causes of answered threads (experimental): why a question had to be asked.")
    group.command("fit")(fit_causes)
    group.command("assign")(assign)
    group.command("shares")(show_shares)
    group.command("list")(show_threads)
    app.add_typer(group, name="causes", no_args_is_help=True)


def fit_causes(bundle: BundleFlag = None, form: FormatFlag = Format.TABLE, database: DatabaseFlag = None) -> None:
    """Learn root causes from the authored pairs that come along, into a bundle beside that of the labels.

    Example: forumlens causes fit
    """
    settings = load_settings(database_url=database, bundle=bundle)
    with open_store(settings) as db:
        fitted = fit_beside(settings, db, open_encoder_in_use(settings))
    held_out = fitted.manifest["metrics"]["held_out"]
    record = {
        "bundle": fitted.id,
        "taxonomy": fitted.taxonomy.ref,
        "examples": fitted.manifest["data"]["examples"],
        "group_top1": held_out["category"]["top1"],
        "leaf_top1": held_out["leaf"]["top1"],
        "abstained": held_out["abstention_rate"],
    }
    print_record(record, form, title=f"Bundle in {folder_beside(settings.bundle)}, held-out figures")
    say(EXPERIMENTAL)


def assign(bundle: BundleFlag = None, form: FormatFlag = Format.TABLE, database: DatabaseFlag = None) -> None:
    """Read the root causes of threads that are new or changed and have an accepted or confirmed answer.

    Example: forumlens causes assign
    """
    settings = load_settings(database_url=database, bundle=bundle)
    beside = settings.model_copy(update={"bundle": folder_beside(settings.bundle)})
    if not beside.bundle.exists():
        raise NotMadeYetError(f"no bundle at {beside.bundle}: run `forumlens causes fit`")
    with open_store(settings) as db:
        summary = assign_all_causes(db, open_bundle(beside, db))
    print_record(summary_row(summary), form, title="Newly read")
    say(EXPERIMENTAL)


def show_shares(
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
    """Which root causes lie under which themes: a row for each theme and cause, with its share of the theme.

    Example: forumlens causes shares --by category
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        scope = scope_of(settings, db, by, label, category, topic, family, forum_category, start, end)
        found = query_causes(db, _current(db), scope, by)
        _say_caveats(db)
    rows = [row for theme, shares in found.items() for row in _share_rows(theme, shares)]
    print_rows(rows, form, title="Root causes")


def show_threads(
    cause: Annotated[str | None, typer.Option(help="Leaf of the causes, for example hub/bug.")] = None,
    label: LabelFlag = None,
    category: CategoryFlag = None,
    topic: TopicFlag = None,
    family: FamilyFlag = None,
    forum_category: ForumCategoryFlag = None,
    start: FromFlag = None,
    end: ToFlag = None,
    limit: Annotated[int, typer.Option(min=1, help="Threads to show, surest first.")] = 30,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Threads with their root causes, surest first.

    Example: forumlens causes list --cause hub/documentation --limit 10
    """
    settings = load_settings(database_url=database)
    known = [leaf.id for leaf in load_taxonomy(files.causes()).leaves]
    if cause is not None and cause not in known:
        raise BadInputError(f"--cause {cause!r} is no root cause: there is {', '.join(known)}")
    with open_store(settings) as db:
        scope = scope_of(settings, db, ThemeKind.ALL, label, category, topic, family, forum_category, start, end)
        found = list_causes(db, _current(db), scope, cause, limit)
        _say_caveats(db)
    rows = [
        {"thread": item.thread_id, "cause": item.cause or _OPEN, "score": item.score, "title": item.title}
        | ({} if form is Format.TABLE else {"url": item.url})
        for item in found
    ]
    print_rows(rows, form, title="Threads and their root causes")


def fit_beside(settings: Settings, db: Database, encoder: Embedder) -> Bundle:
    """The bundle of root causes, kept beside that of the labels; fitted if it is not there or of another fit."""
    taxonomy = load_taxonomy(files.causes())
    rows = Training(read_examples(files.cause_examples(), taxonomy), None)
    beside = settings.model_copy(update={"bundle": folder_beside(settings.bundle)})
    return fit_once(beside, db, encoder, taxonomy, rows)


def assign_all_causes(db: Database, bundle: Bundle) -> CauseSummary:
    """The stage with a bar."""
    with progress("Root causes: threads", total=holdings.counts(db, None).threads) as advance:
        return assign_causes(db, bundle, assignments.current_bundle(db), advance)


def folder_beside(bundle: Path) -> Path:
    """Folder of the bundle of root causes that belongs to a bundle of labels."""
    return bundle.with_name(f"{bundle.name}-causes")


def _current(db: Database) -> str:
    found = current_causes(db)
    if found is None:
        raise NotMadeYetError("no root cause was read yet: run `forumlens causes fit` and `forumlens causes assign`")
    return found


def _say_caveats(db: Database) -> None:
    if holds_authored(db):
        say("[yellow]Authored sample data, not mined.[/yellow]")
    say(EXPERIMENTAL)


def _share_rows(theme: str, shares: CauseShares) -> list[dict[str, Any]]:
    counted = [*shares.causes, *([(_OPEN, shares.abstained)] if shares.abstained else [])]
    return [
        {"theme": theme, "cause": cause, "threads": number, "of": shares.threads, "share": number / shares.threads}
        for cause, number in counted
    ]
