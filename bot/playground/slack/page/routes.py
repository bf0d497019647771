"""Routes of the web page.

The content security policy allows scripts, styles and images only from this server.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.playground.slack.directory import TEAM_NAME
from bot.playground.slack.models import UploadedFile, WorkspaceUser
from bot.playground.slack.page.charts import drawn_chart
from bot.playground.slack.page.data_tables import shown_table
from bot.playground.slack.page.formatter import PageFormatter
from bot.playground.slack.page.page_content import PageContent, ReadMarkers, human_users
from bot.playground.slack.user_actions.context import ActionContext

_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_COOKIE = "as"
_NO_USERS = "This workspace has no users. Add one: POST /_control/users with a JSON `name`."
_STATIC = Path(__file__).parent / "static"

_HIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
"""Control characters except tab and line feed, separators, and bidirectional formatting, which a
browser applies across elements."""

_PageHandler = Callable[[Request, PageContent], Response]


def page_routes(context: ActionContext) -> list[BaseRoute]:
    page = _PageRoutes(context)
    shown: dict[str, _PageHandler] = {
        "/": page.start,
        "/c/{channel}": page.channel,
        "/c/{channel}/{thread}": page.channel,
        "/home/{app}": page.home,
        "/home/{app}/messages": page.conversation,
        "/shared/{file}": page.file,
    }
    return [
        *(Route(path, page.endpoint(show), methods=["GET"]) for path, show in shown.items()),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


@cache
def _templates() -> Environment:
    """The compiled templates, shared by all workspaces of the process."""
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_escape_hidden,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["element_id"] = _element_id
    templates.filters["drawn_chart"] = drawn_chart
    templates.filters["shown_table"] = shown_table
    return templates


class _PageRoutes:
    def __init__(self, context: ActionContext) -> None:
        self._state = context.state
        self._read_markers = ReadMarkers()

    def endpoint(self, show: _PageHandler) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                with self._state.lock:
                    response = self._answer(request, show)
            except Exception as error:  # noqa: BLE001 - every error here is a bug of the stand-in
                self._state.bugs.append(f"{request.url.path}: {error!r}")
                response = PlainTextResponse(f"Internal error of the page: {error!r}", 500)
            response.headers.update(_HEADERS)
            return response

        return answer

    def _answer(self, request: Request, show: _PageHandler) -> Response:
        user = self._user(request)
        if user is None:
            return PlainTextResponse(_NO_USERS, 404)
        response = show(request, PageContent(PageFormatter(self._state, user), self._read_markers))
        response.set_cookie(_COOKIE, user.id, httponly=True, samesite="strict")
        return response

    def start(self, _request: Request, content: PageContent) -> Response:
        entries = content.sidebar_entries(here="")
        path = entries[0].path if entries else content.bot(here="").path
        return RedirectResponse(content.formatter.link(path), 303)

    def channel(self, request: Request, content: PageContent) -> Response:
        """A channel, optionally with a thread. Redirects to the start if the user cannot see it."""
        channel = content.channel(request.path_params["channel"])
        if channel is None:
            return RedirectResponse(content.formatter.link("/"), 303)
        if channel["kind"] == "im":
            return RedirectResponse(content.formatter.link(f"{self._home}/messages"), 303)
        content.mark_read(channel)
        ts = request.path_params.get("thread", "")
        return self._render(
            "channel.html",
            content,
            here=channel["id"],
            channel=channel,
            path=f"/c/{channel['id']}",
            thread=content.thread(channel, ts) if ts else None,
        )

    def home(self, _request: Request, content: PageContent) -> Response:
        return self._render("home.html", content, here=self._state.app.id)

    def conversation(self, _request: Request, content: PageContent) -> Response:
        """The direct messages of the user and the bot."""
        id_ = self._state.directory.im_with(content.user.id, self._state.seconds).id
        content = PageContent(content.formatter, self._read_markers)
        channel = content.channel(id_)
        assert channel is not None
        content.mark_read(channel)
        return self._render("conversation.html", content, here=self._state.app.id, channel=channel)

    def file(self, request: Request, content: PageContent) -> Response:
        file = self._state.files.find(request.path_params["file"])
        if file is None or file.content is None or not _can_see(content, file):
            return PlainTextResponse("File not found.", 404)
        response = Response(file.content, media_type="application/octet-stream")
        name = "".join(
            character
            for character in file.name
            if character.isascii() and character not in '"\\\r\n'
        )
        response.headers["content-disposition"] = f'attachment; filename="{name}"'
        return response

    @property
    def _home(self) -> str:
        return f"/home/{self._state.app.id}"

    def _user(self, request: Request) -> WorkspaceUser | None:
        """The user in the address, else in the cookie, else the first user. None without users."""
        known = {user.id: user for user in human_users(self._state)}
        wanted = (request.query_params.get("as", ""), request.cookies.get(_COOKIE, ""))
        return next((known[id_] for id_ in (*wanted, *known) if id_ in known), None)

    def _render(self, template: str, content: PageContent, **more: Any) -> Response:
        html = (
            _templates()
            .get_template(template)
            .render(
                content=content,
                formatter=content.formatter,
                manifest=self._state.app.manifest,
                team=TEAM_NAME,
                home=self._home,
                **more,
            )
        )
        return Response(html, media_type="text/html")


def _can_see(content: PageContent, file: UploadedFile) -> bool:
    return any(content.channel(channel) for channel, _ in file.shared_in)


def _element_id(text: str) -> str:
    """An element ID without spaces, since they separate IDs in lists."""
    return "-".join(text.split())


def _escape_hidden(value: Any) -> Any:
    """Escapes characters that a browser would not show."""
    if not isinstance(value, str) or value.isprintable():
        return value
    shown = _HIDDEN_CHARACTERS.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return Markup(shown) if isinstance(value, Markup) else shown  # noqa: S704 - the value was Markup
