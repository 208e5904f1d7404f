from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class UseBundleRequest(_message.Message):
    __slots__ = ("directory",)
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    directory: str
    def __init__(self, directory: _Optional[str] = ...) -> None: ...

class UseBundleResponse(_message.Message):
    __slots__ = ("bundle_id", "previous_bundle_id", "taxonomy")
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    previous_bundle_id: str
    taxonomy: str
    def __init__(self, bundle_id: _Optional[str] = ..., previous_bundle_id: _Optional[str] = ..., taxonomy: _Optional[str] = ...) -> None: ...
