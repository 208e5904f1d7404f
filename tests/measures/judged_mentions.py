"""Precision of mentions on real texts that were judged one by one, of which the project has pointers only.

python -m tests.measures.judged_mentions issues.jsonl.gz    # rows with url, title and body
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from classifier.mention_score import Share, share
from classifier.mentions import Registry
from labeled import files

JUDGEMENTS = files.families().with_name("mention_judgements.jsonl")


def judged(threads: Path, registry: Registry) -> dict[str, tuple[Share, Share, Share]]:
    """By draw: what was right as drawn; what is right of what is found now; what is found now of what is right.

    Raises ValueError where a text is not the one that was judged.
    """
    with gzip.open(threads, "rt", encoding="utf-8") as lines:
        texts = {row["url"]: f"{row['title']}\n\n{row['body']}" for row in map(json.loads, lines)}
    draws = defaultdict(list)
    with JUDGEMENTS.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = texts[row["url"]]
            if sha256(text.encode()).hexdigest() != row["sha256"]:
                raise ValueError(f"{row['url']}: the text has changed since it was judged")
            now = row["family"] in registry.families(text)
            draws[row["draw"]].append((row["found"], now, row["mention"]))
    return {
        draw: (
            share(sum(then and right for then, _, right in rows), sum(then for then, _, _ in rows)),
            share(sum(now and right for _, now, right in rows), sum(now for _, now, _ in rows)),
            share(sum(now and right for _, now, right in rows), sum(right for _, _, right in rows)),
        )
        for draw, rows in draws.items()
    }


def _shown(figure: Share) -> str:
    return f"{figure.hits}/{figure.total} = {figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def _main() -> int:
    for draw, figures in judged(Path(sys.argv[1]), Registry.load(files.families())).items():
        as_drawn, precision, recall = map(_shown, figures)
        sys.stdout.write(f"{draw}: right as drawn {as_drawn}; now precision {precision}, recall {recall}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
