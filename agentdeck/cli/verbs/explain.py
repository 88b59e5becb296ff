"""`agentdeck explain`: why a session has the status that it has."""

from __future__ import annotations

from typing import Any

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment


@verb("explain fix-login")
def explain(name: OneName, as_json: AsJson = False) -> None:
    """Print a session's status with the evidence for it."""
    finish(_explain(name, as_json=as_json))


async def _explain(name: str, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call("session.explain", id=session.id)
    if as_json:
        report.out_json(answer)
        return
    activity = f", {answer['activity']}" if answer["activity"] else ""
    report.out(report.plain(f"{answer['name']}: {answer['phase']}{activity}"))
    needs = answer["needs"]
    if needs:
        report.out(report.plain(f"  asks      {needs['kind']}: {needs['text']}"))
    if answer["because"]:
        report.out(report.plain(f"  because   {answer['because']}"))
    if answer["reason"]:
        report.out(report.plain(f"  reason    {answer['reason']}"))
    if answer["turn_note"]:
        report.out(report.plain(f"  its turn  {answer['turn_note']}"))
    if answer["rules"]:
        report.out("  rules     answer its permissions where one matches")
    for what in ("setup", "check"):
        state, note = answer[what]["state"], answer[what]["note"]
        if state != "none":
            said = f"  {what:<9} {state}{': ' if note else ''}{note}"
            report.out(report.plain(said))
    _print_links(answer)
    for sign in answer["evidence"]:
        report.out(_line(sign))


def _print_links(answer: dict[str, Any]) -> None:
    if answer["continues"]:
        way, origin = answer["continues"]["way"], answer["continues"]["session"]
        report.out(report.plain(f"  continues {origin} ({way})"))
    for name in answer["continued"]:
        report.out(report.plain(f"  continued by {name}"))


def _line(sign: dict[str, Any]) -> str:
    mark = "believed" if sign["believed"] else "outweighed"
    said = f"{sign['source']} says {sign['activity']}: {sign['detail']}"
    return report.plain(f"  {mark:<10} {sign['at']}  {said}")
