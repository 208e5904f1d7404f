"""What bundles say of posts and threads, and which families threads mention: written by the classifier's stages.

A stage remembers the last thread revision that it has worked on, in the same transaction as its results, so that
it can be killed at any moment and goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from store.counts import pack_probabilities, recounted, unpack_probabilities
from store.database import Database, insert_into
from store.labels import with_categories
from store.schema import (
    assignments,
    bundles,
    mentions,
    post_verdicts,
    settings,
    stages,
    thread_labels,
    thread_verdicts,
)
from store.scopes import bundle_number
from store.values import Assignment, Mention, StoredThread, Verdict, thread_verdict

_CURRENT_BUNDLE = "current_bundle"


def get_stage_revision(db: Database, stage: str) -> int:
    """Last thread revision that the stage has worked on; 0 at first."""
    with db.read() as connection:
        return connection.execute(select(stages.c.revision).where(stages.c.stage == stage)).scalar() or 0


def save_thread_assignments(
    db: Database,
    bundle_id: str,
    stage: str,
    items: Sequence[tuple[StoredThread, Sequence[Assignment]]],
    labels: Sequence[str] = (),
) -> None:
    """Replace what the bundle says of these threads, and move the stage to the last one's revision.

    Threads must come ascending by revision; one that is no longer counted comes without assignments. `labels`: all
    that the bundle gives probabilities for, the same at every call.
    """
    ids = [thread.id for thread, _ in items]
    with db.write() as connection, recounted(connection, ids):
        bundle, order = bundle_row(connection, bundle_id, labels)
        for table in (assignments, post_verdicts, thread_labels, thread_verdicts):
            connection.execute(delete(table).where(table.c.bundle_id == bundle, table.c.thread_id.in_(ids)))
        _insert(connection, post_verdicts, (row for item in items for row in _verdict_rows(bundle, order, *item)))
        _insert(connection, assignments, (row for item in items for row in _assignment_rows(bundle, *item)))
        _insert(connection, thread_labels, (row for item in items for row in _label_rows(bundle, *item)))
        _insert(connection, thread_verdicts, (_union_row(bundle, *item) for item in items if item[1]))
        move_stage(db, connection, stage, items[-1][0].revision)


def known_assignments(db: Database, bundle_id: str, thread_ids: Sequence[int]) -> dict[int, Assignment]:
    """What the bundle has said of the posts of these threads, by post id."""
    with db.read() as connection:
        bundle = bundle_number(connection, bundle_id)
        verdicts = connection.execute(
            select(post_verdicts).where(post_verdicts.c.bundle_id == bundle, post_verdicts.c.thread_id.in_(thread_ids))
        ).all()
        scores = connection.execute(
            select(assignments)
            .where(assignments.c.bundle_id == bundle, assignments.c.thread_id.in_(thread_ids))
            .order_by(assignments.c.score.desc(), assignments.c.label)
        )
        labels: dict[int, list[tuple[str, float]]] = {}
        for row in scores:
            labels.setdefault(row.post_id, []).append((row.label, row.score))
        order = connection.execute(select(bundles.c.labels).where(bundles.c.id == bundle)).scalar() or ()
    return {
        row.post_id: Assignment(
            row.post_id,
            row.input_hash,
            Verdict(row.verdict),
            tuple(labels.get(row.post_id, ())),
            unpack_probabilities(order, row.probabilities),
        )
        for row in verdicts
    }


def save_thread_mentions(db: Database, stage: str, items: Sequence[tuple[StoredThread, Sequence[Mention]]]) -> None:
    """Replace the mentions of these threads, and move the stage to the last one's revision.

    There is one table of mentions, so any other mentions stage has to start anew when it comes back.
    """
    ids = [thread.id for thread, _ in items]
    with db.write() as connection, recounted(connection, ids):
        others = stages.c.stage.like("mentions:%"), stages.c.stage != stage
        connection.execute(delete(stages).where(*others))
        connection.execute(delete(mentions).where(mentions.c.thread_id.in_(ids)))
        rows = (
            {
                "family": mention.family,
                "month": thread.month,
                "thread_id": thread.id,
                "posts": mention.posts,
            }
            for thread, found in items
            for mention in found
        )
        _insert(connection, mentions, rows)
        move_stage(db, connection, stage, items[-1][0].revision)


def set_current_bundle(db: Database, bundle_id: str) -> None:
    """Make this bundle the one whose assignments are shown when none is named."""
    with db.write() as connection:
        bundle_row(connection, bundle_id, ())
        db.upsert(connection, settings, [{"name": _CURRENT_BUNDLE, "value": bundle_id}], ["name"])


def current_bundle(db: Database) -> str | None:
    """Id of the bundle whose assignments are shown, or None before the first."""
    with db.read() as connection:
        return connection.execute(select(settings.c.value).where(settings.c.name == _CURRENT_BUNDLE)).scalar()


def bundle_row(connection: Connection, key: str, labels: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Number of the bundle, made on first sight, and the order of its labels."""
    new = insert_into(connection, bundles).on_conflict_do_nothing(index_elements=["key"])
    connection.execute(new, [{"key": key, "labels": list(labels)}])
    row = connection.execute(select(bundles).where(bundles.c.key == key)).one()
    return int(row.id), list(row.labels)


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        connection.execute(table.insert(), found)


def move_stage(db: Database, connection: Connection, stage: str, revision: int) -> None:
    """Note that a stage has worked on threads up to this revision, in the caller's transaction."""
    db.upsert(connection, stages, [{"stage": stage, "revision": revision}], ["stage"])


def _verdict_rows(
    bundle: int, labels: Sequence[str], thread: StoredThread, found: Sequence[Assignment]
) -> Iterable[dict[str, Any]]:
    for item in found:
        yield {
            "bundle_id": bundle,
            "thread_id": thread.id,
            "post_id": item.post_id,
            "input_hash": item.input_hash,
            "verdict": item.verdict.value,
            "probabilities": pack_probabilities(labels, item.probabilities),
        }


def _assignment_rows(bundle: int, thread: StoredThread, found: Sequence[Assignment]) -> Iterable[dict[str, Any]]:
    for item in found:
        for label, score in item.labels:
            yield {
                "bundle_id": bundle,
                "thread_id": thread.id,
                "post_id": item.post_id,
                "label": label,
                "score": score,
            }


def _label_rows(bundle: int, thread: StoredThread, found: Sequence[Assignment]) -> Iterable[dict[str, Any]]:
    for label in sorted(with_categories(label for item in found for label, _ in item.labels)):
        yield {"bundle_id": bundle, "label": label, "month": thread.month, "thread_id": thread.id}


def _union_row(bundle: int, thread: StoredThread, found: Sequence[Assignment]) -> dict[str, Any]:
    verdict = thread_verdict({item.verdict for item in found})
    return {"bundle_id": bundle, "month": thread.month, "verdict": verdict.value, "thread_id": thread.id}
