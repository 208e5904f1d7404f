"""The topic stage over a store: threads that are new are placed in the topics there are; topics are sought anew when
enough has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray

from classifier.clusters import nearest_cluster
from classifier.embedder import identity
from classifier.features import PREPROCESSING_VERSION
from classifier.labels import definition_text
from classifier.matching import Earlier
from classifier.openings import repeated_lines, topic_text, without_repeated
from classifier.stages import Progress, no_progress
from classifier.topic_map import points_between
from classifier.topic_settings import DEFAULT_SETTINGS, TopicSettings
from classifier.topics import Leaves, discover
from store.database import Database
from store.text import text_hash
from store.threads import changed_threads, openings
from store.topic_values import OUTLIERS, Placed, TopicRun
from store.topics import (
    current_topic_run,
    newest_revision,
    place_threads,
    save_topic_run,
    threads_changed_since_sought,
    topic_centres,
    topic_members,
    topic_places,
    topic_points,
    topic_run,
    topic_sizes,
)
from store.values import Label, StoredThread
from store.vectors import save_post_texts

if TYPE_CHECKING:
    from classifier.embedder import Embedder
    from classifier.taxonomy import Taxonomy


_THREADS_AT_ONCE = 200
_TEXTS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """The current run. `sought`: topics were sought anew; else `placed` threads were put into those there are.

    `topics` without the outliers; `kept`, `fresh` and `retired` count topics against the run before.
    """

    run_id: str
    threads: int
    topics: int
    outliers: int
    sought: bool
    placed: int = 0
    kept: int = 0
    fresh: int = 0
    retired: int = 0


def find_topics(
    db: Database,
    embedder: Embedder,
    taxonomy: Taxonomy,
    progress: Progress = no_progress,
    seed: int = 0,
    settings: TopicSettings = DEFAULT_SETTINGS,
    *,
    refresh: bool = False,
) -> TopicSummary:
    """Bring the topics of all counted threads, by their opening posts, up to date.

    Threads that are new or changed join the topic whose centre is nearest, or the outliers. All topics are sought anew,
    and matched to those before so that ids stay, where there are none yet, where encoder, taxonomy, seed or settings
    are others, where at least `settings.stale_share` of the threads changed since topics were last sought, and, if
    anything changed at all, with `refresh`. `progress` is called with the number of texts read since its last call.
    """
    recipe = _recipe(embedder.key, taxonomy.leaves, seed, settings)
    run = topic_run(db, current_topic_run(db))
    placed = 0
    if run is not None and run.recipe == recipe:
        placed = _place_changed(db, run, embedder, settings, progress)
        changed = threads_changed_since_sought(db, run.key)
        if not changed or (not refresh and changed < settings.stale_share * run.sought):
            return _summary(db, run, placed)
    return _seek(db, embedder, taxonomy, recipe, run, progress, seed, settings)


def _place_changed(db: Database, run: TopicRun, embedder: Embedder, settings: TopicSettings, progress: Progress) -> int:
    """Place the threads that changed since the run last read the store; how many there were.

    A thread whose opening post reads as it did stays where it is, be its nearest centre another's or not.
    """
    centres, points = topic_centres(db, run.key), topic_points(db, run.key)
    placed = 0
    for batch in _changed(db, run.revision):
        known = topic_places(db, run.key, [thread.id for thread in batch])
        docs = {thread.id: topic_text(thread.posts[0].input) for thread in batch if thread.counted and thread.posts}
        hashes = {thread: text_hash(doc) for thread, doc in docs.items()}
        new = [thread for thread in docs if thread not in known or known[thread].text_hash != hashes[thread]]
        texts = [without_repeated(docs[thread], run.repeated_lines) for thread in new]
        opening = {thread.id: thread.posts[0].id for thread in batch if thread.posts}
        _note_texts(db, [opening[thread] for thread in new], texts)
        vectors = _embed(embedder, texts)
        topics = dict(zip(new, _nearest_topics(vectors, centres, settings.floor(run.sought)), strict=True))
        lie = dict(zip(new, points_between(vectors, centres, points), strict=True))
        gone = [thread for thread in batch if thread.id in known and thread.id not in docs]
        places = [
            Placed(thread.id, thread.month, topics.get(thread.id), hashes.get(thread.id, b""), lie.get(thread.id))
            for thread in batch
            if thread.id in topics or thread in gone
        ]
        place_threads(db, run.key, batch[-1].revision, places)
        placed += len(places)
        progress(len(batch))
    return placed


def _changed(db: Database, revision: int) -> Iterator[list[StoredThread]]:
    while batch := changed_threads(db, revision, _THREADS_AT_ONCE):
        yield batch
        revision = batch[-1].revision


def _note_texts(db: Database, post_ids: Sequence[int], texts: Sequence[str]) -> None:
    """Note which texts are embedded for which posts, so that a deletion of a post takes their vectors too."""
    for some in chunked(zip(post_ids, texts, strict=True), _TEXTS_AT_ONCE):
        save_post_texts(db, "topics", {post: {text_hash(text)} for post, text in some})


def _nearest_topics(vectors: NDArray[np.float32], centres: dict[int, NDArray[np.float32]], floor: float) -> list[int]:
    if not len(vectors) or not centres:
        return [OUTLIERS] * len(vectors)
    ids = list(centres)
    rows = nearest_cluster(vectors, np.stack(list(centres.values())), floor)
    return [OUTLIERS if row == OUTLIERS else ids[row] for row in rows]


def _seek(
    db: Database,
    embedder: Embedder,
    taxonomy: Taxonomy,
    recipe: str,
    before: TopicRun | None,
    progress: Progress,
    seed: int,
    settings: TopicSettings,
) -> TopicSummary:
    """Search all threads. Holds the shortened opening posts and their vectors in memory: about 3 kB a thread."""
    # Read first: what changes while the openings are read is read again by the next run.
    revision = newest_revision(db)
    thread_ids: list[int] = []
    months: list[int] = []
    docs: list[str] = []
    post_ids: list[int] = []
    for opening in openings(db):
        thread_ids.append(opening.thread_id)
        months.append(opening.month)
        post_ids.append(opening.post_id)
        docs.append(topic_text(opening.post))
    hashes = [text_hash(doc) for doc in docs]
    repeated = repeated_lines(docs, settings.least_repeats(len(docs)))
    docs = [without_repeated(doc, repeated) for doc in docs]
    _note_texts(db, post_ids, docs)
    vectors = _embed(embedder, docs, progress)
    leaves = Leaves(
        [leaf.id for leaf in taxonomy.leaves], _embed(embedder, [definition_text(leaf) for leaf in taxonomy.leaves])
    )
    found = discover(thread_ids, docs, vectors, leaves, seed, settings, _earlier(db, before, leaves))
    run = TopicRun(
        key=_run_key(recipe, before, thread_ids, hashes),
        recipe=recipe,
        revision=revision,
        sought=len(docs),
        outliers_found=found.outliers_found,
        next_topic=found.next_id,
        repeated_lines=repeated,
        coherence=found.coherence,
        diversity=found.diversity,
    )
    places = map(Placed, thread_ids, months, found.members, hashes, found.points)
    save_topic_run(db, run, found.topics, places, found.centres)
    fresh = len(found.centres) - len(found.kept)
    return TopicSummary(
        run.key,
        len(docs),
        len(found.centres),
        found.members.count(OUTLIERS),
        sought=True,
        kept=len(found.kept),
        fresh=fresh,
        retired=len(found.retired),
    )


def _earlier(db: Database, run: TopicRun | None, leaves: Leaves) -> Earlier:
    if run is None:
        return Earlier()
    width = leaves.vectors.shape[1]
    centres = {topic: centre for topic, centre in topic_centres(db, run.key).items() if len(centre) == width}
    return Earlier(topic_members(db, run.key), centres, run.next_topic)


def _embed(embedder: Embedder, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
    parts = []
    for some in chunked(texts, _TEXTS_AT_ONCE):
        parts.append(np.asarray(embedder.encode(some), dtype=np.float32))
        if progress is not None:
            progress(len(some))
    return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


def _recipe(encoder_key: str, leaves: Sequence[Label], seed: int, settings: TopicSettings) -> str:
    """Hash of all but the threads that decides topics. Precision is left out: it moves vectors by a rounding only."""
    parts = (PREPROCESSING_VERSION, identity(encoder_key), seed, sorted(asdict(settings).items()))
    digest = sha256(repr(parts).encode())
    for leaf in leaves:
        digest.update(text_hash(leaf.id, definition_text(leaf)))
    return digest.hexdigest()


def _run_key(recipe: str, before: TopicRun | None, thread_ids: Sequence[int], hashes: Sequence[bytes]) -> str:
    digest = sha256(f"{recipe} {before.key if before else ''}".encode())
    for thread_id, hashed in zip(thread_ids, hashes, strict=True):
        digest.update(thread_id.to_bytes(8, "big") + hashed)
    return digest.hexdigest()[:24]


def _summary(db: Database, run: TopicRun, placed: int) -> TopicSummary:
    sizes = topic_sizes(db, run.key)
    outliers = sizes.pop(OUTLIERS, 0)
    return TopicSummary(run.key, sum(sizes.values()) + outliers, len(sizes), outliers, sought=False, placed=placed)
