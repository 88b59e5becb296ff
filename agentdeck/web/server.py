"""The server on 127.0.0.1: textual-serve's terminal page behind a gate of ours.

textual-serve has the page's scripts, the WebSocket and a process for each tab, but
no token and no check of who asks. Its handler is used as it is; the routes, the page
and the rules are here.
"""

from __future__ import annotations

import asyncio
import secrets
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

from aiohttp import web
from textual_serve.server import Server, to_int

from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.web.gate import Gate, is_of_this_machine, is_same_origin

ADDRESS = "127.0.0.1"
TABS_END_WITHIN_S = 8.0
"""More than a tab takes that has to be ended; see `tab`."""
PAGE = Path(__file__).with_name("page.html")
FONT_SIZES = range(6, 73)

REFUSED = (
    "AgentDeck shows itself only by the whole link that `agentdeck web` printed, "
    "with its token. Each start has a new one.\n"
)
OTHER_HOST = "AgentDeck answers only to 127.0.0.1 and localhost.\n"
OTHER_ORIGIN = "AgentDeck takes WebSockets only from its own page.\n"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DeckServer:
    """The app for the browsers of one person."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        command = shlex.join([sys.executable, "-m", "agentdeck.web.tab"])
        # Without `exec` a shell would stay between the tab and its process.
        self._served = Server(f"exec {command}", host=ADDRESS)
        self._tabs: set[asyncio.Future[web.WebSocketResponse]] = set()

    def application(self) -> web.Application:
        """All routes behind the gate."""
        prefix = self.gate.prefix
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._enter),
                web.get(f"{prefix}/", self._page),
                web.get(f"{prefix}/ws", self._tab),
                web.static(f"{prefix}/static", self._served.statics_path),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._end_tabs)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        host = request.headers.get("Host")
        if not is_of_this_machine(host):
            return web.Response(status=403, text=OTHER_HOST)
        token = request.cookies.get(self._cookie)
        if request.path == "/":
            token = request.query.get("token")
        if not self.gate.opens(token):
            return web.Response(status=403, text=REFUSED)
        return await handler(request)

    @property
    def _cookie(self) -> str:
        return self.gate.prefix.strip("/")

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Take the token out of the address, where it would be seen and kept."""
        answer = web.HTTPSeeOther(f"{self.gate.prefix}/")
        answer.set_cookie(
            self._cookie,
            self.gate.token,
            path=f"{self.gate.prefix}/",
            httponly=True,
            samesite="Strict",
        )
        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        prefix, nonce = self.gate.prefix, secrets.token_urlsafe(16)
        asked = to_int(request.query.get("fontsize", ""), 16)
        text = await asyncio.to_thread(PAGE.read_text, "utf-8")
        page = Template(text).substitute(
            prefix=prefix,
            nonce=nonce,
            websocket=f"ws://{request.host}{prefix}/ws",
            font_size=asked if asked in FONT_SIZES else 16,
        )
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; font-src 'self'; "
            "style-src 'self' 'unsafe-inline'; img-src data:; "
            f"connect-src 'self' ws://{request.host}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return web.Response(
            text=page,
            content_type="text/html",
            headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
        )

    async def _tab(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if not is_same_origin(origin, request.headers.get("Host")):
            return web.Response(status=403, text=OTHER_ORIGIN)
        tab = asyncio.ensure_future(self._served.handle_websocket(request))
        self._tabs.add(tab)
        try:
            return await tab
        finally:
            self._tabs.discard(tab)

    async def _end_tabs(self, _: web.Application) -> None:
        tabs = set(self._tabs)
        for tab in tabs:
            tab.cancel()
        if tabs:
            await asyncio.wait(tabs, timeout=TABS_END_WITHIN_S)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"


def listening_socket(port: int) -> socket.socket:
    """A socket on 127.0.0.1 that listens at a port; 0 is any free one.

    Raises:
        UsageError: If there is no such port.
        AgentDeckError: If it cannot be had.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"There is no port {port}: they go from 1 to 65535.")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise AgentDeckError(
            f"Port {port} cannot be used: {error.strerror}. Name another with --port, "
            "or none, and a free one is taken."
        ) from error
    return listener


@asynccontextmanager
async def served(gate: Gate, listener: socket.socket) -> AsyncIterator[str]:
    """Serve the app on a socket as long as the body runs; gives the link.

    All tabs are closed at the end, and their processes with them.
    """
    # A request's line has the token: there is no access log.
    runner = web.AppRunner(
        DeckServer(gate).application(), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        port = listener.getsockname()[1]
        yield f"http://{ADDRESS}:{port}/?token={gate.token}"
    finally:
        await runner.cleanup()
