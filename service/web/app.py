"""The page as an application: its addresses, and how a view becomes an answer."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import grpc
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from forumlens.v1 import status_pb2 as upb
from service.web import text
from service.web.api import Api, ApiError, Stubs
from service.web.memory import Memory
from service.web.pages import Ask, Page
from service.web.security import Guard
from service.web.sessions import COOKIE, LIFETIME, Session, Sessions
from service.web.tables import to_csv
from service.web.views import agreement, families, overview, signing, status, themes, threads, topic_map, topics, triage

Form = ImmutableMultiDict[str, str]
View = Callable[[Ask], Awaitable[Page]]

HERE = Path(__file__).parent
PLOTLY = str(files("plotly") / "package_data" / "plotly.min.js")
FILTERS = (
    *("number", "decimal", "share", "chance", "hours", "day", "ago", "month_before"),
    *("web_url", "spark", "parts", "segment"),
)
"""Functions of text.py that templates call."""
STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
REFUSALS: dict[int, tuple[str, dict[str, str]]] = {
    400: ("Not taken", {"message": "The form lacks something: open the page anew."}),
    403: ("Not taken", {"message": "This form is too old, or did not come from this page: open the page anew."}),
    404: ("Not found", {"message": "There is no such page."}),
    405: ("Not found", {"message": "There is no such page."}),
    500: ("That did not work", {"message": "The page failed; the log of the service has the cause."}),
}
VIEWS: dict[str, View] = {
    "/": overview.overview,
    "/themes": themes.theme_list,
    "/themes/{kind}/{id:path}": themes.theme,
    "/topics": topics.topic_list,
    "/topics/map": topic_map.topic_map,
    "/topics/{id}": topics.topic,
    "/families": families.family_list,
    "/families/{id:path}": families.family,
    "/threads": threads.thread_list,
    "/threads/{id:int}": threads.thread,
    "/triage": triage.queue,
    "/triage/agreement": agreement.agreement,
    "/triage/estimates": agreement.estimates,
    "/status": status.status,
}


WARMED: tuple[View, ...] = (
    *(overview.overview, triage.queue),
    *(topics.topic_list, topic_map.topic_map, families.family_list),
)
"""Asked for ahead, as they take long; none needs a path or a query."""


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How the page is served. `hosts`: names it may be asked for by, none is any; `secure`: over TLS."""

    hosts: Collection[str] = ()
    secure: bool = False


class Site:
    """Turns requests into answers of views."""

    def __init__(self, channel: grpc.aio.Channel, options: WebOptions) -> None:
        self.stubs = Stubs(channel)
        self.sessions = Sessions()
        self.options = options
        self._templates = _templates()
        self._memory = Memory()

    def route(self, path: str, view: View) -> Route:
        """A page that is only read."""

        async def answer(request: Request) -> Response:
            session = self.session(request)
            return await self.answer(request, session, view)

        return Route(path, answer)

    def session(self, request: Request) -> Session:
        """Session of the request's cookie."""
        return self.sessions.find(request.cookies.get(COOKIE, ""))

    async def warm(self) -> None:
        """Ask ahead for what takes long; where tokens are needed, the first visitor asks."""
        nobody = self.sessions.find("")
        with contextlib.suppress(ApiError):
            for view in WARMED:
                await self.page(view, nobody, await self.about(nobody), {}, {})
            about = (await self.about(nobody)).SerializeToString(deterministic=True)
            await themes.cross_all(Api(self.stubs, nobody.token, self._memory, about))

    async def about(self, session: Session) -> upb.GetStatusResponse:
        """What answers rest on. Asked first, so that nobody is shown what is in memory without a good token."""
        found: upb.GetStatusResponse = await Api(self.stubs, session.token).call(
            self.stubs.status.GetStatus, upb.GetStatusRequest()
        )
        return found

    async def page(
        self,
        view: View,
        session: Session,
        about: upb.GetStatusResponse,
        path: Mapping[str, Any],
        query: Mapping[str, str],
    ) -> Page:
        """What a view makes of a request."""
        api = Api(self.stubs, session.token, self._memory, about.SerializeToString(deterministic=True))
        return await view(Ask(api, session, path, query))

    async def answer(self, request: Request, session: Session, view: View) -> Response:
        """A view's page, as HTML or as CSV of one of its tables; where that fails, a page that says why."""
        about = upb.GetStatusResponse()
        try:
            about = await self.about(session)
            page = await self.page(view, session, about, request.path_params, request.query_params)
        except ApiError as error:
            if error.code is grpc.StatusCode.UNAUTHENTICATED:
                asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?{urlencode({'next': asked})}", 303)
            page = Page("error.html", "That did not work", {"message": error.message}, status=self.status_of(error))
        wanted = request.query_params.get("csv")
        table = next((table for table in page.tables if table.name == wanted), None)
        if table is not None:
            disposition = f'attachment; filename="forumlens-{table.name}.csv"'
            return Response(to_csv(table), 200, {"content-disposition": disposition}, "text/csv; charset=utf-8")
        return self.html(request, session, page, about)

    def status_of(self, error: ApiError) -> int:
        """HTTP status of a failed call."""
        return STATUS.get(error.code, 502)

    def html(self, request: Request, session: Session, page: Page, about: upb.GetStatusResponse) -> Response:
        """A page, or a piece of one, as HTML; the cookie is set where there was none."""
        body = self._templates.get_template(page.template).render(
            page.values,
            title=page.title,
            tables={table.name: table for table in page.tables},
            session=session,
            about=about,
            path=request.url.path,
            query=list(request.query_params.multi_items()),
        )
        response = HTMLResponse(body, page.status, {"cache-control": "no-store"})
        if request.cookies.get(COOKIE) != session.id:
            self.set_cookie(response, session)
        return response

    async def form(self, request: Request) -> Form:
        """Fields of a form that came from a page of the request's session. Raises HTTPException (403)."""
        body = (await request.body()).decode("utf-8", "replace")
        fields = Form(parse_qsl(body, keep_blank_values=True, max_num_fields=200))
        if not self.session(request).owns(fields.get("csrf", "")):
            raise HTTPException(403)
        return fields

    def set_cookie(self, response: Response, session: Session) -> None:
        """Give the browser the session's id."""
        response.set_cookie(
            COOKIE, session.id, max_age=int(LIFETIME), httponly=True, samesite="lax", secure=self.options.secure
        )


def make_app(channel: grpc.aio.Channel, options: WebOptions | None = None) -> Starlette:
    """The page over a channel to the gRPC server."""
    site = Site(channel, options or WebOptions())
    static = Starlette(
        routes=[Route("/plotly.js", _plotly), Mount("/", StaticFiles(directory=HERE / "static"))],
        middleware=[Middleware(GZipMiddleware)],
    )
    routes: list[BaseRoute] = [
        *(site.route(path, view) for path, view in VIEWS.items()),
        *signing.routes(site),
        *triage.routes(site),
        Mount("/static", static),
    ]
    guard = Middleware(Guard, hosts=site.options.hosts, secure=site.options.secure)

    async def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        page = Page("error.html", *REFUSALS.get(status, REFUSALS[500]), status=status)
        return site.html(request, site.session(request), page, upb.GetStatusResponse())

    handlers: dict[Any, Any] = {HTTPException: refuse, 500: refuse}
    app = Starlette(routes=routes, middleware=[guard], exception_handlers=handlers)
    app.state.warm = site.warm
    return app


async def _plotly(_request: Request) -> Response:
    return FileResponse(PLOTLY, headers={"cache-control": "public, max-age=86400"})


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(text, name) for name in FILTERS})
    environment.globals["with_query"] = _with_query
    environment.globals["version"] = _version()
    return environment


def _with_query(query: list[tuple[str, str]], **changes: object) -> str:
    """The query with some parameters set, or left out where None; `?` comes before it."""
    kept = [(name, value) for name, value in query if name not in changes]
    return "?" + urlencode(kept + [(name, str(value)) for name, value in changes.items() if value is not None])


def _version() -> str:
    try:
        return version("forumlens")
    except PackageNotFoundError:
        return "unknown"
