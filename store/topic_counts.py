"""What bundles say of the threads of each topic, summed up by topic and label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from store.labels import category_of
from store.schema import assignments, posts
from store.sheets import MILLION, Sheet
from store.values import Verdict

ANY_LABEL = ""


def count_topics(
    connection: Connection, found: Sheet, places: Sequence[Any], labels: Sequence[Any], verdicts: Sequence[Any]
) -> None:
    """Add what threads count for to a sheet of `topic_label_counts`.

    `places`, `labels` and `verdicts`: all rows that `topic_threads`, `thread_labels` and `post_verdicts` have of them.
    """
    topics: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in places:
        topics[row.thread_id].append((row.run_id, row.topic))
    if not topics:
        return
    for row in labels:
        for run, topic in topics.get(row.thread_id, ()):
            found.add(run, row.bundle_id, topic, row.label, threads=1)
    openings = _openings(connection, list(topics))
    scores = _scores(connection, list(topics))
    for row in verdicts:
        if row.post_id not in openings:
            continue
        given = scores[row.bundle_id, row.post_id]
        labelled = int(row.verdict == Verdict.LABELLED.value)
        for run, topic in topics[row.thread_id]:
            strongest = max(given.values(), default=0)
            found.add(run, row.bundle_id, topic, ANY_LABEL, threads=1, openings=labelled, score=strongest)
            for label, score in _with_categories(given):
                found.add(run, row.bundle_id, topic, label, openings=1, score=score)


def _openings(connection: Connection, thread_ids: Sequence[int]) -> set[int]:
    """Ids of the visible posts that open these threads."""
    opening = posts.c.thread_id.in_(thread_ids), posts.c.number == 1, ~posts.c.deleted
    return set(connection.execute(select(posts.c.id).where(*opening)).scalars())


def _scores(connection: Connection, thread_ids: Sequence[int]) -> defaultdict[tuple[int, int], dict[str, int]]:
    """Score of each leaf of the threads' posts, in millionths, by bundle and post."""
    found: defaultdict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for row in connection.execute(select(assignments).where(assignments.c.thread_id.in_(thread_ids))):
        found[row.bundle_id, row.post_id][row.label] = round(row.score * MILLION)
    return found


def _with_categories(given: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The leaves with their scores, and categories with that of their strongest leaf."""
    yield from given.items()
    strongest: defaultdict[str, int] = defaultdict(int)
    for leaf, score in given.items():
        strongest[category_of(leaf)] = max(strongest[category_of(leaf)], score)
    yield from ((category, score) for category, score in strongest.items() if category not in given)
