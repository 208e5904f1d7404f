"""Who looks at the page: tokens stay in the memory of this process, the browser has an id that says nothing."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

COOKIE = "forumlens_session"
LIFETIME = 12 * 3600.0
LOCAL = "local"
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor: the token that calls are made with, empty where none is needed, and what forms must bring back."""

    id: str
    csrf: str
    token: str = ""
    reviewer: str = LOCAL
    signed_in: bool = False

    def owns(self, csrf: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """Sessions of those who signed in, at most 10,000; whoever has not is told apart by an id alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[str, tuple[float, Session]] = OrderedDict()

    def find(self, session_id: str) -> Session:
        """The session of this id; one of a visitor who has not signed in where it is unknown or has ended."""
        expires, session = self._known.get(session_id, (0.0, None))
        if session is not None and expires >= self._clock():
            return session
        self._known.pop(session_id, None)
        known = session_id or secrets.token_urlsafe(32)
        return Session(known, self._csrf(known))

    def start(self, token: str, reviewer: str) -> Session:
        """Sign somebody in, under an id that nobody knew before."""
        fresh = secrets.token_urlsafe(32)
        session = Session(fresh, self._csrf(fresh), token, reviewer or LOCAL, signed_in=True)
        self._known[fresh] = (self._clock() + LIFETIME, session)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return session

    def end(self, session_id: str) -> None:
        """Forget a session."""
        self._known.pop(session_id, None)

    def _csrf(self, session_id: str) -> str:
        return hmac.new(self._key, session_id.encode(), sha256).hexdigest()
