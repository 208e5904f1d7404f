"""The example in Node: a second foreign client, which reads the .proto files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.service.doubles import Running
from tests.tools import require_folder, require_tool

EXAMPLE = Path(__file__).parents[2] / "examples" / "node"


def test_the_example_labels_posts_over_a_stream(running: Running) -> None:
    node = require_tool("node")
    require_folder(EXAMPLE / "node_modules", "npm ci --prefix examples/node")
    command = [node, str(EXAMPLE / "classify.mjs"), running.address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    first, *answers, refusal = ended.stdout.splitlines()
    assert first == "bundle tiny-bundle, tiny@1"
    assert answers == ["0: memory-performance/memory", "1: memory-performance/speed", "2: no label"]
    assert refusal.startswith("INVALID_ARGUMENT: posts[0].body")
