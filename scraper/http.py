"""A polite HTTP client: says who it is, obeys robots.txt, keeps a pace, waits when it is told to."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from protego import Protego
from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from scraper.answers import asked_wait, decode, gave_up, is_html, reason, web_page
from scraper.errors import (
    BlockedError,
    BudgetError,
    NotJsonError,
    RedirectError,
    RobotsError,
    ScraperError,
    StatusError,
    UnreachableError,
)
from scraper.pace import Pace

_log = logging.getLogger(__name__)

PROJECT_URL = "https://github.com/forumlens/forumlens"
REPLAYED_UNTIL = "Forumlens-Replayed-Until"
"""Header by which a replay says up to when its dump tells anything; a live site has none."""

_NAME = "forumlens"
_RETRIED = frozenset({429, 500, 502, 503, 504})
_OVERLOADED = frozenset({429, 503, 504})
_MAX_REDIRECTS = 5
_MAX_BACKOFF_S = 60.0

Params = Mapping[str, str | int | Sequence[int]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A JSON answer. `etag` names this state of it; `body` is None where it is still the state that was asked about."""

    body: Any
    etag: str = ""
    not_modified: bool = False


class Recorder(Protocol):
    """Told of every answer, refusals too."""

    def __call__(self, response: requests.Response) -> None:
        """Take note of an answer."""


class PoliteClient:
    """Fetches from one site, one request after the other.

    `rate` is in requests per second (0: as fast as the server answers, for a server of one's own). A Crawl-delay
    in robots.txt is kept where it asks for a slower pace, and a site that refuses or is slow gets longer pauses.
    `retries` is how often one request is tried again after a 429, a 5xx or a broken connection; `max_wait` (seconds)
    is the longest wait that a server may ask for. `budget` is how many requests may be made at most.
    `requests` counts what was asked of the site, retries too, robots.txt not. `waited` is the sum of the seconds that
    refusals have cost. `record` is told of every answer. `sleep`, `clock` and `jitter` are there for tests.
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
        budget: int | None = None,
        record: Recorder | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = check_base_url(base_url)
        if rate < 0:
            raise ScraperError(f"rate is {rate}: write requests per second, or 0 for no limit")
        self.requests = 0
        self.waited = 0.0
        self.budget = budget
        self.replayed_until: datetime | None = None
        self.pace = Pace(1 / rate if rate else 0.0, sleep, clock)
        self._timeout = timeout
        self._retries = retries
        self._max_wait = max_wait
        self._record = record
        self._sleep, self._jitter = sleep, jitter
        self._robots: Protego | None = None
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent(contact)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def get_json(self, path: str, params: Params | None = None) -> Any:
        """Fetch a path below the base URL and decode its JSON; raises as `fetch` does."""
        return self.fetch(path, params).body

    def fetch(self, path: str, params: Params | None = None, etag: str = "") -> Fetched:
        """Fetch a path below the base URL and decode its JSON, unless its state is still the one named by `etag`.

        What comes damaged is asked for once more. Raises RobotsError, RedirectError, NotJsonError, BlockedError,
        UnreachableError, BudgetError, and StatusError for any other status than 200.
        """
        try:
            return self._fetch_json(path, params, etag)
        except NotJsonError as error:
            _log.info("%s; asking once more", error)
            return self._fetch_json(path, params, etag)

    def get_bytes(self, path: str) -> bytes:
        """Fetch a path below the base URL as it is; raises as `fetch` does, but for NotJsonError."""
        return self._checked(self._follow(self.base_url + path, None, {"Accept": "application/xml, */*;q=0.5"})).content

    def _fetch_json(self, path: str, params: Params | None, etag: str) -> Fetched:
        headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag else {})
        response = self._follow(self.base_url + path, params, headers)
        if etag and response.status_code == 304:
            return Fetched(None, etag, not_modified=True)
        self._checked(response)
        self.replayed_until = replayed_until(response.headers)
        return Fetched(decode(response), response.headers.get("ETag", ""))

    def _checked(self, response: requests.Response) -> requests.Response:
        status, url = response.status_code, response.url
        if status == 403 and is_html(response):
            raise BlockedError(
                f"{url} answered 403 with {web_page(response)}: the site keeps this client out. Wait, lower --rate,"
                " or ask its owners"
            )
        if status != 200:
            raise StatusError(f"{url} answered {status}{reason(response)}", status)
        return response

    def _follow(self, url: str, params: Params | None, headers: Mapping[str, str]) -> requests.Response:
        """Fetch, following redirects on the same site only."""
        home = urlsplit(url)
        for _ in range(_MAX_REDIRECTS + 1):
            target = requests.Request("GET", url, params=params).prepare().url or url
            self._check_robots(target)
            response = self._send(target, headers, counted=True)
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
        response = self._send(target, {})
        for _ in range(_MAX_REDIRECTS):
            if not response.is_redirect:
                break
            target = urljoin(target, response.headers.get("Location", ""))
            if not _same_site(home, urlsplit(target)):
                raise RedirectError(f"{url} redirects to {target}, another site: give that address if it is meant")
            response = self._send(target, {})
        if response.status_code >= 500 or response.status_code == 429:
            raise UnreachableError(f"{url} answered {response.status_code}: its rules are unknown, try again later")
        robots = Protego.parse(response.text if response.status_code == 200 and not is_html(response) else "")
        asked = robots.request_rate(_NAME)
        self.pace.keep_to(float(robots.crawl_delay(_NAME) or 0))
        self.pace.keep_to(asked.seconds / asked.requests if asked and asked.requests else 0.0)
        return robots

    def _send(self, url: str, headers: Mapping[str, str], *, counted: bool = False) -> requests.Response:
        """One request, tried again as often as allowed; gives the last answer there is."""
        retry = Retry(total=self._retries, backoff_factor=1, backoff_max=_MAX_BACKOFF_S)
        while True:
            if counted and self.budget is not None and self.requests >= self.budget:
                raise BudgetError(f"the budget of {self.budget} requests is spent: the next run goes on")
            self.pace.wait()
            self.requests += counted
            response, error = self._try(url, headers)
            if error is None:
                assert response is not None
                return response
            try:
                retry = retry.increment("GET", url, error=None if response is not None else OSError(str(error)))
            except (MaxRetryError, OSError):
                if response is not None and response.status_code != 429:
                    return response
                raise gave_up(url, response, error, self._retries) from error
            self._wait(retry, response, url)

    def _try(
        self, url: str, headers: Mapping[str, str]
    ) -> tuple[requests.Response, None] | tuple[requests.Response | None, Exception]:
        """The answer, and why it should be asked for again, if it should."""
        began = time.monotonic()
        try:
            response = self._session.get(url, timeout=self._timeout, allow_redirects=False, headers=dict(headers))
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as problem:
            self.pace.answered(refused=True)
            _log.info("GET %s failed: %s", url, problem)
            return None, problem
        except requests.RequestException as problem:
            raise ScraperError(f"{url} cannot be asked for: {problem}") from problem
        status = response.status_code
        self.pace.answered(refused=status in _OVERLOADED)
        _log.debug("GET %s -> %d, %d bytes, %.0f ms", url, status, len(response.content), _ms_since(began))
        if self._record is not None:
            self._record(response)
        return (response, StatusError(f"status {status}", status)) if status in _RETRIED else (response, None)

    def _wait(self, retry: Retry, response: requests.Response | None, url: str) -> None:
        asked = asked_wait(response) if response is not None else 0.0
        if asked > self._max_wait:
            raise BlockedError(f"{url} asks to wait {asked:.0f} s: try again later, or lower --rate")
        seconds = max(asked, retry.get_backoff_time()) + self._jitter()
        _log.info("waiting %.1f s before asking for %s again (the site asks for %.1f s)", seconds, url, asked)
        self.waited += seconds
        self._sleep(seconds)


def _ms_since(began: float) -> float:
    return 1000 * (time.monotonic() - began)


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
