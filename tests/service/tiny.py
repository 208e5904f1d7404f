"""A server with the tiny model in a process of its own: `python -m tests.service.tiny FOLDER`. Prints its port."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from service.server import ServerOptions, run_server
from store.database import open_database
from store.values import Classification, PostInput
from tests.service.corpus import fill
from tests.service.doubles import TinyBundle


class Steady(TinyBundle):
    """Takes a while for each batch, and remembers no posts."""

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        time.sleep(0.002 + 0.0002 * len(posts))
        answers = TinyBundle.classify(self, posts)
        self.batches.clear()
        return answers


def main() -> None:
    folder = Path(sys.argv[1])
    known = (folder / "store.db").exists()
    with open_database(f"sqlite:///{folder / 'store.db'}") as db:
        if not known:
            fill(db)
        run_server(
            db,
            Steady(),
            port=0,
            options=ServerOptions(farewell=0.2),
            on_ready=lambda port, _web: print(port, flush=True),
        )


if __name__ == "__main__":
    main()
