"""Topics and their map as messages, and back. What is None stays unset."""

from __future__ import annotations

from forumlens.v1 import trend_pb2 as tpb
from service.convert import optional
from store.topic_values import MapPoint, Topic, TopicMap, TopicRun


def topic_message(topic: Topic) -> tpb.Topic:
    """Topic as a message."""
    return tpb.Topic(
        id=topic.id,
        keywords=topic.keywords,
        threads=topic.size,
        representative_threads=topic.representatives,
        label_distribution=[tpb.TopicLabel(label=label, share=share) for label, share in topic.distribution],
        nearest_label=topic.nearest_label,
        nearest_label_confidence=topic.nearest_cosine,
        name=topic.name,
        new_theme=topic.new_theme,
        label_fit=topic.label_fit,
        label_confidence=topic.label_confidence,
        leading_label=topic.leading_label,
        leading_label_share=topic.leading_share,
        unlabelled_share=topic.unlabelled,
        coherence=topic.coherence,
        map_x=topic.point[0] if topic.point else None,
        map_y=topic.point[1] if topic.point else None,
    )


def topic_map_message(drawn: TopicMap, run_id: str, *, authored: bool) -> tpb.GetTopicMapResponse:
    """Points of threads as a message."""
    return tpb.GetTopicMapResponse(
        threads=[one.thread_id for one in drawn.points],
        topics=[one.topic for one in drawn.points],
        x=[one.point[0] for one in drawn.points],
        y=[one.point[1] for one in drawn.points],
        titles=[one.title for one in drawn.points],
        total=drawn.total,
        topic_run=run_id,
        authored_sample=authored,
    )


def topic_map(message: tpb.GetTopicMapResponse) -> TopicMap:
    """Points of threads of a message."""
    rows = zip(message.threads, message.topics, message.x, message.y, message.titles, strict=True)
    return TopicMap(tuple(MapPoint(thread, topic, (x, y), title) for thread, topic, x, y, title in rows), message.total)


def topic(message: tpb.Topic) -> Topic:
    """Topic of a message."""
    return Topic(
        id=message.id,
        keywords=tuple(message.keywords),
        size=message.threads,
        representatives=tuple(message.representative_threads),
        nearest_label=message.nearest_label,
        nearest_cosine=message.nearest_label_confidence,
        distribution=tuple((each.label, each.share) for each in message.label_distribution),
        name=message.name,
        coherence=optional(message, "coherence"),
        leading_label=message.leading_label,
        leading_share=optional(message, "leading_label_share"),
        unlabelled=optional(message, "unlabelled_share"),
        label_fit=optional(message, "label_fit"),
        label_confidence=optional(message, "label_confidence"),
        new_theme=optional(message, "new_theme"),
        point=(message.map_x, message.map_y) if message.HasField("map_x") else None,
    )


def run_figures_message(run: TopicRun) -> tpb.TopicRunFigures:
    """How good a topic run is, as a message."""
    return tpb.TopicRunFigures(
        threads=run.sought,
        outliers_before_reduction=run.outliers_found,
        coherence=run.coherence,
        diversity=run.diversity,
    )
