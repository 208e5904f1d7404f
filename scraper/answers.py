"""What an answer says beside its body: how long to wait, whether it is a page for people, why it is a refusal."""

from __future__ import annotations

import contextlib
import math
import textwrap
import time
import warnings
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from bs4 import BeautifulSoup, UnusualUsageWarning
from bs4.filter import SoupStrainer

from scraper.errors import BlockedError, NotJsonError, UnreachableError

_HEAD_OF_PAGE = 65_536


def asked_wait(response: requests.Response) -> float:
    """Seconds that the server asks us to wait: the larger of Retry-After and `extras.wait_seconds`."""
    waits = [0.0]
    header = response.headers.get("Retry-After", "").strip()
    try:
        waits.append(float(header))
    except ValueError:
        with contextlib.suppress(ValueError, TypeError):
            waits.append(parsedate_to_datetime(header).timestamp() - time.time())
    with contextlib.suppress(ValueError, TypeError, KeyError):
        waits.append(float(response.json()["extras"]["wait_seconds"]))
    return max(wait for wait in waits if not math.isnan(wait))


def gave_up(
    url: str, response: requests.Response | None, error: Exception, retries: int
) -> UnreachableError | BlockedError:
    """The error for a request that was tried as often as allowed."""
    if response is not None:
        return BlockedError(f"{url} still answers 429 after {retries} retries: wait, or lower --rate")
    return UnreachableError(f"{url} gave no answer after {retries} retries: {error}")


def is_html(response: requests.Response) -> bool:
    """Whether it is a page for people, or says that it is."""
    kind = response.headers.get("Content-Type", "").lower()
    return "html" in kind or response.content[:64].lstrip()[:1] == b"<"


def web_page(response: requests.Response) -> str:
    """What to call a page for people in an error: a web page, and its title where it has one.

    Such pages come from proxies and firewalls in any state and encoding, which BeautifulSoup sees through. Its own
    `html.parser` takes quadratic time on hostile ones, lxml does not.
    """
    head = response.content[:_HEAD_OF_PAGE]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusualUsageWarning)  # it wonders whether this is XML
        titles = BeautifulSoup(head, "lxml", parse_only=SoupStrainer("title")).find_all("title")
    title = next((text for found in titles if (text := " ".join(found.get_text().split()))), "")
    return f"a web page titled {textwrap.shorten(title, 100, placeholder='...')!r}" if title else "a web page"


def reason(response: requests.Response) -> str:
    """What a Discourse says of its refusal, behind a colon; empty where it says nothing."""
    try:
        return f": {'; '.join(str(text) for text in response.json()['errors'])[:200]}"
    except (ValueError, TypeError, KeyError):
        return ""


def decode(response: requests.Response) -> Any:
    """The JSON of an answer; raises NotJsonError."""
    try:  # whatever its Content-Type says
        return response.json()
    except (ValueError, RecursionError):
        pass
    what = web_page(response) if is_html(response) else f"{response.content[:60]!r}"
    raise NotJsonError(
        f"{response.url} answered with {what} where JSON was expected: is this the address of a Discourse forum,"
        " and can it be read without logging in?"
    )
