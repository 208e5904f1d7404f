"""How much each client may ask: a token bucket for each, of posts and calls."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from service.errors import BusyError


class Rates:
    """Lets each client take `rate` units a second, and up to `burst` at once after a pause.

    A unit is a post, or a call without posts. More than `burst` at once is let through when the bucket is full, and
    paid off afterwards. At most `clients` are remembered; those unseen for longest are forgotten.
    """

    def __init__(
        self, rate: float, burst: float, clients: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._most = clients
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, units: int) -> None:
        """Take units; raises BusyError with the time after which to retry, and then takes nothing. Rate 0: no limit."""
        if not self._rate:
            return
        now = self._clock()
        level, then = self._levels.get(client, (self._burst, now))
        level = min(self._burst, level + (now - then) * self._rate)
        lacking = min(units, self._burst) - level
        self._levels[client] = (level if lacking > 0 else level - units, now)
        self._levels.move_to_end(client)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        if lacking > 0:
            raise BusyError(
                f"{client} may ask for {self._rate:g} posts or calls a second: retry later, or spread them",
                lacking / self._rate,
            )
