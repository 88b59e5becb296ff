"""`agentdeck events`: what happened, and what happens."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

_PAGE = 10_000


@verb(
    "events --since 120",
    "events -f",
    "events -f --json | jq .kind",
    "events --gain --json > gain.jsonl",
)
def events(
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on with what happens from now.")
    ] = False,
    since: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Those after number N; by default all that are kept, with -f none.",
        ),
    ] = None,
    gain: Annotated[
        bool,
        typer.Option(
            "--gain",
            help="Only what `metrics` is measured from, reduced and kept for months.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print what happened, a line for each. --json prints an object in each line."""
    if follow and gain:
        raise UsageError("--gain shows what is kept; it does not go with -f.")
    if follow:
        finish(_follow(since, as_json))
    elif gain:
        finish(_past("gain.events", since or 0, as_json))
    else:
        finish(_past("events.since", since, as_json))


async def _past(method: str, since: int | None, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        while True:
            answer = await client.call(method, since=since, limit=_PAGE)
            for event in answer["events"]:
                _print(event, as_json)
                since = event["server_seq"]
            if len(answer["events"]) < _PAGE:
                return


async def _follow(since: int | None, as_json: bool) -> None:
    from agentdeck.cli.watching import news
    from agentdeck.core.events import Event
    from agentdeck.rpc.wire import event_to_wire

    is_first = since is None
    async for piece in news(paths_from_environment(), since=since):
        if isinstance(piece, Event):
            _print(event_to_wire(piece), as_json)
        elif not is_first:
            report.say("Some events are no longer kept; these are from now on.")
        is_first = False


def _print(event: dict[str, Any], as_json: bool) -> None:
    if as_json:
        report.out_json(event, one_line=True)
        return
    line = (
        f"{event['server_seq']:>6}  {event['at']}  {event['kind']:<16} {_what(event)}"
    )
    report.out_text(report.plain(line).rstrip() + "\n")


def _what(event: dict[str, Any]) -> str:
    data = event["data"]
    session = data.get("session") or data.get("work")
    if session and session.get("name"):
        activity = f" {session['activity']}" if session.get("activity") else ""
        asks = f": {session['needs']['text']}" if session.get("needs") else ""
        return f"{session['name']}  {session.get('phase')}{activity}{asks}"
    told = " ".join(f"{key}={value}" for key, value in data.items())
    return f"{event['session_id'] or ''}  {data.get('text', told)}".strip()
