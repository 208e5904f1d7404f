"""ClassificationService: labels posts that callers send."""

from __future__ import annotations

from typing import Any

import grpc

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import classification_pb2_grpc
from service.batching import Batcher
from service.convert import classification_message, label_message, post_input
from service.info import model_info
from service.labels import LabelIndex
from service.model import Model
from service.validation import Violations, check_classify

_Context = grpc.aio.ServicerContext[Any, Any]


class ClassificationServicer(classification_pb2_grpc.ClassificationServiceServicer):
    """Answers with one model through one batcher."""

    def __init__(self, model: Model, labels: LabelIndex, batcher: Batcher) -> None:
        self._model = model
        self._labels = labels
        self._batcher = batcher

    async def Classify(self, request: cpb.ClassifyRequest, context: _Context) -> cpb.ClassifyResponse:  # noqa: N802
        """Label the posts; answers in the order of the request."""
        check_classify(request)
        answers = await self._batcher.classify(list(map(post_input, request.posts)), context.time_remaining())
        return cpb.ClassifyResponse(
            classifications=[
                classification_message(post.id, answer, self._labels.kind, request.include_ranking)
                for post, answer in zip(request.posts, answers, strict=True)
            ],
            bundle_id=self._model.id,
            taxonomy=self._labels.ref,
        )

    async def ListLabels(self, request: cpb.ListLabelsRequest, context: _Context) -> cpb.ListLabelsResponse:  # noqa: N802
        """Give the labels, of one kind if asked."""
        if request.kind:
            found = Violations()
            self._labels.check_kind(found, "kind", request.kind)
            found.raise_any()
        kept = [label for label in self._labels.ordered() if request.kind in ("", label.kind)]
        return cpb.ListLabelsResponse(labels=map(label_message, kept), taxonomy=self._labels.ref)

    async def GetModelInfo(self, request: cpb.GetModelInfoRequest, context: _Context) -> cpb.GetModelInfoResponse:  # noqa: N802
        """Give what the bundle's manifest says, and the limits."""
        return model_info(self._model)
