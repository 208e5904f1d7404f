"""Who may call what: bearer tokens of a scope each, and one table of the scope that methods need."""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from service.errors import DeniedError, UnknownCallerError

TOKEN_BYTES = 32


class Scope(IntEnum):
    """What a caller may do; each scope includes the ones before it."""

    READ = 1
    REVIEW = 2
    ADMIN = 3


NEEDED: Mapping[str, Scope | None] = {
    "grpc.health.v1.Health": None,  # probes and balancers carry no token
    "grpc.reflection.v1alpha.ServerReflection": Scope.READ,
    "forumlens.v1.ClassificationService": Scope.READ,
    "forumlens.v1.TrendService": Scope.READ,
    "forumlens.v1.ThreadService": Scope.READ,
    "forumlens.v1.SearchService": Scope.READ,
    "forumlens.v1.AnswerService": Scope.READ,
    "forumlens.v1.StatusService": Scope.READ,
    "forumlens.v1.ReviewService": Scope.REVIEW,
    "forumlens.v1.ReviewService/GetReviews": Scope.READ,
    "forumlens.v1.ReviewService/GetAgreement": Scope.READ,
    "forumlens.v1.ReviewService/EstimateShares": Scope.READ,
    "forumlens.v1.AdminService": Scope.ADMIN,
}
"""Scope by service, or by `service/method` where a method needs another; None is open. What is missing needs ADMIN."""


class TokenFileError(RuntimeError):
    """A token file that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever a call is counted for: the name of a token, or an address."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the file keeps it. A digest without salt will do, as tokens are 32 random bytes and no passwords."""

    caller: Caller
    digest: bytes


class Tokens:
    """The tokens that are let in."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tuple(tokens)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that only its owner can read: `[name]` tables with `scope` and `sha256`.

        Raises TokenFileError.
        """
        try:
            mode = path.stat().st_mode
            table = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TokenFileError(f"{path}: cannot be read ({error}); make it by `forumlens token`") from error
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise TokenFileError(f"{path}: others than its owner can use it (mode {mode & 0o777:o}): chmod 600 {path}")
        return cls([_token(path, name, entry) for name, entry in table.items()])

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, secret: str) -> Caller | None:
        """The caller whose token this is; takes as long for any secret."""
        digest, found = sha256(secret.encode()).digest(), None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token.caller
        return found


def new_token() -> tuple[str, str]:
    """A fresh secret and the SHA-256 that the file keeps of it."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    return secret, sha256(secret.encode()).hexdigest()


def needed_scope(method: str) -> Scope | None:
    """Scope that a method (`/package.Service/Method`) needs; None is open to all."""
    name = method.lstrip("/")
    return NEEDED.get(name, NEEDED.get(name.partition("/")[0], Scope.ADMIN))


class Access:
    """Lets callers in. Without tokens everybody may read and review; only this machine may administer."""

    def __init__(self, tokens: Tokens | None) -> None:
        self.tokens = tokens

    def admit(self, method: str, metadata: Mapping[str, str], peer: str) -> Caller:
        """The caller of a method. Raises UnknownCallerError and DeniedError."""
        needed = needed_scope(method)
        caller = self._caller(metadata, peer, needed)
        if needed is not None and caller.scope < needed:
            raise DeniedError(
                f"{caller.name} has the scope {caller.scope.name.lower()}, this method needs {needed.name.lower()}"
            )
        return caller

    def token_name(self, metadata: Mapping[str, str]) -> str | None:
        """Name of the token that came with a call; None where there are no tokens, or it is not known."""
        caller = self._bearer(metadata)
        return caller.name if caller else None

    def _bearer(self, metadata: Mapping[str, str]) -> Caller | None:
        kind, _, secret = metadata.get("authorization", "").partition(" ")
        return self.tokens.find(secret.strip()) if self.tokens is not None and kind.lower() == "bearer" else None

    def _caller(self, metadata: Mapping[str, str], peer: str, needed: Scope | None) -> Caller:
        host = host_of(peer)
        if self.tokens is None:
            return Caller(host, Scope.ADMIN if is_loopback(host) else Scope.REVIEW)
        caller = self._bearer(metadata)
        if caller is None:
            if needed is None:
                return Caller(host, Scope.READ)
            what = "the token is not known" if "authorization" in metadata else "no token came with the call"
            raise UnknownCallerError(f"{what}: send the metadata `authorization: Bearer TOKEN`")
        return caller


def host_of(peer: str) -> str:
    """Host of a peer as gRPC names it, `ipv4:127.0.0.1:5000` or `ipv6:[::1]:5000` or `unix:`."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else kind


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host or address."""
    if host in ("localhost", "unix"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _token(path: Path, name: str, entry: Any) -> Token:
    try:
        scope, digest = Scope[str(entry["scope"]).upper()], bytes.fromhex(entry["sha256"])
        if len(digest) != sha256().digest_size:
            raise ValueError("sha256 has not 64 hex digits")
    except (KeyError, TypeError, ValueError) as error:
        scopes = ", ".join(scope.name.lower() for scope in Scope)
        raise TokenFileError(
            f"{path}: [{name}]: {error}: give scope (one of {scopes}) and sha256 (64 hex digits)"
        ) from error
    return Token(Caller(name, scope), digest)
