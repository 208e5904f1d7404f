"""Signing in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from forumlens.v1 import status_pb2 as upb
from service.web.api import Api, ApiError
from service.web.pages import Page
from service.web.sessions import COOKIE

if TYPE_CHECKING:
    from service.web.app import Site

_NAME_CHARS = 64


def routes(site: Site) -> list[Route]:
    """`/sign-in` shows the form and takes it; `/sign-out` ends the session."""

    async def show(request: Request) -> Response:
        return _form(site, request, "")

    async def take(request: Request) -> Response:
        form = await site.form(request)
        token, name = form.get("token", "").strip(), form.get("name", "").strip()[:_NAME_CHARS]
        problem = await _problem(Api(site.stubs, token), token)
        if problem:
            return _form(site, request, problem, 403)
        site.sessions.end(site.session(request).id)
        response = RedirectResponse(inside(form.get("next", "/")), 303)
        site.set_cookie(response, site.sessions.start(token, name))
        return response

    async def leave(request: Request) -> Response:
        await site.form(request)
        site.sessions.end(site.session(request).id)
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    return [
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", take, methods=["POST"]),
        Route("/sign-out", leave, methods=["POST"]),
    ]


def inside(path: str) -> str:
    """A path of this page; anything that would lead elsewhere leads to the start."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


async def _problem(api: Api, token: str) -> str:
    if not token.isprintable() or not token.isascii():
        return "A token has letters, digits, - and _ only."
    try:
        await api.call(api.stubs.status.GetStatus, upb.GetStatusRequest())
    except ApiError as error:
        return error.message if error.code is not grpc.StatusCode.UNAUTHENTICATED else "This token is not known."
    return ""


def _form(site: Site, request: Request, problem: str, status: int = 200) -> Response:
    values = {"problem": problem, "next": inside(request.query_params.get("next", "/"))}
    page = Page("signin.html", "Sign in", values, status=status)
    return site.html(request, site.session(request), page, upb.GetStatusResponse())
