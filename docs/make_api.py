"""Writes docs/api.md from proto/: `python -m docs.make_api`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from grpc_tools import protoc

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "api.md"
_HEAD = """# API

Made from [proto/](../proto/forumlens/v1) by `make proto`; do not edit. Package `forumlens.v1`. Scopes, limits and
errors that all methods share: [operations.md](operations.md).
"""


def page(root: Path = ROOT) -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for file in _described(root).file:
        if file.package == "forumlens.v1":
            parts += _File(file).sections()
    return "\n".join(parts)


def _described(root: Path) -> FileDescriptorSet:
    protos = [str(path) for path in sorted((root / "proto" / "forumlens" / "v1").glob("*.proto"))]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "set.binpb")
        paths = [f"-I{root / 'proto'}", f"-I{files('grpc_tools') / '_proto'}"]
        if protoc.main(["protoc", *paths, "--include_source_info", f"--descriptor_set_out={out}", *protos]):
            raise RuntimeError("protoc failed: its message is above")
        return FileDescriptorSet.FromString(out.read_bytes())


class _File:
    """One .proto file with its comments by path."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._comments = {
            tuple(place.path): " ".join(place.leading_comments.split()) for place in file.source_code_info.location
        }

    def sections(self) -> Iterator[str]:
        """Services first, then messages and enums in order."""
        for number, service in enumerate(self._file.service):
            yield f"\n## {service.name}\n\n{self._said(6, number)}\n"
            yield "| method | request | answer | |\n|---|---|---|---|"
            for place, method in enumerate(service.method):
                yield _method(method, self._said(6, number, 2, place))
        for number, message in enumerate(self._file.message_type):
            yield from self._message(message, (4, number))
        for number, enum in enumerate(self._file.enum_type):
            yield from self._enum(enum, (5, number))

    def _message(self, message: DescriptorProto, path: Sequence[int]) -> Iterator[str]:
        yield f"\n### {message.name}\n"
        if said := self._said(*path):
            yield f"{said}\n"
        if not message.field:
            yield "No fields."
            return
        yield "| field | type | |\n|---|---|---|"
        maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
        for place, field in enumerate(message.field):
            yield f"| `{field.name}` | {_type(field, maps)} | {self._said(*path, 2, place)} |"

    def _enum(self, enum: EnumDescriptorProto, path: Sequence[int]) -> Iterator[str]:
        yield f"\n### {enum.name}\n\n{self._said(*path)}\n\n| value | |\n|---|---|"
        for place, value in enumerate(enum.value):
            yield f"| `{value.name}` = {value.number} | {self._said(*path, 2, place)} |"

    def _said(self, *path: int) -> str:
        return self._comments.get(path, "").replace("|", "\\|")


def _method(method: MethodDescriptorProto, said: str) -> str:
    request, answer = (
        ("stream of " if streams else "") + _link(name)
        for name, streams in (
            (method.input_type, method.client_streaming),
            (method.output_type, method.server_streaming),
        )
    )
    return f"| `{method.name}` | {request} | {answer} | {said} |"


def _type(field: FieldDescriptorProto, maps: dict[str, Any]) -> str:
    entry = maps.get(field.type_name.rpartition(".")[2])
    if entry is not None:
        return f"map of {_type(entry.field[0], {})} to {_type(entry.field[1], {})}"
    name = _link(field.type_name) if field.type_name else FieldDescriptorProto.Type.Name(field.type)[5:].lower()
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def _link(type_name: str) -> str:
    name = type_name.rpartition(".")[2]
    return f"[{name}](#{name.lower()})" if type_name.startswith(".forumlens.v1.") else name


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
