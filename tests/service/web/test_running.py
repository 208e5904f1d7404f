"""The page beside the server: its port, its TLS, its end."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests
import trustme

from service.errors import ServerError
from service.transport import Tls
from tests.service.test_access import token_file
from tests.service.web.conftest import shown


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"{port}.*--web-port.*--no-web"), shown(tmp_path, web_port=port):
            pass


def test_the_page_is_under_the_tls_of_the_server(tmp_path: Path) -> None:
    authority = trustme.CA()
    cert = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    cert.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    cert.private_key_pem.write_to_path(tmp_path / "key.pem")
    tokens, secrets = token_file(tmp_path, reader="read")
    tls = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    with shown(tmp_path, tls=tls, token_file=tokens) as running:
        visitor = requests.Session()
        visitor.trust_env, visitor.verify = False, str(tmp_path / "ca.pem")
        site = f"https://localhost:{running.server.web_port}"
        page = visitor.get(f"{site}/sign-in", timeout=30)
        assert "max-age" in page.headers["strict-transport-security"]
        assert "secure" in page.headers["set-cookie"].lower()
        form = {
            "token": secrets["reader"],
            "csrf": page.text.partition('name="csrf" value="')[2][:64],
            "next": "/topics",
        }
        assert "Topics" in visitor.post(f"{site}/sign-in", form, timeout=30).text


def test_with_the_server_the_page_ends(tmp_path: Path) -> None:
    with shown(tmp_path) as running:
        port = running.server.web_port
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}", timeout=5)
