"""The client's calls of ClassificationService."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any

import grpc

from forumlens.client.calls import Calls
from forumlens.client.channel import ClientError, client_error
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service import convert, limits
from store.values import Classification, Label, PostInput

_STREAM_POSTS = 64
"""Posts in one message of a stream: enough for a full batch with those that are on their way."""
_POST_FIELDS = frozenset(field.name for field in fields(PostInput))


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


class ClassificationCalls(Calls):
    """Labels of posts, and the model that gives them."""

    @cached_property
    def _classification(self) -> ClassificationServiceStub:
        return ClassificationServiceStub(self._channel)  # type: ignore[no-untyped-call]

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
