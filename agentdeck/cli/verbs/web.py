"""`agentdeck web`: the app in a browser of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import signal
import webbrowser
from collections.abc import Iterator
from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError

MISSING = (
    "The app in a browser needs textual-serve: pip install 'agentdeck[web]'. "
    "Then `agentdeck web` again."
)


@verb("web --open", "web --port 8100", "-C ~/src/shop web")
def web(
    port: Annotated[
        int, typer.Option(metavar="N", help="The port; without it any free one.")
    ] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the link in the browser.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the app in a browser, until Ctrl+C. The agents go on without it.

    It listens on 127.0.0.1 only. The link has a token that is new at each start; who
    has it can do what you can. From another machine reach it through SSH, and open
    the link that it prints there:

    \b
      ssh -t -L 8100:127.0.0.1:8100 HOST agentdeck web --port 8100
    """  # noqa: D301 - \b is Click's: the line stays as it is
    if importlib.util.find_spec("textual_serve") is None:
        raise AgentDeckError(MISSING)
    finish(_serve(port, opens=open_browser, as_json=as_json))


async def _serve(port: int, *, opens: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected
    from agentdeck.web.gate import Gate
    from agentdeck.web.server import listening_socket, served

    listener = listening_socket(port)
    try:
        # The host belongs to no tab: it is there before the first, and stays.
        async with connected(paths_from_environment()):
            pass
        with _ending() as ended:
            async with served(Gate(), listener) as link:
                _tell(link, listener.getsockname()[1], as_json=as_json)
                if opens and not await asyncio.to_thread(webbrowser.open, link):
                    report.say("There is no browser here. Open the link yourself.")
                await ended.wait()
    finally:
        listener.close()


def _tell(link: str, port: int, *, as_json: bool) -> None:
    if as_json:
        report.out_json({"url": link, "port": port})
        return
    report.out_text(f"{link}\n")
    report.say("AgentDeck is at this link until Ctrl+C. Whoever has it can use it.")


@contextlib.contextmanager
def _ending() -> Iterator[asyncio.Event]:
    """An event that a request to end sets, and no exception anywhere."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, ended.set)
    try:
        yield ended
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
