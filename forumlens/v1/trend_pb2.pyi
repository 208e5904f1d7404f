from forumlens.v1 import statistics_pb2 as _statistics_pb2
from forumlens.v1 import theme_pb2 as _theme_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tested(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TESTED_UNSPECIFIED: _ClassVar[Tested]
    TESTED_COUNT: _ClassVar[Tested]
    TESTED_SHARE: _ClassVar[Tested]
    TESTED_EXPECTED_SHARE: _ClassVar[Tested]

class Period(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERIOD_UNSPECIFIED: _ClassVar[Period]
    PERIOD_MONTH: _ClassVar[Period]
    PERIOD_QUARTER: _ClassVar[Period]
    PERIOD_WEEK: _ClassVar[Period]

class Smoothing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SMOOTHING_UNSPECIFIED: _ClassVar[Smoothing]
    SMOOTHING_NONE: _ClassVar[Smoothing]
    SMOOTHING_MOVING_MEAN_3: _ClassVar[Smoothing]

class Coverage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVERAGE_UNSPECIFIED: _ClassVar[Coverage]
    COVERAGE_NONE: _ClassVar[Coverage]
    COVERAGE_PARTIAL: _ClassVar[Coverage]
    COVERAGE_FULL: _ClassVar[Coverage]

class Divergence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIVERGENCE_UNSPECIFIED: _ClassVar[Divergence]
    DIVERGENCE_TALK_FALLS_UPLOADS_RISE: _ClassVar[Divergence]
    DIVERGENCE_TALK_RISES_UPLOADS_FALL: _ClassVar[Divergence]
    DIVERGENCE_BOTH_RISE: _ClassVar[Divergence]
    DIVERGENCE_BOTH_FALL: _ClassVar[Divergence]

class DocumentedBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOCUMENTED_BY_UNSPECIFIED: _ClassVar[DocumentedBy]
    DOCUMENTED_BY_FAMILY: _ClassVar[DocumentedBy]
    DOCUMENTED_BY_TASK: _ClassVar[DocumentedBy]
    DOCUMENTED_BY_MONTH: _ClassVar[DocumentedBy]
TESTED_UNSPECIFIED: Tested
TESTED_COUNT: Tested
TESTED_SHARE: Tested
TESTED_EXPECTED_SHARE: Tested
PERIOD_UNSPECIFIED: Period
PERIOD_MONTH: Period
PERIOD_QUARTER: Period
PERIOD_WEEK: Period
SMOOTHING_UNSPECIFIED: Smoothing
SMOOTHING_NONE: Smoothing
SMOOTHING_MOVING_MEAN_3: Smoothing
COVERAGE_UNSPECIFIED: Coverage
COVERAGE_NONE: Coverage
COVERAGE_PARTIAL: Coverage
COVERAGE_FULL: Coverage
DIVERGENCE_UNSPECIFIED: Divergence
DIVERGENCE_TALK_FALLS_UPLOADS_RISE: Divergence
DIVERGENCE_TALK_RISES_UPLOADS_FALL: Divergence
DIVERGENCE_BOTH_RISE: Divergence
DIVERGENCE_BOTH_FALL: Divergence
DOCUMENTED_BY_UNSPECIFIED: DocumentedBy
DOCUMENTED_BY_FAMILY: DocumentedBy
DOCUMENTED_BY_TASK: DocumentedBy
DOCUMENTED_BY_MONTH: DocumentedBy

class QueryTrendsRequest(_message.Message):
    __slots__ = ("label", "category", "topic", "forum_category", "families", "start_month", "end_month", "per_family", "period", "smoothing", "read_mask")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    FORUM_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    PER_FAMILY_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    label: str
    category: str
    topic: int
    forum_category: str
    families: _containers.RepeatedScalarFieldContainer[str]
    start_month: str
    end_month: str
    per_family: bool
    period: Period
    smoothing: Smoothing
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, label: _Optional[str] = ..., category: _Optional[str] = ..., topic: _Optional[int] = ..., forum_category: _Optional[str] = ..., families: _Optional[_Iterable[str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., per_family: _Optional[bool] = ..., period: _Optional[_Union[Period, str]] = ..., smoothing: _Optional[_Union[Smoothing, str]] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("month", "threads", "all_threads", "share", "labelled_threads", "none_threads", "abstained_threads", "abstained_share", "uploads", "all_uploads", "uploads_with_card", "partial", "forum_coverage", "hub_coverage", "expected_threads", "upload_share", "card_share", "downloads", "smoothed_share", "start_date")
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
    EXPECTED_THREADS_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_SHARE_FIELD_NUMBER: _ClassVar[int]
    CARD_SHARE_FIELD_NUMBER: _ClassVar[int]
    DOWNLOADS_FIELD_NUMBER: _ClassVar[int]
    SMOOTHED_SHARE_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
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
    expected_threads: float
    upload_share: float
    card_share: float
    downloads: int
    smoothed_share: float
    start_date: str
    def __init__(self, month: _Optional[str] = ..., threads: _Optional[int] = ..., all_threads: _Optional[int] = ..., share: _Optional[float] = ..., labelled_threads: _Optional[int] = ..., none_threads: _Optional[int] = ..., abstained_threads: _Optional[int] = ..., abstained_share: _Optional[float] = ..., uploads: _Optional[int] = ..., all_uploads: _Optional[int] = ..., uploads_with_card: _Optional[int] = ..., partial: _Optional[bool] = ..., forum_coverage: _Optional[_Union[Coverage, str]] = ..., hub_coverage: _Optional[_Union[Coverage, str]] = ..., expected_threads: _Optional[float] = ..., upload_share: _Optional[float] = ..., card_share: _Optional[float] = ..., downloads: _Optional[int] = ..., smoothed_share: _Optional[float] = ..., start_date: _Optional[str] = ...) -> None: ...

class ListTopicsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "read_mask")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("id", "keywords", "threads", "representative_threads", "label_distribution", "nearest_label", "nearest_label_confidence", "name", "new_theme", "label_fit", "leading_label", "leading_label_share", "unlabelled_share", "coherence", "label_confidence", "map_x", "map_y")
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
    MAP_X_FIELD_NUMBER: _ClassVar[int]
    MAP_Y_FIELD_NUMBER: _ClassVar[int]
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
    map_x: float
    map_y: float
    def __init__(self, id: _Optional[int] = ..., keywords: _Optional[_Iterable[str]] = ..., threads: _Optional[int] = ..., representative_threads: _Optional[_Iterable[int]] = ..., label_distribution: _Optional[_Iterable[_Union[TopicLabel, _Mapping]]] = ..., nearest_label: _Optional[str] = ..., nearest_label_confidence: _Optional[float] = ..., name: _Optional[str] = ..., new_theme: _Optional[bool] = ..., label_fit: _Optional[float] = ..., leading_label: _Optional[str] = ..., leading_label_share: _Optional[float] = ..., unlabelled_share: _Optional[float] = ..., coherence: _Optional[float] = ..., label_confidence: _Optional[float] = ..., map_x: _Optional[float] = ..., map_y: _Optional[float] = ...) -> None: ...

class GetTopicMapRequest(_message.Message):
    __slots__ = ("topic", "limit")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    topic: int
    limit: int
    def __init__(self, topic: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class GetTopicMapResponse(_message.Message):
    __slots__ = ("threads", "topics", "x", "y", "titles", "total", "topic_run", "authored_sample")
    THREADS_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    threads: _containers.RepeatedScalarFieldContainer[int]
    topics: _containers.RepeatedScalarFieldContainer[int]
    x: _containers.RepeatedScalarFieldContainer[float]
    y: _containers.RepeatedScalarFieldContainer[float]
    titles: _containers.RepeatedScalarFieldContainer[str]
    total: int
    topic_run: str
    authored_sample: bool
    def __init__(self, threads: _Optional[_Iterable[int]] = ..., topics: _Optional[_Iterable[int]] = ..., x: _Optional[_Iterable[float]] = ..., y: _Optional[_Iterable[float]] = ..., titles: _Optional[_Iterable[str]] = ..., total: _Optional[int] = ..., topic_run: _Optional[str] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class TopicLabel(_message.Message):
    __slots__ = ("label", "share")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    label: str
    share: float
    def __init__(self, label: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...

class ListThemesRequest(_message.Message):
    __slots__ = ("kind", "start_month", "end_month", "recent_months", "evidence", "read_mask")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    kind: _theme_pb2.ThemeKind
    start_month: str
    end_month: str
    recent_months: int
    evidence: int
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, kind: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., evidence: _Optional[int] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListThemesResponse(_message.Message):
    __slots__ = ("themes", "start_month", "end_month", "recent_months", "all_threads", "authored_sample")
    THEMES_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    ALL_THREADS_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    themes: _containers.RepeatedCompositeFieldContainer[ThemeTrend]
    start_month: str
    end_month: str
    recent_months: int
    all_threads: _containers.RepeatedScalarFieldContainer[int]
    authored_sample: bool
    def __init__(self, themes: _Optional[_Iterable[_Union[ThemeTrend, _Mapping]]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., all_threads: _Optional[_Iterable[int]] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class ThemeTrend(_message.Message):
    __slots__ = ("theme", "shift", "direction", "tested", "changes", "threads", "expected", "evidence")
    THEME_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    TESTED_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    theme: str
    shift: _statistics_pb2.Shift
    direction: _statistics_pb2.Direction
    tested: Tested
    changes: _containers.RepeatedCompositeFieldContainer[_statistics_pb2.ChangePoint]
    threads: _containers.RepeatedScalarFieldContainer[int]
    expected: _containers.RepeatedScalarFieldContainer[float]
    evidence: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, theme: _Optional[str] = ..., shift: _Optional[_Union[_statistics_pb2.Shift, _Mapping]] = ..., direction: _Optional[_Union[_statistics_pb2.Direction, _Mapping]] = ..., tested: _Optional[_Union[Tested, str]] = ..., changes: _Optional[_Iterable[_Union[_statistics_pb2.ChangePoint, _Mapping]]] = ..., threads: _Optional[_Iterable[int]] = ..., expected: _Optional[_Iterable[float]] = ..., evidence: _Optional[_Iterable[int]] = ...) -> None: ...

class ListEmergingThemesRequest(_message.Message):
    __slots__ = ("kind", "start_month", "end_month", "recent_months", "least_threads", "read_mask")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    LEAST_THREADS_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    kind: _theme_pb2.ThemeKind
    start_month: str
    end_month: str
    recent_months: int
    least_threads: int
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, kind: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., least_threads: _Optional[int] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListEmergingThemesResponse(_message.Message):
    __slots__ = ("themes", "start_month", "end_month", "recent_months", "all_threads", "authored_sample")
    THEMES_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    ALL_THREADS_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    themes: _containers.RepeatedCompositeFieldContainer[ThemeTrend]
    start_month: str
    end_month: str
    recent_months: int
    all_threads: _containers.RepeatedScalarFieldContainer[int]
    authored_sample: bool
    def __init__(self, themes: _Optional[_Iterable[_Union[ThemeTrend, _Mapping]]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., all_threads: _Optional[_Iterable[int]] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class CompareWithUploadsRequest(_message.Message):
    __slots__ = ("kind", "subjects", "start_month", "end_month", "tested", "read_mask")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    TESTED_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    kind: _theme_pb2.ThemeKind
    subjects: _containers.RepeatedScalarFieldContainer[str]
    start_month: str
    end_month: str
    tested: Tested
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, kind: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ..., subjects: _Optional[_Iterable[str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., tested: _Optional[_Union[Tested, str]] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class CompareWithUploadsResponse(_message.Message):
    __slots__ = ("comparisons", "start_month", "end_month", "tested", "authored_sample")
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    TESTED_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    comparisons: _containers.RepeatedCompositeFieldContainer[Comparison]
    start_month: str
    end_month: str
    tested: Tested
    authored_sample: bool
    def __init__(self, comparisons: _Optional[_Iterable[_Union[Comparison, _Mapping]]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., tested: _Optional[_Union[Tested, str]] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("subject", "threads", "uploads", "talk", "uploading", "correlation", "lead", "divergence")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    UPLOADS_FIELD_NUMBER: _ClassVar[int]
    TALK_FIELD_NUMBER: _ClassVar[int]
    UPLOADING_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    DIVERGENCE_FIELD_NUMBER: _ClassVar[int]
    subject: str
    threads: _containers.RepeatedScalarFieldContainer[int]
    uploads: _containers.RepeatedScalarFieldContainer[int]
    talk: _statistics_pb2.Direction
    uploading: _statistics_pb2.Direction
    correlation: _statistics_pb2.Correlation
    lead: _statistics_pb2.Lead
    divergence: Divergence
    def __init__(self, subject: _Optional[str] = ..., threads: _Optional[_Iterable[int]] = ..., uploads: _Optional[_Iterable[int]] = ..., talk: _Optional[_Union[_statistics_pb2.Direction, _Mapping]] = ..., uploading: _Optional[_Union[_statistics_pb2.Direction, _Mapping]] = ..., correlation: _Optional[_Union[_statistics_pb2.Correlation, _Mapping]] = ..., lead: _Optional[_Union[_statistics_pb2.Lead, _Mapping]] = ..., divergence: _Optional[_Union[Divergence, str]] = ...) -> None: ...

class ListDivergencesRequest(_message.Message):
    __slots__ = ("start_month", "end_month", "tested", "read_mask")
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    TESTED_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    start_month: str
    end_month: str
    tested: Tested
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., tested: _Optional[_Union[Tested, str]] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListDivergencesResponse(_message.Message):
    __slots__ = ("divergences", "start_month", "end_month", "tested", "authored_sample")
    DIVERGENCES_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    TESTED_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    divergences: _containers.RepeatedCompositeFieldContainer[Comparison]
    start_month: str
    end_month: str
    tested: Tested
    authored_sample: bool
    def __init__(self, divergences: _Optional[_Iterable[_Union[Comparison, _Mapping]]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., tested: _Optional[_Union[Tested, str]] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class QueryCrossTableRequest(_message.Message):
    __slots__ = ("kind", "start_month", "end_month", "recent_months", "least_threads")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    LEAST_THREADS_FIELD_NUMBER: _ClassVar[int]
    kind: _theme_pb2.ThemeKind
    start_month: str
    end_month: str
    recent_months: int
    least_threads: int
    def __init__(self, kind: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., least_threads: _Optional[int] = ...) -> None: ...

class QueryCrossTableResponse(_message.Message):
    __slots__ = ("cells", "start_month", "end_month", "recent_months", "every", "authored_sample")
    CELLS_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    RECENT_MONTHS_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedCompositeFieldContainer[Crossing]
    start_month: str
    end_month: str
    recent_months: int
    every: int
    authored_sample: bool
    def __init__(self, cells: _Optional[_Iterable[_Union[Crossing, _Mapping]]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., recent_months: _Optional[int] = ..., every: _Optional[int] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class Crossing(_message.Message):
    __slots__ = ("theme", "family", "threads", "of_theme", "of_family", "lift", "p", "p_adjusted", "share", "recent_share", "p_change")
    THEME_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    OF_THEME_FIELD_NUMBER: _ClassVar[int]
    OF_FAMILY_FIELD_NUMBER: _ClassVar[int]
    LIFT_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    P_ADJUSTED_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    RECENT_SHARE_FIELD_NUMBER: _ClassVar[int]
    P_CHANGE_FIELD_NUMBER: _ClassVar[int]
    theme: str
    family: str
    threads: int
    of_theme: int
    of_family: int
    lift: float
    p: float
    p_adjusted: float
    share: float
    recent_share: float
    p_change: float
    def __init__(self, theme: _Optional[str] = ..., family: _Optional[str] = ..., threads: _Optional[int] = ..., of_theme: _Optional[int] = ..., of_family: _Optional[int] = ..., lift: _Optional[float] = ..., p: _Optional[float] = ..., p_adjusted: _Optional[float] = ..., share: _Optional[float] = ..., recent_share: _Optional[float] = ..., p_change: _Optional[float] = ...) -> None: ...

class QueryDocumentationRequest(_message.Message):
    __slots__ = ("by", "start_month", "end_month", "least_models")
    BY_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    LEAST_MODELS_FIELD_NUMBER: _ClassVar[int]
    by: DocumentedBy
    start_month: str
    end_month: str
    least_models: int
    def __init__(self, by: _Optional[_Union[DocumentedBy, str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., least_models: _Optional[int] = ...) -> None: ...

class QueryDocumentationResponse(_message.Message):
    __slots__ = ("rows", "authored_sample")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[Documentation]
    authored_sample: bool
    def __init__(self, rows: _Optional[_Iterable[_Union[Documentation, _Mapping]]] = ..., authored_sample: _Optional[bool] = ...) -> None: ...

class Documentation(_message.Message):
    __slots__ = ("subject", "models", "with_card", "card_share", "cards_read", "words", "sections", "placeholders", "metadata", "completeness")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    WITH_CARD_FIELD_NUMBER: _ClassVar[int]
    CARD_SHARE_FIELD_NUMBER: _ClassVar[int]
    CARDS_READ_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    SECTIONS_FIELD_NUMBER: _ClassVar[int]
    PLACEHOLDERS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    COMPLETENESS_FIELD_NUMBER: _ClassVar[int]
    subject: str
    models: int
    with_card: int
    card_share: float
    cards_read: int
    words: float
    sections: float
    placeholders: float
    metadata: _containers.RepeatedCompositeFieldContainer[MetadataShare]
    completeness: float
    def __init__(self, subject: _Optional[str] = ..., models: _Optional[int] = ..., with_card: _Optional[int] = ..., card_share: _Optional[float] = ..., cards_read: _Optional[int] = ..., words: _Optional[float] = ..., sections: _Optional[float] = ..., placeholders: _Optional[float] = ..., metadata: _Optional[_Iterable[_Union[MetadataShare, _Mapping]]] = ..., completeness: _Optional[float] = ...) -> None: ...

class MetadataShare(_message.Message):
    __slots__ = ("field", "share")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    field: str
    share: float
    def __init__(self, field: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...
