"""The queue of threads that are worth a look, and what a reviewer says of their posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import status_pb2 as upb
from service.web.api import Api, ApiError
from service.web.pages import Ask, Names, Page, names_of

if TYPE_CHECKING:
    from service.web.app import Form, Site

LANES = {"triage": rpb.LANE_TRIAGE, "random": rpb.LANE_RANDOM}
DECISIONS = {
    "accept": rpb.DECISION_ACCEPT,
    "change": rpb.DECISION_CHANGE,
    "add": rpb.DECISION_ADD,
    "none_fits": rpb.DECISION_NONE_FITS,
    "skip": rpb.DECISION_SKIP,
}
SAID = {
    rpb.DECISION_ACCEPT: "accepted",
    rpb.DECISION_CHANGE: "changed",
    rpb.DECISION_ADD: "added to",
    rpb.DECISION_NONE_FITS: "none fits",
    rpb.DECISION_SKIP: "skipped",
}
PAGE_SIZE = 10
PIECE = "x-piece"
"""Header of a request that wants the piece of the page that changed, not to be sent back to the page."""


async def queue(ask: Ask) -> Page:
    """Posts of a lane, one form each."""
    api, lane = ask.api, ask.text("lane") if ask.text("lane") in LANES else "triage"
    names = await names_of(api)
    request = rpb.ListQueueRequest(lane=LANES[lane], reviewer=ask.session.reviewer, page_size=PAGE_SIZE)
    if lane == "triage":
        request.label = ask.text("label")
    found = await api.call(api.stubs.reviews.ListQueue, request)
    values = {
        "lane": lane,
        "items": [(item, post) for item in found.items for post in item.posts],
        "total": found.total,
        "reasons": {item.thread.id: [reason(names, one) for one in item.reasons] for item in found.items},
        "names": names,
        "leaves": [label for label in names.labels.values() if label.leaf],
        "label": ask.text("label"),
        "done": ask.text("done"),
    }
    return Page("triage.html", "Triage", values)


REASONS = {
    rpb.REASON_KIND_DISAGREEING: "two reviewers disagree",
    rpb.REASON_KIND_ABSTAINED: "the classifier was too unsure to say",
    rpb.REASON_KIND_DIVERSE: "unlike the threads before it",
    rpb.REASON_KIND_RANDOM: "drawn by lot",
}


def reason(names: Names, why: rpb.Reason) -> str:
    """Why a thread is in the queue, as a sentence."""
    label = names.full(why.label) if why.label else f"topic {why.topic}" if why.HasField("topic") else ""
    amount = why.amount if why.HasField("amount") else 0.0
    match why.kind:
        case rpb.REASON_KIND_UNCERTAIN:
            return f"about {amount:.1f} labels wrong or missing" + (f", least sure of {label}" if label else "")
        case rpb.REASON_KIND_NEW_THEME:
            return f"no label fits {label}"
        case rpb.REASON_KIND_GROWING_THEME:
            return f"{label} grows: {amount:.1f} times its share" if amount else f"{label} grows"
        case kind:
            return REASONS.get(kind, "worth a look")


def routes(site: Site) -> list[Route]:
    """`/triage/review` takes a judgement, `/triage/undo` takes one back."""

    async def review(request: Request) -> Response:
        form = await site.form(request)
        session = site.session(request)
        api = Api(site.stubs, session.token)
        submitted = _submitted(form, session.reviewer)
        return await _answer(site, request, form, api.stubs.reviews.SubmitReview, submitted)

    async def undo(request: Request) -> Response:
        form = await site.form(request)
        asked = rpb.UndoReviewRequest(id=_number(form, "review"), reviewer=site.session(request).reviewer)
        return await _answer(site, request, form, site.stubs.reviews.UndoReview, asked)

    return [
        Route("/triage/review", review, methods=["POST"]),
        Route("/triage/undo", undo, methods=["POST"]),
    ]


async def _answer(site: Site, request: Request, form: Form, method: Any, message: Any) -> Response:
    """Make the call; give the piece that says what came of it, or lead back to the queue."""
    session = site.session(request)
    api = Api(site.stubs, session.token)
    try:
        said = await api.call(method, message)
        names = await names_of(api)
    except ApiError as error:
        if error.code is grpc.StatusCode.UNAUTHENTICATED:
            return RedirectResponse("/sign-in?next=/triage", 303)
        piece = Page("problem.html", "Triage", {"problem": error.message}, status=site.status_of(error))
        return site.html(request, session, piece, upb.GetStatusResponse())
    made = said.review if isinstance(said, rpb.SubmitReviewResponse) else None
    if PIECE in request.headers:
        values = {"review": made, "names": names, "said": SAID.get(made.decision, "") if made else ""}
        return site.html(request, session, Page("reviewed.html", "Triage", values), upb.GetStatusResponse())
    lane = form.get("lane", "triage") if form.get("lane") in LANES else "triage"
    return RedirectResponse("/triage?" + urlencode({"lane": lane} | ({"done": made.id} if made else {})), 303)


def _submitted(form: Form, reviewer: str) -> rpb.SubmitReviewRequest:
    decision = DECISIONS.get(form.get("decision", ""))
    if decision is None:
        raise HTTPException(400)
    takes = decision in (rpb.DECISION_CHANGE, rpb.DECISION_ADD)
    labels = [label.strip() for label in form.getlist("labels") if label.strip()] if takes else []
    return rpb.SubmitReviewRequest(
        post=_number(form, "post"),
        decision=decision,
        labels=list(dict.fromkeys(labels)),
        note=form.get("note", "").strip(),
        lane=LANES.get(form.get("lane", ""), rpb.LANE_TRIAGE),
        text_hash=form.get("text_hash", ""),
        reviewer=reviewer,
    )


def _number(form: Form, name: str) -> int:
    given = form.get(name, "")
    if not given.isdecimal() or len(given) > 18:
        raise HTTPException(400)
    return int(given)
