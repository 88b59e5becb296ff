"""`agentdeck findings`: what reviewing agents found in a session's work."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}
_OVER = ("dismissed", "gone")


@verb(
    "findings fix-login",
    "findings fix-login --send",
    "findings fix-login --send 1f3a 90bc",
    "findings fix-login --post",
    'findings fix-login --dismiss 1f3a --reason "tested elsewhere"',
)
def findings(  # noqa: PLR0913 - the options of one verb
    name: OneName,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Findings, by the begin of their ids."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send them, or all open, to the agent.")
    ] = False,
    interrupt: Annotated[
        bool, typer.Option("--interrupt", help="Send at once, ending its turn.")
    ] = False,
    dismiss: Annotated[
        bool, typer.Option("--dismiss", help="They need nothing; give a --reason.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Why they are dismissed.")
    ] = "",
    reopen: Annotated[
        bool, typer.Option("--reopen", help="They are not dismissed after all.")
    ] = False,
    post: Annotated[
        bool, typer.Option("--post", help="Post them, or all, to its pull request.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is dismissed or gone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what reviewers found in a session's changes, send it on, or dismiss it.

    It goes to the session's agent as one message that quotes file, lines and text: at
    the end of its turn, or at once if it rests. --json lists all of them.
    """
    if (send or interrupt) + dismiss + reopen + post > 1:
        raise UsageError("Give one of --send, --post, --dismiss and --reopen.")
    if bool(reason.strip()) != dismiss:
        raise UsageError("--dismiss needs a --reason, and only it does.")
    if (dismiss or reopen) and not ids:
        raise UsageError("--dismiss and --reopen need the ids of findings.")
    if ids and not (dismiss or reopen or send or interrupt or post):
        raise UsageError("What shall become of them? --send, --post, --dismiss, …")
    change: tuple[str, dict[str, Any]] | None = None
    if send or interrupt:
        when = "interrupt" if interrupt else "queue"
        change = "findings.send", {"findings": ids or None, "when": when}
    elif dismiss:
        change = "findings.dismiss", {"findings": ids, "reason": reason}
    elif post:
        change = "findings.post", {"findings": ids or None}
    elif reopen:
        change = "findings.reopen", {"findings": ids}
    finish(_findings(name, change, everything=everything, as_json=as_json))


async def _findings(
    name: str,
    change: tuple[str, dict[str, Any]] | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        method, params = change or ("findings.list", {})
        answer = await client.call(method, id=session.id, **params)
    if as_json:
        report.out_json({"id": session.id, "name": session.name, **answer})
    elif method == "findings.send":
        count = len(answer["ids"])
        noun = "finding" if count == 1 else "findings"
        report.out(f"{count} {noun} for {session.name}; sent when its turn is over.")
    elif method == "findings.post":
        count = len(answer["ids"])
        noun = "finding" if count == 1 else "findings"
        where = "at their lines" if answer["inline"] else "in one text"
        report.out(report.plain(f"{count} {noun} posted {where}: {answer['url']}"))
    else:
        is_all = everything or change is not None
        _print(answer["findings"], everything=is_all)


def _print(listed: list[dict[str, Any]], *, everything: bool) -> None:
    shown = [f for f in listed if everything or f["state"] not in _OVER]
    for finding in shown:
        severity = str(finding["severity"])
        word = report.paint(f"{severity:<7}", _COLOURS[severity])
        rule = f"  ({finding['rule']})" if finding["rule"] else ""
        head = report.plain(f"{_place_of(finding)}{rule}")
        state = report.paint(report.plain(_state_of(finding)), "dim")
        report.out(f"{report.plain(finding['id'][:6])}  {word}  {head}  {state}")
        for line in str(finding["message"]).split("\n"):
            report.out(f"    {report.plain(line)}")
        if finding["suggestion"]:
            told = " ".join(str(finding["suggestion"]).split())
            report.out(f"    {report.paint(report.plain(f'try: {told}'), 'dim')}")
    hidden = len(listed) - len(shown)
    if not shown:
        report.say("No findings stand. `agentdeck review-now NAME` starts a review.")
    if hidden:
        report.say(f"{hidden} more are dismissed or gone; --all lists them.")


def _place_of(finding: dict[str, Any]) -> str:
    place = finding.get("place") or {}
    line = int(place.get("line", finding["anchor_line"]))
    end = int(place.get("end", finding["end"]))
    path = finding["file"] or "the change as a whole"
    if not line:
        return str(path)
    return f"{path}:{line}" if line == end else f"{path}:{line}-{end}"


def _state_of(finding: dict[str, Any]) -> str:
    state = str(finding["state"])
    if state == "dismissed":
        state = f"dismissed: {finding['reason']}"
    states = [state, f"by {finding['by']}"]
    if (finding.get("place") or {}).get("is_outdated"):
        states.append("outdated")
    return ", ".join(states)
