from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ThemeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    THEME_KIND_UNSPECIFIED: _ClassVar[ThemeKind]
    THEME_KIND_ALL: _ClassVar[ThemeKind]
    THEME_KIND_LEAF: _ClassVar[ThemeKind]
    THEME_KIND_CATEGORY: _ClassVar[ThemeKind]
    THEME_KIND_TOPIC: _ClassVar[ThemeKind]
    THEME_KIND_FAMILY: _ClassVar[ThemeKind]
    THEME_KIND_FORUM_CATEGORY: _ClassVar[ThemeKind]
THEME_KIND_UNSPECIFIED: ThemeKind
THEME_KIND_ALL: ThemeKind
THEME_KIND_LEAF: ThemeKind
THEME_KIND_CATEGORY: ThemeKind
THEME_KIND_TOPIC: ThemeKind
THEME_KIND_FAMILY: ThemeKind
THEME_KIND_FORUM_CATEGORY: ThemeKind
