from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Trend(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TREND_UNSPECIFIED: _ClassVar[Trend]
    TREND_RISING: _ClassVar[Trend]
    TREND_FALLING: _ClassVar[Trend]
    TREND_NONE: _ClassVar[Trend]
    TREND_UNKNOWN: _ClassVar[Trend]
TREND_UNSPECIFIED: Trend
TREND_RISING: Trend
TREND_FALLING: Trend
TREND_NONE: Trend
TREND_UNKNOWN: Trend

class Direction(_message.Message):
    __slots__ = ("trend", "months", "total", "z", "p", "p_adjusted", "slope", "slope_low", "slope_high")
    TREND_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    P_ADJUSTED_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FIELD_NUMBER: _ClassVar[int]
    SLOPE_LOW_FIELD_NUMBER: _ClassVar[int]
    SLOPE_HIGH_FIELD_NUMBER: _ClassVar[int]
    trend: Trend
    months: int
    total: float
    z: float
    p: float
    p_adjusted: float
    slope: float
    slope_low: float
    slope_high: float
    def __init__(self, trend: _Optional[_Union[Trend, str]] = ..., months: _Optional[int] = ..., total: _Optional[float] = ..., z: _Optional[float] = ..., p: _Optional[float] = ..., p_adjusted: _Optional[float] = ..., slope: _Optional[float] = ..., slope_low: _Optional[float] = ..., slope_high: _Optional[float] = ...) -> None: ...

class ChangePoint(_message.Message):
    __slots__ = ("position", "before", "after")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    position: int
    before: float
    after: float
    def __init__(self, position: _Optional[int] = ..., before: _Optional[float] = ..., after: _Optional[float] = ...) -> None: ...

class Correlation(_message.Message):
    __slots__ = ("n", "rho", "p", "low", "high")
    N_FIELD_NUMBER: _ClassVar[int]
    RHO_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    n: int
    rho: float
    p: float
    low: float
    high: float
    def __init__(self, n: _Optional[int] = ..., rho: _Optional[float] = ..., p: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class Lead(_message.Message):
    __slots__ = ("lag", "correlation", "p", "p_adjusted")
    LAG_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    P_ADJUSTED_FIELD_NUMBER: _ClassVar[int]
    lag: int
    correlation: float
    p: float
    p_adjusted: float
    def __init__(self, lag: _Optional[int] = ..., correlation: _Optional[float] = ..., p: _Optional[float] = ..., p_adjusted: _Optional[float] = ...) -> None: ...

class Shift(_message.Message):
    __slots__ = ("recent", "before", "recent_share", "before_share", "p", "p_adjusted")
    RECENT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    RECENT_SHARE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_SHARE_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    P_ADJUSTED_FIELD_NUMBER: _ClassVar[int]
    recent: int
    before: int
    recent_share: float
    before_share: float
    p: float
    p_adjusted: float
    def __init__(self, recent: _Optional[int] = ..., before: _Optional[int] = ..., recent_share: _Optional[float] = ..., before_share: _Optional[float] = ..., p: _Optional[float] = ..., p_adjusted: _Optional[float] = ...) -> None: ...
