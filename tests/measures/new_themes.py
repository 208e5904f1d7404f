"""How well new themes are told, measured by hiding: `python -m tests.measures.new_themes POSTS.jsonl`.

Topics are sought among labelled posts. A bundle is fitted on one half of them, beside the authored examples, without
the posts of one category, on a taxonomy without it; it labels the other half. A topic is new where no category that is
left covers half of its posts. Every category with enough posts is hidden in turn, and none once.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.cache import CachedEmbedder
from classifier.embedder import Embedder, SentenceEmbedder
from classifier.fit import fit_bundle
from classifier.labels import definition_text
from classifier.openings import repeated_lines, topic_text, without_repeated
from classifier.rows import read_examples
from classifier.taxonomy import Taxonomy, load_taxonomy
from classifier.topic_settings import DEFAULT_SETTINGS
from classifier.topics import Discovery, Leaves, discover
from labeled import files
from store.database import open_database
from store.labels import category_of
from store.topic_values import OUTLIERS, is_new_theme
from store.values import Classification, Example

LEAST_POSTS = 40
LEAST_READ = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """A topic under one hidden category ("" is none): what is true of it and what was said."""

    hidden: str
    of_hidden: bool
    is_new: bool
    fit: float
    confidence: float


def judge(
    taxonomy: Taxonomy, authored: Sequence[Example], posts: Sequence[Example], embedder: Embedder, half: int
) -> Iterator[Judged]:
    """Judge every topic of the posts under every hidden category; the bundle reads the posts of this half (0 or 1)."""
    found = _seek(taxonomy, posts, embedder)
    count = Counter(category for post in posts for category in _categories(post.labels))
    hideable = sorted(category for category, number in count.items() if number >= LEAST_POSTS)
    for hidden in ("", *hideable):
        left = replace(taxonomy, labels=tuple(label for label in taxonomy.labels if label.category != hidden))
        seen = [row for row in (*authored, *posts[1 - half :: 2]) if hidden not in _categories(row.labels)]
        bundle = fit_bundle(left, seen, embedder)
        answers = dict(zip(range(half, len(posts), 2), bundle.classify([p.post for p in posts[half::2]]), strict=True))
        for topic in found.centres:
            inside = [place for place, member in enumerate(found.members) if member == topic]
            read = [answers[place] for place in inside if place in answers]
            if len(read) >= LEAST_READ:
                yield _judged(hidden, [_categories(posts[place].labels) for place in inside], read)
        sys.stderr.write(f"hidden: {hidden or 'nothing'}\n")


def _seek(taxonomy: Taxonomy, posts: Sequence[Example], embedder: Embedder) -> Discovery:
    docs = [topic_text(post.post) for post in posts]
    repeated = repeated_lines(docs, DEFAULT_SETTINGS.least_repeats(len(docs)))
    docs = [without_repeated(doc, repeated) for doc in docs]
    leaves = Leaves(
        [leaf.id for leaf in taxonomy.leaves], embedder.encode([definition_text(leaf) for leaf in taxonomy.leaves])
    )
    found = discover(range(len(docs)), docs, embedder.encode(docs), leaves)
    outliers = found.members.count(OUTLIERS) / len(docs)
    _say(
        f"{len(docs)} posts, {len(found.centres)} topics, outliers {found.outliers_found / len(docs):.3f} -> "
        f"{outliers:.3f}, coherence {found.coherence:.3f}, diversity {found.diversity:.3f}"
    )
    return found


def _judged(hidden: str, gold: Sequence[set[str]], read: Sequence[Classification]) -> Judged:
    share = {name: number / len(gold) for name, number in Counter(name for one in gold for name in one).items()}
    of_hidden = share.pop(hidden, 0.0) >= 0.5
    sums: Counter[str] = Counter()
    for answer in read:
        strongest: dict[str, float] = {}
        for label, score in answer.labels:
            strongest[category_of(label)] = max(score, strongest.get(category_of(label), 0.0))
        sums.update(strongest)  # type: ignore[arg-type]
    fit = max(sums.values(), default=0.0) / len(read)
    confidence = float(np.mean([max((score for _, score in answer.labels), default=0.0) for answer in read]))
    return Judged(hidden, of_hidden, max(share.values(), default=0.0) < 0.5, fit, confidence)


def _categories(labels: Sequence[str]) -> set[str]:
    return {category_of(label) for label in labels}


def _report(rows: Sequence[Judged]) -> None:
    groups = {
        "topics of a hidden category that no other covers": [row for row in rows if row.of_hidden and row.is_new],
        "topics that a category covers": [row for row in rows if not row.is_new],
        "topics that no category covers, nothing hidden": [row for row in rows if row.is_new and not row.hidden],
    }
    for name, group in groups.items():
        flagged = [is_new_theme(row.fit, row.confidence) for row in group]
        _say(f"{name}: {sum(flagged)} of {len(group)} flagged ({np.mean(flagged):.3f})")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path, help="labelled posts (JSONL), as `fit --examples` takes them")
    parser.add_argument("--half", type=int, choices=(0, 1), default=0, help="which half the bundles read")
    parser.add_argument("--vectors", default="sqlite:///measures.db", help="store that keeps the vectors")
    asked = parser.parse_args()
    taxonomy = load_taxonomy(files.taxonomy())
    with open_database(asked.vectors) as db:
        embedder = CachedEmbedder(SentenceEmbedder(), db)
        posts, authored = read_examples(asked.posts, taxonomy), read_examples(files.examples(), taxonomy)
        _report(list(judge(taxonomy, authored, posts, embedder, asked.half)))


if __name__ == "__main__":
    main()
