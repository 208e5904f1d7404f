"""Figures on answers and root causes to messages and back. What is None stays unset: unknown is never 0."""

from __future__ import annotations

from forumlens.v1 import answer_pb2 as apb
from store.answers import AnswerFigures, Quartiles
from store.causes import CauseShares

_COUNTS = (
    "threads", "left_out", "answered", "answered_by_staff", "answered_by_users",
    "accepted", "accepted_by_staff", "accepted_by_users",
)  # fmt: skip


def theme_answers_message(theme: str, figures: AnswerFigures) -> apb.ThemeAnswers:
    """Figures of a theme as a message."""
    return apb.ThemeAnswers(
        theme=theme,
        unanswered_share=figures.unanswered_share,
        reply_hours=_quartiles_message(figures.reply_hours),
        accept_hours=_quartiles_message(figures.accept_hours),
        unanswered_threads=figures.unanswered,
        **{name: getattr(figures, name) for name in _COUNTS},
    )


def answer_figures(message: apb.ThemeAnswers) -> AnswerFigures:
    """Figures of a message."""
    return AnswerFigures(
        reply_hours=_quartiles(message.reply_hours) if message.HasField("reply_hours") else None,
        accept_hours=_quartiles(message.accept_hours) if message.HasField("accept_hours") else None,
        unanswered=tuple(message.unanswered_threads),
        **{name: int(getattr(message, name)) for name in _COUNTS},
    )


def theme_causes_message(theme: str, shares: CauseShares) -> apb.ThemeCauses:
    """Root causes of a theme as a message."""
    return apb.ThemeCauses(
        theme=theme,
        threads=shares.threads,
        abstained=shares.abstained,
        causes=[apb.CauseCount(cause=cause, threads=number) for cause, number in shares.causes],
    )


def cause_shares(message: apb.ThemeCauses) -> CauseShares:
    """Root causes of a message."""
    return CauseShares(message.threads, message.abstained, tuple((each.cause, each.threads) for each in message.causes))


def _quartiles_message(value: Quartiles | None) -> apb.Quartiles | None:
    return apb.Quartiles(low=value.low, median=value.median, high=value.high) if value else None


def _quartiles(message: apb.Quartiles) -> Quartiles:
    return Quartiles(message.low, message.median, message.high)
