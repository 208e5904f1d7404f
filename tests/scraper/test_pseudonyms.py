"""Names become keyed hashes; the key lies in a file of its own."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import KeyFileError
from scraper.pseudonyms import Pseudonymizer, key_path_beside

PSEUDONYMS = Pseudonymizer(b"k" * 32)


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    first = Pseudonymizer.from_file(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Pseudonymizer.from_file(path).name("ann") == first.name("ann")
    assert [entry.name for entry in tmp_path.iterdir()] == ["store.key"]


def test_another_key_gives_other_names(tmp_path: Path) -> None:
    assert Pseudonymizer.from_file(tmp_path / "a").name("ann") != Pseudonymizer.from_file(tmp_path / "b").name("ann")


def test_a_key_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    path.write_text("ab" * 32)
    path.chmod(0o644)
    Pseudonymizer.from_file(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "not hex", "abcd", "\xff"])
def test_a_broken_key_file_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "store.key"
    path.write_text(content, encoding="latin-1")

    with pytest.raises(KeyFileError, match=r"key"):
        Pseudonymizer.from_file(path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///forumlens.db", "forumlens.key"),
        ("sqlite:////data/a/store.db", "/data/a/store.key"),
        ("sqlite+pysqlite:///x.db?timeout=3", "x.key"),
        ("postgresql://me@host/name", "forumlens.key"),
    ],
)
def test_the_key_lies_beside_the_store(url: str, path: str) -> None:
    assert key_path_beside(url) == Path(path)


def test_names_do_not_depend_on_case_and_look_like_pseudonyms() -> None:
    assert PSEUDONYMS.name("Ann") == PSEUDONYMS.name("ann ")
    assert re.fullmatch(r"user-[0-9a-f]{8}", PSEUDONYMS.name("ann"))
    assert PSEUDONYMS.name(" ") == ""


def test_mentions_in_markdown_are_masked_outside_of_code_only() -> None:
    text = "@ann see `@cached` and\n```python\n@ann\n```\nthanks @ann.\n"
    name = PSEUDONYMS.name("ann")

    assert PSEUDONYMS.mask_markdown(text) == f"@{name} see `@cached` and\n```python\n@ann\n```\nthanks @{name}.\n"


def test_addresses_and_pinned_versions_are_no_mentions() -> None:
    assert PSEUDONYMS.mask("ann@example.org pkg@1.0") == "ann@example.org pkg@1.0"


@given(st.text(), st.text())
def test_masking_leaves_no_mention_of_a_name(before: str, after: str) -> None:
    masked = PSEUDONYMS.mask(f"{before} @zoë_99 {after}")

    assert "@zoë" not in masked
    assert f"@{PSEUDONYMS.name('zoë_99')}" in masked


@given(st.text("@a `\n~"))
def test_masking_markdown_never_loses_text(text: str) -> None:
    masked = PSEUDONYMS.mask_markdown(text)

    assert re.sub(r"@user-[0-9a-f]{8}", "@a", masked).count("`") == text.count("`")
    assert masked.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    ["see https://forum.example/u/alice-b for more", '[quote="alice-b, post:3, topic:7"]', "\uff20alice-b wrote"],
)
def test_names_in_links_and_quotes_are_masked(text: str) -> None:
    masked = PSEUDONYMS.mask(text)
    assert "alice" not in masked and PSEUDONYMS.name("alice-b") in masked
