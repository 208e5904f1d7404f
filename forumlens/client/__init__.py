"""A thin typed client of the gRPC API.

with Client("localhost:50051") as client:
    for answer in client.classify([{"body": "CUDA out of memory while fine-tuning"}]):
        print(answer.labels)
"""

from __future__ import annotations

from forumlens.client.admin import AdminCalls
from forumlens.client.answers import AnswerCalls
from forumlens.client.channel import ClientError, ClientTls
from forumlens.client.classification import ClassificationCalls, LabelledThread, ModelInfo
from forumlens.client.reviews import Queue, QueuedPost, QueuedThread, ReviewCalls, ShareEstimate, Shares, Undone
from forumlens.client.search import SearchCalls
from forumlens.client.status import Span, Status, StatusCalls, StoreSize
from forumlens.client.themes import ThemeCalls
from forumlens.client.threads import ThreadCalls
from forumlens.client.trends import Series, Trends

__all__ = [
    "Client",
    "ClientError",
    "ClientTls",
    "LabelledThread",
    "ModelInfo",
    "Queue",
    "QueuedPost",
    "QueuedThread",
    "Series",
    "ShareEstimate",
    "Shares",
    "Span",
    "Status",
    "StoreSize",
    "Trends",
    "Undone",
]


class Client(
    ClassificationCalls,
    ThemeCalls,
    AnswerCalls,
    ThreadCalls,
    SearchCalls,
    ReviewCalls,
    StatusCalls,
    AdminCalls,
):
    """Calls a forumlens server; one part for each of its services."""
