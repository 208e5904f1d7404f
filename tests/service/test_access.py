"""Who is let in: tokens, scopes, TLS, public addresses, rates."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
import pytest
import trustme
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from forumlens.client import Client
from forumlens.client.channel import ClientError, ClientTls
from forumlens.v1 import admin_pb2 as apb
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.admin_pb2_grpc import AdminServiceStub
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service.access import NEEDED, Access, Scope, TokenFileError, Tokens, host_of, is_loopback, needed_scope, new_token
from service.errors import BusyError, DeniedError, ServerError
from service.rates import Rates
from service.server import SERVICES, ServerOptions
from service.transport import Tls, check_exposure
from tests.service.corpus import Corpus
from tests.service.doubles import Running, TinyBundle, channel, serving
from tests.service.failures import detail, failure

LIST = cpb.ListLabelsRequest()


def token_file(folder: Path, **scopes: str) -> tuple[Path, dict[str, str]]:
    """A file with a token for each name, and their secrets."""
    path, secrets = folder / "tokens.toml", {}
    path.touch(0o600)
    with path.open("a") as file:
        for name, scope in scopes.items():
            secrets[name], digest = new_token()
            file.write(f'[{name}]\nscope = "{scope}"\nsha256 = "{digest}"\n')
    return path, secrets


def bearer(secret: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {secret}"),)


def test_every_method_has_its_scope_in_the_table() -> None:
    assert set(SERVICES) <= set(NEEDED)
    assert needed_scope("/forumlens.v1.AdminService/UseBundle") is Scope.ADMIN
    assert needed_scope("/forumlens.v1.NobodyThoughtOfIt/Do") is Scope.ADMIN
    assert needed_scope("/grpc.health.v1.Health/Check") is None


def test_tokens_let_in_as_far_as_their_scope(
    corpus: Corpus, bundle: TinyBundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, secrets = token_file(tmp_path, reader="read", boss="admin")
    caplog.set_level(logging.DEBUG)
    with serving(corpus.db, bundle, options=ServerOptions(token_file=path, farewell=0)) as running:
        with channel(running) as wire:
            stub, admin = ClassificationServiceStub(wire), AdminServiceStub(wire)
            unknown = [failure(lambda metadata=metadata: stub.ListLabels(LIST, metadata=metadata)) for metadata in (
                (), bearer("guess"), bearer(""), (("authorization", f"Basic {secrets['reader']}"),),
            )]  # fmt: skip
            assert {error.code() for error in unknown} == {grpc.StatusCode.UNAUTHENTICATED}
            assert stub.ListLabels(LIST, metadata=bearer(secrets["reader"])).labels
            denied = failure(lambda: admin.UseBundle(apb.UseBundleRequest(), metadata=bearer(secrets["reader"])))
            assert (denied.code(), "reader" in denied.details()) == (grpc.StatusCode.PERMISSION_DENIED, True)
            asked = failure(lambda: admin.UseBundle(apb.UseBundleRequest(), metadata=bearer(secrets["boss"])))
            assert asked.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert health_pb2_grpc.HealthStub(wire).Check(health_pb2.HealthCheckRequest()).status
        with Client(running.address, token=secrets["reader"]) as client:
            assert client.labels()
            assert [each.abstained for each in client.classify_stream([{"body": "unsure"}])] == [True]
    assert not [secret for secret in (*secrets.values(), "guess") if secret in caplog.text]


def test_reflection_needs_a_token_where_there_are_tokens(corpus: Corpus, bundle: TinyBundle, tmp_path: Path) -> None:
    from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
    from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

    path, secrets = token_file(tmp_path, reader="read")
    options = ServerOptions(token_file=path, farewell=0)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        asked = ServerReflectionRequest(list_services="")
        ask = ServerReflectionStub(wire).ServerReflectionInfo
        assert failure(lambda: list(ask(iter([asked])))).code() is grpc.StatusCode.UNAUTHENTICATED
        (told,) = ask(iter([asked]), metadata=bearer(secrets["reader"]))
        assert {each.name for each in told.list_services_response.service} >= set(SERVICES)


def test_tokens_are_read_again_when_asked(corpus: Corpus, bundle: TinyBundle, tmp_path: Path) -> None:
    path, old = token_file(tmp_path, old="read")
    options = ServerOptions(token_file=path, farewell=0)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        stub = ClassificationServiceStub(wire)
        path.write_text("nonsense")
        running.server.reload()
        assert stub.ListLabels(LIST, metadata=bearer(old["old"])).labels
        path.unlink()
        _, fresh = token_file(tmp_path, fresh="read")
        running.server.reload()
        assert stub.ListLabels(LIST, metadata=bearer(fresh["fresh"])).labels
        gone = failure(lambda: stub.ListLabels(LIST, metadata=bearer(old["old"])))
        assert gone.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("", 0o644, "chmod 600"),
        ("x", 0o600, "cannot be read"),
        ('[a]\nscope = "root"\nsha256 = "00"', 0o600, "scope"),
        ('[a]\nscope = "read"\nsha256 = "00"', 0o600, "64 hex"),
        ('[a]\nscope = "read"', 0o600, "sha256"),
    ],
)
def test_a_token_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, mode: int, words: str) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(TokenFileError, match=words):
        Tokens.load(path)


def test_without_tokens_only_this_machine_administers() -> None:
    access, method = Access(None), "/forumlens.v1.AdminService/UseBundle"
    assert access.admit(method, {}, "ipv6:%5B::1%5D:5000").scope is Scope.ADMIN
    with pytest.raises(DeniedError):
        access.admit(method, {}, "ipv4:192.0.2.1:5000")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.9", True), ("[::1]", True), ("0.0.0.0", False), ("::", False), ("x.org", False)],
)
def test_hosts_that_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    assert host_of("ipv4:10.0.0.1:80") == "10.0.0.1"


def test_a_public_address_needs_tls_and_tokens() -> None:
    for tls, tokens, lacking in (
        (False, False, "tls-cert.*token-file"),
        (True, False, "token-file"),
        (False, True, "tls"),
    ):
        with pytest.raises(ServerError, match=lacking):
            check_exposure("0.0.0.0", tls=tls, tokens=tokens, insecure=False)
    check_exposure("0.0.0.0", tls=True, tokens=True, insecure=False)
    check_exposure("0.0.0.0", tls=False, tokens=False, insecure=True)
    check_exposure("127.0.0.1", tls=False, tokens=False, insecure=False)


def test_a_public_server_does_not_start_open(corpus: Corpus, bundle: TinyBundle) -> None:
    with pytest.raises(ServerError, match="--insecure"), serving(corpus.db, bundle, host="0.0.0.0"):
        pass


@pytest.fixture
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(ca: trustme.CA, tmp_path: Path) -> Tls:
    return issue(ca, tmp_path, "server")


def issue(ca: trustme.CA, folder: Path, name: str, client_ca: bool = False) -> Tls:
    cert = ca.issue_cert("localhost", common_name=name)
    paths = folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem"
    cert.private_key_pem.write_to_path(paths[1])
    ca.cert_pem.write_to_path(paths[2])
    paths[0].write_bytes(b"".join(blob.bytes() for blob in cert.cert_chain_pems))
    return Tls(paths[0], paths[1], paths[2] if client_ca else None)


def ask(running: Running, tls: ClientTls | None) -> Sequence[object]:
    with Client(f"localhost:{running.server.port}", 10.0, tls=tls) as client:
        return client.labels()


def refused(running: Running, tls: ClientTls | None) -> bool:
    with pytest.raises(ClientError) as caught:
        ask(running, tls)
    return caught.value.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def test_tls(corpus: Corpus, bundle: TinyBundle, ca: trustme.CA, certificate: Tls, tmp_path: Path) -> None:
    with serving(corpus.db, bundle, options=ServerOptions(tls=certificate, farewell=0)) as running:
        assert ask(running, ClientTls(tmp_path / "ca.pem"))
        assert refused(running, None)
        issue(trustme.CA(), tmp_path, "server")  # renewed by another authority, taken up without a restart
        assert ask(running, ClientTls(tmp_path / "ca.pem"))


def test_mutual_tls(corpus: Corpus, bundle: TinyBundle, ca: trustme.CA, tmp_path: Path) -> None:
    ours, theirs = issue(ca, tmp_path, "server", client_ca=True), issue(ca, tmp_path, "client")
    with serving(corpus.db, bundle, options=ServerOptions(tls=ours, farewell=0)) as running:
        assert ask(running, ClientTls(tmp_path / "ca.pem", theirs.cert, theirs.key))
        assert refused(running, ClientTls(tmp_path / "ca.pem"))


def test_a_certificate_and_a_key_that_do_not_fit(
    corpus: Corpus, bundle: TinyBundle, ca: trustme.CA, certificate: Tls, tmp_path: Path
) -> None:
    mixed = Tls(certificate.cert, issue(ca, tmp_path, "other").key)
    with pytest.raises(ServerError, match="TLS"), serving(corpus.db, bundle, options=ServerOptions(tls=mixed)):
        pass


def test_a_token_does_not_go_out_in_the_clear() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        Client("forum.example.org:50051", token="secret")


@pytest.fixture
def slow_clients(corpus: Corpus, bundle: TinyBundle) -> Iterator[Running]:
    options = ServerOptions(client_rate=0.5, client_burst=4, farewell=0)
    with serving(corpus.db, bundle, options=options) as running:
        yield running


def test_a_client_that_asks_too_much_is_told_when_to_retry(slow_clients: Running) -> None:
    with channel(slow_clients) as wire:
        stub = ClassificationServiceStub(wire)
        assert stub.Classify(cpb.ClassifyRequest(posts=[cpb.PostInput(body="slow")] * 4)).classifications
        error = failure(lambda: stub.ListLabels(LIST))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert 0 < detail(error, error_details_pb2.RetryInfo).retry_delay.ToTimedelta().total_seconds() <= 2


def test_rates_are_kept_for_each_client() -> None:
    now = [0.0]
    rates = Rates(rate=2, burst=4, clients=2, clock=lambda: now[0])
    rates.take("a", 3)
    with pytest.raises(BusyError) as busy:
        rates.take("a", 2)
    assert busy.value.retry_after == pytest.approx(0.5)
    rates.take("b", 100)  # more than a burst passes from a full bucket, and is paid off
    now[0] += 0.5
    rates.take("a", 2)
    with pytest.raises(BusyError):
        rates.take("b", 1)
    now[0] += 50
    rates.take("b", 1)
