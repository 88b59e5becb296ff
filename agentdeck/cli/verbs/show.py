"""`agentdeck show`: all there is to know about sessions."""

from __future__ import annotations

import shlex
from typing import Any

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    finish,
    list_sessions,
    now,
    select,
)
from agentdeck.cli.table import age, cut, status_of, told
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.budget import most_used
from agentdeck.core.pull_text import pull_words
from agentdeck.core.session import Session


@verb("show fix-login", "show --filter is:unread --json")
def show(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Show all about sessions, with their commits. --json prints a list."""
    finish(_show(names, filter_query, everything=everything, as_json=as_json))


async def _show(
    names: list[str] | None, query: str | None, *, everything: bool, as_json: bool
) -> None:
    from agentdeck.rpc.client import connected
    from agentdeck.rpc.wire import session_to_wire

    shown: list[dict[str, Any]] = []
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        known = sessions
        if any(each.origin or each.continued for each in sessions):
            known, _ = await list_sessions(client, archived=True)
        by_id = {str(each.id): each.name for each in known}
        for number, session in enumerate(sessions):
            answer = await client.call("session.commits", id=session.id)
            commits = answer["commits"]
            shown.append({**session_to_wire(session), "commits": commits})
            if not as_json:
                if number:
                    report.out()
                _print(session, commits, by_id)
    if as_json:
        report.out_json(shown)


def _print(
    session: Session, commits: list[dict[str, Any]], names: dict[str, str]
) -> None:
    report.out(report.paint(report.plain(session.title), "bold"))
    for label, value in _facts(session, names):
        if value:
            report.out(f"  {label:<9} {report.plain(value)}")
    if commits:
        report.out(f"  commits   {len(commits)}")
    width = report.width()
    for commit in commits:
        line = f"    {commit['short']} {report.plain(commit['subject'])}"
        report.out(line if width is None else cut(line, width))


def _limits(session: Session) -> str:
    used = most_used(session, now())
    if used is None:
        return ""
    return f"{used.share:.0%} of {used.limit} used"


def _found(session: Session) -> str:
    """What reviewers found in it that still stands, by severity."""
    counts = (
        (session.finding_errors, "error"),
        (session.finding_warnings, "warning"),
        (session.finding_notes, "note"),
    )
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n)


def _pull(session: Session) -> str:
    pull = session.pull
    return f"{pull_words(pull)}, {pull.url}" if pull is not None else ""


def _facts(session: Session, names: dict[str, str]) -> list[tuple[str, str]]:
    def named(session_id: str) -> str:
        return names.get(session_id, session_id)

    changes = f"+{session.added} -{session.removed}"
    state = "uncommitted changes" if session.dirty else "all committed"
    needs = session.needs
    merged = session.merged_into
    time = now()
    return [
        ("name", session.name),
        ("id", session.id),
        ("status", status_of(session)),
        ("asks", f"{needs.kind.value}: {needs.text}" if needs else ""),
        ("choices", " / ".join(needs.choices) if needs else ""),
        ("why", f"{session.why.source}: {session.why.detail}" if session.why else ""),
        ("reason", session.reason),
        ("agent", session.agent + (f" ({session.model})" if session.model else "")),
        ("command", shlex.join(session.command)),
        ("prompt", session.prompt),
        ("repo", session.repo),
        ("branch", f"{session.branch} from {session.base}"),
        ("type", session.type.value),
        ("checkout" if session.in_checkout else "worktree", session.worktree),
        (
            "continues",
            f"{named(session.origin)} ({session.way})" * bool(session.origin),
        ),
        ("goes on", ", ".join(f"as {named(each)}" for each in session.continued)),
        ("changes", f"{changes}, {state}"),
        ("position", f"{session.ahead} ahead, {session.behind} behind"),
        ("setup", told(session.setup, session.setup_note)),
        ("checks", told(session.check, session.check_note, session.check_commit)),
        ("findings", _found(session)),
        ("review", session.review_note),
        ("port", f"{session.port} and the nine after it" if session.port else ""),
        ("limits", _limits(session)),
        ("merged", f"into {merged} as {session.merged_commit}" if merged else ""),
        ("pull request", _pull(session)),
        ("exit code", "" if session.exit_code is None else str(session.exit_code)),
        (
            "created",
            f"{session.created_at:%Y-%m-%d %H:%M:%S %Z}, {age(session.created_at, time)} ago",
        ),
        ("updated", f"{age(session.updated_at, time)} ago"),
        ("host", session.host),
    ]
