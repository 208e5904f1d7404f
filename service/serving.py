"""The model that answers now, and how another takes its place without a call being dropped."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.batching import Batcher, BatchLimits
from service.errors import NotReadyError
from service.labels import LabelIndex
from service.metrics import Metrics
from service.model import Model
from service.tracing import Tracing
from store.values import Classification, PostInput

log = logging.getLogger(__name__)

LoadModel = Callable[[Path], Model]
"""Loads a bundle from a folder; raises RuntimeError that says why it cannot."""

_PROBES = (
    PostInput(id="warm-up", title="Warm-up", body="Does the model answer?"),
    PostInput(id="reply", body="CUDA out of memory, thanks for the help", previous="Try a smaller batch", reply=True),
)


class SelfTestError(RuntimeError):
    """A model that does not answer as it should."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model with its labels and the queue in front of it."""

    model: Model
    labels: LabelIndex
    batcher: Batcher


class ModelSlot:
    """Holds the model that answers now. Calls take what is served once, so that each is answered by one model."""

    def __init__(
        self,
        model: Model,
        limits: BatchLimits,
        metrics: Metrics,
        load: LoadModel | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._load = load
        self._tracing = tracing or Tracing()
        self._swapping = asyncio.Lock()
        self.now = self._served(model)
        metrics.watch(lambda: self.now.batcher.waiting, lambda: self.now.model)

    async def start(self) -> None:
        """Begin to answer, once the model has passed its test. Raises SelfTestError."""
        self.now.batcher.start()
        await asyncio.to_thread(self_test, self.now.model)
        self._metrics.expect(self.now.model)

    async def use(self, directory: Path) -> tuple[Model, Model]:
        """Swap to the bundle in a folder; gives it and the former one, which has then answered all that it took.

        Raises NotReadyError where the bundle cannot be loaded or fails its test; the former one then goes on.
        """
        if self._load is None:
            raise NotReadyError("bundle", "this service was not given a way to load bundles: start another", "MODEL")
        async with self._swapping:
            before = self.now
            try:
                model = await asyncio.to_thread(self._load, directory)
                await asyncio.to_thread(self_test, model)
            except RuntimeError as error:
                self._metrics.swapped("refused")
                log.warning("bundle %s was refused, %s goes on", directory, before.model.id, exc_info=error)
                raise NotReadyError("bundle", f"{error}; {before.model.id} goes on", "MODEL") from error
            fresh = self._served(model)
            fresh.batcher.start()
            self.now = fresh
            self._metrics.expect(model)
            self._metrics.swapped("done")
            log.info("bundle %s answers in place of %s", model.id, before.model.id)
            await before.batcher.close()
            return model, before.model

    async def close(self) -> None:
        """Answer what is queued, then end."""
        async with self._swapping:
            await self.now.batcher.close()

    def _served(self, model: Model) -> Served:
        batcher = Batcher(model.classify, self._limits, self._computed)
        return Served(model, LabelIndex(model.taxonomy), batcher)

    def _computed(self, answers: Sequence[Classification], tokens: int, seconds: float, repeats: int) -> None:
        self._metrics.computed(answers, tokens, seconds, repeats)
        self._tracing.batch(len(answers), tokens, seconds)


def self_test(model: Model) -> None:
    """Ask a model of two posts, which also loads what models load late. Raises SelfTestError."""
    try:
        answers = list(model.classify(_PROBES))
    except Exception as error:
        raise SelfTestError(f"the model {model.id} cannot label a post ({type(error).__name__})") from error
    if [answer.id for answer in answers] != [post.id for post in _PROBES]:
        raise SelfTestError(f"the model {model.id} gave {len(answers)} answers to {len(_PROBES)} posts, or other ids")
    leaves = {label.id for label in model.taxonomy.labels if label.leaf}
    for answer in answers:
        _check(model, answer, leaves)


def _check(model: Model, answer: Classification, leaves: set[str]) -> None:
    pairs: Sequence[tuple[str, float]] = (*answer.labels, *answer.ranked)
    for label, score in pairs:
        if label not in leaves:
            raise SelfTestError(f"the model {model.id} gives {label!r}, which is not in its taxonomy")
        if not (math.isfinite(score) and 0 <= score <= 1):
            raise SelfTestError(f"the model {model.id} gives {label!r} a score of {score}, which is no probability")
