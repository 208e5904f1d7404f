"""What reviews tell: where two reviewers differ, and how large the shares of labels really are."""

from __future__ import annotations

import asyncio

from forumlens.v1 import review_pb2 as rpb
from service.web.pages import Ask, Names, Page, names_of
from service.web.tables import Column, Link, Table


async def agreement(ask: Ask) -> Page:
    """Two reviewers side by side."""
    api = ask.api
    request = rpb.GetAgreementRequest(first=ask.text("first"), second=ask.text("second"))
    names, found = await asyncio.gather(names_of(api), api.call(api.stubs.reviews.GetAgreement, request))
    tables = [_by_label(found, names), _disagreements(found, names)]
    return Page("agreement.html", "Agreement", {"found": found}, tables)


async def estimates(ask: Ask) -> Page:
    """Shares of labels, from the random lane's reviews and all probabilities."""
    api = ask.api
    names, found = await asyncio.gather(
        names_of(api), api.call(api.stubs.reviews.EstimateShares, rpb.EstimateSharesRequest())
    )
    rows = [
        (
            names.link(one.label),
            one.raw_share,
            one.expected_share,
            *(_given(one, field) for field in ("reviewed_share", "reviewed_low", "reviewed_high")),
            *(_given(one, field) for field in ("share", "low", "high")),
        )
        for one in found.shares
    ]
    columns = (
        Column("Label"),
        Column("Given", "share", "of all threads: those that the classifier gave the label to"),
        Column("Expected", "share", "that the calibrated probabilities of all threads let expect"),
        Column("Reviewed", "share", "of the judged threads of the random lane"),
        Column("from", "share", "95 % interval of the reviewed share"),
        Column("to", "share", "95 % interval of the reviewed share"),
        Column("Estimate", "share", "from reviews and probabilities together (prediction-powered inference)"),
        Column("from", "share", "95 % interval of the estimate"),
        Column("to", "share", "95 % interval of the estimate"),
    )
    table = Table("estimates", "Shares of threads", columns, rows, "Nothing is labelled yet.")
    return Page("estimates.html", "Estimates", {"found": found}, [table])


def _by_label(found: rpb.GetAgreementResponse, names: Names) -> Table:
    rows = [
        (names.link(one.label), one.both, one.first_only, one.second_only, _given(one, "kappa")) for one in found.labels
    ]
    columns = (
        Column("Label"),
        Column("Both", "number", "posts to which both gave it"),
        Column(f"Only {found.first}", "number"),
        Column(f"Only {found.second}", "number"),
        Column("Kappa", "decimal", "Cohen's kappa of this label"),
    )
    return Table("labels", "By label", columns, rows, "No two reviewers have judged the same post yet.")


def _disagreements(found: rpb.GetAgreementResponse, names: Names) -> Table:
    rows = [
        (
            Link(one.thread.title, f"/threads/{one.thread.id}#post-{one.post_number}", key=str(one.thread.id)),
            one.post_number,
            [names.link(label) for label in one.first.labels],
            [names.link(label) for label in one.second.labels],
        )
        for one in found.disagreements
    ]
    columns = (
        Column("Thread"),
        Column("Post", "number"),
        Column(found.first or "First", "links"),
        Column(found.second or "Second", "links"),
    )
    return Table("disagreements", "Where they differ", columns, rows, "They differ nowhere.")


def _given(message: rpb.ShareEstimate | rpb.LabelAgreement, field: str) -> float | None:
    return getattr(message, field) if message.HasField(field) else None
