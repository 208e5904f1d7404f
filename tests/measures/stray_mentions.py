"""Families that are found where none is spoken of: in posts about other things, by name.

python -m tests.measures.stray_mentions texts.jsonl.gz    # Discourse bodies, or rows whose fields are texts
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from classifier.mentions import Registry
from labeled import files
from scraper.cooked import cooked_to_text


def _texts(row: dict[str, Any]) -> Iterator[str]:
    if "post_stream" not in row:
        yield "\n".join(value for value in row.values() if isinstance(value, str))
    for post in row.get("post_stream", {}).get("posts", ()):
        yield cooked_to_text(post.get("cooked") or "", str)


def _main() -> int:
    registry = Registry.load(files.families())
    texts = 0
    found: Counter[str] = Counter()
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines:
        for line in lines:
            for text in _texts(json.loads(line)):
                texts += 1
                found.update(registry.families(text))
    doubtful = sum(found[family] for family in registry.ambiguous)
    names = ", ".join(f"{family} {count}" for family, count in found.most_common())
    sys.stdout.write(f"{texts} texts: {found.total()} families found, {doubtful} of them ambiguous: {names}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
