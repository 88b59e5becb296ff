"""`agentdeck comments`: what people said of a session's changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d+)(?:-(?P<end>\d+))?)?")


@dataclass(frozen=True, slots=True)
class _Change:
    method: str
    params: dict[str, Any]


@verb(
    "comments fix-login",
    'comments fix-login --add src/login.py:12-14 "Why twice?"',
    "comments fix-login --send",
    "comments fix-login --resolve 1f3a",
)
def comments(  # noqa: PLR0913 - the options of one verb
    name: OneName,
    text: Annotated[
        str | None, typer.Argument(help="The text for --add or --edit.")
    ] = None,
    add: Annotated[
        str | None,
        typer.Option("--add", metavar="FILE:LINE", help="Comment on a line or range."),
    ] = None,
    old: Annotated[
        bool, typer.Option("--old", help="The line is one before the change.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Send what is not sent to the agent.")
    ] = False,
    interrupt: Annotated[
        bool, typer.Option("--interrupt", help="Send at once, ending its turn.")
    ] = False,
    edit: Annotated[
        str | None, typer.Option("--edit", metavar="ID", help="Put TEXT in its place.")
    ] = None,
    resolve: Annotated[
        str | None, typer.Option("--resolve", metavar="ID", help="It is dealt with.")
    ] = None,
    reopen: Annotated[
        str | None, typer.Option("--reopen", metavar="ID", help="It is not.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option("--delete", metavar="ID", help="Take it away.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the comments on a session's changes, add one, or send them to the agent.

    They go as one message that quotes file, lines and hunk: at the end of its turn, or
    at once if it rests. A comment follows its lines; *outdated* says that they changed.
    """
    changes = [
        _Change("review.edit", {"comment": edit, "text": text}) if edit else None,
        _Change("review.edit", {"comment": resolve, "is_resolved": True})
        if resolve
        else None,
        _Change("review.edit", {"comment": reopen, "is_resolved": False})
        if reopen
        else None,
        _Change("review.edit", {"comment": delete, "delete": True}) if delete else None,
        _Change("review.comment", _added(add, text, is_old=old)) if add else None,
        _Change("review.send", {"when": "interrupt" if interrupt else "queue"})
        if send or interrupt
        else None,
    ]
    chosen = [change for change in changes if change is not None]
    if len(chosen) > 1:
        raise UsageError(
            "Give one of --add, --edit, --resolve, --reopen, --delete and --send."
        )
    if (text is not None) != bool(add or edit):
        raise UsageError("A text goes with --add FILE:LINE or --edit ID, after it.")
    finish(_comments(name, chosen[0] if chosen else None, as_json=as_json))


def _added(place: str, text: str | None, *, is_old: bool) -> dict[str, Any]:
    found = _PLACE.fullmatch(place)
    if found is None or not (text or "").strip():
        raise UsageError('--add needs FILE:LINE and a text: --add src/a.py:12 "Why?"')
    line = int(found["line"] or 0)
    return {
        "path": found["path"].removeprefix("./"),
        "side": "old" if is_old else "new",
        "line": line,
        "end": int(found["end"] or line),
        "text": text,
    }


async def _comments(name: str, change: _Change | None, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer: dict[str, Any] | None = None
        if change is not None:
            answer = await client.call(change.method, id=session.id, **change.params)
        if change is not None and change.method == "review.send":
            _tell_sent(answer or {}, session.name, as_json=as_json)
            return
        if answer is not None and not as_json:
            comment = answer["comment"]
            report.out(f"{comment['id']}  {report.plain(_place_of(comment))}")
            return
        listed = await _listed(client, session.id)
    if as_json:
        shown = answer["comment"] if answer else {"comments": listed}
        report.out_json({"id": session.id, "name": session.name, **shown})
    else:
        _print(listed)


async def _listed(client: HostClient, session_id: str) -> list[dict[str, Any]]:
    answer = await client.call("review.comments", id=session_id)
    comments: list[dict[str, Any]] = answer["comments"]
    return comments


def _tell_sent(answer: dict[str, Any], name: str, *, as_json: bool) -> None:
    if as_json:
        report.out_json({"name": name, **answer})
        return
    count = len(answer["ids"])
    noun = "comment" if count == 1 else "comments"
    report.out(f"{count} {noun} for {name}; sent when its turn is over.")


def _print(comments: list[dict[str, Any]]) -> None:
    if not comments:
        report.say("No comments. `d` in the app reviews, or --add FILE:LINE TEXT here.")
    for comment in comments:
        head = f"{comment['id']}  {report.plain(_place_of(comment))}"
        report.out(f"{head}  {report.paint(_state_of(comment), 'dim')}")
        for line in str(comment["text"]).split("\n"):
            report.out(f"    {report.plain(line)}")


def _place_of(comment: dict[str, Any]) -> str:
    place = comment.get("place") or {}
    line = int(place.get("line", comment["line"]))
    end = int(place.get("end", line))
    shown = "" if line == 0 else f":{line}" if line == end else f":{line}-{end}"
    side = " (before the change)" if comment["side"] == "old" else ""
    return f"{comment['path']}{shown}{side}"


def _state_of(comment: dict[str, Any]) -> str:
    states = ["sent" if comment["sent_at"] else "not sent"]
    if comment["is_resolved"]:
        states = ["resolved"]
    if (comment.get("place") or {}).get("is_outdated"):
        states.append("outdated")
    return ", ".join(states)
