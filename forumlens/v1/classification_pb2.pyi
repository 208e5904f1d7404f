import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExampleOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXAMPLE_ORIGIN_UNSPECIFIED: _ClassVar[ExampleOrigin]
    EXAMPLE_ORIGIN_REAL: _ClassVar[ExampleOrigin]
    EXAMPLE_ORIGIN_GIVEN: _ClassVar[ExampleOrigin]
    EXAMPLE_ORIGIN_REVIEWED: _ClassVar[ExampleOrigin]
EXAMPLE_ORIGIN_UNSPECIFIED: ExampleOrigin
EXAMPLE_ORIGIN_REAL: ExampleOrigin
EXAMPLE_ORIGIN_GIVEN: ExampleOrigin
EXAMPLE_ORIGIN_REVIEWED: ExampleOrigin

class PostInput(_message.Message):
    __slots__ = ("id", "title", "body", "reply", "previous", "by_starter", "accepted", "category", "tags", "post_number", "source")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    BY_STARTER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    POST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    body: str
    reply: bool
    previous: str
    by_starter: bool
    accepted: bool
    category: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    post_number: int
    source: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., reply: _Optional[bool] = ..., previous: _Optional[str] = ..., by_starter: _Optional[bool] = ..., accepted: _Optional[bool] = ..., category: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., post_number: _Optional[int] = ..., source: _Optional[str] = ...) -> None: ...

class ClassifyRequest(_message.Message):
    __slots__ = ("posts", "include_ranking", "include_evidence")
    POSTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_RANKING_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    posts: _containers.RepeatedCompositeFieldContainer[PostInput]
    include_ranking: bool
    include_evidence: bool
    def __init__(self, posts: _Optional[_Iterable[_Union[PostInput, _Mapping]]] = ..., include_ranking: _Optional[bool] = ..., include_evidence: _Optional[bool] = ...) -> None: ...

class ClassifyResponse(_message.Message):
    __slots__ = ("classifications", "bundle_id", "taxonomy")
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    classifications: _containers.RepeatedCompositeFieldContainer[Classification]
    bundle_id: str
    taxonomy: str
    def __init__(self, classifications: _Optional[_Iterable[_Union[Classification, _Mapping]]] = ..., bundle_id: _Optional[str] = ..., taxonomy: _Optional[str] = ...) -> None: ...

class ClassifyStreamRequest(_message.Message):
    __slots__ = ("posts", "include_ranking", "include_evidence")
    POSTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_RANKING_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    posts: _containers.RepeatedCompositeFieldContainer[PostInput]
    include_ranking: bool
    include_evidence: bool
    def __init__(self, posts: _Optional[_Iterable[_Union[PostInput, _Mapping]]] = ..., include_ranking: _Optional[bool] = ..., include_evidence: _Optional[bool] = ...) -> None: ...

class ClassifyStreamResponse(_message.Message):
    __slots__ = ("classifications", "problems", "bundle_id", "taxonomy")
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    classifications: _containers.RepeatedCompositeFieldContainer[Classification]
    problems: _containers.RepeatedCompositeFieldContainer[FieldProblem]
    bundle_id: str
    taxonomy: str
    def __init__(self, classifications: _Optional[_Iterable[_Union[Classification, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[FieldProblem, _Mapping]]] = ..., bundle_id: _Optional[str] = ..., taxonomy: _Optional[str] = ...) -> None: ...

class FieldProblem(_message.Message):
    __slots__ = ("field", "description")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ClassifyThreadRequest(_message.Message):
    __slots__ = ("title", "posts", "category", "tags", "include_ranking", "include_evidence")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_RANKING_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    title: str
    posts: _containers.RepeatedCompositeFieldContainer[ThreadPostInput]
    category: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    include_ranking: bool
    include_evidence: bool
    def __init__(self, title: _Optional[str] = ..., posts: _Optional[_Iterable[_Union[ThreadPostInput, _Mapping]]] = ..., category: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., include_ranking: _Optional[bool] = ..., include_evidence: _Optional[bool] = ...) -> None: ...

class ThreadPostInput(_message.Message):
    __slots__ = ("id", "body", "author", "accepted", "number")
    ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    id: str
    body: str
    author: str
    accepted: bool
    number: int
    def __init__(self, id: _Optional[str] = ..., body: _Optional[str] = ..., author: _Optional[str] = ..., accepted: _Optional[bool] = ..., number: _Optional[int] = ...) -> None: ...

class ClassifyThreadResponse(_message.Message):
    __slots__ = ("classifications", "labels", "bundle_id", "taxonomy")
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    classifications: _containers.RepeatedCompositeFieldContainer[Classification]
    labels: _containers.RepeatedScalarFieldContainer[str]
    bundle_id: str
    taxonomy: str
    def __init__(self, classifications: _Optional[_Iterable[_Union[Classification, _Mapping]]] = ..., labels: _Optional[_Iterable[str]] = ..., bundle_id: _Optional[str] = ..., taxonomy: _Optional[str] = ...) -> None: ...

class Classification(_message.Message):
    __slots__ = ("id", "labels", "abstained", "ranking", "evidence")
    ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    RANKING_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    labels: _containers.RepeatedCompositeFieldContainer[LabelScore]
    abstained: bool
    ranking: _containers.RepeatedCompositeFieldContainer[LabelScore]
    evidence: _containers.RepeatedCompositeFieldContainer[LabelEvidence]
    def __init__(self, id: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[LabelScore, _Mapping]]] = ..., abstained: _Optional[bool] = ..., ranking: _Optional[_Iterable[_Union[LabelScore, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[LabelEvidence, _Mapping]]] = ...) -> None: ...

class LabelEvidence(_message.Message):
    __slots__ = ("label", "terms", "examples")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    label: str
    terms: _containers.RepeatedCompositeFieldContainer[EvidenceTerm]
    examples: _containers.RepeatedCompositeFieldContainer[LabelledExample]
    def __init__(self, label: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[EvidenceTerm, _Mapping]]] = ..., examples: _Optional[_Iterable[_Union[LabelledExample, _Mapping]]] = ...) -> None: ...

class LabelledExample(_message.Message):
    __slots__ = ("source", "labels", "cosine", "origin")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    source: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    cosine: float
    origin: ExampleOrigin
    def __init__(self, source: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ..., cosine: _Optional[float] = ..., origin: _Optional[_Union[ExampleOrigin, str]] = ...) -> None: ...

class EvidenceTerm(_message.Message):
    __slots__ = ("text", "weight")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    text: str
    weight: float
    def __init__(self, text: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class LabelScore(_message.Message):
    __slots__ = ("label", "kind", "score")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    label: str
    kind: str
    score: float
    def __init__(self, label: _Optional[str] = ..., kind: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class ListLabelsRequest(_message.Message):
    __slots__ = ("kind",)
    KIND_FIELD_NUMBER: _ClassVar[int]
    kind: str
    def __init__(self, kind: _Optional[str] = ...) -> None: ...

class ListLabelsResponse(_message.Message):
    __slots__ = ("labels", "taxonomy")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    taxonomy: str
    def __init__(self, labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., taxonomy: _Optional[str] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("id", "kind", "name", "definition", "category", "leaf")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    name: str
    definition: str
    category: str
    leaf: bool
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., definition: _Optional[str] = ..., category: _Optional[str] = ..., leaf: _Optional[bool] = ...) -> None: ...

class GetModelInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelInfoResponse(_message.Message):
    __slots__ = ("bundle_id", "fit_time", "taxonomy", "encoder", "device", "precision", "max_tokens", "max_posts", "max_body_chars", "metrics", "version", "data_hashes", "versions", "max_call_chars", "max_waiting_posts")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class DataHashesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    FIT_TIME_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    ENCODER_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_POSTS_FIELD_NUMBER: _ClassVar[int]
    MAX_BODY_CHARS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DATA_HASHES_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_CALL_CHARS_FIELD_NUMBER: _ClassVar[int]
    MAX_WAITING_POSTS_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    fit_time: _timestamp_pb2.Timestamp
    taxonomy: str
    encoder: str
    device: str
    precision: str
    max_tokens: int
    max_posts: int
    max_body_chars: int
    metrics: _containers.ScalarMap[str, float]
    version: str
    data_hashes: _containers.ScalarMap[str, str]
    versions: _containers.ScalarMap[str, str]
    max_call_chars: int
    max_waiting_posts: int
    def __init__(self, bundle_id: _Optional[str] = ..., fit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., taxonomy: _Optional[str] = ..., encoder: _Optional[str] = ..., device: _Optional[str] = ..., precision: _Optional[str] = ..., max_tokens: _Optional[int] = ..., max_posts: _Optional[int] = ..., max_body_chars: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., version: _Optional[str] = ..., data_hashes: _Optional[_Mapping[str, str]] = ..., versions: _Optional[_Mapping[str, str]] = ..., max_call_chars: _Optional[int] = ..., max_waiting_posts: _Optional[int] = ...) -> None: ...
