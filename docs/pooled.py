"""Scores over the posts of a fit, as held out, together with labelled rows that it never saw.

Run in a checkout: `python docs/pooled.py BUNDLE ROWS...`, rows as `forumlens evaluate --data` takes them. Labels that
few posts of either part carry have ten of both together, so that macro-F1 is over more of them. Prints a Markdown
table, with 95 % bootstrap intervals.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.bundle import Bundle, load_bundle
from classifier.cache import CachedEmbedder
from classifier.evaluate import FIRM_SUPPORT, Gold
from classifier.folds import groups_of
from classifier.gold import read_gold
from classifier.heldout import FILE, LAYERS, load_held_out
from classifier.labels import Array
from classifier.measure import measure
from classifier.taxonomy import Taxonomy
from store.database import open_database
from store.values import Classification

POOLS = {"rows alone": (), "and real posts, real replies": LAYERS[:2], "and examples": LAYERS}
FIGURES = ("category_micro_f1", "category_macro10_f1", "leaf_micro_f1", "leaf_macro10_f1")


@dataclass(frozen=True, slots=True)
class Part:
    """Posts with gold labels and what was said of them; groups: what they are drawn with."""

    gold: list[Gold]
    answers: list[Classification]
    categories: Array
    groups: list[str]

    def named(self, name: str) -> Part:
        """The same with ids that no other part has."""
        gold = [replace(row, id=f"{name} {row.id}") for row in self.gold]
        return replace(self, gold=gold, answers=[replace(row, id=f"{name} {row.id}") for row in self.answers])


def of_rows(path: Path, bundle: Bundle) -> Part:
    """Rows of a file, labelled by the bundle."""
    posts, gold = read_gold(path, bundle.taxonomy)
    answers, categories = bundle.judge(posts)
    return Part(gold, answers, categories, groups_of([(post.id, post.source) for post in posts])).named(str(path))


def of_fit(directory: Path, layer: str, taxonomy: Taxonomy) -> Part:
    """Posts of one layer, answered by models that saw nothing of their group."""
    held = load_held_out(directory / FILE).of_layer(layer)
    return Part(held.gold, held.answers(taxonomy), held.categories, list(held.groups)).named(layer)


def rows(bundle: Path, paths: Sequence[Path], database: str) -> Iterator[str]:
    """Rows of the table."""
    with open_database(database) as db:
        loaded = load_bundle(bundle)
        loaded = loaded.with_embedder(CachedEmbedder(loaded.embedder, db))
        told = [of_rows(path, loaded) for path in paths]
    for name, layers in POOLS.items():
        parts = [*told, *(of_fit(bundle, layer, loaded.taxonomy) for layer in layers)]
        yield row(name, parts, loaded.taxonomy)


def row(name: str, parts: Sequence[Part], taxonomy: Taxonomy) -> str:
    """One row: posts, categories that are firm, and the figures."""
    found = measure(
        [answer for part in parts for answer in part.answers],
        [gold for part in parts for gold in part.gold],
        taxonomy,
        np.concatenate([part.categories for part in parts]),
        [group for part in parts for group in part.groups],
    )
    firm = sum(score.support >= FIRM_SUPPORT for score in found.report.category.per_label)
    figures = {figure.name: figure for figure in found.figures}
    shown = [f"{figures[name].value:.3f} ({figures[name].low:.3f}–{figures[name].high:.3f})" for name in FIGURES]
    return f"| {' | '.join([name, str(found.report.n), str(firm), *shown])} |"


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder of a bundle")
    parser.add_argument("rows", type=Path, nargs="+", help="gold rows, JSONL or CSV")
    parser.add_argument("--database", default="sqlite:///forumlens.db", help="where vectors are kept")
    args = parser.parse_args()
    titles = ("posts", "n", "categories with ten", *(name.replace("_", " ") for name in FIGURES))
    sys.stdout.write(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n")
    for line in rows(args.bundle, args.rows, args.database):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
