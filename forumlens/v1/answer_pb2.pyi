from forumlens.v1 import theme_pb2 as _theme_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryAnswersRequest(_message.Message):
    __slots__ = ("label", "category", "topic", "families", "forum_category", "start_month", "end_month", "by")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    FORUM_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    label: str
    category: str
    topic: int
    families: _containers.RepeatedScalarFieldContainer[str]
    forum_category: str
    start_month: str
    end_month: str
    by: _theme_pb2.ThemeKind
    def __init__(self, label: _Optional[str] = ..., category: _Optional[str] = ..., topic: _Optional[int] = ..., families: _Optional[_Iterable[str]] = ..., forum_category: _Optional[str] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., by: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ...) -> None: ...

class QueryAnswersResponse(_message.Message):
    __slots__ = ("themes", "authored_sample", "bundle_id", "topic_run", "observed_days")
    THEMES_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_DAYS_FIELD_NUMBER: _ClassVar[int]
    themes: _containers.RepeatedCompositeFieldContainer[ThemeAnswers]
    authored_sample: bool
    bundle_id: str
    topic_run: str
    observed_days: int
    def __init__(self, themes: _Optional[_Iterable[_Union[ThemeAnswers, _Mapping]]] = ..., authored_sample: _Optional[bool] = ..., bundle_id: _Optional[str] = ..., topic_run: _Optional[str] = ..., observed_days: _Optional[int] = ...) -> None: ...

class ThemeAnswers(_message.Message):
    __slots__ = ("theme", "threads", "left_out", "answered", "answered_by_staff", "answered_by_users", "accepted", "accepted_by_staff", "accepted_by_users", "unanswered_share", "reply_hours", "accept_hours", "unanswered_threads")
    THEME_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_BY_STAFF_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_BY_USERS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_BY_STAFF_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_BY_USERS_FIELD_NUMBER: _ClassVar[int]
    UNANSWERED_SHARE_FIELD_NUMBER: _ClassVar[int]
    REPLY_HOURS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_HOURS_FIELD_NUMBER: _ClassVar[int]
    UNANSWERED_THREADS_FIELD_NUMBER: _ClassVar[int]
    theme: str
    threads: int
    left_out: int
    answered: int
    answered_by_staff: int
    answered_by_users: int
    accepted: int
    accepted_by_staff: int
    accepted_by_users: int
    unanswered_share: float
    reply_hours: Quartiles
    accept_hours: Quartiles
    unanswered_threads: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, theme: _Optional[str] = ..., threads: _Optional[int] = ..., left_out: _Optional[int] = ..., answered: _Optional[int] = ..., answered_by_staff: _Optional[int] = ..., answered_by_users: _Optional[int] = ..., accepted: _Optional[int] = ..., accepted_by_staff: _Optional[int] = ..., accepted_by_users: _Optional[int] = ..., unanswered_share: _Optional[float] = ..., reply_hours: _Optional[_Union[Quartiles, _Mapping]] = ..., accept_hours: _Optional[_Union[Quartiles, _Mapping]] = ..., unanswered_threads: _Optional[_Iterable[int]] = ...) -> None: ...

class Quartiles(_message.Message):
    __slots__ = ("low", "median", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: float
    median: float
    high: float
    def __init__(self, low: _Optional[float] = ..., median: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class QueryCausesRequest(_message.Message):
    __slots__ = ("label", "category", "topic", "families", "forum_category", "start_month", "end_month", "by")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    FORUM_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    label: str
    category: str
    topic: int
    families: _containers.RepeatedScalarFieldContainer[str]
    forum_category: str
    start_month: str
    end_month: str
    by: _theme_pb2.ThemeKind
    def __init__(self, label: _Optional[str] = ..., category: _Optional[str] = ..., topic: _Optional[int] = ..., families: _Optional[_Iterable[str]] = ..., forum_category: _Optional[str] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ..., by: _Optional[_Union[_theme_pb2.ThemeKind, str]] = ...) -> None: ...

class QueryCausesResponse(_message.Message):
    __slots__ = ("themes", "authored_sample", "causes_bundle_id", "bundle_id", "topic_run")
    THEMES_FIELD_NUMBER: _ClassVar[int]
    AUTHORED_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    CAUSES_BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_RUN_FIELD_NUMBER: _ClassVar[int]
    themes: _containers.RepeatedCompositeFieldContainer[ThemeCauses]
    authored_sample: bool
    causes_bundle_id: str
    bundle_id: str
    topic_run: str
    def __init__(self, themes: _Optional[_Iterable[_Union[ThemeCauses, _Mapping]]] = ..., authored_sample: _Optional[bool] = ..., causes_bundle_id: _Optional[str] = ..., bundle_id: _Optional[str] = ..., topic_run: _Optional[str] = ...) -> None: ...

class ThemeCauses(_message.Message):
    __slots__ = ("theme", "threads", "abstained", "causes")
    THEME_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    theme: str
    threads: int
    abstained: int
    causes: _containers.RepeatedCompositeFieldContainer[CauseCount]
    def __init__(self, theme: _Optional[str] = ..., threads: _Optional[int] = ..., abstained: _Optional[int] = ..., causes: _Optional[_Iterable[_Union[CauseCount, _Mapping]]] = ...) -> None: ...

class CauseCount(_message.Message):
    __slots__ = ("cause", "threads")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    cause: str
    threads: int
    def __init__(self, cause: _Optional[str] = ..., threads: _Optional[int] = ...) -> None: ...
