"""A polite HTTP client: says who it is, obeys robots.txt, keeps a pace, waits when it is told to."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from protego import Protego
from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from scraper.errors import (
    BlockedError,
    NotJsonError,
    RedirectError,
    RobotsError,
    ScraperError,
    StatusError,
    UnreachableError,
)

PROJECT_URL = "https://github.com/forumlens/forumlens"
REPLAYED_UNTIL = "Forumlens-Replayed-Until"
"""Header by which a replay says up to when its dump tells anything; a live site has none."""

_NAME = "forumlens"
_RETRIED = frozenset({429, 500, 502, 503, 504})
_MAX_REDIRECTS = 5
_MAX_BACKOFF_S = 60.0

Params = Mapping[str, str | int | Sequence[int]]


class PoliteClient:
    """Fetches JSON from one site, one request after the other.

    `rate` is in requests per second (0: as fast as the server answers, for a server of one's own). A Crawl-delay
    in robots.txt is kept where it asks for a slower pace. `retries` is how often one request is tried again after
    a 429, a 5xx or a broken connection; `max_wait` (seconds) is the longest wait that a server may ask for.
    `requests` counts what was asked of the site, retries too, robots.txt not.
    `sleep`, `clock` and `jitter` are there for tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        rate: float = 1.0,
        contact: str = "",
        timeout: tuple[float, float] = (10.0, 60.0),
        retries: int = 5,
        max_wait: float = 900.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = check_base_url(base_url)
        if rate < 0:
            raise ScraperError(f"rate is {rate}: write requests per second, or 0 for no limit")
        self.requests = 0
        self.replayed_until: datetime | None = None
        self._delay = 1 / rate if rate else 0.0
        self._timeout = timeout
        self._retries = retries
        self._max_wait = max_wait
        self._sleep, self._clock, self._jitter = sleep, clock, jitter
        self._next_at = 0.0
        self._robots: Protego | None = None
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent(contact)

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def get_json(self, path: str, params: Params | None = None) -> Any:
        """Fetch a path below the base URL and decode its JSON.

        Raises RobotsError, RedirectError, NotJsonError, BlockedError, UnreachableError, and StatusError for any
        other status than 200.
        """
        url = self.base_url + path
        response = self._follow(url, params)
        if response.status_code == 403 and _is_html(response):
            raise BlockedError(
                f"{url} answered 403 with a web page: the site keeps this client out. Wait, lower --rate,"
                " or ask its owners"
            )
        if response.status_code != 200:
            status = response.status_code
            raise StatusError(f"{response.url} answered {status}{_reason(response)}", status)
        self.replayed_until = replayed_until(response.headers)
        return _decode(response)

    def _follow(self, url: str, params: Params | None) -> requests.Response:
        """Fetch, following redirects on the same site only."""
        home = urlsplit(url)
        for _ in range(_MAX_REDIRECTS + 1):
            target = requests.Request("GET", url, params=params).prepare().url or url
            self._check_robots(target)
            response = self._fetch(target, counted=True)
            location = response.headers.get("Location", "") if response.is_redirect else ""
            if not location:
                return response
            url, params = urljoin(target, location), None
            if not _same_site(home, urlsplit(url)):
                raise RedirectError(f"{target} redirects to {url}, another site: give that address if it is meant")
        raise RedirectError(f"{home.geturl()} redirects more than {_MAX_REDIRECTS} times")

    def _check_robots(self, url: str) -> None:
        if self._robots is None:
            self._robots = self._load_robots()
        if not self._robots.can_fetch(url, _NAME):
            raise RobotsError(
                f"robots.txt of {self.base_url} does not allow {urlsplit(url).path}: ask the site's owners"
            )

    def _load_robots(self) -> Protego:
        """Read robots.txt; a site without one allows all, one that cannot be asked allows nothing (RFC 9309)."""
        url = urljoin(self.base_url + "/", "/robots.txt")
        home, target = urlsplit(url), url
        response = self._fetch(target)
        for _ in range(_MAX_REDIRECTS):
            if not response.is_redirect:
                break
            target = urljoin(target, response.headers.get("Location", ""))
            if not _same_site(home, urlsplit(target)):
                raise RedirectError(f"{url} redirects to {target}, another site: give that address if it is meant")
            response = self._fetch(target)
        if response.status_code >= 500 or response.status_code == 429:
            raise UnreachableError(f"{url} answered {response.status_code}: its rules are unknown, try again later")
        robots = Protego.parse(response.text if response.status_code == 200 and not _is_html(response) else "")
        asked = robots.request_rate(_NAME)
        self._delay = max(
            self._delay,
            float(robots.crawl_delay(_NAME) or 0),
            asked.seconds / asked.requests if asked and asked.requests else 0.0,
        )
        return robots

    def _fetch(self, url: str, *, counted: bool = False) -> requests.Response:
        """One request, tried again as often as allowed; gives the last answer there is."""
        retry = Retry(total=self._retries, backoff_factor=1, backoff_max=_MAX_BACKOFF_S)
        while True:
            self._pace()
            self.requests += counted
            response: requests.Response | None = None
            try:
                response = self._session.get(
                    url, timeout=self._timeout, allow_redirects=False, headers={"Accept": "application/json"}
                )
                if response.status_code not in _RETRIED:
                    return response
                error: Exception = StatusError(f"status {response.status_code}", response.status_code)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as problem:
                error = problem
            except requests.RequestException as problem:
                raise ScraperError(f"{url} cannot be asked for: {problem}") from problem
            try:
                retry = retry.increment("GET", url, error=None if response is not None else OSError(str(error)))
            except (MaxRetryError, OSError):
                if response is not None and response.status_code != 429:
                    return response
                raise _gave_up(url, response, error, self._retries) from error
            self._wait(retry, response, url)

    def _wait(self, retry: Retry, response: requests.Response | None, url: str) -> None:
        asked = _asked_wait(response) if response is not None else 0.0
        if asked > self._max_wait:
            raise BlockedError(f"{url} asks to wait {asked:.0f} s: try again later, or lower --rate")
        self._sleep(max(asked, retry.get_backoff_time()) + self._jitter())

    def _pace(self) -> None:
        now = self._clock()
        if now < self._next_at:
            self._sleep(self._next_at - now)
            now = max(self._clock(), self._next_at)
        self._next_at = now + self._delay


def replayed_until(headers: Mapping[str, str]) -> datetime | None:
    """Up to when a replay tells anything; None for a live site."""
    value = headers.get(REPLAYED_UNTIL)
    return datetime.fromisoformat(value) if value else None


def user_agent(contact: str = "") -> str:
    """What the client calls itself: name, version, project and, where given, whom to write to."""
    try:
        number = version(_NAME)
    except PackageNotFoundError:
        number = "0"
    reach = f"; contact: {' '.join(contact.split())}" if contact.strip() else ""
    return f"{_NAME}/{number} (+{PROJECT_URL}{reach})"


def check_base_url(text: str) -> str:
    """Bring an address to `scheme://host[:port][/path]` without a slash at the end; raises ScraperError."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ScraperError(f"{text!r} is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ScraperError(f"{text!r} is not an address: write it in full, for example https://forum.example.org")
    if parts.username or parts.password:
        raise ScraperError("the address holds a user name or password: leave them out")
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    suffix = f":{port}" if port and port != default else ""
    return f"{parts.scheme}://{shown}{suffix}{parts.path.rstrip('/')}"


def _same_site(home: SplitResult, other: SplitResult) -> bool:
    if home.hostname != other.hostname or other.scheme not in ("http", "https"):
        return False
    ports = {"http": 80, "https": 443}
    mine, theirs = home.port or ports[home.scheme], other.port or ports[other.scheme]
    return mine == theirs or (home.scheme == "http" and mine == 80 and other.scheme == "https" and theirs == 443)


def _asked_wait(response: requests.Response) -> float:
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


def _gave_up(
    url: str, response: requests.Response | None, error: Exception, retries: int
) -> UnreachableError | BlockedError:
    if response is not None:
        return BlockedError(f"{url} still answers 429 after {retries} retries: wait, or lower --rate")
    return UnreachableError(f"{url} gave no answer after {retries} retries: {error}")


def _is_html(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return "html" in kind or response.content[:64].lstrip()[:1] == b"<"


def _reason(response: requests.Response) -> str:
    try:
        return f": {'; '.join(str(text) for text in response.json()['errors'])[:200]}"
    except (ValueError, TypeError, KeyError):
        return ""


def _decode(response: requests.Response) -> Any:
    if not _is_html(response):
        try:
            return response.json()
        except (ValueError, RecursionError):
            pass
    what = "a web page" if _is_html(response) else f"{response.content[:60]!r}"
    raise NotJsonError(
        f"{response.url} answered with {what} where JSON was expected: is this the address of a Discourse forum,"
        " and can it be read without logging in?"
    )
