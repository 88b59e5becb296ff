"""`agentdeck queue`: the messages that wait for the end of a session's turn."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError


@verb(
    "queue fix-login",
    'queue fix-login --edit 2 "run all tests"',
    "queue fix-login --move 3 --to 1",
    "queue fix-login --remove 1",
)
def queue(
    name: OneName,
    edit: Annotated[
        int | None, typer.Option(metavar="N", help="Put TEXT in place of message N.")
    ] = None,
    text: Annotated[str | None, typer.Argument(help="The text for --edit.")] = None,
    move: Annotated[
        int | None, typer.Option(metavar="N", help="Move message N to place --to.")
    ] = None,
    to: Annotated[int, typer.Option(metavar="N", help="The new place.")] = 1,
    remove: Annotated[
        int | None, typer.Option(metavar="N", help="Take message N away.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all away.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show, edit, reorder or remove the messages that wait for the end of a turn.

    `send --queue` adds one.
    """
    changes = [edit is not None, move is not None, remove is not None, clear]
    if sum(changes) > 1:
        raise UsageError("Give one of --edit, --move, --remove and --clear.")
    if (edit is not None) != (text is not None):
        raise UsageError("--edit N needs the new text after it.")
    finish(_queue(name, edit, text, move, to, remove, clear, as_json))


async def _queue(
    name: str,
    edit: int | None,
    text: str | None,
    move: int | None,
    to: int,
    remove: int | None,
    clear: bool,
    as_json: bool,
) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        messages = list(session.queued)
        if edit is not None and text is not None:
            messages[_place(edit, messages)] = text
        elif move is not None:
            messages.insert(to - 1, messages.pop(_place(move, messages)))
        elif remove is not None:
            del messages[_place(remove, messages)]
        elif clear:
            messages = []
        if messages != list(session.queued):
            await client.call(
                "session.queue",
                id=session.id,
                messages=messages,
                expected=list(session.queued),
            )
    if as_json:
        report.out_json(messages)
        return
    for number, message in enumerate(messages, 1):
        report.out(report.plain(f"{number}. {message}"))
    if not messages:
        report.say("No message waits.")


def _place(number: int, messages: list[str]) -> int:
    if not 1 <= number <= len(messages):
        raise UsageError(f"There is no message {number}; {len(messages)} wait.")
    return number - 1
