"""`agentdeck logs`: what a session printed."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import Paths, paths_from_environment
from agentdeck.core.errors import UsageError

FOLLOW_WAIT_S = 30
"""How long the host holds a question for more; it answers at once when there is."""


@verb("logs fix-login", "logs -f fix-login", "logs fix-login --conversation")
def logs(
    name: OneName,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on until the session is over.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="The bytes as the agent wrote them.")
    ] = False,
    cast: Annotated[bool, typer.Option("--cast", help="As asciicast v3.")] = False,
    settled: Annotated[
        bool,
        typer.Option(
            "--settled",
            help="What scrolled off its screen or settled there, for full-screen agents.",
        ),
    ] = False,
    conversation: Annotated[
        bool,
        typer.Option("--conversation", help="Prompts, answers and tools it used."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a session's recording as plain text."""
    if settled or conversation:
        if settled + conversation + raw + cast > 1:
            raise UsageError(
                "Give --settled, --conversation, --raw or --cast: only one of them."
            )
        from agentdeck.cli.reading import print_text

        source = "conversation" if conversation else "terminal"
        finish(print_text(name, source, follow=follow, as_json=as_json))
        return
    if raw + cast + as_json > 1:
        raise UsageError("Give --raw, --cast or --json: only one of them.")
    if raw and report.is_terminal():
        raise UsageError(
            "--raw prints what the agent wrote, which could command your terminal. "
            "Send it to a file or a program: agentdeck logs NAME --raw > FILE"
        )
    style = "raw" if raw else "cast" if cast else "text"
    finish(_logs(name, style, follow=follow, as_json=as_json))


async def _logs(name: str, style: str, *, follow: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import HostGoneError, connected

    paths = paths_from_environment()
    async with connected(paths) as client:
        session_id = (await session_called(client, name)).id
    reader = _Reader(paths, session_id, style, as_json=as_json)
    while True:
        position = reader.position
        try:
            await reader.read(follow=follow)
            break
        except HostGoneError:
            if not follow and reader.position == position:
                raise
    if as_json:
        report.out_json({"id": session_id, "text": reader.text, "end": reader.is_over})


class _Reader:
    """Reads a recording to its end, and prints or keeps what it says."""

    def __init__(
        self, paths: Paths, session_id: str, style: str, *, as_json: bool
    ) -> None:
        self._paths = paths
        self._id = session_id
        self._style = style
        self._keeps = as_json
        self.position: str | None = None
        self.text = ""
        self.is_over = False

    async def read(self, *, follow: bool) -> None:
        from agentdeck.rpc.client import connected

        async with connected(self._paths) as client:
            while True:
                answer = await client.call(
                    "session.logs",
                    id=self._id,
                    position=self.position,
                    format=self._style,
                    wait_s=FOLLOW_WAIT_S if follow else 0,
                )
                self._take(answer)
                if answer["end"] or not (follow or answer["data"]):
                    return

    def _take(self, answer: dict[str, Any]) -> None:
        data: str = answer["data"]
        self.position = answer["position"]
        self.is_over = answer["end"]
        if self._style == "raw":
            report.out_bytes(base64.b64decode(data))
        elif self._keeps:
            self.text += data
        elif self._style == "cast" and not report.is_terminal():
            report.out_bytes(data.encode("utf-8", "replace"))
        else:
            report.out_text(report.plain(data, lines=True))
