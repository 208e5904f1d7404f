"""The gRPC server: our services, health and reflection on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.trace import TracerProvider

from forumlens.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    answer_pb2,
    answer_pb2_grpc,
    classification_pb2,
    classification_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
    search_pb2,
    search_pb2_grpc,
    status_pb2,
    status_pb2_grpc,
    thread_pb2,
    thread_pb2_grpc,
    trend_pb2,
    trend_pb2_grpc,
)
from service import limits
from service.access import Access, TokenFileError, Tokens
from service.admin import AdminServicer
from service.answers import AnswerServicer
from service.batching import BatchLimits
from service.catalog import Catalog
from service.classification import ClassificationServicer
from service.errors import ServerError
from service.health import Health
from service.interceptor import CallInterceptor, Guard
from service.metrics import Metrics, serve_metrics
from service.model import FamilyNames, Model
from service.rates import Rates
from service.repeats import Repeats
from service.reviews import ReviewServicer
from service.search import SearchServicer
from service.serving import LoadModel, ModelSlot, SelfTestError
from service.status import StatusServicer
from service.store_calls import StoreCalls
from service.threads import ThreadServicer
from service.tracing import Tracing
from service.transport import Tls, bind, check_exposure
from service.trends import TrendServicer
from service.web.running import WebError, WebServer
from store.database import Database

log = logging.getLogger(__name__)

SERVICES = tuple(
    descriptor.full_name
    for module in (classification_pb2, trend_pb2, thread_pb2, answer_pb2, search_pb2, review_pb2, status_pb2, admin_pb2)
    for descriptor in module.DESCRIPTOR.services_by_name.values()
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How the server behaves. Times in seconds."""

    batch: BatchLimits = field(default_factory=BatchLimits)
    store_threads: int = 4
    farewell: float = 0.5
    """How long it goes on taking calls after it has said NOT_SERVING, so that balancers turn away first."""
    grace: float = 300.0
    """How long accepted calls may take to end after that."""
    tls: Tls | None = None
    token_file: Path | None = None
    insecure: bool = False
    """Serve a public address though TLS or tokens are missing."""
    client_rate: float = 0.0
    """Posts (or calls without posts) a second for each client; 0 is no limit."""
    client_burst: float = 512.0
    """What a client may ask for at once after a pause."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    """Port that answers Prometheus; 0 takes a free one, None none."""
    traces: TracerProvider | None = None
    """Where spans of OpenTelemetry go; None keeps none."""
    web_port: int | None = None
    """Port of the web page, on the host of the server and under its TLS; 0 takes a free one, None none."""


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
        load: LoadModel | None = None,
    ) -> None:
        self._db = db
        self._model = bundle
        self._host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        self._families = families
        self._options = options or ServerOptions()
        self._load = load
        self.port = port
        self.metrics_port = self._options.metrics_port
        self.web_port = self._options.web_port
        self._web: WebServer | None = None
        self._stopped: asyncio.Event | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._stop_metrics: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        """`host:port`; with the port that was bound once started."""
        return f"{self._host}:{self.port}"

    @property
    def waiting(self) -> int:
        """Posts that wait for the model."""
        return self._slot.now.batcher.waiting

    async def start(self) -> None:
        """Listen, warm the model up, then say SERVING. Port 0 takes a free one.

        Raises ServerError when the port is taken, the address would be open to anybody, or the model cannot answer,
        and TokenFileError.
        """
        options = self._options
        check_exposure(
            self._host, tls=options.tls is not None, tokens=options.token_file is not None, insecure=options.insecure
        )
        self._access = Access(Tokens.load(options.token_file) if options.token_file else None)
        self._metrics = Metrics()
        self._stopped, self._leaving = asyncio.Event(), asyncio.Event()
        self._tracing = Tracing(options.traces)
        self._slot = ModelSlot(self._model, options.batch, self._metrics, self._load, self._tracing)
        catalog = Catalog(self._db, self._slot, self._families)
        repeats = Repeats(catalog.version)
        self._metrics.watch_repeats(repeats)
        self._calls = StoreCalls(repeats, options.store_threads, tracing=self._tracing)
        self._health = Health()
        rates = Rates(options.client_rate, options.client_burst)
        self._grpc = grpc.aio.server(
            interceptors=[CallInterceptor(Guard(self._access, rates, self._metrics, self._tracing))],
            options=[
                ("grpc.max_receive_message_length", limits.MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),  # else a second server on the port would quietly take half the calls
            ],
        )
        self._add_services(catalog)
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        self.port = bind(self._grpc, self.address, options.tls)
        if options.web_port is not None:
            self._web = WebServer(self._host, options.web_port, options.tls)
            self._grpc.add_insecure_port(self._web.target)
        await self._grpc.start()
        await self._warm_up()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    def reload(self) -> None:
        """Read the token file again; one that cannot be used is told in the log, and the former tokens stay."""
        if self._options.token_file is None:
            return
        try:
            self._access.tokens = Tokens.load(self._options.token_file)
            log.info("%d tokens were read", len(self._access.tokens))
        except TokenFileError:
            log.exception("the tokens stay as they were")

    async def stop(self) -> None:
        """Say NOT_SERVING, wait shortly, take no more calls, and end when the accepted ones are answered."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(self._options.farewell))
        await asyncio.shield(self._stopping)

    async def wait(self) -> None:
        """Return once the server has stopped."""
        if self._stopped is not None:
            await self._stopped.wait()

    def _add_services(self, catalog: Catalog) -> None:
        registrations: list[tuple[Callable[..., None], object]] = [
            (
                classification_pb2_grpc.add_ClassificationServiceServicer_to_server,
                ClassificationServicer(self._slot, self._options.batch.waiting_posts, self._leaving, self._tracing),
            ),
            (trend_pb2_grpc.add_TrendServiceServicer_to_server, TrendServicer(catalog, self._calls)),
            (admin_pb2_grpc.add_AdminServiceServicer_to_server, AdminServicer(self._slot)),
            (thread_pb2_grpc.add_ThreadServiceServicer_to_server, ThreadServicer(catalog, self._calls)),
            (search_pb2_grpc.add_SearchServiceServicer_to_server, SearchServicer(catalog, self._calls)),
            (
                review_pb2_grpc.add_ReviewServiceServicer_to_server,
                ReviewServicer(catalog, self._calls, self._token_name),
            ),
            (status_pb2_grpc.add_StatusServiceServicer_to_server, StatusServicer(catalog, self._calls)),
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
            await self._slot.start()
            self._start_metrics()
            await self._start_web()
        except SelfTestError as error:
            await self._stop(farewell=0)
            raise ServerError(f"{error}: fit or choose another bundle") from error
        except WebError as error:
            await self._stop(farewell=0)
            raise ServerError(str(error)) from error
        except OSError as error:
            await self._stop(farewell=0)
            raise ServerError(f"metrics port {self.metrics_port} cannot be had ({error}): choose another") from error

    async def _stop(self, farewell: float) -> None:
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(farewell)
        self._health.end_watches()
        self._leaving.set()
        if self._web is not None:
            await self._web.stop()
        await self._grpc.stop(self._options.grace)
        await self._slot.close()
        self._calls.close()
        self._stop_metrics()
        if self._stopped is not None:
            self._stopped.set()

    async def _start_web(self) -> None:
        if self._web is not None:
            await self._web.start()
            self.web_port = self._web.port

    def _token_name(self, context: grpc.aio.ServicerContext[Any, Any]) -> str | None:
        """Name of whoever calls; read from the metadata, which has been let in."""
        found = {str(key): value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        return self._access.token_name(found)

    def _start_metrics(self) -> None:
        if self.metrics_port is not None:
            self.metrics_port, self._stop_metrics = serve_metrics(
                self._metrics, self._options.metrics_host, self.metrics_port
            )


def run_server(
    db: Database,
    bundle: Model,
    host: str = "127.0.0.1",
    port: int = 50051,
    *,
    families: FamilyNames | None = None,
    options: ServerOptions | None = None,
    load: LoadModel | None = None,
    on_ready: Callable[[int, int | None], None] = lambda port, web_port: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then stop gracefully; `on_ready` is given the ports of API and page.

    SIGHUP reads the token file again. `load` loads other bundles for AdminService. Raises ServerError and
    TokenFileError when it cannot start.
    """
    server = Server(db, bundle, host, port, families=families, options=options, load=load)
    asyncio.run(_serve(server, on_ready))


async def _serve(server: Server, on_ready: Callable[[int, int | None], None]) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on the loop; Ctrl-C still raises
            loop.add_signal_handler(number, asked.set)
    with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has no SIGHUP
        loop.add_signal_handler(signal.SIGHUP, server.reload)
    await server.start()
    on_ready(server.port, server.web_port)
    await asked.wait()
    log.info("stopping: accepted calls are answered first")
    await server.stop()
