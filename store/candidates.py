"""Threads that a reviewer may be shown, with what a bundle says of their posts. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, select

from store.counts import unpack_probability_row
from store.database import Database
from store.listings import summaries_of, thread_conditions
from store.schema import (
    assignments,
    bundles,
    encoders,
    post_texts,
    post_verdicts,
    posts,
    thread_labels,
    threads,
    topic_threads,
    vectors,
)
from store.scopes import bundle_number, scopes
from store.values import ThreadFilter, ThreadSummary, Verdict

_BATCH = 500
_STORED = np.dtype("<f4")
_STAGE = "topics"


@dataclass(frozen=True, slots=True)
class CandidatePost:
    """A visible post: leaves given; `probabilities` float32 [labels of the bundle], in their order."""

    id: int
    number: int
    verdict: Verdict
    given: tuple[str, ...]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thread: its labels (leaves and categories), topic, posts that the bundle has read, in reading order.

    `vector`: of its opening post, float32 [d], unit length; None where there is none, or none was asked for.
    """

    thread: int
    labels: tuple[str, ...]
    topic: int | None
    posts: tuple[CandidatePost, ...]
    vector: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Threads, newest first, and the labels that their probabilities are of."""

    labels: tuple[str, ...]
    threads: tuple[Candidate, ...]


def newest_candidates(
    db: Database, bundle_id: str | None, run_id: str | None, wanted: ThreadFilter, limit: int
) -> Candidates:
    """The newest threads that pass the filter, with what the bundle says of their posts."""
    with db.read() as connection:
        bundle, run = scopes(connection, bundle_id, run_id)
        query = select(threads.c.id).where(*thread_conditions(wanted, bundle, run))
        ids = list(
            connection.execute(query.order_by(threads.c.created_at.desc(), threads.c.id.desc()).limit(limit)).scalars()
        )
        return _candidates(connection, bundle, run, ids, _vectors(connection, ids))


def counted_threads(db: Database, first: int | None = None, last: int | None = None) -> list[int]:
    """Ids of all counted threads of months [first, last), ascending."""
    where: list[ColumnElement[bool]] = [threads.c.counted]
    where += [threads.c.month >= first] if first is not None else []
    where += [threads.c.month < last] if last is not None else []
    with db.read() as connection:
        return list(connection.execute(select(threads.c.id).where(*where).order_by(threads.c.id)).scalars())


def candidates_of(db: Database, bundle_id: str | None, thread_ids: Sequence[int]) -> Candidates:
    """These threads, in their order, with what the bundle says of their posts."""
    with db.read() as connection:
        bundle = bundle_number(connection, bundle_id)
        return _candidates(connection, bundle, None, thread_ids, {})


def visible_posts(db: Database, thread_ids: Sequence[int]) -> dict[int, list[int]]:
    """Ids of the visible posts of threads, in reading order."""
    found: dict[int, list[int]] = {thread: [] for thread in thread_ids}
    with db.read() as connection:
        for some in chunked(thread_ids, _BATCH):
            rows = connection.execute(
                select(posts.c.thread_id, posts.c.id)
                .where(posts.c.thread_id.in_(some), ~posts.c.deleted)
                .order_by(posts.c.number, posts.c.id)
            )
            for row in rows:
                found[row.thread_id].append(row.id)
    return found


def named_threads(
    db: Database, bundle_id: str | None, run_id: str | None, thread_ids: Sequence[int]
) -> list[ThreadSummary]:
    """Counted threads as lists show them, in the order of the ids."""
    with db.read() as connection:
        return summaries_of(connection, *scopes(connection, bundle_id, run_id), thread_ids)


def post_hashes(db: Database, post_ids: Sequence[int]) -> dict[int, bytes]:
    """Hashes of the texts of posts as they are now, 32 bytes; empty for a deleted one."""
    with db.read() as connection:
        rows = connection.execute(select(posts.c.id, posts.c.text_hash).where(posts.c.id.in_(post_ids)))
        return {row.id: row.text_hash for row in rows}


def _candidates(
    connection: Connection,
    bundle: int | None,
    run: int | None,
    ids: Sequence[int],
    nearby: Mapping[int, NDArray[np.float32]],
) -> Candidates:
    order = connection.execute(select(bundles.c.labels).where(bundles.c.id == bundle)).scalar() or ()
    said: defaultdict[int, list[CandidatePost]] = defaultdict(list)
    carried: defaultdict[int, list[str]] = defaultdict(list)
    placed: dict[int, int] = {}
    for some in chunked(ids, _BATCH):
        for thread, post in _posts(connection, bundle, some):
            said[thread].append(post)
        for row in connection.execute(
            select(thread_labels.c.thread_id, thread_labels.c.label)
            .where(thread_labels.c.bundle_id == bundle, thread_labels.c.thread_id.in_(some))
            .order_by(thread_labels.c.label)
        ):
            carried[row.thread_id].append(row.label)
        places = select(topic_threads.c.thread_id, topic_threads.c.topic).where(
            topic_threads.c.run_id == run, topic_threads.c.thread_id.in_(some)
        )
        placed |= {row.thread_id: row.topic for row in connection.execute(places)}
    found = (Candidate(i, tuple(carried[i]), placed.get(i), tuple(said[i]), nearby.get(i)) for i in ids)
    return Candidates(tuple(order), tuple(found))


def _posts(connection: Connection, bundle: int | None, ids: Sequence[int]) -> list[tuple[int, CandidatePost]]:
    given: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(
        select(assignments.c.post_id, assignments.c.label)
        .where(assignments.c.bundle_id == bundle, assignments.c.thread_id.in_(ids))
        .order_by(assignments.c.score.desc(), assignments.c.label)
    ):
        given[row.post_id].append(row.label)
    rows = connection.execute(
        select(post_verdicts, posts.c.number)
        .join(posts, and_(posts.c.id == post_verdicts.c.post_id, posts.c.input_hash == post_verdicts.c.input_hash))
        .where(post_verdicts.c.bundle_id == bundle, post_verdicts.c.thread_id.in_(ids))
        .order_by(posts.c.number, posts.c.id)
    )
    return [
        (
            row.thread_id,
            CandidatePost(
                row.post_id,
                row.number,
                Verdict(row.verdict),
                tuple(given[row.post_id]),
                unpack_probability_row(row.probabilities),
            ),
        )
        for row in rows
    ]


def _vectors(connection: Connection, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
    """Vectors of opening posts by the encoder that has most of them, by thread."""
    threads_of: dict[bytes, int] = {}
    for some in chunked(ids, _BATCH):
        rows = connection.execute(
            select(posts.c.thread_id, post_texts.c.text_hash)
            .join(post_texts, and_(post_texts.c.post_id == posts.c.id, post_texts.c.stage == _STAGE))
            .where(posts.c.thread_id.in_(some))
        )
        threads_of |= {row.text_hash: row.thread_id for row in rows}
    by_encoder = [
        _vectors_by(connection, encoder, threads_of) for encoder in connection.execute(select(encoders.c.id)).scalars()
    ]
    return max(by_encoder, key=len, default={})


def _vectors_by(
    connection: Connection, encoder: int, threads_of: Mapping[bytes, int]
) -> dict[int, NDArray[np.float32]]:
    found = {}
    for some in chunked(threads_of, _BATCH):
        rows = connection.execute(
            select(vectors.c.text_hash, vectors.c.data).where(
                vectors.c.encoder_id == encoder, vectors.c.text_hash.in_(some)
            )
        )
        for row in rows:
            vector = np.frombuffer(row.data, _STORED).astype(np.float32)
            found[threads_of[row.text_hash]] = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return found
