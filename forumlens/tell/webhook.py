"""Alerts posted to a webhook: tried again, and signed as https://www.standardwebhooks.com has it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from store.alerts import Alert

TIMEOUT = 10.0
_RETRIED = (429, 500, 502, 503, 504)
_TRIES = 5


class WebhookError(RuntimeError):
    """A webhook that did not take an alert, or a secret that cannot be used."""


def post_alert(
    alert: Alert, url: str, secret: str, clock: Callable[[], float] = time.time, backoff: float = 1.0
) -> None:
    """Post an alert as JSON; `backoff` in seconds doubles at each try. Raises WebhookError.

    Tries again carry the same id, so that a receiver can tell them.
    """
    body = json.dumps(
        {"type": "alert", "timestamp": alert.raised_at.isoformat(), "data": {"key": alert.key, "text": alert.text}},
        ensure_ascii=False,
    ).encode()
    identity, moment = "msg_" + hashlib.sha256(alert.key.encode()).hexdigest()[:32], str(int(clock()))
    headers = {"Content-Type": "application/json", "webhook-id": identity, "webhook-timestamp": moment}
    if secret:
        headers["webhook-signature"] = sign(secret, identity, moment, body)
    retry = Retry(
        total=_TRIES - 1, status_forcelist=_RETRIED, allowed_methods=None, backoff_factor=backoff, redirect=0
    )  # fmt: skip
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        try:
            session.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False).raise_for_status()
        except requests.RequestException as error:
            raise WebhookError(f"the webhook did not take {alert.key!r}: {type(error).__name__}") from error


def sign(secret: str, identity: str, moment: str, body: bytes) -> str:
    """Value of `webhook-signature`: HMAC-SHA256 over id, timestamp and body. Raises WebhookError for a bad secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise WebhookError("webhook_secret is not base64: make one with `openssl rand -base64 32`") from error
    signed = b".".join((identity.encode(), moment.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
