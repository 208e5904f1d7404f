"""How threads are answered: figures for a strip, and the newest that nobody has answered."""

from __future__ import annotations

import asyncio
from typing import Any

from forumlens.v1 import answer_pb2 as apb
from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import thread_pb2 as hpb
from service.web.api import Api
from service.web.pages import Names, thread_table
from service.web.tables import Table

SHOWN = 5


async def answers_of(api: Api, **scope: Any) -> apb.ThemeAnswers | None:
    """Figures over the threads of a scope, as fields of QueryAnswersRequest; None where there is nothing to tell."""
    request = apb.QueryAnswersRequest(by=kpb.THEME_KIND_ALL, **scope)
    found = await api.ask(api.stubs.answers.QueryAnswers, request)
    return found.themes[0] if found and found.themes else None


async def unanswered_table(api: Api, names: Names, figures: apb.ThemeAnswers | None) -> Table:
    """The newest threads without an answer."""
    ids = figures.unanswered_threads[:SHOWN] if figures else ()
    found = await asyncio.gather(*(api.ask(api.stubs.threads.GetThread, hpb.GetThreadRequest(id=one)) for one in ids))
    return thread_table([one.thread for one in found if one], names, "Newest threads without an answer", "unanswered")
