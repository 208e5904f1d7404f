"""Load by h2load, an HTTP/2 client in C that knows nothing of gRPC: `python -m tests.bench.h2load --bundle DIR`.

It sends one request over and over, so that vectors are cached and what is measured is all that the service does around
them. Answers that are no gRPC success do not count: the server's own log tells.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from classifier.bundle import load_bundle
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from store.database import open_database
from tests.bench import servers
from tests.bench.corpus import fill
from tests.tools import require_tool

REQUESTS: dict[str, Message] = {
    "ClassificationService/Classify": cpb.ClassifyRequest(posts=[cpb.PostInput(body="CUDA out of memory on a T4")]),
    "ThreadService/ListThreads": hpb.ListThreadsRequest(page_size=20),
    "TrendService/QueryTrends": tpb.QueryTrendsRequest(),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What h2load says: requests that got an answer over HTTP, a second, and milliseconds for one (mean, longest)."""

    answered: int
    failed: int
    rate: float
    mean_ms: float
    longest_ms: float


def h2load(address: str, method: str, request: Message, number: int, clients: int) -> Load:
    """Send a request so many times, by so many clients with a connection each and one call at a time."""
    with tempfile.NamedTemporaryFile() as body:
        data = request.SerializeToString()
        body.write(b"\0" + len(data).to_bytes(4, "big") + data)  # not compressed, length, message
        body.flush()
        headers = ("-H", "content-type: application/grpc", "-H", "te: trailers")
        url = f"http://{address}/forumlens.v1.{method}"
        words = (
            require_tool("h2load"),
            "-n",
            str(number),
            "-c",
            str(clients),
            "-m",
            "1",
            "-d",
            body.name,
            *headers,
            url,
        )
        told = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True).stdout
    return _read(told)


def _read(told: str) -> Load:
    def found(pattern: str) -> list[str]:
        match = re.search(pattern, told)
        if match is None:
            raise RuntimeError(f"h2load told nothing of {pattern}: {told}")
        return list(match.groups())

    answered, failed = found(r"(\d+) succeeded, (\d+) failed")
    (rate,) = found(r"([\d.]+) req/s")
    longest, longest_unit, mean, mean_unit = found(r"time for request: +\S+ +([\d.]+)(\w+) +([\d.]+)(\w+)")
    scale = {"us": 0.001, "ms": 1.0, "s": 1_000.0}
    return Load(
        int(answered),
        int(failed),
        float(rate),
        float(mean) * scale[mean_unit],
        float(longest) * scale[longest_unit],
    )


def measure(bundle: Path, folder: Path, number: int, clients: int) -> Iterator[str]:
    """A row of a table for each request."""
    with open_database(f"sqlite:///{folder / 'store.db'}") as db:
        fill(db, list(load_bundle(bundle).taxonomy.labels), 20_000)
    with servers.forumlens(bundle, folder, "--log-level", "INFO", "--log-format", "json") as server:
        for method, request in REQUESTS.items():
            h2load(server.address, method, request, clients, clients)
            load = h2load(server.address, method, request, number, clients)
            good = sum(
                f'"/forumlens.v1.{method}", "code": "OK"' in line for line in server.log.read_text().splitlines()
            )
            yield (
                f"| {method}, {clients} clients | {load.rate:.0f} | {load.mean_ms:.0f} | {load.longest_ms:.0f} "
                f"| {good - clients} of {number} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("bundle"))
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=64)
    given = parser.parse_args()
    print("| request | calls/s | mean, ms | longest, ms | answered well |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(given.bundle.absolute(), Path(folder), given.requests, given.clients):
            print(row, flush=True)


if __name__ == "__main__":
    main()
