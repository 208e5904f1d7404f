"""The command that says how good the labels are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from forumlens.cli.assemble import open_bundle, open_store
from forumlens.cli.curves import COVERAGE, PICTURE, RELIABILITY, write_curves
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import BundleFlag, DatabaseFlag, ExamplesFlag, FormatFlag
from forumlens.cli.output import Format, say
from forumlens.cli.reviewing import print_rounds
from forumlens.cli.scores import print_confusions, print_differences, print_labels, print_measures
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.training import load_training
from store.database import Database
from store.values import Classification, PostInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.bundle import Bundle
    from classifier.intervals import Figure
    from classifier.measure import Choices, Measures
    from classifier.taxonomy import Taxonomy

_BUNDLE = "bundle"


class Labeller(Protocol):
    """What answers for posts, in order: a bundle or a baseline."""

    def judge(self, posts: Sequence[PostInput]) -> tuple[list[Classification], NDArray[np.float32]]:
        """Label posts; also the scores of categories, [n, c]."""
        ...


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(evaluate)


def evaluate(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            exists=True,
            dir_okay=False,
            help="Gold rows, JSONL or CSV. \\[default: the posts of the fit, as held out]",
            show_default=False,
        ),
    ] = None,
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
    rounds: Annotated[
        bool, typer.Option("--rounds", help="What each round of reviews brought, on the posts that people judged.")
    ] = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Score the bundle on labelled rows: precision against what is accepted, recall against what is required.

    Without --data: on the posts it was fitted on, answered by models that saw no post of the same owner or thread.
    Figures come with 95 % bootstrap intervals; posts of one thread or repository are drawn together.

    Example: forumlens evaluate --data dev.jsonl --baselines --format json
    """
    from classifier.measure import Choices  # scikit-learn takes seconds to import

    _check_asked(per_label + confusions + compared + rounds, compared and not (beside or baselines))
    settings = load_settings(database_url=database, bundle=bundle)
    choices = Choices(kind, least_support, resamples=resamples, seed=settings.seed)
    others = list(dict.fromkeys(beside or []))
    if data is None and (others or baselines):
        raise BadInputError("--beside and --baselines need --data: others have not seen the same posts held out")
    if rounds:
        with open_store(settings) as db:
            print_rounds(db, settings.bundle, open_bundle(settings, db), form)
        return
    with open_store(settings) as db:
        fitted = open_bundle(settings, db)
        if data is None:
            found = _measure_held_out(settings, fitted, choices)
        else:
            scored = _Scored(data, fitted.taxonomy)
            for name, system in _systems(settings, db, fitted, others, baselines, examples or []):
                scored.add(name, system)
            found = scored.measures(choices)
    if curves is not None:
        write_curves(curves, found)
        say(f"Wrote {RELIABILITY}, {COVERAGE} and {PICTURE} to {curves}.")
    first = next(iter(found.values()))
    if per_label:
        print_labels(first, form)
    elif confusions:
        print_confusions(first, form)
    elif compared:
        print_differences(scored.differences(choices), form)
    else:
        print_measures(found, form, [_BUNDLE, *map(_beside, others)] if others else [])


def _check_asked(tables: int, nothing_to_compare: bool) -> None:
    if tables > 1:
        raise BadInputError(
            "--per-label, --confusions, --differences and --rounds are tables of their own: ask for one of them"
        )
    if nothing_to_compare:
        raise BadInputError("--differences: there is nothing to compare with; name --beside BUNDLE or --baselines")


class _Scored:
    """Gold rows and what systems say of them, by name; the first is compared with the others."""

    def __init__(self, data: Path, taxonomy: Taxonomy) -> None:
        from classifier.folds import groups_of
        from classifier.gold import read_gold

        self.posts, self.gold = read_gold(data, taxonomy)
        self.taxonomy = taxonomy
        self.groups = groups_of([(post.id, post.source) for post in self.posts])
        self.said: dict[str, tuple[list[Classification], NDArray[np.float32]]] = {}

    def add(self, name: str, system: Labeller) -> None:
        """Let a system label the rows."""
        self.said[name] = system.judge(self.posts)

    def measures(self, choices: Choices) -> dict[str, Measures]:
        """Each system's measures."""
        from classifier.measure import measure

        return {
            name: measure(given, self.gold, self.taxonomy, categories, self.groups, choices)
            for name, (given, categories) in self.said.items()
        }

    def differences(self, choices: Choices) -> dict[str, tuple[Figure, ...]]:
        """How far the others are above the first."""
        from classifier.measure import differences

        (_, (ours, _)), *others = self.said.items()
        return {
            name: differences(ours, given, self.gold, self.taxonomy, self.groups, choices)
            for name, (given, _) in others
        }


def _measure_held_out(settings: Settings, fitted: Bundle, choices: Choices) -> dict[str, Measures]:
    """Measures of the posts that the bundle was fitted on, of all and of each layer."""
    from classifier.heldout import FILE, load_held_out
    from classifier.measure import measure_layers

    held = load_held_out(settings.bundle / FILE)
    answers = held.answers(fitted.taxonomy)
    return measure_layers(answers, held.gold, fitted.taxonomy, held.layers, held.categories, held.groups, choices)


def _beside(path: Path) -> str:
    return f"{_BUNDLE} {path}"


def _systems(
    settings: Settings, db: Database, fitted: Bundle, beside: Sequence[Path], baselines: bool, examples: Sequence[str]
) -> Iterator[tuple[str, Labeller]]:
    """What is scored, by name: it answers `classify`."""
    from classifier.baselines import fit_baselines

    yield _BUNDLE, fitted
    for path in beside:
        other = open_bundle(settings.model_copy(update={"bundle": path}), db)
        if other.taxonomy != fitted.taxonomy:
            raise BadInputError(f"--beside {path}: is of another taxonomy; give bundles of {fitted.taxonomy.ref}")
        yield _beside(path), other
    if baselines:
        rows = load_training(examples, fitted.taxonomy, fitted.embedder)
        for model in fit_baselines(fitted.taxonomy, rows.examples, fitted.embedder, real=rows.real):
            yield model.name, model
