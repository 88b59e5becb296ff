"""`agentdeck approve`, `deny`, `answer` and `next`: what agents ask, and the answers."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    Yes,
    check_selection,
    complete_names,
    finish,
    list_sessions,
    now,
    select,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.attention import attention_queue
from agentdeck.core.errors import ExitStatus, UsageError
from agentdeck.core.session import Session

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what each would get; send nothing.")
]


@verb("approve fix-login", "approve --filter agent:codex --dry-run")
def approve(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say yes to what agents ask: permissions, plans, trust.

    Each gets it only while its question is the one that was shown. With several,
    what each gets is shown first.
    """
    how = {"action": "approve"}
    finish(_answer(how, names, filter_query, everything, dry_run, yes, as_json))


@verb("deny fix-login", "deny --all")
def deny(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say no to what agents ask."""
    how = {"action": "deny"}
    finish(_answer(how, names, filter_query, everything, dry_run, yes, as_json))


@verb(
    "answer fix-login 2",
    'answer fix-login "use the staging database"',
    "answer --filter 's:needs-input' 1",
)
def answer(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME]... ANSWER",
            help="Sessions, then the number of a choice or a text; '-' reads it.",
            autocompletion=complete_names,
        ),
    ],
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Answer with a choice or a text. A text to a permission denies it first."""
    *names, given = words
    if given == "-":
        given = sys.stdin.read().rstrip("\n")
    if not given:
        raise UsageError("The answer is empty.")
    is_choice = given.isdecimal() and 1 <= int(given) <= 99
    how: dict[str, Any] = {"choice": int(given)} if is_choice else {"reply": given}
    finish(_answer(how, names or None, filter_query, everything, dry_run, yes, as_json))


async def _answer(
    how: dict[str, Any],
    names: list[str] | None,
    query: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    from agentdeck.rpc.client import connected

    check_selection(names, query, everything=everything)
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        if not names:
            sessions = [s for s in sessions if s.needs_attention]
        if not sessions:
            if as_json:
                report.out_json([])
            report.say("None of them asks anything, so nothing was answered.")
            return ExitStatus.DONE
        params = {"ids": [s.id for s in sessions], "since": _shown(sessions), **how}
        if dry_run or (len(sessions) > 1 and not yes):
            would = await client.call("session.answer", preview=True, **params)
            if dry_run:
                return _told(would["results"], as_json=as_json)
            for result in would["results"]:
                if result["ok"]:
                    report.say(
                        f"  {result['name']}: {result['asks']} → {result['gets']}"
                    )
            if not report.agreed(f"Answer {len(sessions)} sessions so?"):
                report.say("Nothing was answered.")
                return ExitStatus.FAILED
        done = await client.call("session.answer", **params)
    return _told(done["results"], as_json=as_json)


def _shown(sessions: list[Session]) -> dict[str, str]:
    return {
        s.id: s.needs_since.isoformat(timespec="milliseconds")
        for s in sessions
        if s.needs_since is not None
    }


def _told(results: list[dict[str, Any]], *, as_json: bool) -> int:
    return report.report_results(results, "{gets}", as_json=as_json)


@verb("next", "next --json", 'attach "$(agentdeck next --name)"')
def next_waiting(
    only_name: Annotated[
        bool, typer.Option("--name", help="Print the name alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show who needs you, the one that waits longest first. Status 1 if nobody."""
    finish(_next(only_name=only_name, as_json=as_json))


async def _next(*, only_name: bool, as_json: bool) -> int:
    from agentdeck.cli.table import age
    from agentdeck.rpc.client import connected
    from agentdeck.rpc.wire import session_to_wire

    async with connected(paths_from_environment()) as client:
        sessions, _ = await list_sessions(client)
    queue = attention_queue(sessions)
    if as_json:
        report.out_json([session_to_wire(session) for session in queue])
    elif only_name:
        for session in queue[:1]:
            report.out(session.name)
    else:
        for session in queue:
            assert session.needs is not None  # noqa: S101 - so is the queue made
            since = age(session.needs_since or session.updated_at, now())
            kind, text = session.needs.kind.value, session.needs.text
            report.out(report.plain(f"{session.name}  {since}  {kind}: {text}"))
            for number, choice in enumerate(session.needs.choices, 1):
                report.out(report.plain(f"  {number}. {choice}"))
    if not queue and not as_json:
        report.say("Nobody needs you.")
    return ExitStatus.DONE if queue else ExitStatus.FAILED
