"""`agentdeck reviews` and `review-now`: reviews of sessions by other agents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    finish,
    session_called,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, UsageError

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient


@verb("reviews", "reviews fix-login", "reviews --rules", "reviews --dry-run")
def reviews(
    names: Names = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="The rules that start reviews here.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Which rule would start for what, or why not."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the reviews of sessions by agents, the rules, or what would start now.

    Rules are [[reviews.rules]] in the settings, or in a trusted repository's
    .agentdeck.toml: `on` an event (idle-green, idle, branch-moved, pull-request, manual)
    a reviewer starts on a worktree of its own. The same files are not reviewed twice by a rule.
    """
    if rules and (dry_run or names):
        raise UsageError("--rules stands alone.")
    if dry_run:
        finish(_rehearse(names, as_json=as_json))
    else:
        finish(_list(names, only_rules=rules, as_json=as_json))


@verb(
    "review-now fix-login --rule enforcer",
    "review-now --filter check:passed --agent claude --custom review-enforcer",
)
def review_now(  # noqa: PLR0913 - the options of one verb
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    rule: Annotated[
        str | None, typer.Option("--rule", help="The rule to review by.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="The agent that reviews.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Its model.")] = None,
    custom: Annotated[
        str | None, typer.Option("--custom", help="The custom agent that it plays.")
    ] = None,
    prompt: Annotated[
        str, typer.Option("--prompt", help="What it is told beside how to review.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also what was reviewed by it already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a review of sessions now, by a rule or by an agent.

    The reviewer is a session of its own, on the same files with uncommitted work
    included, and it changes nothing. `agentdeck findings NAME` lists what it found.
    """
    if rule and (agent or model or custom or prompt):
        raise UsageError("Give either --rule, or --agent and what goes with it.")
    params = {
        "rule": rule,
        "agent": agent,
        "model": model,
        "custom": custom,
        "prompt": prompt,
        "again": again,
    }
    request = Request("reviews.start", "review started", params)
    work = act_on_many(
        request, names, filter_query, everything=everything, as_json=as_json
    )
    finish(work)


async def _list(names: list[str] | None, *, only_rules: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await _told(client)
        ids = [(await session_called(client, name)).id for name in names or []]
    if names:
        chosen = [r for r in answer["reviews"] if r["session"] in ids]
        answer = {**answer, "reviews": chosen}
    if as_json:
        report.out_json(answer)
        return
    if only_rules:
        _print_rules(answer["rules"])
        return
    for review in answer["reviews"]:
        report.out(report.plain(_line(review)))
    if not answer["reviews"]:
        count = len(answer["rules"])
        noun = "rule" if count == 1 else "rules"
        report.say(f"No reviews yet. There are {count} {noun}; --rules lists them.")


async def _told(client: HostClient) -> dict[str, Any]:
    """Rules and reviews, with the rules of the repository that one stands in."""
    try:
        told = await client.call("reviews.list", repo=str(Path.cwd()))
    except AgentDeckError:
        told = await client.call("reviews.list")
    return dict(told)


def _line(review: dict[str, Any]) -> str:
    state = str(review["state"])
    if state == "done":
        count = review["found"]
        state = f"found {count}" if count else "clean"
    at, commit = str(review["at"])[:16].replace("T", " "), str(review["commit"])[:8]
    by = f"by {review['rule']}" + (" by hand" if review["by_hand"] else "")
    parts = [at, str(review["name"]), commit, by, f"round {review['round']}", state]
    parts += [str(review["reviewer_name"])] if review["reviewer_name"] else []
    note = f"  ({review['note']})" if review["note"] else ""
    return "  ".join(parts) + note


def _print_rules(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        who = rule["agent"] or "the usual agent"
        if rule["custom"]:
            who += f" as {rule['custom']}"
        where = rule["filter"] or "all sessions"
        whose = f"in {rule['repo']}" if rule["repo"] else "in your settings"
        events = ", ".join(rule["on"])
        line = f"{rule['name']}  on {events}, {where}: {who}, {whose}"
        report.out(report.plain(line))
    if not rules:
        report.say("There are no rules. [[reviews.rules]] in the settings makes one.")


async def _rehearse(names: list[str] | None, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        ids = [(await session_called(client, name)).id for name in names or []]
        answer = await client.call("reviews.rehearse", ids=ids or None)
    rows: list[dict[str, Any]] = answer["reviews"]
    if as_json:
        report.out_json(rows)
        return
    for row in rows:
        told = "would start" if row["starts"] else f"no: {row['why']}"
        by = f"  {row['rule']}" if row["rule"] else ""
        report.out(report.plain(f"{row['name']}{by}  {told}"))
    if not rows:
        report.say("No rule and no session, so nothing would start.")
