import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SourceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_KIND_UNSPECIFIED: _ClassVar[SourceKind]
    SOURCE_KIND_FORUM: _ClassVar[SourceKind]
    SOURCE_KIND_HUB: _ClassVar[SourceKind]
    SOURCE_KIND_UPLOADS: _ClassVar[SourceKind]
SOURCE_KIND_UNSPECIFIED: SourceKind
SOURCE_KIND_FORUM: SourceKind
SOURCE_KIND_HUB: SourceKind
SOURCE_KIND_UPLOADS: SourceKind

class GetStatusRequest(_message.Message):
    __slots__ = ("include_counts",)
    INCLUDE_COUNTS_FIELD_NUMBER: _ClassVar[int]
    include_counts: bool
    def __init__(self, include_counts: _Optional[bool] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("sources", "authored_sample", "bundle_id", "topic_run", "counts")
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    authored_sample: bool
    bundle_id: str
    topic_run: str
    counts: StoreCounts
    def __init__(self, sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., authored_sample: _Optional[bool] = ..., bundle_id: _Optional[str] = ..., topic_run: _Optional[str] = ..., counts: _Optional[_Union[StoreCounts, _Mapping]] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("kind", "name", "authored_sample", "cover_start_time", "cover_end_time")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    COVER_START_TIME_FIELD_NUMBER: _ClassVar[int]
    COVER_END_TIME_FIELD_NUMBER: _ClassVar[int]
    kind: SourceKind
    name: str
    authored_sample: bool
    cover_start_time: _timestamp_pb2.Timestamp
    cover_end_time: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[_Union[SourceKind, str]] = ..., name: _Optional[str] = ..., authored_sample: _Optional[bool] = ..., cover_start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cover_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StoreCounts(_message.Message):
    __slots__ = ("threads", "posts", "models", "labelled_posts", "mentions", "topics", "threads_by_state")
    class ThreadsByStateEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    THREADS_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    LABELLED_POSTS_FIELD_NUMBER: _ClassVar[int]
    MENTIONS_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    THREADS_BY_STATE_FIELD_NUMBER: _ClassVar[int]
    threads: int
    posts: int
    models: int
    labelled_posts: int
    mentions: int
    topics: int
    threads_by_state: _containers.ScalarMap[str, int]
    def __init__(self, threads: _Optional[int] = ..., posts: _Optional[int] = ..., models: _Optional[int] = ..., labelled_posts: _Optional[int] = ..., mentions: _Optional[int] = ..., topics: _Optional[int] = ..., threads_by_state: _Optional[_Mapping[str, int]] = ...) -> None: ...
