"""Peak memory of a crawl against the size of the forum: it should not grow with it.

    python -m tests.soak.memory --threads 5000 50000

Makes a forum of so many threads up (about 7 posts each), serves it by `forumlens replay forum`, crawls it by
`forumlens scrape forum` and tells the crawler's peak resident set, the store's size and the time it took.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

WORDS = [f"word{number}" for number in range(5_000)]
BEGIN = datetime(2014, 1, 1, tzinfo=UTC)


def write_dump(path: Path, threads: int) -> None:
    """A forum of made-up threads, the same for the same number."""
    draw = random.Random(threads)
    with path.open("w", encoding="utf-8") as file:
        for key in range(1, threads + 1):
            begun = BEGIN + timedelta(minutes=90 * key * 50_000 / threads)
            posts = [
                {
                    "id": key * 100 + number,
                    "post_number": number,
                    "username": f"user{draw.randrange(2_000)}",
                    "created_at": (begun + timedelta(minutes=number)).isoformat(),
                    "cooked": f"<p>{' '.join(draw.choices(WORDS, k=draw.randrange(20, 200)))}</p>",
                }
                for number in range(1, min(60, int(draw.expovariate(1 / 7)) + 2))
            ]
            body = {"id": key, "title": f"Thread {key}", "created_at": begun.isoformat(), "category_id": key % 9 + 1}
            file.write(json.dumps({**body, "post_stream": {"posts": posts}}) + "\n")


def crawl_peak(dump: Path, folder: Path, port: int) -> tuple[float, float, float]:
    """(peak resident set in MB, size of the store in MB, seconds) of a first crawl of a served dump."""
    command = [sys.executable, "-m", "forumlens"]
    server = subprocess.Popen([*command, "replay", "forum", str(dump), "--port", str(port)], stderr=subprocess.PIPE)
    try:
        assert server.stderr is not None
        server.stderr.readline()  # it says so when it can be asked
        store = folder / "store.db"
        begun = time.monotonic()
        arguments = ["--forum", f"http://127.0.0.1:{port}", "--rate", "0", "--database", f"sqlite:///{store}"]
        crawler = subprocess.Popen([*command, "scrape", "forum", *arguments, "--format", "json"])
        _, status, usage = os.wait4(crawler.pid, 0)
        if status:
            raise RuntimeError(f"the crawl ended with status {os.waitstatus_to_exitcode(status)}")
        return usage.ru_maxrss / 1024, store.stat().st_size / 1e6, time.monotonic() - begun
    finally:
        server.terminate()
        server.wait()


def _main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--port", type=int, default=8095)
    options = parser.parse_args()
    for threads in options.threads:
        with tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / "threads.jsonl"
            write_dump(dump, threads)
            peak, size, seconds = crawl_peak(dump, Path(folder), options.port)
        sys.stdout.write(f"{threads} threads: peak {peak:.0f} MB, store {size:.0f} MB, {seconds:.0f} s\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_main())
