"""What each part of the classifier adds, held out; and how much the order of the folds moves it.

Run in a checkout: `python docs/ablation.py [--encoder NAME] [--seeds N]`. A variant without a part is the same fit with
that part left out. Figures are those that a fit keeps: whole owners, threads, or single examples held out. Prints a
Markdown table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from classifier.cache import CachedEmbedder
from classifier.embedder import SentenceEmbedder
from classifier.evaluate import Report, evaluate
from classifier.experts import Evidence, fit_experts, without_thread
from classifier.features import VIEWS
from classifier.heldout import LAYERS, HeldOut, hold_out
from classifier.labels import LabelSpace, read_labels
from classifier.logistic import Array
from classifier.real import TrainingSet, read_layer, training_set
from classifier.refiner import weigh_held_out
from classifier.rows import read_examples
from classifier.settings import Settings
from classifier.taxonomy import Taxonomy, load_taxonomy
from labeled import files
from store.database import open_database

Change = Callable[[TrainingSet], TrainingSet]
Weighed = Callable[[Evidence], Evidence]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all variants share."""

    taxonomy: Taxonomy
    space: LabelSpace
    seeds: int

    def evidence(self, data: TrainingSet) -> Evidence:
        """What experts make of the posts unseen."""
        return fit_experts(data, self.space.targets(data.labels), self.space, Settings())[1]

    def row(self, name: str, data: TrainingSet, evidence: Evidence) -> str:
        """A row of the table: figures of seed 0, and the standard deviation of the overall one over seeds."""
        found = [self.figures(data, evidence, Settings(seed=seed)) for seed in range(self.seeds)]
        cells = [name, *(f"{value:.3f}" for value in found[0]), f"{np.std([row[3] for row in found]):.3f}"]
        return f"| {' | '.join(cells)} |"

    def figures(self, data: TrainingSet, evidence: Evidence, settings: Settings) -> list[float]:
        """Category micro-F1 of each layer and of all; leaf micro-F1 and category macro-F1 of all."""
        held = hold_out(
            data, weigh_held_out(data, evidence, self.space, settings), self.space, settings, exclusive=False
        )
        reports = [self._report(held.of_layer(layer)) for layer in LAYERS]
        whole = self._report(held)
        of_layers = [report.category.micro_f1 if report.n else float("nan") for report in reports]
        return [*of_layers, whole.category.micro_f1, whole.leaf.micro_f1, whole.category.macro10_f1]

    def _report(self, held: HeldOut) -> Report:
        return evaluate(held.answers(self.taxonomy), held.gold, self.taxonomy)


def main() -> None:
    """Fit and score every variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", help="name or path of an encoder [default: MiniLM]")
    parser.add_argument("--database", default="sqlite:///forumlens.db", help="where vectors are kept")
    parser.add_argument("--seeds", type=int, default=3, help="how many orders of the folds")
    args = parser.parse_args()
    taxonomy = load_taxonomy(files.taxonomy())
    with open_database(args.database) as db:
        embedder = CachedEmbedder(SentenceEmbedder(args.encoder), db)
        layer = read_layer(files.real_folder(), taxonomy, embedder.key)
        data = training_set(read_examples(files.examples(), taxonomy), embedder, layer)
        bench = Bench(taxonomy, read_labels(taxonomy, embedder), args.seeds)
    titles = ("variant", *LAYERS, "all", "leaf, all", "macro, 10 or more, all", "sd over seeds")
    sys.stdout.write(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n")
    for row in rows(bench, data):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()


def rows(bench: Bench, data: TrainingSet) -> Iterator[str]:
    """Rows of the table."""
    whole = bench.evidence(data)
    yield bench.row("whole", data, whole)
    for name, weighed in WITHOUT_MODELS.items():
        yield bench.row(name, data, weighed(whole))
    for name, change in WITHOUT_INPUT.items():
        yield bench.row(name, data, bench.evidence(change(data)))
    alone = no_real(data)
    yield bench.row("examples alone, no real posts", alone, bench.evidence(alone))


def without_view(name: str) -> Change:
    """The posts without one of the views."""

    def change(data: TrainingSet) -> TrainingSet:
        vectors = data.features.vectors.copy()
        vectors[:, VIEWS.index(name)] = 0
        return replace(data, features=replace(data.features, vectors=vectors))

    return change


def no_real(data: TrainingSet) -> TrainingSet:
    """The examples alone; their words are learned from nothing."""
    rows = np.flatnonzero(~data.real)
    features = replace(data.features.take(rows), word_values=None)
    labels, groups = (tuple(column[row] for row in rows) for column in (data.labels, data.groups))
    sources = tuple(data.sources[row] for row in rows)
    return TrainingSet(features, labels, groups, data.real[rows], None, sources)


def only_expert(*kept: int) -> Weighed:
    """The evidence of some of the models alone."""

    def change(evidence: Evidence) -> Evidence:
        columns = list(kept)
        return replace(
            evidence,
            leaf=evidence.leaf[:, columns],
            category=evidence.category[:, columns],
            applies=evidence.applies[:, columns],
        )

    return change


def without_definitions(evidence: Evidence) -> Evidence:
    """No similarity to the definitions of labels."""

    def nothing(values: Array) -> Array:
        return np.zeros_like(values)

    return replace(
        evidence,
        leaf_similarity=nothing(evidence.leaf_similarity),
        category_similarity=nothing(evidence.category_similarity),
    )


WITHOUT_INPUT: dict[str, Change] = {
    "without error lines and code as a view": without_view("trace"),
    "without the post before": without_view("previous"),
    "without the thread": lambda data: replace(data, features=without_thread(data.features)),
}
WITHOUT_MODELS: dict[str, Weighed] = {
    "without words": only_expert(0, 1),
    "without the expert that leans on examples": only_expert(0, 2),
    "one kernel expert alone": only_expert(0),
    "words alone": only_expert(2),
    "without similarity to definitions": without_definitions,
}

if __name__ == "__main__":
    main()
