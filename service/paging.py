"""Page tokens: where the last page ended, bound to the request that they continue."""

from __future__ import annotations

import base64
import binascii
import hashlib

from google.protobuf.message import Message

from service.validation import Violations, shown

_ID_BYTES = 8
_SEAL_BYTES = 12


def page_token(last: int, request: Message, *scope: str) -> str:
    """Token for the page after the item with id `last`; `scope` names what else must stay the same."""
    place = last.to_bytes(_ID_BYTES, "big", signed=True)
    return base64.urlsafe_b64encode(place + _seal(place, request, scope)).decode().rstrip("=")


def read_token(found: Violations, token: str, request: Message, *scope: str) -> int | None:
    """Id of the last item of the page before; None for the first page, or with a violation for a bad token."""
    if not token:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    place = data[:_ID_BYTES]
    if len(data) != _ID_BYTES + _SEAL_BYTES or data[_ID_BYTES:] != _seal(place, request, scope):
        found.add("page_token", f"{shown(token)} does not continue this request: give next_page_token as it came, "
                  "with the same filters, or leave it empty to start again")  # fmt: skip
        return None
    return int.from_bytes(place, "big", signed=True)


def _seal(place: bytes, request: Message, scope: tuple[str, ...]) -> bytes:
    filters = type(request)()
    filters.CopyFrom(request)
    for field in {"page_token", "page_size", "read_mask"} & set(filters.DESCRIPTOR.fields_by_name):
        filters.ClearField(field)
    filters.DiscardUnknownFields()
    digest = hashlib.sha256(place)
    for part in (filters.DESCRIPTOR.full_name, *scope):
        digest.update(part.encode() + b"\x00")
    digest.update(filters.SerializeToString(deterministic=True))
    return digest.digest()[:_SEAL_BYTES]
