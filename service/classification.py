"""ClassificationService: labels posts that callers send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import classification_pb2_grpc
from service.convert import classification_message, label_message, post_input, thread_inputs
from service.errors import BusyError, InvalidRequestError
from service.info import model_info
from service.serving import ModelSlot, Served
from service.streaming import in_order
from service.tracing import Tracing
from service.validation import Violations, check_classify, check_thread
from store.values import Classification, PostInput

_Context = grpc.aio.ServicerContext[Any, Any]
_Options = cpb.ClassifyRequest | cpb.ClassifyStreamRequest | cpb.ClassifyThreadRequest

WINDOW = 4
"""Requests of a stream that are in the queue at once."""


class ClassificationServicer(classification_pb2_grpc.ClassificationServiceServicer):
    """Answers with the model that is served now."""

    def __init__(
        self, slot: ModelSlot, waiting_posts: int, leaving: asyncio.Event, tracing: Tracing | None = None
    ) -> None:
        self._slot = slot
        self._leaving = leaving
        self._waiting_posts = waiting_posts
        self._tracing = tracing or Tracing()

    async def Classify(self, request: cpb.ClassifyRequest, context: _Context) -> cpb.ClassifyResponse:  # noqa: N802
        """Label the posts; answers in the order of the request."""
        check_classify(request)
        posts = list(map(post_input, request.posts))
        served, answers = await self._answer(posts, request, context.time_remaining())
        return cpb.ClassifyResponse(
            classifications=_messages(served, answers, request),
            bundle_id=served.model.id,
            taxonomy=served.labels.ref,
        )

    async def ClassifyStream(  # noqa: N802
        self, request_iterator: AsyncIterator[cpb.ClassifyStreamRequest], context: _Context
    ) -> AsyncIterator[cpb.ClassifyStreamResponse]:
        """Label posts as they come; a request that is refused does not end the call."""
        async for response in in_order(request_iterator, self._answer_part, WINDOW, self._leaving):
            yield response

    async def ClassifyThread(  # noqa: N802
        self, request: cpb.ClassifyThreadRequest, context: _Context
    ) -> cpb.ClassifyThreadResponse:
        """Label the posts of a thread in their context."""
        check_thread(request)
        served, answers = await self._answer(thread_inputs(request), request, context.time_remaining())
        given = {label for answer in answers for label, _ in answer.labels}
        return cpb.ClassifyThreadResponse(
            classifications=_messages(served, answers, request),
            labels=[label.id for label in served.labels.ordered() if label.id in given],
            bundle_id=served.model.id,
            taxonomy=served.labels.ref,
        )

    async def ListLabels(self, request: cpb.ListLabelsRequest, context: _Context) -> cpb.ListLabelsResponse:  # noqa: N802
        """Give the labels, of one kind if asked."""
        labels = self._slot.now.labels
        if request.kind:
            found = Violations()
            labels.check_kind(found, "kind", request.kind)
            found.raise_any()
        kept = [label for label in labels.ordered() if request.kind in ("", label.kind)]
        return cpb.ListLabelsResponse(labels=map(label_message, kept), taxonomy=labels.ref)

    async def GetModelInfo(self, request: cpb.GetModelInfoRequest, context: _Context) -> cpb.GetModelInfoResponse:  # noqa: N802
        """Give what the bundle's manifest says, and the limits."""
        return model_info(self._slot.now.model, self._waiting_posts)

    async def _answer(
        self, posts: Sequence[PostInput], options: _Options, timeout: float | None
    ) -> tuple[Served, Sequence[Classification]]:
        served = self._slot.now
        with self._tracing.step("wait and classify", posts=len(posts), waiting_posts=served.batcher.waiting):
            answers: Sequence[Classification] = await served.batcher.classify(posts, timeout)
        if options.include_evidence:
            with self._tracing.step("explain", posts=len(posts)):
                answers = await asyncio.to_thread(served.model.explain, posts, answers)
        return served, answers

    async def _answer_part(self, request: cpb.ClassifyStreamRequest) -> cpb.ClassifyStreamResponse:
        try:
            check_classify(request)
        except InvalidRequestError as error:
            problems = [cpb.FieldProblem(field=each.field, description=each.description) for each in error.violations]
            return cpb.ClassifyStreamResponse(problems=problems)
        posts = list(map(post_input, request.posts))
        while True:
            try:
                served, answers = await self._answer(posts, request, None)
            except BusyError as busy:  # a stream waits for its turn: its sender is held up meanwhile
                await asyncio.sleep(min(busy.retry_after, 1.0))
            else:
                return cpb.ClassifyStreamResponse(
                    classifications=_messages(served, answers, request),
                    bundle_id=served.model.id,
                    taxonomy=served.labels.ref,
                )


def _messages(served: Served, answers: Sequence[Classification], options: _Options) -> list[cpb.Classification]:
    return [classification_message(answer, served.labels.kind, options.include_ranking) for answer in answers]
