"""Servers in processes of their own, as they run in earnest."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Process:
    """A running server, and where it writes its log."""

    address: str
    pid: int
    log: Path

    def resident_mib(self) -> float:
        """Memory that is in use now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * 4096 / 2**20

    def processor_seconds(self) -> float:
        """Time that it has been computing."""
        used = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")

    def handles(self) -> int:
        """Open file handles."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def seconds(self, method: str) -> list[float]:
        """What the server took for each call of a method, by its log."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line["seconds"] for line in lines if line.get("method", "").endswith(f"/{method}")]


@contextmanager
def forumlens(bundle: Path, folder: Path, *flags: str) -> Iterator[Process]:
    """`forumlens serve` on a free port over the store of a folder."""
    words = ("forumlens", "serve", "--bundle", str(bundle), "--database", f"sqlite:///{folder / 'store.db'}")
    with _running([*words, "--port", "0", "--no-web", *flags], folder / "serve.log") as process:
        yield process


@contextmanager
def pool(bundle: Path, folder: Path, workers: int) -> Iterator[Process]:
    """The server to compare with."""
    words = ["tests.bench.pool", str(bundle), "--workers", str(workers)]
    with _running(words, folder / f"pool-{workers}.log") as process:
        yield process


@contextmanager
def tiny(folder: Path) -> Iterator[Process]:
    """A server whose model is a double: what is measured is the service."""
    with _running(["tests.service.tiny", str(folder)], folder / "tiny.log") as process:
        yield process


@contextmanager
def _running(words: list[str], log: Path) -> Iterator[Process]:
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield Process(f"127.0.0.1:{_port(process, log)}", process.pid, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    for _ in range(1_200):
        if found := re.search(r"^(?:gRPC on [\w.]+:)?(\d+)(?:;|$)", log.read_text(), re.MULTILINE):
            return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()}")
