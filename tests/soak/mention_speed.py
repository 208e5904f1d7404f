"""How fast model families are found: megabytes of text a second of CPU time on one core, the best of three readings.

python -m tests.soak.mention_speed issues.jsonl.gz    # rows with title and body
"""

from __future__ import annotations

import gzip
import json
import sys
import time

from classifier.mentions import Registry
from labeled import files


def _main() -> int:
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [f"{row['title']}\n\n{row['body']}" for row in rows]
    size = sum(len(text.encode()) for text in texts) / 1e6
    begun = time.process_time()
    registry = Registry.load(files.families())
    ready = time.process_time() - begun
    spent = []
    for _ in range(3):
        begun = time.process_time()
        found = sum(len(registry.families(text)) for text in texts)
        spent.append(time.process_time() - begun)
    speed = size / min(spent)
    sys.stdout.write(f"{len(texts)} texts, {size:.1f} MB, {found} mentions: {speed:.1f} MB/s; ready in {ready:.2f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
