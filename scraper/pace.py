"""The pace of requests to one host: never faster than allowed, slower while the host is short of breath."""

from __future__ import annotations

from collections.abc import Callable

_FIRST_SLOWDOWN_S = 0.5
_SLOWEST_S = 60.0
_GOOD_IN_A_ROW = 10
_FASTER = 0.8


class Pace:
    """Keeps at least `delay` seconds between the starts of two requests.

    A refusal (429, 503) doubles the delay, ten good answers in a row shorten it by a fifth, never below what was
    asked for: additive patience, multiplicative caution, as TCP does. A slow host gets as long a rest as it took to
    answer (the idea of Scrapy's AutoThrottle), so that no more than half of its time is ours; with a delay of 0, for a
    server of one's own, there is no rest.
    """

    def __init__(self, delay: float, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._least = self._delay = delay
        self._sleep, self._clock = sleep, clock
        self._began = 0.0
        self._next_at = 0.0
        self._good = 0

    @property
    def delay(self) -> float:
        """Seconds between the starts of two requests, as it stands."""
        return self._delay

    def keep_to(self, delay: float) -> None:
        """Never be faster than this from now on."""
        self._least = max(self._least, delay)
        self._delay = max(self._delay, self._least)

    def wait(self) -> None:
        """Return when the next request may start."""
        now = self._clock()
        if now < self._next_at:
            self._sleep(self._next_at - now)
            now = max(self._clock(), self._next_at)
        self._began = now
        self._next_at = now + self._delay

    def answered(self, *, refused: bool) -> None:
        """Learn from the answer to the request that was started last."""
        if refused:
            self._good = 0
            self._delay = min(max(2 * self._delay, _FIRST_SLOWDOWN_S), max(_SLOWEST_S, self._least))
        else:
            self._good += 1
            if self._good >= _GOOD_IN_A_ROW and self._delay > self._least:
                self._good, shorter = 0, self._delay * _FASTER
                self._delay = shorter if shorter > max(self._least, _FIRST_SLOWDOWN_S / 2) else self._least
        now = self._clock()
        rest = now + (now - self._began) if self._least else 0.0
        self._next_at = max(self._began + self._delay, rest)
