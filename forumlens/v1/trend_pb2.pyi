from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Coverage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVERAGE_UNSPECIFIED: _ClassVar[Coverage]
    COVERAGE_NONE: _ClassVar[Coverage]
    COVERAGE_PARTIAL: _ClassVar[Coverage]
    COVERAGE_FULL: _ClassVar[Coverage]
COVERAGE_UNSPECIFIED: Coverage
COVERAGE_NONE: Coverage
COVERAGE_PARTIAL: Coverage
COVERAGE_FULL: Coverage

class QueryTrendsRequest(_message.Message):
    __slots__ = ("label", "category", "topic", "families", "start_month", "end_month", "per_family")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    PER_FAMILY_FIELD_NUMBER: _ClassVar[int]
    label: str
    category: str
    topic: int
    families: _containers.RepeatedScalarFieldContainer[str]
    start_month: str
    end_month: str
    per_family: bool
    def __init__(self, label: _Optional[str] = ..., category: _Optional[str] = ..., topic: _Optional[int] = ..., families: _Optional[_Iterable[str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., per_family: _Optional[bool] = ...) -> None: ...

class QueryTrendsResponse(_message.Message):
    __slots__ = ("series", "authored_sample", "bundle_id", "topic_run")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[TrendSeries]
    authored_sample: bool
    bundle_id: str
    topic_run: str
    def __init__(self, series: _Optional[_Iterable[_Union[TrendSeries, _Mapping]]] = ..., authored_sample: _Optional[bool] = ..., bundle_id: _Optional[str] = ..., topic_run: _Optional[str] = ...) -> None: ...

class TrendSeries(_message.Message):
    __slots__ = ("families", "points")
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    families: _containers.RepeatedScalarFieldContainer[str]
    points: _containers.RepeatedCompositeFieldContainer[TrendPoint]
    def __init__(self, families: _Optional[_Iterable[str]] = ..., points: _Optional[_Iterable[_Union[TrendPoint, _Mapping]]] = ...) -> None: ...

class TrendPoint(_message.Message):
    __slots__ = ("month", "threads", "all_threads", "share", "labelled_threads", "none_threads", "abstained_threads", "abstained_share", "uploads", "all_uploads", "uploads_with_card", "partial", "forum_coverage", "hub_coverage")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    ALL_THREADS_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    LABELLED_THREADS_FIELD_NUMBER: _ClassVar[int]
    NONE_THREADS_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_THREADS_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_SHARE_FIELD_NUMBER: _ClassVar[int]
    UPLOADS_FIELD_NUMBER: _ClassVar[int]
    ALL_UPLOADS_FIELD_NUMBER: _ClassVar[int]
    UPLOADS_WITH_CARD_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    FORUM_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    HUB_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    month: str
    threads: int
    all_threads: int
    share: float
    labelled_threads: int
    none_threads: int
    abstained_threads: int
    abstained_share: float
    uploads: int
    all_uploads: int
    uploads_with_card: int
    partial: bool
    forum_coverage: Coverage
    hub_coverage: Coverage
    def __init__(self, month: _Optional[str] = ..., threads: _Optional[int] = ..., all_threads: _Optional[int] = ..., share: _Optional[float] = ..., labelled_threads: _Optional[int] = ..., none_threads: _Optional[int] = ..., abstained_threads: _Optional[int] = ..., abstained_share: _Optional[float] = ..., uploads: _Optional[int] = ..., all_uploads: _Optional[int] = ..., uploads_with_card: _Optional[int] = ..., partial: _Optional[bool] = ..., forum_coverage: _Optional[_Union[Coverage, str]] = ..., hub_coverage: _Optional[_Union[Coverage, str]] = ...) -> None: ...

class ListTopicsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTopicsResponse(_message.Message):
    __slots__ = ("topics", "next_page_token", "topic_run", "figures")
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    topics: _containers.RepeatedCompositeFieldContainer[Topic]
    next_page_token: str
    topic_run: str
    figures: TopicRunFigures
    def __init__(self, topics: _Optional[_Iterable[_Union[Topic, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., topic_run: _Optional[str] = ..., figures: _Optional[_Union[TopicRunFigures, _Mapping]] = ...) -> None: ...

class TopicRunFigures(_message.Message):
    __slots__ = ("threads", "outliers_before_reduction", "coherence", "diversity")
    THREADS_FIELD_NUMBER: _ClassVar[int]
    OUTLIERS_BEFORE_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    COHERENCE_FIELD_NUMBER: _ClassVar[int]
    DIVERSITY_FIELD_NUMBER: _ClassVar[int]
    threads: int
    outliers_before_reduction: int
    coherence: float
    diversity: float
    def __init__(self, threads: _Optional[int] = ..., outliers_before_reduction: _Optional[int] = ..., coherence: _Optional[float] = ..., diversity: _Optional[float] = ...) -> None: ...

class Topic(_message.Message):
    __slots__ = ("id", "keywords", "threads", "representative_threads", "label_distribution", "nearest_label", "nearest_label_confidence", "name", "new_theme", "label_fit", "leading_label", "leading_label_share", "unlabelled_share", "coherence", "label_confidence")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEYWORDS_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    REPRESENTATIVE_THREADS_FIELD_NUMBER: _ClassVar[int]
    LABEL_DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NEAREST_LABEL_FIELD_NUMBER: _ClassVar[int]
    NEAREST_LABEL_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEW_THEME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIT_FIELD_NUMBER: _ClassVar[int]
    LEADING_LABEL_FIELD_NUMBER: _ClassVar[int]
    LEADING_LABEL_SHARE_FIELD_NUMBER: _ClassVar[int]
    UNLABELLED_SHARE_FIELD_NUMBER: _ClassVar[int]
    COHERENCE_FIELD_NUMBER: _ClassVar[int]
    LABEL_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    id: int
    keywords: _containers.RepeatedScalarFieldContainer[str]
    threads: int
    representative_threads: _containers.RepeatedScalarFieldContainer[int]
    label_distribution: _containers.RepeatedCompositeFieldContainer[TopicLabel]
    nearest_label: str
    nearest_label_confidence: float
    name: str
    new_theme: bool
    label_fit: float
    leading_label: str
    leading_label_share: float
    unlabelled_share: float
    coherence: float
    label_confidence: float
    def __init__(self, id: _Optional[int] = ..., keywords: _Optional[_Iterable[str]] = ..., threads: _Optional[int] = ..., representative_threads: _Optional[_Iterable[int]] = ..., label_distribution: _Optional[_Iterable[_Union[TopicLabel, _Mapping]]] = ..., nearest_label: _Optional[str] = ..., nearest_label_confidence: _Optional[float] = ..., name: _Optional[str] = ..., new_theme: _Optional[bool] = ..., label_fit: _Optional[float] = ..., leading_label: _Optional[str] = ..., leading_label_share: _Optional[float] = ..., unlabelled_share: _Optional[float] = ..., coherence: _Optional[float] = ..., label_confidence: _Optional[float] = ...) -> None: ...

class TopicLabel(_message.Message):
    __slots__ = ("label", "share")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    label: str
    share: float
    def __init__(self, label: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...
