import datetime

from forumlens.v1 import thread_pb2 as _thread_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Lane(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANE_UNSPECIFIED: _ClassVar[Lane]
    LANE_TRIAGE: _ClassVar[Lane]
    LANE_RANDOM: _ClassVar[Lane]

class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_UNSPECIFIED: _ClassVar[Decision]
    DECISION_ACCEPT: _ClassVar[Decision]
    DECISION_CHANGE: _ClassVar[Decision]
    DECISION_ADD: _ClassVar[Decision]
    DECISION_NONE_FITS: _ClassVar[Decision]
    DECISION_SKIP: _ClassVar[Decision]
    DECISION_UNDO: _ClassVar[Decision]

class ReasonKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_KIND_UNSPECIFIED: _ClassVar[ReasonKind]
    REASON_KIND_DISAGREEING: _ClassVar[ReasonKind]
    REASON_KIND_ABSTAINED: _ClassVar[ReasonKind]
    REASON_KIND_UNCERTAIN: _ClassVar[ReasonKind]
    REASON_KIND_NEW_THEME: _ClassVar[ReasonKind]
    REASON_KIND_GROWING_THEME: _ClassVar[ReasonKind]
    REASON_KIND_DIVERSE: _ClassVar[ReasonKind]
    REASON_KIND_RANDOM: _ClassVar[ReasonKind]
LANE_UNSPECIFIED: Lane
LANE_TRIAGE: Lane
LANE_RANDOM: Lane
DECISION_UNSPECIFIED: Decision
DECISION_ACCEPT: Decision
DECISION_CHANGE: Decision
DECISION_ADD: Decision
DECISION_NONE_FITS: Decision
DECISION_SKIP: Decision
DECISION_UNDO: Decision
REASON_KIND_UNSPECIFIED: ReasonKind
REASON_KIND_DISAGREEING: ReasonKind
REASON_KIND_ABSTAINED: ReasonKind
REASON_KIND_UNCERTAIN: ReasonKind
REASON_KIND_NEW_THEME: ReasonKind
REASON_KIND_GROWING_THEME: ReasonKind
REASON_KIND_DIVERSE: ReasonKind
REASON_KIND_RANDOM: ReasonKind

class ListQueueRequest(_message.Message):
    __slots__ = ("lane", "reviewer", "label", "topic", "families", "category", "start_time", "end_time", "page_size", "page_token")
    LANE_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    lane: Lane
    reviewer: str
    label: str
    topic: int
    families: _containers.RepeatedScalarFieldContainer[str]
    category: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, lane: _Optional[_Union[Lane, str]] = ..., reviewer: _Optional[str] = ..., label: _Optional[str] = ..., topic: _Optional[int] = ..., families: _Optional[_Iterable[str]] = ..., category: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQueueResponse(_message.Message):
    __slots__ = ("items", "next_page_token", "total", "bundle_id")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[QueueItem]
    next_page_token: str
    total: int
    bundle_id: str
    def __init__(self, items: _Optional[_Iterable[_Union[QueueItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[int] = ..., bundle_id: _Optional[str] = ...) -> None: ...

class QueueItem(_message.Message):
    __slots__ = ("thread", "posts", "reasons", "worth")
    THREAD_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    WORTH_FIELD_NUMBER: _ClassVar[int]
    thread: _thread_pb2.Thread
    posts: _containers.RepeatedCompositeFieldContainer[QueuePost]
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    worth: float
    def __init__(self, thread: _Optional[_Union[_thread_pb2.Thread, _Mapping]] = ..., posts: _Optional[_Iterable[_Union[QueuePost, _Mapping]]] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ..., worth: _Optional[float] = ...) -> None: ...

class QueuePost(_message.Message):
    __slots__ = ("post", "text_hash", "suggestions")
    POST_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    post: _thread_pb2.Post
    text_hash: str
    suggestions: _containers.RepeatedCompositeFieldContainer[_thread_pb2.PostLabel]
    def __init__(self, post: _Optional[_Union[_thread_pb2.Post, _Mapping]] = ..., text_hash: _Optional[str] = ..., suggestions: _Optional[_Iterable[_Union[_thread_pb2.PostLabel, _Mapping]]] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ("kind", "amount", "label", "topic", "post")
    KIND_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    kind: ReasonKind
    amount: float
    label: str
    topic: int
    post: int
    def __init__(self, kind: _Optional[_Union[ReasonKind, str]] = ..., amount: _Optional[float] = ..., label: _Optional[str] = ..., topic: _Optional[int] = ..., post: _Optional[int] = ...) -> None: ...

class SubmitReviewRequest(_message.Message):
    __slots__ = ("post", "decision", "labels", "note", "lane", "text_hash", "reviewer")
    POST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    post: int
    decision: Decision
    labels: _containers.RepeatedScalarFieldContainer[str]
    note: str
    lane: Lane
    text_hash: str
    reviewer: str
    def __init__(self, post: _Optional[int] = ..., decision: _Optional[_Union[Decision, str]] = ..., labels: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ..., lane: _Optional[_Union[Lane, str]] = ..., text_hash: _Optional[str] = ..., reviewer: _Optional[str] = ...) -> None: ...

class SubmitReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class UndoReviewRequest(_message.Message):
    __slots__ = ("id", "reviewer")
    ID_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    id: int
    reviewer: str
    def __init__(self, id: _Optional[int] = ..., reviewer: _Optional[str] = ...) -> None: ...

class UndoReviewResponse(_message.Message):
    __slots__ = ("undo", "undone", "in_force")
    UNDO_FIELD_NUMBER: _ClassVar[int]
    UNDONE_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    undo: Review
    undone: Review
    in_force: Review
    def __init__(self, undo: _Optional[_Union[Review, _Mapping]] = ..., undone: _Optional[_Union[Review, _Mapping]] = ..., in_force: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class GetReviewsRequest(_message.Message):
    __slots__ = ("thread", "page_size", "page_token")
    THREAD_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    thread: int
    page_size: int
    page_token: str
    def __init__(self, thread: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetReviewsResponse(_message.Message):
    __slots__ = ("reviews", "next_page_token")
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    next_page_token: str
    def __init__(self, reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("id", "post", "thread", "post_number", "reviewer", "create_time", "decision", "labels", "machine_labels", "note", "lane", "text_hash", "earlier_text", "undoes", "in_force", "bundle_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    POST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    MACHINE_LABELS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    EARLIER_TEXT_FIELD_NUMBER: _ClassVar[int]
    UNDOES_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    post: int
    thread: int
    post_number: int
    reviewer: str
    create_time: _timestamp_pb2.Timestamp
    decision: Decision
    labels: _containers.RepeatedScalarFieldContainer[str]
    machine_labels: _containers.RepeatedScalarFieldContainer[str]
    note: str
    lane: Lane
    text_hash: str
    earlier_text: bool
    undoes: int
    in_force: bool
    bundle_id: str
    def __init__(self, id: _Optional[int] = ..., post: _Optional[int] = ..., thread: _Optional[int] = ..., post_number: _Optional[int] = ..., reviewer: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision: _Optional[_Union[Decision, str]] = ..., labels: _Optional[_Iterable[str]] = ..., machine_labels: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ..., lane: _Optional[_Union[Lane, str]] = ..., text_hash: _Optional[str] = ..., earlier_text: _Optional[bool] = ..., undoes: _Optional[int] = ..., in_force: _Optional[bool] = ..., bundle_id: _Optional[str] = ...) -> None: ...

class GetAgreementRequest(_message.Message):
    __slots__ = ("first", "second", "page_size", "page_token")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    first: str
    second: str
    page_size: int
    page_token: str
    def __init__(self, first: _Optional[str] = ..., second: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetAgreementResponse(_message.Message):
    __slots__ = ("first", "second", "posts", "same", "kappa", "kappa_low", "kappa_high", "labels", "disagreements", "next_page_token", "reviewers")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    SAME_FIELD_NUMBER: _ClassVar[int]
    KAPPA_FIELD_NUMBER: _ClassVar[int]
    KAPPA_LOW_FIELD_NUMBER: _ClassVar[int]
    KAPPA_HIGH_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DISAGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVIEWERS_FIELD_NUMBER: _ClassVar[int]
    first: str
    second: str
    posts: int
    same: int
    kappa: float
    kappa_low: float
    kappa_high: float
    labels: _containers.RepeatedCompositeFieldContainer[LabelAgreement]
    disagreements: _containers.RepeatedCompositeFieldContainer[Disagreement]
    next_page_token: str
    reviewers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, first: _Optional[str] = ..., second: _Optional[str] = ..., posts: _Optional[int] = ..., same: _Optional[int] = ..., kappa: _Optional[float] = ..., kappa_low: _Optional[float] = ..., kappa_high: _Optional[float] = ..., labels: _Optional[_Iterable[_Union[LabelAgreement, _Mapping]]] = ..., disagreements: _Optional[_Iterable[_Union[Disagreement, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., reviewers: _Optional[_Iterable[str]] = ...) -> None: ...

class LabelAgreement(_message.Message):
    __slots__ = ("label", "both", "first_only", "second_only", "kappa")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOTH_FIELD_NUMBER: _ClassVar[int]
    FIRST_ONLY_FIELD_NUMBER: _ClassVar[int]
    SECOND_ONLY_FIELD_NUMBER: _ClassVar[int]
    KAPPA_FIELD_NUMBER: _ClassVar[int]
    label: str
    both: int
    first_only: int
    second_only: int
    kappa: float
    def __init__(self, label: _Optional[str] = ..., both: _Optional[int] = ..., first_only: _Optional[int] = ..., second_only: _Optional[int] = ..., kappa: _Optional[float] = ...) -> None: ...

class Disagreement(_message.Message):
    __slots__ = ("thread", "post", "post_number", "first", "second")
    THREAD_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    POST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    thread: _thread_pb2.Thread
    post: int
    post_number: int
    first: Review
    second: Review
    def __init__(self, thread: _Optional[_Union[_thread_pb2.Thread, _Mapping]] = ..., post: _Optional[int] = ..., post_number: _Optional[int] = ..., first: _Optional[_Union[Review, _Mapping]] = ..., second: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class ListRoundsRequest(_message.Message):
    __slots__ = ("lane",)
    LANE_FIELD_NUMBER: _ClassVar[int]
    lane: Lane
    def __init__(self, lane: _Optional[_Union[Lane, str]] = ...) -> None: ...

class ListRoundsResponse(_message.Message):
    __slots__ = ("rounds",)
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    rounds: _containers.RepeatedCompositeFieldContainer[Round]
    def __init__(self, rounds: _Optional[_Iterable[_Union[Round, _Mapping]]] = ...) -> None: ...

class Round(_message.Message):
    __slots__ = ("bundle_id", "first_time", "last_time", "reviews", "right", "category_f1", "leaf_f1")
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_F1_FIELD_NUMBER: _ClassVar[int]
    LEAF_F1_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    reviews: int
    right: int
    category_f1: float
    leaf_f1: float
    def __init__(self, bundle_id: _Optional[str] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reviews: _Optional[int] = ..., right: _Optional[int] = ..., category_f1: _Optional[float] = ..., leaf_f1: _Optional[float] = ...) -> None: ...

class EstimateSharesRequest(_message.Message):
    __slots__ = ("labels", "start_month", "end_month")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    START_MONTH_FIELD_NUMBER: _ClassVar[int]
    END_MONTH_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedScalarFieldContainer[str]
    start_month: str
    end_month: str
    def __init__(self, labels: _Optional[_Iterable[str]] = ..., start_month: _Optional[str] = ..., end_month: _Optional[str] = ...) -> None: ...

class EstimateSharesResponse(_message.Message):
    __slots__ = ("shares", "threads", "drawn_threads", "reviewed_threads", "needed_threads", "bundle_id")
    SHARES_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    DRAWN_THREADS_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_THREADS_FIELD_NUMBER: _ClassVar[int]
    NEEDED_THREADS_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.RepeatedCompositeFieldContainer[ShareEstimate]
    threads: int
    drawn_threads: int
    reviewed_threads: int
    needed_threads: int
    bundle_id: str
    def __init__(self, shares: _Optional[_Iterable[_Union[ShareEstimate, _Mapping]]] = ..., threads: _Optional[int] = ..., drawn_threads: _Optional[int] = ..., reviewed_threads: _Optional[int] = ..., needed_threads: _Optional[int] = ..., bundle_id: _Optional[str] = ...) -> None: ...

class ShareEstimate(_message.Message):
    __slots__ = ("label", "raw_share", "expected_share", "reviewed_share", "reviewed_low", "reviewed_high", "share", "low", "high", "weight")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    RAW_SHARE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SHARE_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_SHARE_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_LOW_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_HIGH_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    label: str
    raw_share: float
    expected_share: float
    reviewed_share: float
    reviewed_low: float
    reviewed_high: float
    share: float
    low: float
    high: float
    weight: float
    def __init__(self, label: _Optional[str] = ..., raw_share: _Optional[float] = ..., expected_share: _Optional[float] = ..., reviewed_share: _Optional[float] = ..., reviewed_low: _Optional[float] = ..., reviewed_high: _Optional[float] = ..., share: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., weight: _Optional[float] = ...) -> None: ...
