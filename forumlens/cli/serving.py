"""Commands of the service: serve, token, bundle use."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forumlens.cli.assemble import load_registry, open_bundle, open_fitted_encoder, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import BundleFlag, DatabaseFlag, WebFlag, WebPortFlag
from forumlens.cli.output import say
from forumlens.cli.settings import LogFormat, Settings, load_settings
from store import assignments
from store.database import Database

if TYPE_CHECKING:
    from classifier.bundle import Bundle
    from service.server import ServerOptions
    from service.serving import LoadModel
    from service.transport import Tls

_SECRET = 0o600
_STORE_WAIT = 5.0
"""Seconds that a call may wait for what another process has locked: callers have deadlines."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)
    app.command()(token)
    group = typer.Typer(no_args_is_help=True, help="The bundle of a running service.")
    group.command("use")(use_bundle)
    app.add_typer(group, name="bundle")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. \\[default 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="gRPC port; 0 takes a free one. \\[default 50051]")] = None,
    web_port: WebPortFlag = None,
    web: WebFlag = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM); needs --tls-key.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate (PEM).")] = None,
    tls_client_ca: Annotated[
        Path | None, typer.Option(help="CA of clients' certificates (PEM); clients must then show one.")
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="Tokens that are let in, made by `forumlens token`.")] = None,
    insecure: Annotated[
        bool | None, typer.Option("--insecure", help="Serve a public address though TLS or tokens are missing.")
    ] = None,
    client_rate: Annotated[
        float | None, typer.Option(min=0, help="Posts a second that each client may ask for. \\[default: no limit]")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port for Prometheus, on 127.0.0.1. \\[default: none]")
    ] = None,
    otlp_endpoint: Annotated[
        str | None, typer.Option(help="OpenTelemetry collector for traces, http://HOST:4317. \\[default: none]")
    ] = None,
    log_format: Annotated[LogFormat | None, typer.Option(help="`json` is one object a line. \\[default text]")] = None,
    log_level: Annotated[str | None, typer.Option(help="INFO tells of every call. \\[default WARNING]")] = None,
    bundle: BundleFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Answer over gRPC, and show a page, until interrupted (Ctrl-C or SIGTERM ends it without losing an accepted call).

    Example: forumlens serve --port 50051 --metrics-port 9464
    """
    settings = load_settings(
        database_url=database,
        bundle=bundle,
        host=host,
        port=port,
        web_port=web_port,
        web=web,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_client_ca=tls_client_ca,
        token_file=token_file,
        insecure=insecure,
        client_rate=client_rate,
        metrics_port=metrics_port,
        otlp_endpoint=otlp_endpoint,
        log_format=log_format,
        log_level=log_level,
    )
    _tls(settings)  # flags that do not fit are told before anything is opened
    with open_store(settings) as db:
        serve_store(
            settings,
            db,
            open_bundle(settings),
            on_ready=lambda port, web_port: say(f"{served_at(settings, port, web_port)}; Ctrl-C stops it"),
        )


def serve_store(settings: Settings, db: Database, bundle: Bundle, on_ready: Callable[[int, int | None], None]) -> None:
    """Serve until interrupted; `on_ready` is given the ports of the API and the page once they answer."""
    from classifier.recent import RecentEmbedder
    from service.server import run_server  # grpc takes a while to import

    current = assignments.current_bundle(db)
    if current not in (None, bundle.id):
        say(
            f"[yellow]The store was labelled with bundle {current}, not with {bundle.id}[/yellow]: "
            "trends tell of the former until `forumlens assign` is run"
        )
    _set_up_log(settings)
    served = bundle.with_embedder(RecentEmbedder(bundle.embedder))
    with db.waiting(_STORE_WAIT) as quick:
        run_server(
            quick,
            served,
            settings.host,
            settings.port,
            families=load_registry(settings),
            options=_options(settings),
            load=_loader(settings, served),
            on_ready=on_ready,
        )


def served_at(settings: Settings, port: int, web_port: int | None) -> str:
    """Where the service can be reached, as one line."""
    page = f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{web_port}"
    return f"gRPC on [bold]{settings.host}:{port}[/bold]" + (
        "" if web_port is None else f", page on [bold]{page}[/bold]"
    )


def token(
    name: Annotated[str, typer.Argument(help="Who will use it, for logs and limits: letters, digits, `-` and `_`.")],
    scope: Annotated[str, typer.Option(help="`read`, `review` (also reads) or `admin` (also both).")] = "read",
    token_file: Annotated[
        Path | None, typer.Option(help="File to add it to. \\[FORUMLENS_TOKEN_FILE; default tokens.toml]")
    ] = None,
) -> None:
    """Make a token: printed once, while the file keeps its SHA-256 only. A running service reads it on SIGHUP.

    Example: forumlens token dashboard --scope read
    """
    from service.access import Scope, Tokens, new_token

    if scope.upper() not in Scope.__members__:
        raise BadInputError(f"--scope {scope!r} is not known: give read, review or admin")
    if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise BadInputError(f"name {name!r} is not allowed: use letters, digits, - and _")
    path = load_settings(token_file=token_file).token_file or Path("tokens.toml")
    if path.exists():
        if f"[{name}]" in path.read_text("utf-8").splitlines():
            raise BadInputError(f"{path} has a token {name!r}: take it out first, or choose another name")
        Tokens.load(path)
    secret, digest = new_token()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _SECRET), "a", encoding="utf-8") as file:
        file.write(f'[{name}]\nscope = "{scope.lower()}"\nsha256 = "{digest}"\n')
    say(f"Added to {path}. The token, which is not kept:")
    typer.echo(secret)


def use_bundle(
    directory: Annotated[Path, typer.Argument(help="Folder of the bundle, on the machine of the service.")],
    target: Annotated[
        str | None, typer.Option("--server", help="Host and port. \\[default: those of the settings]")
    ] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="CA of the server's certificate; connects by TLS.")] = None,
) -> None:
    """Let a running service answer with another bundle, without dropping a call; it stays with its own if that fails.

    The token comes from FORUMLENS_TOKEN. Example: forumlens bundle use ./bundle-new
    """
    from forumlens.client import Client, ClientTls

    settings = load_settings(tls_ca=tls_ca)
    tls = ClientTls(settings.tls_ca) if settings.tls_ca else None
    try:
        with Client(target or f"{settings.host}:{settings.port}", 600.0, token=settings.token, tls=tls) as client:
            say(f"Bundle [bold]{client.use_bundle(str(directory.absolute()))}[/bold] answers now")
    except (OSError, ValueError) as error:
        raise BadInputError(str(error)) from error


def _options(settings: Settings) -> ServerOptions:
    from service.server import ServerOptions
    from service.tracing import exporting

    return ServerOptions(
        tls=_tls(settings),
        token_file=settings.token_file,
        insecure=settings.insecure,
        client_rate=settings.client_rate,
        metrics_host=settings.metrics_host,
        metrics_port=settings.metrics_port,
        traces=exporting(settings.otlp_endpoint) if settings.otlp_endpoint else None,
        web_port=settings.web_port if settings.web else None,
    )


def _tls(settings: Settings) -> Tls | None:
    from service.transport import Tls

    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise BadInputError("--tls-cert and --tls-key belong together: give both")
    if settings.tls_client_ca and not settings.tls_cert:
        raise BadInputError("--tls-client-ca needs --tls-cert and --tls-key")
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Tls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)


def _loader(settings: Settings, first: Bundle) -> LoadModel:
    """Loads further bundles; those fitted with the encoder in use share it, and its memory of vectors."""
    from classifier.bundle import BundleError, encoder_key, load_bundle
    from classifier.embedder import identity
    from classifier.recent import RecentEmbedder

    embedder = first.embedder

    def load(directory: Path) -> Bundle:
        nonlocal embedder
        if not directory.is_dir():
            raise BundleError(f"{directory}: is no folder on the machine of the service")
        if identity(encoder_key(directory)) != identity(embedder.key):
            other = settings.model_copy(update={"bundle": directory, "encoder": "", "quality": None})
            embedder = RecentEmbedder(open_fitted_encoder(other))
        return load_bundle(directory, embedder)

    return load


def _set_up_log(settings: Settings) -> None:
    from service.logs import JsonFormatter

    logging.getLogger("service").setLevel(settings.log_level)
    if settings.log_format is LogFormat.JSON:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())
