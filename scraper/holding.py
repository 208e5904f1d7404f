"""One crawler at a time for each source of a store."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from scraper.errors import BusyCrawlError
from store import crawl as crawl_state
from store.database import BusyError, Database
from store.values import Source

_CRAWLER = "crawler"


@contextmanager
def only_crawler(db: Database, source: Source) -> Iterator[None]:
    """Be the only crawler of a source. Raises BusyCrawlError, which tells who is, while another process is."""
    try:
        with crawl_state.hold(db, source.id):
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            told = f"process {os.getpid()} on {platform.node()}, since {moment}"
            crawl_state.set_cursor(db, source.id, _CRAWLER, told)
            yield
    except BusyError as error:
        holder = crawl_state.get_cursor(db, source.id, _CRAWLER)
        raise BusyCrawlError(
            f"another crawl of {source.name} is running on this store ({holder}): wait for its end"
        ) from error
