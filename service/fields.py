"""Values to messages and back where the fields have the same names.

None stays unset; an enumeration's member RISING is TREND_RISING of the enumeration Trend, None its UNSPECIFIED.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

M = TypeVar("M", bound=Message)
V = TypeVar("V")


def to_message(value: object, kind: type[M], **others: Any) -> M:
    """Message of this kind with the fields that the value has too; `others` are set as they are."""
    message = kind(**others)
    descriptor: Any = kind.DESCRIPTOR
    for field in descriptor.fields:
        given = getattr(value, field.name, None)
        if given is None or field.name in others:
            continue
        if field.is_repeated:
            _extend(message, field, given)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(to_message(given, GetMessageClass(field.message_type)))
        else:
            setattr(message, field.name, enum_number(field.enum_type, given) if field.enum_type else given)
    return message


def from_message(message: Message, kind: type[V], **others: Any) -> V:
    """Value of this dataclass with the fields of the message; `others` are set as they are."""
    hints = _hints(cast(Any, kind))
    given = dict(others)
    descriptor: Any = message.DESCRIPTOR
    for field in descriptor.fields:
        if field.name in hints and field.name not in given:
            given[field.name] = _value(message, field, hints[field.name])
    return kind(**given)


def enum_number(kind: Any, member: Enum) -> int:
    """Number of an enumeration's value for a member of the same name."""
    return int(kind.values_by_name[_prefix(kind) + member.name].number)


def enum_member(kind: Any, number: int, members: type[Any]) -> Any:
    """Member for the number of a value of the same name; None for UNSPECIFIED and for values that are not known."""
    value = kind.values_by_number.get(number)
    name = value.name.removeprefix(_prefix(kind)) if value else ""
    return members.__members__.get(name)


def _extend(message: Message, field: Any, given: Iterable[Any]) -> None:
    if field.message_type is not None:
        given = [to_message(one, GetMessageClass(field.message_type)) for one in given]
    getattr(message, field.name).extend(given)


def _value(message: Message, field: Any, hint: Any) -> Any:
    given = getattr(message, field.name)
    kinds = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type)]
    value_kind: Any = next((kind for kind in kinds if dataclasses.is_dataclass(kind) or issubclass(kind, Enum)), None)
    if field.is_repeated:
        return tuple(from_message(one, value_kind) if value_kind else one for one in given)
    if field.has_presence and not message.HasField(field.name):
        return None
    if field.message_type is not None and value_kind is not None:
        return from_message(given, value_kind)
    return enum_member(field.enum_type, given, value_kind) if field.enum_type and value_kind else given


def _prefix(kind: Any) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
