"""Bundled files are found through the package, and a missing one is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labeled import files

BUNDLED = [
    files.taxonomy,
    files.examples,
    files.families,
    files.mention_sentences,
    files.sample_forum,
    files.sample_hub,
]


@pytest.mark.parametrize("find", BUNDLED)
def test_bundled_files_are_there(find: Callable[[], Path]) -> None:
    assert find().stat().st_size > 0


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'taxonomy\.toml' is missing .* reinstall forumlens"):
        files.taxonomy()
