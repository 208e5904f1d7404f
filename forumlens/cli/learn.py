"""Commands of the classifier: fit, assign, classify."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.mentions import Registry
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
    say_quality,
)
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import (
    BundleFlag,
    DatabaseFlag,
    EncoderFlag,
    ExamplesFlag,
    FamiliesFlag,
    FormatFlag,
    QualityFlag,
)
from forumlens.cli.output import Format, print_record, progress, say
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.training import Training, load_training, with_reviews
from store import holdings
from store.database import Database
from store.values import Classification, Label, PostInput

if TYPE_CHECKING:
    from classifier.bundle import Bundle
    from classifier.embedder import Embedder

_POSTS_AT_ONCE = 64


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(fit)
    app.command("assign")(assign_labels)
    app.command()(classify)


def fit(
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    taxonomy: Annotated[
        Path | None, typer.Option(help="Taxonomy (TOML). \\[default: the one that comes along]")
    ] = None,
    examples: ExamplesFlag = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write. \\[default: bundle]")] = None,
    quality: QualityFlag = None,
    encoder: EncoderFlag = None,
    reviews: Annotated[bool, typer.Option(help="Learn from what people said of the store's posts, too.")] = True,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Learn the labels from examples and write a bundle. Nothing is done if the folder holds the same fit already.

    Example: forumlens fit --examples bundled --examples my-posts.jsonl --out bundle
    """
    settings = load_settings(database_url=database, bundle=out, quality=quality, encoder=encoder)
    known = open_taxonomy(taxonomy)
    wanted = [*(examples or []), *(more or [])]
    if taxonomy is not None and not wanted:
        raise BadInputError("--taxonomy needs --examples: give labelled rows for its leaves")
    say_quality(settings)
    embedder = open_encoder(settings)
    rows = load_training(wanted, known, embedder)
    with open_store(settings) as db:
        rows = with_reviews(db, rows, known) if reviews else rows
        bundle = fit_once(settings, db, embedder, known, rows)
    print_record(_fit_row(bundle, rows), form, title=f"Bundle in {settings.bundle}, held-out figures")


def fit_once(settings: Settings, db: Database, encoder: Embedder, taxonomy: Taxonomy, rows: Training) -> Bundle:
    """The bundle of these rows: the one that is in the folder if it is of the same fit, else a new one."""
    from classifier.bundle import MANIFEST, load_bundle  # scikit-learn and torch take seconds to import
    from classifier.fit import fit_bundle, fit_key
    from classifier.settings import Settings as FitSettings

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


def assign_labels(
    bundle: BundleFlag = None,
    families: FamiliesFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Label what is new in the store, and note which model families it mentions.

    Example: forumlens assign --bundle bundle
    """
    settings = load_settings(database_url=database, bundle=bundle, families=families)
    registry = load_registry(settings)
    with open_store(settings) as db:
        labelled, mentioned = assign_all(db, open_bundle(settings, db), registry)
    record = {
        "threads": labelled.threads,
        "posts": labelled.posts,
        "classified": labelled.classified,
        "threads_mentioning_a_family": mentioned.mentioning,
    }
    print_record(record, form, title="Newly read")


def assign_all(db: Database, bundle: Bundle, registry: Registry) -> tuple[AssignSummary, MentionSummary]:
    """Both stages with a bar each."""
    threads = holdings.counts(db, None).threads
    with progress("Labels: threads", total=threads) as advance:
        labelled = assign(db, bundle, advance)
    with progress("Families: threads", total=threads) as advance:
        mentioned = find_mentions(db, registry, advance)
    return labelled, mentioned


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
        fitted = open_bundle(settings, db)
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
