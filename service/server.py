"""The gRPC server: our services, health and reflection on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from forumlens.v1 import (
    answer_pb2,
    answer_pb2_grpc,
    classification_pb2,
    classification_pb2_grpc,
    thread_pb2,
    thread_pb2_grpc,
    trend_pb2,
    trend_pb2_grpc,
)
from service import limits
from service.answers import AnswerServicer
from service.batching import Batcher, BatchLimits
from service.catalog import Catalog
from service.classification import ClassificationServicer
from service.health import Health
from service.interceptor import FailureInterceptor
from service.labels import LabelIndex
from service.model import FamilyNames, Model
from service.store_calls import StoreCalls
from service.threads import ThreadServicer
from service.trends import TrendServicer
from store.database import Database
from store.values import PostInput

log = logging.getLogger(__name__)

SERVICES = tuple(
    descriptor.full_name
    for module in (classification_pb2, trend_pb2, thread_pb2, answer_pb2)
    for descriptor in module.DESCRIPTOR.services_by_name.values()
)


class ServerError(RuntimeError):
    """The server cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How the server behaves. Times in seconds."""

    batch: BatchLimits = field(default_factory=BatchLimits)
    store_threads: int = 4
    farewell: float = 0.5
    """How long it goes on taking calls after it has said NOT_SERVING, so that balancers turn away first."""
    grace: float = 300.0
    """How long accepted calls may take to end after that."""


class Server:
    """Serves one model and one store; the model answers from one thread, the store from a few."""

    def __init__(
        self,
        db: Database,
        bundle: Model,
        host: str = "127.0.0.1",
        port: int = 50051,
        *,
        families: FamilyNames | None = None,
        options: ServerOptions | None = None,
    ) -> None:
        self._db = db
        self._model = bundle
        self._host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        self._families = families
        self._options = options or ServerOptions()
        self.port = port
        self._stopped: asyncio.Event | None = None
        self._stopping: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """`host:port`; with the port that was bound once started."""
        return f"{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen, warm the model up, then say SERVING. Port 0 takes a free one.

        Raises ServerError when the port is taken or the model cannot answer.
        """
        self._stopped = asyncio.Event()
        self._batcher = Batcher(self._model.classify, self._options.batch)
        self._calls = StoreCalls(self._options.store_threads)
        self._health = Health()
        self._grpc = grpc.aio.server(
            interceptors=[FailureInterceptor("/forumlens.")],
            options=[
                ("grpc.max_receive_message_length", limits.MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),  # else a second server on the port would quietly take half the calls
            ],
        )
        self._add_services()
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        try:
            self.port = self._grpc.add_insecure_port(self.address)
        except RuntimeError as error:
            raise ServerError(
                f"cannot listen on {self.address}: the port is taken or the host is not this machine's; "
                "choose another with --port or --host"
            ) from error
        self._batcher.start()
        await self._grpc.start()
        await self._warm_up()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Say NOT_SERVING, wait shortly, take no more calls, and end when the accepted ones are answered."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(self._options.farewell))
        await asyncio.shield(self._stopping)

    async def wait(self) -> None:
        """Return once the server has stopped."""
        if self._stopped is not None:
            await self._stopped.wait()

    def _add_services(self) -> None:
        labels = LabelIndex(self._model.taxonomy)
        catalog = Catalog(self._db, labels, self._families)
        registrations: list[tuple[Callable[..., None], object]] = [
            (
                classification_pb2_grpc.add_ClassificationServiceServicer_to_server,
                ClassificationServicer(self._model, labels, self._batcher),
            ),
            (trend_pb2_grpc.add_TrendServiceServicer_to_server, TrendServicer(catalog, self._calls)),
            (thread_pb2_grpc.add_ThreadServiceServicer_to_server, ThreadServicer(catalog, self._calls)),
            (answer_pb2_grpc.add_AnswerServiceServicer_to_server, AnswerServicer(catalog, self._calls)),
        ]
        for add, servicer in registrations:
            add(servicer, self._grpc)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._grpc)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._grpc)

    async def _set_health(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for name in ("", *SERVICES):
            await self._health.set(name, status)

    async def _warm_up(self) -> None:
        # The first pass loads what models load late; callers should not pay for it.
        try:
            await self._batcher.classify([PostInput(id="warm-up", title="Warm-up", body="Does the model answer?")])
        except Exception as error:
            await self._stop(farewell=0)
            raise ServerError(
                f"the model {self._model.id} cannot label a post: fit or choose another bundle"
            ) from error

    async def _stop(self, farewell: float) -> None:
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(farewell)
        self._health.end_watches()
        await self._grpc.stop(self._options.grace)
        await self._batcher.close()
        self._calls.close()
        if self._stopped is not None:
            self._stopped.set()


def run_server(
    db: Database,
    bundle: Model,
    host: str = "127.0.0.1",
    port: int = 50051,
    *,
    families: FamilyNames | None = None,
    options: ServerOptions | None = None,
    on_ready: Callable[[int], None] = lambda port: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then stop gracefully; `on_ready` is given the port once it answers.

    Raises ServerError when it cannot start.
    """
    server = Server(db, bundle, host, port, families=families, options=options)
    asyncio.run(_serve(server, on_ready))


async def _serve(server: Server, on_ready: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on the loop; Ctrl-C still raises
            loop.add_signal_handler(number, asked.set)
    await server.start()
    on_ready(server.port)
    await asked.wait()
    log.info("stopping: accepted calls are answered first")
    await server.stop()
