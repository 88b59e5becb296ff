"""`agentdeck send` and `keys`: typing into sessions."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    complete_names,
    finish,
)
from agentdeck.core.errors import UsageError


@verb(
    'send fix-login "also add a test"',
    "send --filter s:idle continue",
    'send fix-login "then run the tests" --queue',
    "send fix-login - < review.md",
)
def send(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME]... TEXT",
            help="Sessions, then the text; '-' reads it from standard input.",
            autocompletion=complete_names,
        ),
    ],
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    no_enter: Annotated[
        bool, typer.Option("--no-enter", help="Do not press Enter after it.")
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="At the end of the turn; now if it rests.")
    ] = False,
    interrupt: Annotated[
        bool, typer.Option("--interrupt", help="Interrupt the turn, then send.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Type a text into sessions and press Enter. The last argument is the text."""
    if queue and interrupt:
        raise UsageError("Give --queue or --interrupt, not both.")
    *names, text = words
    if text == "-":
        text = sys.stdin.read().rstrip("\n")
    when = "queue" if queue else "interrupt" if interrupt else "now"
    params = {"text": text, "submit": not no_enter, "when": when}
    request = Request("session.send", "queued" if queue else "sent", params)
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb("keys fix-login down enter", "keys --filter s:needs-input 1")
def keys(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME] KEY...",
            help="A session (none with --filter or --all), then keys: enter, ctrl+c, 1.",
            autocompletion=complete_names,
        ),
    ],
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Press keys by name in a session."""
    many = everything or filter_query is not None
    names, pressed = ([], words) if many else (words[:1], words[1:])
    if not pressed:
        raise UsageError("Which keys? For example: agentdeck keys fix-login enter")
    request = Request("session.keys", "pressed", {"keys": pressed})
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )
