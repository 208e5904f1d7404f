"""Outside tools that some tests need: skipped and named where one is missing, a failure under REQUIRE_ALL=1."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest


def require_tool(name: str) -> str:
    """Path of a command beside the interpreter or on PATH; skips the test, or fails it under REQUIRE_ALL=1."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        _missing(f"the command {name}")
    return str(found)


def require_module(name: str) -> ModuleType:
    """An optional Python module; skips the test, or fails it under REQUIRE_ALL=1."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        _missing(f"the Python module {name} ({error})")
        raise


def require_folder(path: Path, remedy: str) -> None:
    """Skips the test where a folder is missing that a command makes, or fails it under REQUIRE_ALL=1."""
    if not path.is_dir():
        _missing(f"{path} (made by `{remedy}`)")


def _missing(what: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing and REQUIRE_ALL=1 asks for every test")
    pytest.skip(f"{what} is missing")
