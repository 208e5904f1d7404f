"""Reviews and what is made of them, as messages."""

from __future__ import annotations

from classifier.agreement import Agreement
from classifier.queue import Queued
from classifier.reviewed import Round
from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import thread_pb2 as hpb
from service.convert import moment, post_message, thread_message, timestamp
from service.fields import from_message, to_message
from store.review_values import Review
from store.values import PostDetail, ThreadSummary


def review_message(review: Review) -> rpb.Review:
    """Review as a message."""
    return to_message(review, rpb.Review, create_time=timestamp(review.made_at), text_hash=review.text_hash.hex())


def review_of(message: rpb.Review) -> Review:
    """Review of a message."""
    return from_message(
        message,
        Review,
        made_at=moment(message.create_time),
        text_hash=bytes.fromhex(message.text_hash),
        undoes=message.undoes or None,
    )


def round_message(one: Round) -> rpb.Round:
    """Round as a message."""
    return to_message(one, rpb.Round, first_time=timestamp(one.first), last_time=timestamp(one.last))


def round_of(message: rpb.Round) -> Round:
    """Round of a message."""
    return from_message(message, Round, first=moment(message.first_time), last=moment(message.last_time))


def queue_post_message(post: PostDetail, text_hash: bytes, likeliest: list[tuple[str, float]]) -> rpb.QueuePost:
    """Post to judge as a message; `likeliest`: leaves with their probabilities, best first."""
    suggestions = [hpb.PostLabel(label=label, score=score) for label, score in likeliest]
    return rpb.QueuePost(post=post_message(post), text_hash=text_hash.hex(), suggestions=suggestions)


def queue_item_message(queued: Queued, thread: ThreadSummary, posts: list[rpb.QueuePost]) -> rpb.QueueItem:
    """Place in the queue as a message."""
    return rpb.QueueItem(
        thread=thread_message(thread),
        posts=posts,
        reasons=[to_message(reason, rpb.Reason) for reason in queued.reasons],
        worth=queued.worth,
    )


def agreement_message(
    found: Agreement, page: list[tuple[Review, Review]], threads: dict[int, ThreadSummary], more: str, names: list[str]
) -> rpb.GetAgreementResponse:
    """Two reviewers side by side as a message, with a page of their disagreements."""
    disagreements = [
        rpb.Disagreement(
            thread=thread_message(threads[first.thread]) if first.thread in threads else None,
            post=first.post,
            post_number=first.post_number,
            first=review_message(first),
            second=review_message(second),
        )
        for first, second in page
    ]
    return to_message(
        found, rpb.GetAgreementResponse, disagreements=disagreements, next_page_token=more, reviewers=names
    )
