"""Where the server listens: loopback, or a public address behind TLS and tokens."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from service.access import is_loopback
from service.errors import ServerError


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: the certificate chain and key of the server, and the CA that clients' certificates are from.

    With `client_ca` a client must show a certificate (mutual TLS).
    """

    cert: Path
    key: Path
    client_ca: Path | None = None


def check_exposure(host: str, *, tls: bool, tokens: bool, insecure: bool) -> None:
    """Raise ServerError where a public address would be served without TLS and tokens."""
    if is_loopback(host) or insecure or (tls and tokens):
        return
    lacking = " and ".join(
        flag for flag, given in (("--tls-cert with --tls-key", tls), ("--token-file", tokens)) if not given
    )
    raise ServerError(
        f"{host} can be reached from other machines, and {lacking} is missing: give it, listen on 127.0.0.1, "
        "or say --insecure where something else guards the port"
    )


def bind(server: grpc.aio.Server, address: str, tls: Tls | None) -> int:
    """Listen on an address; gives the port. Raises ServerError.

    Certificates are read again for each connection, so that a renewed one is taken up without a restart.
    """
    credentials = _credentials(tls) if tls else None
    try:
        return server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    except RuntimeError as error:
        raise ServerError(
            f"cannot listen on {address}: the port is taken or the host is not this machine's; "
            "choose another with --port or --host"
        ) from error


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    last = _read(tls)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        try:
            found = _read(tls)
        except ServerError:  # half-written by whatever renews it: the next connection sees it whole
            return None
        if found == last:
            return None
        last = found
        return _configuration(found)

    return grpc.dynamic_ssl_server_credentials(_configuration(last), fetch, tls.client_ca is not None)  # type: ignore[arg-type]


def _read(tls: Tls) -> tuple[bytes, bytes, bytes | None]:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.cert, tls.key, password="")
        return tls.key.read_bytes(), tls.cert.read_bytes(), tls.client_ca.read_bytes() if tls.client_ca else None
    except OSError as error:  # SSLError is one
        raise ServerError(
            f"TLS: {tls.cert} and {tls.key} cannot be used ({error}): give a certificate chain and its key in PEM, "
            "without a password"
        ) from error


def _configuration(files: tuple[bytes, bytes, bytes | None]) -> grpc.ServerCertificateConfiguration:
    key, cert, client_ca = files
    return grpc.ssl_server_certificate_configuration([(key, cert)], client_ca)
