"""Read masks (AIP-157): a request names the fields of the answer that it wants, and gets those only.

A path is of the answer: `thread.title`, and through a list of each entry, `threads.title`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf import descriptor_pool
from google.protobuf.message import Message

from service.validation import Violations, nearest, shown

M = TypeVar("M", bound=Message)

FIELD = "read_mask"
_ALWAYS = "next_page_token"
"""Given whatever is asked for: a caller who forgets it would take the first page for all."""

Mask = dict[str, "Mask | None"]
"""Fields to keep; None: with all that is in them."""


def read_mask(request: Message, method: str) -> Mask | None:
    """What a request of `/package.Service/Method` wants of its answer; None: all. Raises InvalidRequestError."""
    paths = _paths(request)
    if not paths:
        return None
    pool: Any = descriptor_pool.Default()
    answer = pool.FindMethodByName(method.strip("/").replace("/", ".")).output_type
    found, mask = Violations(), Mask()
    for place, path in enumerate(paths):
        if problem := _problem(path, answer):
            found.add(f"{FIELD}.paths[{place}]", problem)
        else:
            _add(mask, path.split("."))
    found.raise_any()
    if _ALWAYS in answer.fields_by_name:
        mask[_ALWAYS] = None
    return mask


def kept(message: M, mask: Mask) -> M:
    """A message with those fields only that the mask names."""
    copy = type(message)()
    copy.CopyFrom(message)  # the answer may be in somebody's memory
    _clear(copy, mask)
    return copy


def wants(request: Message, path: str) -> bool:
    """Whether a request asks for a field of its answer, so that work for it can be spared if not."""
    paths = _paths(request)
    return not paths or any(f"{path}.".startswith(f"{one}.") or one.startswith(f"{path}.") for one in paths)


def _clear(message: Message, mask: Mask) -> None:
    for field, value in message.ListFields():
        if field.name not in mask:
            message.ClearField(field.name)
        elif (inner := mask[field.name]) is not None:
            for one in value if field.is_repeated else (value,):
                _clear(one, inner)


def _paths(request: Message) -> list[str]:
    return list(getattr(request, FIELD).paths) if FIELD in request.DESCRIPTOR.fields_by_name else []


def _problem(path: str, answer: Any) -> str:
    """What is wrong with a path through the fields of a message; empty where nothing is."""
    message = answer
    for name in path.split("."):
        if message is None:
            return f"{shown(path)} goes on after a field that has none of its own: shorten it"
        if name not in message.fields_by_name:
            known = list(message.fields_by_name)
            no_field = f"{shown(path)}: {message.name} has no field {shown(name)}{nearest(name, known)}"
            return f"{no_field}: give {', '.join(known)}"
        kind = message.fields_by_name[name].message_type
        message = None if kind is None or kind.GetOptions().map_entry else kind
    return ""


def _add(mask: Mask, names: list[str]) -> None:
    name, *rest = names
    if not rest:
        mask[name] = None
    elif (inner := mask.setdefault(name, {})) is not None:
        _add(inner, rest)
