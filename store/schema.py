"""The tables. Each has one writer, named in its comment; times are UTC, months and weeks as in store.calendars."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: timezone-aware going in, UTC coming out, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; a naive moment is an error of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: give a timezone-aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Attach UTC where the database has no time zones."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# One row a name; `thread_revision` is taken under a row lock so that revisions commit in order.
counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Written by the scraper.
sources = Table(
    "sources",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("authored", Boolean, nullable=False, default=False),
    Column("covered_from", UtcDateTime),
    Column("covered_to", UtcDateTime),
    UniqueConstraint("kind", "name"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("source_id", "name"),
)

frontier = Table(
    "frontier",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("marker", Text, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("outcome", Text, nullable=False, default=""),
    Column("read_at", UtcDateTime),
    Column("etag", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "external_id"),
    Index(None, "source_id", "pending", "id"),
    Index("ix_frontier_rotation", "source_id", "pending", "read_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("month", Integer, nullable=False),
    Column("bumped_at", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("views", Integer, nullable=False),
    Column("likes", Integer, nullable=False),
    Column("content_hash", LargeBinary(32), nullable=False),
    Column("revision", BigInteger, nullable=False, unique=True),
    UniqueConstraint("source_id", "external_id"),
    Index(None, "counted", "month"),
    Index(None, "created_at", "id"),
    Index(None, "counted", "created_at", "id"),
)

# A deleted post keeps its row as a tombstone: id and times, no text, no author. `deleted_at`: when we saw it gone.
posts = Table(
    "posts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("author", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime),
    Column("reply_to", Integer),
    Column("likes", Integer, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("staff", Boolean),
    Column("body", Text, nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("input_hash", LargeBinary(32), nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("deleted_at", UtcDateTime),
    UniqueConstraint("thread_id", "external_id"),
    Index(None, "thread_id", "number"),
    Index("ix_posts_external_id", "external_id"),
)

# What an edit replaced: the hash of the earlier text, when that was written, and when we saw it replaced.
post_edits = Table(
    "post_edits",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False, index=True),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
)

# `family` is the model_type by its usual name; `listing` is the last full listing of the source that held the model;
# `gone` is true once a full listing no longer did.
models = Table(
    "models",
    metadata,
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("hub_id", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime),
    Column("month", Integer),
    Column("model_type", Text, nullable=False, server_default=""),
    Column("family", Text, nullable=False),
    Column("pipeline_tag", Text),
    Column("library", Text),
    Column("has_card", Boolean),
    Column("downloads", BigInteger, nullable=False),
    Column("likes", BigInteger, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("gated", Boolean),
    Column("modified_at", UtcDateTime),
    Column("listing", Integer, nullable=False, server_default="0"),
    Column("gone", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("source_id", "id"),
    Index(None, "source_id", "month", "family", "has_card"),
    Index(None, "source_id", "hub_id"),
)

# What a model's card holds, measured; `state` is read, missing, refused or unreadable.
model_cards = Table(
    "model_cards",
    metadata,
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("model_id", Text, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("characters", Integer, nullable=False),
    Column("words", Integer, nullable=False),
    Column("placeholders", Integer, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("broken_metadata", Boolean, nullable=False),
    PrimaryKeyConstraint("source_id", "model_id"),
)

# Counts by month and family ('' = no model_type): derived from `models`, or a published table as it is. `downloads`:
# of these models in all, as the source told when it was last read.
uploads = Table(
    "uploads",
    metadata,
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("month", Integer, nullable=False),
    Column("family", Text, nullable=False),
    Column("models", BigInteger, nullable=False),
    Column("cards", BigInteger),
    Column("downloads", BigInteger),
    PrimaryKeyConstraint("source_id", "month", "family"),
    Index(None, "family", "month"),
)

# The same of listed models by week, counted anew with its month: a week that reaches into two months has two rows.
week_uploads = Table(
    "week_uploads",
    metadata,
    Column("source_id", RowId, ForeignKey("sources.id"), nullable=False),
    Column("month", Integer, nullable=False),
    Column("week", Integer, nullable=False),
    Column("family", Text, nullable=False),
    Column("models", BigInteger, nullable=False),
    Column("cards", BigInteger),
    Column("downloads", BigInteger),
    PrimaryKeyConstraint("source_id", "month", "week", "family"),
    Index(None, "family", "week"),
)

# Written by the classifier.
settings = Table(
    "settings", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False)
)

stages = Table(
    "stages",
    metadata,
    Column("stage", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

encoders = Table(
    "encoders",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(400), nullable=False, unique=True),
)

vectors = Table(
    "vectors",
    metadata,
    Column("encoder_id", RowId, ForeignKey("encoders.id"), nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("encoder_id", "text_hash"),
)

# Which of the hashes above a stage made of a post's text, so that they go with it. A text of two posts has two rows.
post_texts = Table(
    "post_texts",
    metadata,
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("post_id", "stage", "text_hash"),
    Index(None, "text_hash"),
)

# `labels`: leaves and categories in the order of the probabilities in `post_verdicts`.
bundles = Table(
    "bundles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("labels", JSON, nullable=False),
)

# `probabilities`: one for each label of the bundle, in ten-thousandths, little-endian 16 bit.
post_verdicts = Table(
    "post_verdicts",
    metadata,
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False),
    Column("input_hash", LargeBinary(32), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("probabilities", LargeBinary, nullable=False),
    PrimaryKeyConstraint("bundle_id", "thread_id", "post_id"),
    Index(None, "thread_id"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("score", Float, nullable=False),
    PrimaryKeyConstraint("bundle_id", "thread_id", "post_id", "label"),
    Index(None, "thread_id"),
)

# The union over a thread's posts, leaves and categories alike; ordered for the trend query to read only it.
thread_labels = Table(
    "thread_labels",
    metadata,
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    PrimaryKeyConstraint("bundle_id", "label", "month", "thread_id"),
    Index(None, "thread_id", "bundle_id", "label"),
)

thread_verdicts = Table(
    "thread_verdicts",
    metadata,
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("month", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    PrimaryKeyConstraint("bundle_id", "month", "verdict", "thread_id"),
    Index(None, "thread_id", "bundle_id", "verdict"),
)

# Why a thread's question had to be asked, as the answer shows it: by a bundle of root causes. `cause` is empty where
# that bundle abstained; `question_id` and `post_id` are the posts that were read.
thread_causes = Table(
    "thread_causes",
    metadata,
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("question_id", RowId, ForeignKey("posts.id"), nullable=False),
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False),
    Column("input_hash", LargeBinary(32), nullable=False),
    Column("cause", Text, nullable=False),
    Column("score", Float, nullable=False),
    PrimaryKeyConstraint("bundle_id", "thread_id"),
    Index(None, "thread_id"),
)

mentions = Table(
    "mentions",
    metadata,
    Column("family", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("posts", Integer, nullable=False),
    PrimaryKeyConstraint("family", "month", "thread_id"),
    Index(None, "thread_id"),
)

topic_runs = Table(
    "topic_runs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("recipe", String(64), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sought", Integer, nullable=False),
    Column("outliers_found", Integer, nullable=False),
    Column("next_topic", Integer, nullable=False),
    Column("repeated_lines", JSON, nullable=False),
    Column("coherence", Float),
    Column("diversity", Float),
)

topics = Table(
    "topics",
    metadata,
    Column("run_id", RowId, ForeignKey("topic_runs.id"), nullable=False),
    Column("topic", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("representatives", JSON, nullable=False),
    Column("nearest_label", Text, nullable=False),
    Column("nearest_cosine", Float, nullable=False),
    Column("coherence", Float),
    Column("centre", LargeBinary),
    Column("x", Float),
    Column("y", Float),
    PrimaryKeyConstraint("run_id", "topic"),
)

# `sought`: the thread was there, with this text, when the topics were sought; the others were placed later. `x`, `y`:
# where it lies on the map, in [-1, 1]; of a topic, the middle of those sought.
topic_threads = Table(
    "topic_threads",
    metadata,
    Column("run_id", RowId, ForeignKey("topic_runs.id"), nullable=False),
    Column("topic", Integer, nullable=False),
    Column("month", Integer, nullable=False),
    Column("thread_id", RowId, ForeignKey("threads.id"), nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("sought", Boolean, nullable=False),
    Column("x", Float),
    Column("y", Float),
    PrimaryKeyConstraint("run_id", "topic", "month", "thread_id"),
    Index(None, "thread_id", "run_id", "topic"),
)


def _counts(name: str, period: str) -> tuple[Any, ...]:
    """Name, columns and key of a table of threads by subject and period."""
    return (
        name,
        metadata,
        Column("kind", String(16), nullable=False),
        Column("scope", BigInteger, nullable=False),
        Column("subject", Text, nullable=False),
        Column("family", Text, nullable=False),
        Column(period, Integer, nullable=False),
        Column("threads", BigInteger, nullable=False),
        Column("expected", BigInteger, nullable=False),
        PrimaryKeyConstraint("kind", "scope", "subject", "family", period),
    )


# How many counted threads of each month there are of a kind, so that a trend costs what its months cost: kept by
# store.counts, in the transaction of whoever changes what is counted. `scope`: the bundle or run that says so, else 0.
# `family`: of these, the threads that mention it; '' for all. `expected`: sum of probabilities, in millionths.
trend_counts = Table(*_counts("trend_counts", "month"), Index(None, "kind", "scope", "family", "month"))

# The same by week.
week_counts = Table(*_counts("week_counts", "week"))

# What a bundle says of a run's topics, kept by store.counts too. `threads` of the topic that carry the label in a post,
# `openings` that carry it, and the sum of their strongest scores for it in millionths. Label '': `threads` whose
# opening post the bundle has read, `openings` with a label, `score` of any label.
topic_label_counts = Table(
    "topic_label_counts",
    metadata,
    Column("run_id", RowId, ForeignKey("topic_runs.id"), nullable=False),
    Column("bundle_id", RowId, ForeignKey("bundles.id"), nullable=False),
    Column("topic", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("threads", BigInteger, nullable=False),
    Column("openings", BigInteger, nullable=False),
    Column("score", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "bundle_id", "topic", "label"),
)

# Written by the service: what people say of posts. Rows are only added; `undoes` names the row that one takes back.
# They outlive every bundle, so `bundle` is a name. A deletion of the post clears `note` and `text_hash`.
reviews = Table(
    "reviews",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("post_id", RowId, ForeignKey("posts.id"), nullable=False, index=True),
    Column("reviewer", String(200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("machine_labels", JSON, nullable=False),
    Column("bundle", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("lane", String(16), nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("undoes", RowId, ForeignKey("reviews.id")),
    Index(None, "reviewer", "id"),
)

# Written by the command line: alerts that were raised, by what they are about; `delivered_at` once a webhook took one.
alerts = Table(
    "alerts",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("text", Text, nullable=False),
)
