"""The command that says how good the labels are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from forumlens.cli.assemble import open_bundle, open_encoder, open_store, remembering
from forumlens.cli.curves import COVERAGE, PICTURE, RELIABILITY, write_curves
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import BundleFlag, DatabaseFlag, ExamplesFlag, FormatFlag
from forumlens.cli.output import Format, say
from forumlens.cli.scores import print_confusions, print_differences, print_labels, print_measures
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.training import load_training
from store.database import Database
from store.values import Classification, PostInput

if TYPE_CHECKING:
    from classifier.bundle import Bundle

_BUNDLE = "bundle"


class Labeller(Protocol):
    """What answers for posts, in order: a bundle or a baseline."""

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        """Label posts."""
        ...


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(evaluate)


def evaluate(
    data: Annotated[Path, typer.Option("--data", exists=True, dir_okay=False, help="Gold rows, JSONL or CSV.")],
    bundle: BundleFlag = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            "--beside",
            help="Another bundle, for example of another seed: scored too, with the spread over all; repeatable.",
            show_default=False,
        ),
    ] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Fit and score three baselines too.")] = False,
    examples: ExamplesFlag = None,
    kind: Annotated[str | None, typer.Option(help="Count labels of this kind only, for example benefit.")] = None,
    least_support: Annotated[
        int, typer.Option(min=1, help="Posts that must require a label for it to count in macro-F1.")
    ] = 1,
    resamples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples; 0 for no intervals.")] = 1000,
    per_label: Annotated[bool, typer.Option("--per-label", help="A row for each label of the bundle.")] = False,
    confusions: Annotated[
        bool, typer.Option("--confusions", help="What the bundle gave in place of what, with ids of posts.")
    ] = False,
    compared: Annotated[
        bool, typer.Option("--differences", help="By how much the others score above the bundle, on the same draws.")
    ] = False,
    curves: Annotated[
        Path | None,
        typer.Option("--curves", help="Folder for reliability and risk-coverage, as CSV and SVG.", show_default=False),
    ] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Score the bundle on labelled rows: precision against what is accepted, recall against what is required.

    Figures come with 95 % bootstrap intervals; posts of one thread or repository are drawn together.

    Example: forumlens evaluate --data dev.jsonl --baselines --format json
    """
    from classifier.folds import group_of
    from classifier.gold import read_gold
    from classifier.measure import Choices, differences, measure  # scikit-learn takes seconds to import

    if per_label + confusions + compared > 1:
        raise BadInputError("--per-label, --confusions and --differences are tables of their own: ask for one of them")
    if compared and not (beside or baselines):
        raise BadInputError("--differences: there is nothing to compare with; name --beside BUNDLE or --baselines")
    settings = load_settings(database_url=database, bundle=bundle)
    choices = Choices(kind, least_support, resamples=resamples, seed=settings.seed)
    others = list(dict.fromkeys(beside or []))
    with open_store(settings) as db:
        fitted = open_bundle(settings, remembering(open_encoder(settings), db))
        posts, gold = read_gold(data, fitted.taxonomy)
        systems = _systems(settings, db, fitted, others, baselines, examples or [])
        answers = {name: system.classify(posts) for name, system in systems}
    groups = [group_of(post) for post in posts]
    found = {name: measure(given, gold, fitted.taxonomy, None, groups, choices) for name, given in answers.items()}
    if curves is not None:
        write_curves(curves, found)
        say(f"Wrote {RELIABILITY}, {COVERAGE} and {PICTURE} to {curves}.")
    first = next(iter(found.values()))
    if per_label:
        print_labels(first, form)
    elif confusions:
        print_confusions(first, form)
    elif compared:
        ours = answers.pop(_BUNDLE)
        above = {n: differences(ours, given, gold, fitted.taxonomy, groups, choices) for n, given in answers.items()}
        print_differences(above, form)
    else:
        print_measures(found, form, [_BUNDLE, *map(_beside, others)])


def _beside(path: Path) -> str:
    return f"{_BUNDLE} {path}"


def _systems(
    settings: Settings, db: Database, fitted: Bundle, beside: Sequence[Path], baselines: bool, examples: Sequence[str]
) -> Iterator[tuple[str, Labeller]]:
    """What is scored, by name: it answers `classify`."""
    from classifier.baselines import fit_baselines

    yield _BUNDLE, fitted
    for path in beside:
        other = open_bundle(settings.model_copy(update={"bundle": path}), fitted.embedder)
        if other.taxonomy != fitted.taxonomy:
            raise BadInputError(f"--beside {path}: is of another taxonomy; give bundles of {fitted.taxonomy.ref}")
        yield _beside(path), other
    if baselines:
        rows = load_training(examples, fitted.taxonomy, fitted.embedder)
        for model in fit_baselines(fitted.taxonomy, rows.examples, fitted.embedder, real=rows.real):
            yield model.name, model
