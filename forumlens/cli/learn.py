"""Commands of the classifier: fit, assign, evaluate, classify."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.rows import RowError, read_posts
from classifier.stages import AssignSummary, MentionSummary, assign, find_mentions
from classifier.taxonomy import Taxonomy
from forumlens.cli.assemble import (
    load_registry,
    open_bundle,
    open_encoder,
    open_store,
    open_taxonomy,
    remembering,
)
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import BundleFlag, DatabaseFlag, ExamplesFlag, FormatFlag
from forumlens.cli.output import Format, print_json, print_record, print_rows, progress, say
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.training import Training, load_training
from store import trends
from store.database import Database
from store.values import Classification, Label, PostInput

if TYPE_CHECKING:
    from classifier.bundle import Bundle
    from classifier.embedder import Embedder
    from classifier.evaluate import Report

_POSTS_AT_ONCE = 64


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(fit)
    app.command("assign")(assign_labels)
    app.command()(evaluate)
    app.command()(classify)


def fit(
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    taxonomy: Annotated[
        Path | None, typer.Option(help="Taxonomy (TOML). \\[default: the one that comes along]")
    ] = None,
    examples: ExamplesFlag = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write. \\[default: bundle]")] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Learn the labels from examples and write a bundle. Nothing is done if the folder holds the same fit already.

    Example: forumlens fit --examples bundled --examples my-posts.jsonl --out bundle
    """
    settings = load_settings(database_url=database, bundle=out)
    known = open_taxonomy(taxonomy)
    wanted = [*(examples or []), *(more or [])]
    if taxonomy is not None and not wanted:
        raise BadInputError("--taxonomy needs --examples: give labelled rows for its leaves")
    encoder = open_encoder(settings)
    rows = load_training(wanted, known, encoder)
    with open_store(settings) as db:
        bundle = fit_once(settings, db, encoder, known, rows)
    print_record(_fit_row(bundle, rows), form, title=f"Bundle in {settings.bundle}, held-out figures")


def fit_once(settings: Settings, db: Database, encoder: Embedder, taxonomy: Taxonomy, rows: Training) -> Bundle:
    """The bundle of these rows: the one that is in the folder if it is of the same fit, else a new one."""
    from classifier.bundle import MANIFEST, load_bundle  # scikit-learn and torch take seconds to import
    from classifier.fit import fit_bundle, fit_key
    from classifier.refiner import Settings as FitSettings

    key = fit_key(taxonomy, rows.examples, encoder.key, FitSettings(seed=settings.seed), rows.real)
    if (settings.bundle / MANIFEST).is_file():
        manifest = json.loads((settings.bundle / MANIFEST).read_text("utf-8"))
        if manifest.get("fit_key") == key:
            say("The bundle is of the same examples, encoder and settings: kept.")
            return load_bundle(settings.bundle, remembering(encoder, db))
    with progress(f"Fit on {rows}: texts") as advance:
        embedder = remembering(encoder, db, advance)
        bundle = fit_bundle(taxonomy, rows.examples, embedder, seed=settings.seed, real=rows.real)
    bundle.save(settings.bundle)
    return bundle.with_embedder(remembering(encoder, db))


def assign_labels(bundle: BundleFlag = None, form: FormatFlag = Format.TABLE, database: DatabaseFlag = None) -> None:
    """Label what is new in the store, and note which model families it mentions.

    Example: forumlens assign --bundle bundle
    """
    settings = load_settings(database_url=database, bundle=bundle)
    with open_store(settings) as db:
        labelled, mentioned = assign_all(db, open_bundle(settings, remembering(open_encoder(settings), db)))
    record = {
        "threads": labelled.threads,
        "posts": labelled.posts,
        "classified": labelled.classified,
        "threads_mentioning_a_family": mentioned.mentioning,
    }
    print_record(record, form, title="Newly read")


def assign_all(db: Database, bundle: Bundle) -> tuple[AssignSummary, MentionSummary]:
    """Both stages with a bar each."""
    threads = trends.counts(db, None).threads
    with progress("Labels: threads", total=threads) as advance:
        labelled = assign(db, bundle, advance)
    with progress("Families: threads", total=threads) as advance:
        mentioned = find_mentions(db, load_registry(), advance)
    return labelled, mentioned


def evaluate(
    data: Annotated[Path, typer.Option("--data", exists=True, dir_okay=False, help="Gold rows, JSONL or CSV.")],
    bundle: BundleFlag = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Fit and score three baselines too.")] = False,
    examples: ExamplesFlag = None,
    kind: Annotated[str | None, typer.Option(help="Count labels of this kind only, for example benefit.")] = None,
    per_label: Annotated[bool, typer.Option("--per-label", help="A row for each label of the bundle.")] = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Score the bundle on labelled rows: precision against what is accepted, recall against what is required.

    Example: forumlens evaluate --data dev.jsonl --baselines --format json
    """
    from classifier import evaluate as scoring  # scikit-learn takes seconds to import
    from classifier.baselines import fit_baselines
    from classifier.gold import read_gold

    settings = load_settings(database_url=database, bundle=bundle)
    with open_store(settings) as db:
        fitted = open_bundle(settings, remembering(open_encoder(settings), db))
        posts, gold = read_gold(data, fitted.taxonomy)
        reports = {"bundle": scoring.evaluate(fitted.classify(posts), gold, fitted.taxonomy, kind)}
        if baselines:
            rows = load_training(examples or [], fitted.taxonomy, fitted.embedder)
            for model in fit_baselines(fitted.taxonomy, rows.examples, fitted.embedder, real=rows.real):
                reports[model.name] = scoring.evaluate(model.classify(posts), gold, fitted.taxonomy, kind)
    _print_reports(reports, form, per_label)


def classify(
    file: Annotated[
        typer.FileText,
        typer.Argument(metavar="FILE|-", encoding="utf-8", help="Posts, a JSON object a line; - is standard input."),
    ],
    bundle: BundleFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Label posts: JSON Lines in (id, title, body, and what is known of the thread), JSON Lines out, in order.

    Example: echo '{"id": "1", "title": "OOM", "body": "CUDA out of memory in from_pretrained"}' | forumlens classify -
    """
    settings = load_settings(database_url=database, bundle=bundle)
    with open_store(settings) as db:
        fitted = open_bundle(settings, remembering(open_encoder(settings), db))
        kinds = {label.id: label for label in fitted.taxonomy.labels}
        for some in _batches(read_posts(file, file.name)):
            for answer in fitted.classify(some):
                sys.stdout.write(json.dumps(_answer(answer, kinds), ensure_ascii=False) + "\n")
            sys.stdout.flush()


def _batches(posts: Iterator[PostInput]) -> Iterator[list[PostInput]]:
    """Posts in batches; those before a row that cannot be read still come, then its error."""
    some: list[PostInput] = []
    problem: Exception | None = None
    while problem is None:
        try:
            some.append(next(posts))
        except StopIteration:
            break
        except (RowError, UnicodeDecodeError) as error:
            problem = error
        if len(some) == _POSTS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
    if isinstance(problem, UnicodeDecodeError):
        raise BadInputError(f"FILE is not UTF-8 ({problem}): convert it, for example with iconv -t utf-8") from problem
    if problem is not None:
        raise problem


def _answer(answer: Classification, kinds: dict[str, Label]) -> dict[str, Any]:
    return {
        "id": answer.id,
        "labels": [
            {"id": label, "kind": kinds[label].kind, "score": round(score, 4)} for label, score in answer.labels
        ],
        "ranked": [label for label, _ in answer.ranked],
        "abstained": answer.abstained,
    }


def _fit_row(bundle: Bundle, rows: Training) -> dict[str, Any]:
    held_out = bundle.manifest["metrics"]["held_out"]
    return {
        "bundle": bundle.id,
        "taxonomy": bundle.taxonomy.ref,
        "examples": len(rows.examples),
        "real_posts": len(rows.real.rows) if rows.real else 0,
        "category_micro_f1": held_out["category"]["micro_f1"],
        "category_macro_f1": held_out["category"]["macro_f1"],
        "leaf_micro_f1": held_out["leaf"]["micro_f1"],
        "category_top3": held_out["category"]["top3"],
        "abstained": held_out["abstention_rate"],
    }


def _print_reports(reports: dict[str, Report], form: Format, per_label: bool) -> None:
    if form is Format.JSON:
        print_json({name: report.to_json() for name, report in reports.items()})
        return
    if per_label:
        report = reports["bundle"]
        rows = [
            {
                "level": name,
                "label": score.label,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                "support": score.support,
            }
            for name, level in (("category", report.category), ("leaf", report.leaf))
            for score in level.per_label
        ]
    else:
        rows = [_report_row(name, report) for name, report in reports.items()]
    print_rows(rows, form, title=f"{reports['bundle'].n} texts")


def _report_row(name: str, report: Report) -> dict[str, Any]:
    return {
        "system": name,
        "category_micro_f1": report.category.micro_f1,
        "category_macro_f1": report.category.macro_f1,
        "category_top3": report.category.top3,
        "leaf_micro_f1": report.leaf.micro_f1,
        "leaf_macro_f1": report.leaf.macro_f1,
        "leaf_top3": report.leaf.top3,
        "abstained": report.abstention_rate,
        "none_left_unlabelled": f"{report.none_left_unlabelled}/{report.none_texts}",
    }
