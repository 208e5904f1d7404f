"""The stage that reads root causes: why a thread's question had to be asked, from the question and its answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from classifier.features import take_apart
from classifier.stages import Labeller, Progress, changed_batches, no_progress
from store.assignments import known_assignments
from store.causes import ThreadCause, known_causes, save_thread_causes, set_current_causes
from store.database import Database
from store.text import text_hash
from store.values import PostInput, StoredPost, StoredThread
from store.vectors import save_post_texts

FEEDBACK = "acknowledgement/feedback"
_ACKNOWLEDGEMENTS = {FEEDBACK, "acknowledgement/thanks"}
_STAGE = "causes"

Labels = Mapping[int, Collection[str]]


@dataclass(frozen=True, slots=True)
class CauseSummary:
    """Threads that were read, those of them with an accepted or confirmed answer, and how many were classified anew."""

    threads: int
    answered: int
    classified: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A thread's question and the answer that settled it."""

    question: StoredPost
    answer: StoredPost

    @property
    def input(self) -> PostInput:
        """What is classified."""
        return pair_input(self.question.input, self.answer.input)

    @property
    def input_hash(self) -> bytes:
        """Hash of all that is classified."""
        given = self.input
        return text_hash(given.body, given.previous or "", str(given.by_starter))


def pair_input(question: PostInput, answer: PostInput) -> PostInput:
    """A question and its answer as one post: the answer, with the question under its title as the post before."""
    return PostInput(
        id=answer.id,
        body=answer.body,
        reply=True,
        previous=f"{question.title}\n\n{question.body}".strip(),
        by_starter=answer.by_starter,
        accepted=True,
    )


def settled_pair(thread: StoredThread, labels: Labels) -> Pair | None:
    """The question and the answer that was accepted, or that the starter confirmed; None if there is none.

    Confirmed: the thread ends with a post by its starter that is labelled as feedback on the help and with nothing but
    acknowledgements; the answer is the last post by somebody else before it. `labels`: leaf ids by post id.
    """
    shown = [post for post in thread.posts if post.input.body.strip()]
    if not thread.counted or len(shown) < 2 or shown[0].number != 1:
        return None
    answer = next((post for post in shown[1:] if post.input.accepted), None) or _confirmed(shown, labels)
    return Pair(shown[0], answer) if answer else None


def assign_causes(
    db: Database, bundle: Labeller, labels_id: str | None, progress: Progress = no_progress
) -> CauseSummary:
    """Read the root cause of all threads that changed since this bundle last read the store, then make it current.

    `labels_id`: the label bundle that says which answers were confirmed. A pair as it was read before keeps its cause.
    """
    stage = f"{_STAGE}:{bundle.id}:{labels_id}"
    threads = answered = classified = 0
    for batch in changed_batches(db, stage):
        ids = [thread.id for thread in batch]
        labels = _labels(db, labels_id, ids)
        pairs = {thread.id: pair for thread in batch if (pair := settled_pair(thread, labels))}
        known = known_causes(db, bundle.id, ids)
        unread = {key: pair for key, pair in pairs.items() if not _is_known(pair, known.get(key))}
        save_post_texts(db, _STAGE, _texts_of_posts(batch, pairs))
        found = {key: known[key] for key in pairs if key not in unread} | _read(bundle, unread)
        save_thread_causes(db, bundle.id, stage, [(thread, found.get(thread.id)) for thread in batch])
        threads, answered, classified = threads + len(batch), answered + len(pairs), classified + len(unread)
        progress(len(batch))
    set_current_causes(db, bundle.id)
    return CauseSummary(threads, answered, classified)


def _confirmed(shown: Sequence[StoredPost], labels: Labels) -> StoredPost | None:
    said = set(labels.get(shown[-1].id, ()))
    if not shown[-1].input.by_starter or FEEDBACK not in said or not said <= _ACKNOWLEDGEMENTS:
        return None
    return next((post for post in reversed(shown[1:-1]) if post.input.by_starter is False), None)


def _labels(db: Database, labels_id: str | None, thread_ids: Sequence[int]) -> dict[int, set[str]]:
    if labels_id is None:
        return {}
    return {
        post: {label for label, _ in said.labels} for post, said in known_assignments(db, labels_id, thread_ids).items()
    }


def _is_known(pair: Pair, known: ThreadCause | None) -> bool:
    return known is not None and (known.question_id, known.answer_id, known.input_hash) == (
        pair.question.id,
        pair.answer.id,
        pair.input_hash,
    )


def _texts_of_posts(batch: Sequence[StoredThread], pairs: Mapping[int, Pair]) -> dict[int, set[bytes]]:
    """Hashes of the texts that are embedded, by the post whose words they hold."""
    found: dict[int, set[bytes]] = {post.id: set() for thread in batch for post in thread.posts}
    for pair in pairs.values():
        main, trace, previous = take_apart(pair.input).views
        found[pair.answer.id] |= {text_hash(text) for text in (main, trace) if text}
        found[pair.question.id] |= {text_hash(text) for text in (previous,) if text}
    return found


def _read(bundle: Labeller, pairs: Mapping[int, Pair]) -> dict[int, ThreadCause]:
    answers = bundle.classify([pair.input for pair in pairs.values()])
    return {
        key: ThreadCause(
            pair.question.id,
            pair.answer.id,
            pair.input_hash,
            answer.labels[0][0] if answer.labels else "",
            answer.ranked[0][1],
        )
        for (key, pair), answer in zip(pairs.items(), answers, strict=True)
    }
