"""Asking a Hub, within the limits that its answers tell of: the headers and retries are those of `huggingface_hub`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from huggingface_hub.utils import (  # type: ignore[attr-defined]  # offered there, but not marked as such
    build_hf_headers,
    http_backoff,
    parse_ratelimit_headers,
)

from scraper.errors import BlockedError, NotJsonError, RedirectError, StatusError, UnreachableError
from scraper.http import check_base_url, replayed_until, user_agent

HUB = "https://huggingface.co"

_TRIES = 3
_MAX_REDIRECTS = 5
_MAX_BACKOFF_S = 60.0


class HubClient:
    """Fetches from one Hub, one request after the other.

    A token is taken from HF_TOKEN, or from where `huggingface_hub` keeps it, and shown to the user's own Hub only. When
    a `RateLimit` header says that no call is left, the next one waits until the quota is renewed; the limits of the
    API and of files are told apart. `requests` counts answers, `waited` the seconds spent waiting for a quota.
    `sleep` and `clock` are there for tests.
    """

    def __init__(
        self,
        endpoint: str = HUB,
        *,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoint = check_base_url(endpoint)
        self.requests = 0
        self.waited = 0.0
        self.replayed_until: datetime | None = None
        self._timeout, self._sleep, self._clock = timeout, sleep, clock
        self._headers = build_hf_headers(token=None if _is_own_hub(self.endpoint) else False, user_agent=user_agent())
        self._ready_at: dict[bool, float] = {}

    def get_json(self, url: str) -> tuple[Any, Mapping[str, Any]]:
        """Fetch JSON: the value, and the links of the answer's `Link` header by their relation.

        Raises NotJsonError, RedirectError, StatusError, BlockedError, UnreachableError.
        """
        for left in reversed(range(_TRIES)):
            response = self._get(url)
            try:
                return response.json(), response.links
            except (ValueError, RecursionError) as error:  # cut short on its way, or a proxy's page
                if not left:
                    raise NotJsonError(f"{_shown(url)} answered with no JSON: is {self.endpoint} a Hub?") from error
                self._sleep(2.0 ** (_TRIES - left))
        raise AssertionError("unreachable")

    def get_text(self, url: str, most: int) -> str:
        """Fetch a text, its first `most` bytes; bytes that are no UTF-8 become U+FFFD. Raises as `get_json`."""
        content: bytes = self._get(url).content
        return content[:most].decode("utf-8-sig", "replace")

    def _get(self, url: str) -> Any:
        target = url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._ask(target)
            location = response.headers.get("Location", "") if response.is_redirect else ""
            if not location:
                return response
            target = urljoin(target, location)
            if origin(target) != origin(self.endpoint):
                raise RedirectError(f"{_shown(url)} redirects to {'://'.join(origin(target))}, another site")
        raise RedirectError(f"{_shown(url)} redirects more than {_MAX_REDIRECTS} times")

    def _ask(self, url: str) -> Any:
        of_api = urlsplit(url).path.startswith("/api/")
        wait = self._ready_at.pop(of_api, 0.0) - self._clock()
        if wait > 0:
            self.waited += wait
            self._sleep(wait)
        try:
            response = http_backoff(
                "GET",
                url,
                headers=self._headers,
                timeout=self._timeout,
                follow_redirects=False,
                max_wait_time=_MAX_BACKOFF_S,
            )
        except Exception as error:  # its client's errors share no base with ours, and differ between its versions
            raise _given_up(url, error) from error
        self.requests += 1
        self.replayed_until = replayed_until(response.headers)
        limit = parse_ratelimit_headers(response.headers)
        if limit is not None and limit.remaining == 0:
            self._ready_at[of_api] = self._clock() + limit.reset_in_seconds + 1
        if response.status_code >= 400:
            raise _refused(url, response.status_code)
        return response


def origin(url: str) -> tuple[str, str]:
    """Scheme and host of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_own_hub(endpoint: str) -> bool:
    """Whether the user's token is meant for this endpoint."""
    return origin(endpoint) in (origin(HUB), origin(os.environ.get("HF_ENDPOINT", HUB)))


def _given_up(url: str, error: Exception) -> UnreachableError | BlockedError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == 429:
        return BlockedError(f"{_shown(url)} still answers 429 after waiting: try again later, or set HF_TOKEN")
    told = f"it answers {status}" if status else f"{type(error).__name__}: {error}"
    return UnreachableError(f"{_shown(url)} cannot be read: {told}")


def _refused(url: str, status: int) -> StatusError:
    remedy = ": set HF_TOKEN to a token that may read it" if status in (401, 403) else ""
    return StatusError(f"{_shown(url)} cannot be read, it answers {status}{remedy}", status)


def _shown(url: str) -> str:
    return url.partition("?")[0]
