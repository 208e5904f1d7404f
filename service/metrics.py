"""What Prometheus is told: calls, the queue, the model, and how far its labels drift from those it gave when fitted."""

from __future__ import annotations

import math
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import prometheus_client as prometheus
from prometheus_client.registry import CollectorRegistry

from service.model import Model
from service.repeats import Repeats
from store.values import Classification

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_POSTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters in a registry of their own, so that servers in one process do not mix."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._calls = prometheus.Counter(
            "forumlens_calls_total", "Calls by method and code.", ("method", "code"), registry=registry
        )
        self._seconds = prometheus.Histogram(
            "forumlens_call_seconds", "Time of calls.", ("method",), buckets=_SECONDS, registry=registry
        )
        self._batch = prometheus.Histogram(
            "forumlens_batch_posts", "Posts the model answered together.", buckets=_POSTS, registry=registry
        )
        self._model_seconds = prometheus.Counter("forumlens_model_seconds_total", "Time at work.", registry=registry)
        self._tokens = prometheus.Counter(
            "forumlens_model_tokens_total", "Tokens given to the model, estimated from characters.", registry=registry
        )
        self._repeats = prometheus.Counter(
            "forumlens_repeated_posts_total", "Posts equal to another of their batch.", registry=registry
        )
        self._verdicts = prometheus.Counter(
            "forumlens_posts_total", "Posts answered, by verdict: labelled, none, abstained.", ("verdict",),
            registry=registry,
        )  # fmt: skip
        self._labels = prometheus.Counter("forumlens_labels_total", "Labels given.", ("label",), registry=registry)
        self._swaps = prometheus.Counter(
            "forumlens_bundle_swaps_total", "Swaps of the bundle, by outcome.", ("outcome",), registry=registry
        )
        self._drift = Drift({})

    def watch(self, waiting: Callable[[], int], model: Callable[[], Model]) -> None:
        """Tell of what is asked for when Prometheus asks: the queue, the vector cache of the model, drift."""

        def cached(name: str) -> float:
            return float(getattr(getattr(model(), "embedder", None), name, 0))

        for name, about, ask in (
            ("forumlens_waiting_posts", "Posts that wait for the model.", lambda: float(waiting())),
            ("forumlens_vector_cache_hits", "Texts whose vector was at hand.", lambda: cached("hits")),
            ("forumlens_vector_cache_misses", "Texts whose vector was computed.", lambda: cached("misses")),
            ("forumlens_label_drift_psi", "Population stability index of labels given.", self._drift_now),
        ):
            self._gauge(name, about, ask)

    def watch_repeats(self, repeats: Repeats) -> None:
        """Tell how many answers from the store were at hand."""
        self._gauge("forumlens_answer_cache_hits", "Answers from the store that were at hand.", lambda: repeats.hits)
        self._gauge("forumlens_answer_cache_misses", "Answers from the store that were made.", lambda: repeats.misses)

    def _gauge(self, name: str, about: str, ask: Callable[[], float]) -> None:
        prometheus.Gauge(name, about, registry=self.registry).set_function(ask)

    def _drift_now(self) -> float:
        return self._drift.index()

    def expect(self, model: Model) -> None:
        """Compare labels with those that this model gave to posts it had not seen, from now on."""
        self._drift = Drift(held_out_rates(model.manifest))

    def called(self, method: str, code: str, seconds: float) -> None:
        """A call ended."""
        self._calls.labels(method, code).inc()
        self._seconds.labels(method).observe(seconds)

    def computed(self, answers: Sequence[Classification], tokens: int, seconds: float, repeats: int) -> None:
        """The model answered a batch."""
        self._batch.observe(len(answers))
        self._model_seconds.inc(seconds)
        self._tokens.inc(tokens)
        self._repeats.inc(repeats)
        for answer in answers:
            self._verdicts.labels(answer.verdict.value).inc()
            for label, _ in answer.labels:
                self._labels.labels(label).inc()
        self._drift.add(answers)

    def swapped(self, outcome: str) -> None:
        """A swap of the bundle `done` or `refused`."""
        self._swaps.labels(outcome).inc()


class Drift:
    """Population stability index of the labels given to the last posts, against rates of them to be expected.

    The sum over labels of (a - e) ln(a / e), where a and e are a label's share of all labels given, each count raised
    by a half so that no share is 0 (Siddiqi 2006, where below 0.1 is no change and above 0.25 a large one).
    """

    def __init__(self, expected: Mapping[str, float], posts: int = 5_000, least: int = 200) -> None:
        self._expected = dict(expected)
        self._recent: deque[tuple[str, ...]] = deque()
        self._counts: Tally[str] = Tally()
        self._posts = posts
        self._least = least

    def add(self, answers: Sequence[Classification]) -> None:
        """Take note of answers, and forget the oldest."""
        for answer in answers:
            labels = tuple(label for label, _ in answer.labels)
            self._recent.append(labels)
            self._counts.update(labels)
            if len(self._recent) > self._posts:
                self._counts.subtract(self._recent.popleft())

    def index(self) -> float:
        """The index; NaN before enough labels were given to say, or where the bundle does not tell its rates."""
        given = sum(self._counts.values())
        total = sum(self._expected.values())
        if given < self._least or not total:
            return math.nan
        names = self._expected.keys() | self._counts.keys()
        room = 0.5 * len(names)
        index = 0.0
        for name in names:
            actual = (self._counts[name] + 0.5) / (given + room)
            expected = (self._expected.get(name, 0.0) * given / total + 0.5) / (given + room)
            index += (actual - expected) * math.log(actual / expected)
        return index


def held_out_rates(manifest: Mapping[str, Any]) -> dict[str, float]:
    """How often each leaf was given to held-out posts, from its recall, precision and support."""
    table = manifest.get("metrics", {}).get("held_out", {}).get("leaf", {}).get("per_label", {})
    return {
        name: row["support"] * row["recall"] / row["precision"] if row.get("precision") else 0.0
        for name, row in table.items()
        if "support" in row
    }


def serve_metrics(metrics: Metrics, host: str, port: int) -> tuple[int, Callable[[], None]]:
    """Answer GET /metrics; gives the port (0 takes a free one) and what stops it. Raises OSError when it is taken."""
    server, thread = prometheus.start_http_server(port, host, metrics.registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_port, stop
