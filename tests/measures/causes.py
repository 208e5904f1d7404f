"""How well root causes are told on real pairs: `python -m tests.measures.causes ARCHIVE.jsonl.gz`.

ARCHIVE is the dump that labeled/real_causes.jsonl points into. A bundle that was fitted on the authored pairs alone is
scored against the first reading; then, to see what real pairs would add, each half of them is scored by a bundle that
was fitted on the authored pairs and the other half. Nothing is chosen on these pairs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import StratifiedKFold

from classifier.causes import pair_input
from classifier.embedder import SentenceEmbedder
from classifier.fit import fit_bundle
from classifier.intervals import Statistic, bootstrap
from classifier.real import text_sha256
from classifier.rows import read_examples
from classifier.taxonomy import load_taxonomy
from labeled import files
from scraper.cooked import cooked_to_text
from store.labels import category_of
from store.values import Classification, Example, PostInput

Row = Mapping[str, Any]


def read_pairs(archive: Path, rows: Sequence[Row]) -> list[PostInput]:
    """The pairs that the rows point to, in their order. Exits where one is not there or has another text."""
    wanted = {row["thread"] for row in rows}
    found = {thread: posts for thread, posts in _threads(archive) if thread in wanted}
    pairs = []
    for row in rows:
        title, posts = found[row["thread"]]
        opening, answer = posts[0], next(post for post in posts if post["id"] == row["answer"])
        pair = pair_input(
            PostInput("", cooked_to_text(opening["cooked"], str), title),
            PostInput(row["id"], cooked_to_text(answer["cooked"], str), by_starter=_same_author(opening, answer)),
        )
        if text_sha256(pair) != row["sha256"]:
            sys.exit(f"{row['id']}: the text is another than the one that was labelled")
        pairs.append(pair)
    return pairs


def tell(name: str, answers: Sequence[Classification], gold: Sequence[str]) -> None:
    """Print accuracy and macro-F1 of the likeliest leaf with 95 % intervals, then what abstaining does."""
    best = [answer.ranked[0][0] for answer in answers]
    groups = list(map(category_of, gold)), list(map(category_of, best))
    figures = bootstrap(
        [_statistic("leaf", gold, best), _statistic("group", *groups)], [str(row) for row in range(len(gold))]
    )
    told = ", ".join(f"{each.name} {each.value:.3f} ({each.low:.3f}-{each.high:.3f})" for each in figures)
    given = [(answer.labels[0][0], truth) for answer, truth in zip(answers, gold, strict=True) if answer.labels]
    right = sum(label == truth for label, truth in given)
    _say(f"{name}: {told}; abstained {1 - len(given) / len(gold):.3f}, right where not {right} of {len(given)}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _threads(archive: Path) -> Iterator[tuple[int, tuple[str, list[Row]]]]:
    with gzip.open(archive, "rt", encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)
            posts = sorted(body["post_stream"]["posts"], key=lambda post: post["post_number"])
            yield body["id"], (body["title"], posts)


def _same_author(one: Row, other: Row) -> bool:
    return bool(one["username"] == other["username"])


def _statistic(name: str, gold: Sequence[str], best: Sequence[str]) -> Statistic:
    names = sorted(set(gold))
    is_gold, is_best = (np.array([[value == each for each in names] for value in values]) for values in (gold, best))

    def compute(weights: Any) -> Any:
        hits, golds, bests = (weights @ part for part in (is_gold & is_best, is_gold, is_best))
        f1 = 2 * hits / np.maximum(golds + bests, 1e-9)
        present = golds > 0
        return np.stack((hits.sum(axis=1) / golds.sum(axis=1), (f1 * present).sum(axis=1) / present.sum(axis=1)))

    return Statistic((f"{name} accuracy", f"{name} macro-F1"), compute)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--encoder", help="name or folder of another encoder")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in files.real_causes().read_text("utf-8").splitlines()]
    pairs = read_pairs(asked.archive, rows)
    first, second = ([row[name] for row in rows] for name in ("first", "second"))
    for name, part in (("leaf", str), ("group", category_of)):
        one, two = list(map(part, first)), list(map(part, second))
        same = sum(a == b for a, b in zip(one, two, strict=True))
        _say(f"readings, {name}: kappa {cohen_kappa_score(one, two):.3f}, {same} of {len(rows)} alike")
    taxonomy, embedder = load_taxonomy(files.causes()), SentenceEmbedder(asked.encoder, precision="float32")
    authored = read_examples(files.cause_examples(), taxonomy)
    tell("authored pairs alone", fit_bundle(taxonomy, authored, embedder).classify(pairs), first)
    answers: dict[int, Classification] = {}
    for train, test in StratifiedKFold(2, shuffle=True, random_state=0).split(pairs, first):
        examples = [*authored, *(Example(pairs[row], (first[row],)) for row in train)]
        bundle = fit_bundle(taxonomy, examples, embedder)
        answers |= dict(zip(test.tolist(), bundle.classify([pairs[row] for row in test]), strict=True))
    tell("and half of the real pairs", [answers[row] for row in range(len(rows))], first)
    most = max(first, key=first.count)
    _say(f"always {most}: accuracy {first.count(most) / len(rows):.3f}")


if __name__ == "__main__":
    main()
