"""What can go wrong between the outside world and the store."""

from __future__ import annotations


class ScraperError(RuntimeError):
    """Base of the errors of this room; the message says what failed and what to do."""


class RobotsError(ScraperError):
    """The site's robots.txt does not allow a path that is needed."""


class RedirectError(ScraperError):
    """The server sends us to another host, or round in circles."""


class NotJsonError(ScraperError):
    """The server answered with something else than the JSON that was asked for."""


class StatusError(ScraperError):
    """The server answered with a status that is not a success."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class UnreachableError(ScraperError):
    """No answer came, though it was asked for more than once."""


class BlockedError(ScraperError):
    """The server keeps refusing; going on would make it worse."""


class BudgetError(ScraperError):
    """As many requests were made as this run may make."""


class BusyCrawlError(ScraperError):
    """Another crawl of the same source is running on the same store."""


class SitemapError(ScraperError):
    """A sitemap that cannot be read."""


class BadThreadError(ScraperError):
    """A thread that cannot be read; the message names the field."""


class BadFieldError(ScraperError):
    """A field of a row or body that cannot be read; the message names it, its value and the remedy."""


class FileError(ScraperError):
    """A file that cannot be imported."""


class KeyFileError(ScraperError):
    """The key file for pseudonyms cannot be used."""
