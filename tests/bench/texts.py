"""Posts to measure with: the authored sample's, each time with other words in them so that no cache knows them."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
from collections.abc import Iterator

from labeled import files
from store.values import PostInput

_TAGS = re.compile(r"<[^>]+>")
_SHORT_WORDS = 20


class Texts:
    """Draws posts for a seed; no two are alike."""

    def __init__(self, seed: int = 0) -> None:
        self._draw = random.Random(seed)
        self._number = itertools.count()
        with gzip.open(files.sample_forum(), "rt", encoding="utf-8") as file:
            threads = [row for row in map(json.loads, file) if "post_stream" in row]
        self._bodies = [
            (str(thread["title"]), text)
            for thread in threads
            for post in thread["post_stream"]["posts"]
            if len((text := _TAGS.sub(" ", post["cooked"])).split()) >= _SHORT_WORDS
        ]

    def posts(self, number: int, kind: str) -> list[PostInput]:
        """`full` posts under their titles, or the first 20 words (`short`)."""
        return list(itertools.islice(self._fresh(kind), number))

    def _fresh(self, kind: str) -> Iterator[PostInput]:
        while True:
            title, body = self._draw.choice(self._bodies)
            number = next(self._number)
            words = body.split()[: _SHORT_WORDS - 1] if kind == "short" else body.split(" ")
            words.insert(self._draw.randrange(len(words)), f"n{number}{self._draw.randrange(10**6)}")
            yield PostInput(str(number), " ".join(words), "" if kind == "short" else title)
