"""Precision of mentions on real texts that were judged one by one, of which the project has pointers only.

python -m tests.measures.judged_mentions issues.jsonl.gz    # rows with url, title and body
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from classifier.mention_score import Share, share
from classifier.mentions import Registry
from labeled import files

JUDGEMENTS = files.families().with_name("mention_judgements.jsonl")


@dataclass(frozen=True, slots=True)
class Draw:
    """Places of one draw. `right`: of those that were found then; `kept` and `left`: of those that do and do not name
    the family, the threads in which it is found today."""

    right: Share
    kept: Share
    left: Share


def judged(threads: Path, registry: Registry) -> dict[str, Draw]:
    """The draws by name. Raises ValueError where a text is not the one that was judged."""
    with gzip.open(threads, "rt", encoding="utf-8") as lines:
        texts = {row["url"]: f"{row['title']}\n\n{row['body']}" for row in map(json.loads, lines)}
    draws = defaultdict(list)
    with JUDGEMENTS.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = texts[row["url"]]
            if sha256(text.encode()).hexdigest() != row["sha256"]:
                raise ValueError(f"{row['url']}: the text has changed since it was judged")
            draws[row["draw"]].append((row["found"], row["family"] in registry.families(text), row["mention"]))
    return {
        draw: Draw(
            _share(right for found, _, right in rows if found),
            _share(now for _, now, right in rows if right),
            _share(now for _, now, right in rows if not right),
        )
        for draw, rows in draws.items()
    }


def _share(answers: Iterable[bool]) -> Share:
    given = list(answers)
    return share(sum(given), len(given))


def _shown(figure: Share) -> str:
    return f"{figure.hits}/{figure.total} ({figure.low:.3f}–{figure.high:.3f})" if figure.total else "-"


def _main() -> int:
    for name, draw in judged(Path(sys.argv[1]), Registry.load(files.families())).items():
        sys.stdout.write(
            f"{name}: right as drawn {_shown(draw.right)}; found today {_shown(draw.kept)} of the right "
            f"and {_shown(draw.left)} of the wrong\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(_main())
