"""What reviews bring, by how they are chosen: `python -m tests.measures.triage POSTS.jsonl`.

A classifier that knows only the authored examples meets real posts. Half of them, whole owners or sites together, are
set aside to score on; from three quarters of the others, drawn anew for each seed, reviews are taken, whose answers are
the posts' labels: in the order of the triage queue, each round of 50 chosen by the bundle that was fitted on the rounds
before, or at random. Every second seed swaps the halves. One row a number of reviews and strategy: micro-F1 of
categories and leaves, mean and standard deviation over seeds; and the difference, seed by seed.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.cache import CachedEmbedder
from classifier.embedder import Embedder, SentenceEmbedder
from classifier.evaluate import Gold, evaluate
from classifier.features import take_apart
from classifier.fit import fit_bundle
from classifier.folds import folds_of, groups_of
from classifier.queue import Signals, order_queue
from classifier.rows import read_examples
from classifier.taxonomy import Taxonomy, load_taxonomy
from labeled import files
from store.candidates import Candidate, CandidatePost
from store.database import open_database
from store.labels import with_categories
from store.values import Classification, Example

STEPS = (50, 100, 200)
ROUND = 50


class Bench:
    """What all runs share: the taxonomy, what is known before, and vectors of the real posts."""

    def __init__(self, taxonomy: Taxonomy, known: Sequence[Example], posts: Sequence[Example], embedder: Embedder):
        self.taxonomy, self.known, self.posts, self.embedder = taxonomy, known, posts, embedder
        self.start = fit_bundle(taxonomy, known, embedder)
        self.answers = self.start.classify([post.post for post in posts])
        mains = embedder.encode([take_apart(post.post).views[0] for post in posts])
        self.vectors = mains / np.linalg.norm(mains, axis=1, keepdims=True)

    def run(
        self, strategy: str, pool: Sequence[int], test: Sequence[int], seed: int
    ) -> Iterator[tuple[int, float, float]]:
        """(reviews, category micro-F1, leaf micro-F1) at each step."""
        rng = np.random.default_rng(seed)
        chosen: list[int] = []
        answers = [self.answers[row] for row in pool]
        while len(chosen) < max(STEPS):
            left = [(row, answer) for row, answer in zip(pool, answers, strict=True) if row not in set(chosen)]
            if strategy == "random":
                chosen += [int(row) for row in rng.permutation([row for row, _ in left])[:ROUND]]
            else:
                chosen += self._queue(left)[:ROUND]
            if len(chosen) in STEPS or strategy != "random":
                bundle = fit_bundle(self.taxonomy, [*self.known, *(self.posts[row] for row in chosen)], self.embedder)
                if strategy != "random":
                    answers = bundle.classify([self.posts[row].post for row in pool])
                if len(chosen) in STEPS:
                    yield len(chosen), *self.score(bundle.classify([self.posts[row].post for row in test]), test)

    def score(self, answers: Sequence[Classification], test: Sequence[int]) -> tuple[float, float]:
        """Micro-F1 of categories and leaves."""
        gold = [Gold(answers[place].id, labels[:1], labels, labels) for place, row in enumerate(test)
                for labels in [self.posts[row].labels]]  # fmt: skip
        report = evaluate(answers, gold, self.taxonomy)
        return report.category.micro_f1, report.leaf.micro_f1

    def _queue(self, left: Sequence[tuple[int, Classification]]) -> list[int]:
        labels = self.start.labels
        threads = [_candidate(row, answer, labels, self.vectors[row]) for row, answer in left]
        return [queued.thread for queued in order_queue(labels, threads, Signals(), ROUND)[0]]


def _candidate(row: int, answer: Classification, labels: Sequence[str], vector: NDArray[np.float32]) -> Candidate:
    values = dict(answer.ranked) | dict(answer.categories)
    given = tuple(label for label, _ in answer.labels)
    probabilities = np.asarray([values.get(label, 0.0) for label in labels], dtype=np.float32)
    post = CandidatePost(row, 1, answer.verdict, given, probabilities)
    return Candidate(row, tuple(sorted(with_categories(given))), None, (post,), vector)


def _halves(halves: tuple[NDArray[np.intp], NDArray[np.intp]], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Three quarters of the posts of one half, in turn, to review, and the whole other half to score on."""
    pool, test = halves[seed % 2], halves[1 - seed % 2]
    drawn = np.random.default_rng(seed).permutation(pool)[: 3 * len(pool) // 4]
    return np.sort(drawn), test


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path, help="labelled real posts (JSONL), as `fit --examples` takes them")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--vectors", default="sqlite:///measures.db", help="store that keeps the vectors")
    asked = parser.parse_args()
    taxonomy = load_taxonomy(files.taxonomy())
    with open_database(asked.vectors) as db:
        embedder = CachedEmbedder(SentenceEmbedder(), db)
        posts = read_examples(asked.posts, taxonomy)
        bench = Bench(taxonomy, read_examples(files.examples(), taxonomy), posts, embedder)
        found: defaultdict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
        groups = groups_of([(post.post.id, post.post.source) for post in posts])
        halves = next(folds_of(groups, 2))
        for seed in range(asked.seeds):
            pool, test = _halves(halves, seed)
            found["none", 0].append(bench.score([bench.answers[row] for row in test], test))
            for strategy in ("random", "queue"):
                for reviews, *scores in bench.run(strategy, pool, test, seed):
                    found[strategy, reviews].append(tuple(scores))
                    sys.stderr.write(f"seed {seed}, {strategy}, {reviews}: {scores}\n")
    for step in STEPS:
        ours, theirs = (np.asarray(found[strategy, step]) for strategy in ("queue", "random"))
        found["queue less random", step] = [tuple(row) for row in ours - theirs]
    for (strategy, reviews), scores in found.items():
        means, spread = np.mean(scores, axis=0), np.std(scores, axis=0, ddof=1)
        cells = " | ".join(f"{mean:.3f} ± {sd:.3f}" for mean, sd in zip(means, spread, strict=True))
        sys.stdout.write(f"| {reviews} | {strategy} | {cells} |\n")


if __name__ == "__main__":
    main()
