"""A thin typed client of the gRPC API.

with Client("localhost:50051") as client:
    for answer in client.classify([{"body": "CUDA out of memory while fine-tuning"}]):
        print(answer.labels)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from classifier.trend.periods import Period
from forumlens.channel import ClientError, ClientTls, client_error, open_channel
from forumlens.theme_calls import ThemeCalls
from forumlens.v1 import admin_pb2 as dpb
from forumlens.v1 import (
    admin_pb2_grpc,
    answer_pb2_grpc,
    classification_pb2_grpc,
    thread_pb2_grpc,
    trend_pb2_grpc,
)
from forumlens.v1 import answer_pb2 as apb
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service import convert, convert_answers, limits
from service.fields import enum_number
from store.answers import AnswerFigures
from store.causes import CauseShares
from store.themes import ThemeKind
from store.topic_values import Topic
from store.values import Classification, Label, PostDetail, PostInput, ThreadFilter, ThreadSummary, TrendPoint

__all__ = ["Client", "ClientError", "ClientTls"]

_STREAM_POSTS = 64
"""Posts in one message of a stream: enough for a full batch with those that are on their way."""
_POST_FIELDS = frozenset(field.name for field in fields(PostInput))


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a trend, one a period, and the families that they count; none means all."""

    families: tuple[str, ...]
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """Series that were asked for. `authored`: some of what is counted is sample data, not mined."""

    series: tuple[Series, ...]
    authored: bool
    bundle_id: str
    topic_run: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answers. `metrics` are held-out figures from the time it was fitted."""

    bundle_id: str
    taxonomy: str
    encoder: str
    device: str
    precision: str
    max_tokens: int
    max_posts: int
    max_body_chars: int
    version: str
    fitted_at: datetime | None
    metrics: Mapping[str, float]
    data_hashes: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LabelledThread:
    """Leaves that any post of a thread carries, and the answer to each post."""

    labels: tuple[str, ...]
    posts: tuple[Classification, ...]


class Client(ThemeCalls):
    """Calls a forumlens server; `timeout` in seconds holds for each call, with its retries.

    `token` is sent with every call; it needs `tls` unless the server is on this machine.
    """

    def __init__(
        self,
        target: str = "localhost:50051",
        timeout: float = 30.0,
        *,
        token: str = "",
        tls: ClientTls | None = None,
    ) -> None:
        """Raises ValueError for a token without TLS to another machine, OSError for files of `tls`."""
        self._timeout = timeout
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._channel = open_channel(target, token, tls)
        self._classification = classification_pb2_grpc.ClassificationServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._trends = trend_pb2_grpc.TrendServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._threads = thread_pb2_grpc.ThreadServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._admin = admin_pb2_grpc.AdminServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._answers = answer_pb2_grpc.AnswerServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def classify(
        self, posts: Iterable[PostInput | Mapping[str, Any]], *, ranking: bool = False, evidence: bool = False
    ) -> list[Classification]:
        """Label posts, any number, in order; `ranked` and `reasons` are filled only when asked for.

        A mapping has the fields of PostInput, of which `body` is required. Raises ClientError.
        """
        answers: list[Classification] = []
        for chunk in _chunks(map(_as_post, posts), limits.MAX_POSTS):
            request = cpb.ClassifyRequest(
                posts=map(convert.post_input_message, chunk), include_ranking=ranking, include_evidence=evidence
            )
            try:
                response: cpb.ClassifyResponse = self._call(self._classification.Classify, request)
            except ClientError as error:
                raise _moved(error, len(answers)) from error
            answers.extend(map(convert.classification, response.classifications))
        return answers

    def classify_stream(
        self, posts: Iterable[PostInput | Mapping[str, Any]], *, ranking: bool = False, evidence: bool = False
    ) -> Iterator[Classification]:
        """Label posts over one call, without end if need be; only a few are in memory at once. Has no timeout.

        Raises ClientError, ValueError for what is no post, and whatever `posts` raises; answers before it stand.
        """
        failed: list[Exception] = []

        def requests() -> Iterator[cpb.ClassifyStreamRequest]:
            try:
                for chunk in _chunks(map(_as_post, posts), _STREAM_POSTS):
                    inputs = map(convert.post_input_message, chunk)
                    yield cpb.ClassifyStreamRequest(posts=inputs, include_ranking=ranking, include_evidence=evidence)
            except Exception as error:  # gRPC reads this in a thread of its own, where nobody would see it
                failed.append(error)
                raise

        answered = 0
        call = self._classification.ClassifyStream(requests(), metadata=self._metadata)
        try:
            for response in call:
                if response.problems:
                    problems = [(each.field, each.description) for each in response.problems]
                    told = "; ".join(f"{field}: {about}" for field, about in problems)
                    raise _moved(ClientError(grpc.StatusCode.INVALID_ARGUMENT, told, problems), answered)
                answered += len(response.classifications)
                yield from map(convert.classification, response.classifications)
        except grpc.RpcError as error:
            raise failed[0] if failed else client_error(error) from error
        finally:
            call.cancel()

    def classify_thread(
        self,
        posts: Iterable[Mapping[str, Any]],
        *,
        title: str = "",
        category: str = "",
        tags: Sequence[str] = (),
        ranking: bool = False,
        evidence: bool = False,
    ) -> LabelledThread:
        """Label the posts of a thread, given in reading order, each in its context.

        A post has `body`, and may have `id`, `author`, `accepted` and `number`. Raises ClientError.
        """
        request = cpb.ClassifyThreadRequest(
            title=title,
            posts=[cpb.ThreadPostInput(**post) for post in posts],
            category=category,
            tags=tags,
            include_ranking=ranking,
            include_evidence=evidence,
        )
        response: cpb.ClassifyThreadResponse = self._call(self._classification.ClassifyThread, request)
        return LabelledThread(tuple(response.labels), tuple(map(convert.classification, response.classifications)))

    def use_bundle(self, directory: str) -> str:
        """Swap the model to a bundle in a folder of the server's machine; gives its id. Raises ClientError."""
        response: dpb.UseBundleResponse = self._call(self._admin.UseBundle, dpb.UseBundleRequest(directory=directory))
        return response.bundle_id

    def labels(self, kind: str = "") -> list[Label]:
        """Labels of the taxonomy, of one kind if asked; categories before their leaves. Raises ClientError."""
        response: cpb.ListLabelsResponse = self._call(self._classification.ListLabels, cpb.ListLabelsRequest(kind=kind))
        return list(map(convert.label, response.labels))

    def model_info(self) -> ModelInfo:
        """Which model answers, within which limits. Raises ClientError."""
        info: cpb.GetModelInfoResponse = self._call(self._classification.GetModelInfo, cpb.GetModelInfoRequest())
        return ModelInfo(
            bundle_id=info.bundle_id,
            taxonomy=info.taxonomy,
            encoder=info.encoder,
            device=info.device,
            precision=info.precision,
            max_tokens=info.max_tokens,
            max_posts=info.max_posts,
            max_body_chars=info.max_body_chars,
            version=info.version,
            fitted_at=convert.moment(info.fit_time) if info.HasField("fit_time") else None,
            metrics=dict(info.metrics),
            data_hashes=dict(info.data_hashes),
            versions=dict(info.versions),
        )

    def query_trends(
        self,
        *,
        label: str | None = None,
        category: str | None = None,
        topic: int | None = None,
        forum_category: str | None = None,
        families: Sequence[str] = (),
        start_month: str = "",
        end_month: str = "",
        per_family: bool = False,
        by: str = "month",
    ) -> Trends:
        """Series of one label, category, topic or forum category, or of all threads, by month, quarter or week.

        `start_month` and `end_month` are `YYYY-MM`, half-open; a week is of the month in which its Monday lies. Raises
        ClientError, and ValueError when more than one subject is given, or another `by`.
        """
        if sum(subject is not None for subject in (label, category, topic, forum_category)) > 1:
            raise ValueError("label, category, topic and forum_category exclude each other: give at most one of them")
        request = tpb.QueryTrendsRequest(
            label=label,
            category=category,
            topic=topic,
            forum_category=forum_category,
            families=families,
            start_month=start_month,
            end_month=end_month,
            per_family=per_family,
            period=_period(by),
        )
        response: tpb.QueryTrendsResponse = self._call(self._trends.QueryTrends, request)
        series = (
            Series(tuple(each.families), tuple(map(convert.trend_point, each.points))) for each in response.series
        )
        return Trends(tuple(series), response.authored_sample, response.bundle_id, response.topic_run)

    def list_topics(self, *, page_size: int = 0) -> Iterator[Topic]:
        """All topics, biggest first, fetched page by page. Raises ClientError."""
        request = tpb.ListTopicsRequest(page_size=page_size)
        while True:
            response: tpb.ListTopicsResponse = self._call(self._trends.ListTopics, request)
            yield from map(convert.topic, response.topics)
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token

    def list_threads(self, wanted: ThreadFilter | None = None, *, page_size: int = 0) -> Iterator[ThreadSummary]:
        """Threads that pass the filter, newest first, fetched page by page. Raises ClientError."""
        wanted = wanted or ThreadFilter()
        request = hpb.ListThreadsRequest(
            label=wanted.label,
            topic=wanted.topic,
            families=wanted.families,
            category=wanted.category,
            start_time=convert.timestamp(wanted.start) if wanted.start else None,
            end_time=convert.timestamp(wanted.end) if wanted.end else None,
            page_size=page_size,
        )
        while True:
            response: hpb.ListThreadsResponse = self._call(self._threads.ListThreads, request)
            yield from map(convert.thread_summary, response.threads)
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token

    def get_thread(self, thread_id: int) -> tuple[ThreadSummary, list[PostDetail]]:
        """One thread with its posts in reading order. Raises ClientError, with NOT_FOUND for an unknown id."""
        response: hpb.GetThreadResponse = self._call(self._threads.GetThread, hpb.GetThreadRequest(id=thread_id))
        return convert.thread_summary(response.thread), list(map(convert.post_detail, response.posts))

    def query_answers(self, by: ThemeKind = ThemeKind.ALL, **scope: Any) -> dict[str, AnswerFigures]:
        """How threads are answered, by theme. `scope`: label, category or topic; families, forum_category, start_month,
        end_month. Raises ClientError, and ValueError for another field or several subjects.
        """
        request = apb.QueryAnswersRequest(by=convert_answers.THEME_KINDS[by], **_one_subject(scope))
        response: apb.QueryAnswersResponse = self._call(self._answers.QueryAnswers, request)
        return {each.theme: convert_answers.answer_figures(each) for each in response.themes}

    def query_causes(self, by: ThemeKind = ThemeKind.ALL, **scope: Any) -> dict[str, CauseShares]:
        """Root causes of answered threads, by theme; experimental. `scope` and errors are as of query_answers."""
        request = apb.QueryCausesRequest(by=convert_answers.THEME_KINDS[by], **_one_subject(scope))
        response: apb.QueryCausesResponse = self._call(self._answers.QueryCauses, request)
        return {each.theme: convert_answers.cause_shares(each) for each in response.themes}

    def _call(self, method: Any, request: Message) -> Any:
        try:
            return method(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise client_error(error) from error


def _period(name: str) -> Any:
    try:
        return enum_number(tpb.Period.DESCRIPTOR, Period(name))
    except ValueError as error:
        raise ValueError(f"by {name!r} is unknown: give {', '.join(Period)}") from error


def _one_subject(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    if sum(scope.get(name) is not None for name in ("label", "category", "topic")) > 1:
        raise ValueError("label, category and topic exclude each other: give one of them, or none for all threads")
    return scope


def _moved(error: ClientError, by: int) -> ClientError:
    """The error with post numbers as the caller counts them, who knows nothing of earlier calls."""
    if not by:
        return error

    def move(text: str) -> str:
        return re.sub(r"^posts\[(\d+)\]", lambda match: f"posts[{int(match[1]) + by}]", text)

    violations = [(move(field), description) for field, description in error.violations]
    return ClientError(error.code, move(error.message), violations, error.request_id)


def _as_post(post: PostInput | Mapping[str, Any]) -> PostInput:
    if isinstance(post, PostInput):
        return post
    unknown = sorted(set(post) - _POST_FIELDS)
    if unknown:
        raise ValueError(f"post has unknown fields {', '.join(unknown)}: it may have {', '.join(sorted(_POST_FIELDS))}")
    if "body" not in post:
        raise ValueError(f"post {post.get('id', '')!r} has no body: give its text")
    return PostInput(**{"id": "", **post, "tags": tuple(post.get("tags", ()))})


def _chunks(posts: Iterable[PostInput], most: int) -> Iterator[list[PostInput]]:
    """Posts in groups of at most `most` that one message may hold."""
    chunk: list[PostInput] = []
    chars = 0
    for post in posts:
        size = len(post.title) + len(post.body) + len(post.previous or "")
        if chunk and (len(chunk) == most or chars + size > limits.MAX_CALL_CHARS):
            yield chunk
            chunk, chars = [], 0
        chunk.append(post)
        chars += size
    if chunk:
        yield chunk
