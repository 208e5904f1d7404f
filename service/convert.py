"""Values to messages and back. What is None stays unset: unknown is never 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.fields import from_message, to_message
from store.months import format_month
from store.values import (
    Classification,
    Coverage,
    Label,
    NearExample,
    PostDetail,
    PostInput,
    Reason,
    ThreadSummary,
    TrendPoint,
    Verdict,
)

_COVERAGE = {
    Coverage.NONE: tpb.COVERAGE_NONE,
    Coverage.PARTIAL: tpb.COVERAGE_PARTIAL,
    Coverage.FULL: tpb.COVERAGE_FULL,
}
_COVERAGE_BACK = {message: value for value, message in _COVERAGE.items()}


def timestamp(moment: datetime) -> Timestamp:
    """Moment as a message."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def moment(message: Timestamp) -> datetime:
    """Moment of a message, UTC."""
    return message.ToDatetime(tzinfo=UTC)


def post_input(message: cpb.PostInput) -> PostInput:
    """Post to label, from a checked message."""
    return PostInput(
        id=message.id,
        body=message.body,
        title=message.title,
        reply=message.reply if message.HasField("reply") else None,
        previous=message.previous if message.HasField("previous") else None,
        by_starter=message.by_starter if message.HasField("by_starter") else None,
        accepted=message.accepted if message.HasField("accepted") else None,
        category=message.category,
        tags=tuple(message.tags),
        post_number=message.post_number if message.HasField("post_number") else None,
        source=message.source,
    )


def post_input_message(post: PostInput) -> cpb.PostInput:
    """Post to label, as a message."""
    return cpb.PostInput(
        id=post.id,
        body=post.body,
        title=post.title,
        reply=post.reply,
        previous=post.previous,
        by_starter=post.by_starter,
        accepted=post.accepted,
        category=post.category,
        tags=post.tags,
        post_number=post.post_number,
        source=post.source,
    )


def thread_inputs(message: cpb.ClassifyThreadRequest) -> list[PostInput]:
    """Posts of a thread in the context that the thread gives them, as the store sees it."""
    first = message.posts[0]
    numbers = [post.number if post.HasField("number") else place for place, post in enumerate(message.posts, 1)]
    inputs = []
    for place, (post, number) in enumerate(zip(message.posts, numbers, strict=True)):
        told = number > 1 and numbers[0] == 1 and post.author and first.author
        inputs.append(
            PostInput(
                id=post.id,
                body=post.body,
                title=message.title,
                reply=number > 1,
                previous=message.posts[place - 1].body if place else None,
                by_starter=post.author == first.author if told else None,
                accepted=post.accepted,
                category=message.category,
                tags=tuple(message.tags),
                post_number=number,
            )
        )
    return inputs


def classification_message(value: Classification, kind: Callable[[str], str], ranking: bool) -> cpb.Classification:
    """Answer to one post."""

    def scores(pairs: Sequence[tuple[str, float]]) -> list[cpb.LabelScore]:
        return [cpb.LabelScore(label=label, kind=kind(label), score=score) for label, score in pairs]

    return cpb.Classification(
        id=value.id,
        labels=scores(value.labels),
        abstained=value.abstained,
        ranking=scores(value.ranked) if ranking else (),
        evidence=[
            cpb.LabelEvidence(
                label=reason.label,
                terms=[cpb.EvidenceTerm(text=text, weight=weight) for text, weight in reason.terms],
                examples=[to_message(example, cpb.LabelledExample) for example in reason.examples],
            )
            for reason in value.reasons
        ],
    )


def classification(message: cpb.Classification) -> Classification:
    """Answer to one post; `ranked` is empty where no ranking was asked for."""
    return Classification(
        id=message.id,
        labels=tuple((each.label, each.score) for each in message.labels),
        ranked=tuple((each.label, each.score) for each in message.ranking),
        abstained=message.abstained,
        reasons=tuple(
            Reason(
                each.label,
                tuple((term.text, term.weight) for term in each.terms),
                tuple(from_message(example, NearExample) for example in each.examples),
            )
            for each in message.evidence
        ),
    )


def label_message(label: Label) -> cpb.Label:
    """Label as a message."""
    return cpb.Label(
        id=label.id,
        kind=label.kind,
        name=label.name,
        definition=label.definition,
        category=label.category,
        leaf=label.leaf,
    )


def label(message: cpb.Label) -> Label:
    """Label of a message."""
    return Label(message.id, message.kind, message.name, message.definition, message.leaf)


def trend_point_message(point: TrendPoint, smoothed_share: float | None = None) -> tpb.TrendPoint:
    """Month, quarter or week of a trend as a message."""
    return tpb.TrendPoint(
        month=format_month(point.month),
        start_date=point.start.date().isoformat(),
        threads=point.threads,
        all_threads=point.all_threads,
        share=point.share,
        labelled_threads=point.labelled_threads,
        none_threads=point.none_threads,
        abstained_threads=point.abstained_threads,
        abstained_share=point.abstained_share,
        uploads=point.uploads,
        all_uploads=point.all_uploads,
        uploads_with_card=point.uploads_with_card,
        partial=point.partial,
        forum_coverage=_COVERAGE[point.forum_coverage],
        hub_coverage=_COVERAGE[point.hub_coverage],
        expected_threads=point.expected_threads,
        upload_share=point.upload_share,
        card_share=point.card_share,
        downloads=point.downloads,
        smoothed_share=smoothed_share,
    )


def trend_point(message: tpb.TrendPoint) -> TrendPoint:
    """Month, quarter or week of a trend; unset counts are None."""

    def count(name: str) -> int | None:
        return int(getattr(message, name)) if message.HasField(name) else None

    return TrendPoint(
        start=datetime.fromisoformat(message.start_date).replace(tzinfo=UTC),
        threads=count("threads"),
        all_threads=count("all_threads"),
        labelled_threads=count("labelled_threads"),
        none_threads=count("none_threads"),
        abstained_threads=count("abstained_threads"),
        uploads=count("uploads"),
        all_uploads=count("all_uploads"),
        uploads_with_card=count("uploads_with_card"),
        partial=message.partial,
        forum_coverage=_COVERAGE_BACK.get(message.forum_coverage, Coverage.NONE),
        hub_coverage=_COVERAGE_BACK.get(message.hub_coverage, Coverage.NONE),
        expected_threads=optional(message, "expected_threads"),
        downloads=count("downloads"),
    )


def thread_message(thread: ThreadSummary) -> hpb.Thread:
    """Thread as a message."""
    return hpb.Thread(
        id=thread.id,
        title=thread.title,
        url=thread.url,
        category=thread.category,
        tags=thread.tags,
        create_time=timestamp(thread.created_at),
        posts=thread.posts,
        labels=thread.labels,
        families=thread.families,
        topic=thread.topic,
        authored_sample=thread.authored,
    )


def thread_summary(message: hpb.Thread) -> ThreadSummary:
    """Thread of a message."""
    return ThreadSummary(
        id=message.id,
        title=message.title,
        url=message.url,
        category=message.category,
        tags=tuple(message.tags),
        created_at=moment(message.create_time),
        posts=message.posts,
        labels=tuple(message.labels),
        families=tuple(message.families),
        topic=message.topic if message.HasField("topic") else None,
        authored=message.authored_sample,
    )


def post_message(post: PostDetail) -> hpb.Post:
    """Post of a thread as a message."""
    return hpb.Post(
        id=post.id,
        number=post.number,
        author=post.author,
        create_time=timestamp(post.created_at),
        body=post.body,
        reply_to=post.reply_to,
        accepted=post.accepted,
        labels=[hpb.PostLabel(label=label, score=score) for label, score in post.labels],
        abstained=post.verdict is Verdict.ABSTAINED,
        assigned=post.verdict is not None,
    )


def post_detail(message: hpb.Post) -> PostDetail:
    """Post of a thread; the verdict is None where the bundle has not read it."""
    if not message.assigned:
        verdict = None
    elif message.labels:
        verdict = Verdict.LABELLED
    else:
        verdict = Verdict.ABSTAINED if message.abstained else Verdict.NONE
    return PostDetail(
        id=message.id,
        number=message.number,
        author=message.author,
        created_at=moment(message.create_time),
        body=message.body,
        reply_to=message.reply_to if message.HasField("reply_to") else None,
        accepted=message.accepted,
        labels=tuple((each.label, each.score) for each in message.labels),
        verdict=verdict,
    )


def optional(message: Message, name: str) -> Any:
    """Value of a field that may be unset, then None."""
    return getattr(message, name) if message.HasField(name) else None
