"""Checks that forumlens/v1 and docs/api.md are what proto/ generates: `python -m tests.generated` fails if not."""

from __future__ import annotations

import filecmp
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

from docs import make_api

ROOT = Path(__file__).parent.parent


def stale(root: Path = ROOT) -> list[str]:
    """Names of the generated files that differ from what proto/ gives now."""
    protos = [str(path) for path in sorted((root / "proto" / "forumlens" / "v1").glob("*.proto"))]
    with tempfile.TemporaryDirectory() as folder:
        out = [f"--{kind}={folder}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
        if protoc.main(["protoc", f"-I{root / 'proto'}", f"-I{files('grpc_tools') / '_proto'}", *out, *protos]):
            raise RuntimeError("protoc failed: its message is above")
        made, kept = Path(folder, "forumlens", "v1"), root / "forumlens" / "v1"
        names = {path.name for path in [*made.glob("*_pb2*"), *kept.glob("*_pb2*")]}
        return sorted(filecmp.cmpfiles(made, kept, names, shallow=False)[1] + _only_one(made, kept, names))


def _only_one(made: Path, kept: Path, names: set[str]) -> list[str]:
    return [name for name in names if (made / name).exists() != (kept / name).exists()]


if __name__ == "__main__":
    if differing := stale():
        sys.exit(f"forumlens/v1 is not what proto/ generates ({', '.join(differing)}): run make proto")
    if make_api.PAGE.read_text("utf-8") != make_api.page():
        sys.exit("docs/api.md is not what proto/ generates: run make proto")
