"""`forumlens token`, `forumlens bundle use` and the flags of `forumlens serve`."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.access import Scope, Tokens
from service.server import ServerOptions
from store.database import Database
from tests.forumlens.running import run_command
from tests.service.corpus import fill
from tests.service.doubles import TinyBundle, serving


def test_a_token_is_printed_once_and_kept_as_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, secret, _ = run_command(monkeypatch, capsys, "token", "dash-1", "--scope", "review")
    assert code == 0
    again = run_command(monkeypatch, capsys, "token", "boss", "--scope", "admin")[1]
    path = tmp_path / "tokens.toml"
    assert secret.strip() not in path.read_text()
    tokens = Tokens.load(path)  # which only its owner can read
    callers = [tokens.find(each.strip()) for each in (secret, again)]
    assert [(each.name, each.scope) for each in callers if each] == [("dash-1", Scope.REVIEW), ("boss", Scope.ADMIN)]
    for words, told in (
        (("dash-1",), "has a token"),
        (("x y",), "not allowed"),
        (("ok", "--scope", "root"), "not known"),
    ):
        code, _, err = run_command(monkeypatch, capsys, "token", *words)
        assert code == 2 and told in " ".join(err.split())


def test_bundle_use_swaps_or_says_why_not(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(directory: Path) -> TinyBundle:
        if directory.name != "good":
            raise RuntimeError("no bundle there")
        return TinyBundle("good")

    secret = run_command(monkeypatch, capsys, "token", "boss", "--scope", "admin", "--token-file", f"{tmp_path}/t")[1]
    options = ServerOptions(token_file=tmp_path / "t", farewell=0)
    with serving(fill(db).db, TinyBundle(), load=load, options=options) as running:
        words = ("bundle", "use", "--server", running.address)
        assert "UNAUTHENTICATED" in run_command(monkeypatch, capsys, *words, "good")[2]
        monkeypatch.setenv("FORUMLENS_TOKEN", secret.strip())
        code, _, err = run_command(monkeypatch, capsys, *words, "bad")
        assert code == 1 and "no bundle there" in err
        code, _, err = run_command(monkeypatch, capsys, *words, "good")
        assert code == 0 and "good" in err


@pytest.mark.parametrize(
    ("flags", "words"),
    [(("--tls-cert", "c.pem"), "belong together"), (("--tls-client-ca", "c.pem"), "needs --tls-cert")],
)
def test_flags_that_belong_together(
    flags: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run_command(monkeypatch, capsys, "serve", *flags)
    assert code == 2 and words in " ".join(err.split())


@pytest.mark.parametrize(
    ("flag", "value", "setting"),
    [("--log-level", "loud", "log_level"), ("--otlp-endpoint", "localhost:4317", "otlp_endpoint")],
)
def test_values_that_are_none(
    flag: str, value: str, setting: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run_command(monkeypatch, capsys, "serve", flag, value)
    assert code == 2 and setting in err
