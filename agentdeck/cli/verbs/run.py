"""`agentdeck run`: new sessions, from prompts or a command."""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from agentdeck.cli import report
from agentdeck.cli.briefing import (
    brief_of,
    checked_order,
    limits_from,
    merged,
)
from agentdeck.cli.environment import agent_environment, is_text
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.cli.task_lists import read_tasks
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.briefs import limits_to_order
from agentdeck.core.errors import AgentDeckError, ExitStatus, UsageError
from agentdeck.core.session import Session
from agentdeck.core.variants import Variation, group_name, variation_from, varied

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

_COMMAND = "agentdeck.command"


class RunCommand(TyperCommand):
    """A verb that takes everything after `--` as a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before `--`, keep what stands after it."""
        before, command = args, None
        if "--" in args:
            at = args.index("--")
            before, command = args[:at], args[at + 1 :]
        ctx.meta[_COMMAND] = command
        return super().parse_args(ctx, before)


@verb(
    'run "fix the login test" --agent claude',
    'run "review the last commit" --custom reviewer --mode plan',
    "run --name tests -- make test",
    'run "fix the parser" --check "pytest -q"',
    "run --here --agent claude",
    "run --brief login.md --limit minutes=30",
    'run "offer an API" --variant GraphQL --variant REST --variant agent=codex',
    "run --from tasks.md --agent codex --wait",
    cls=RunCommand,
)
def run(  # noqa: PLR0913 - a parameter for each option
    ctx: typer.Context,
    prompt: Annotated[
        str | None, typer.Argument(help="What the agent has to do.")
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The agent; by default the settings' one."),
    ] = None,
    repo: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The git repository; by default this one."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Where to branch off; by default HEAD."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="The name; by default from the prompt."),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="The title; by default the prompt's first line.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The agent's model.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="What it may do without asking, in the agent's words; see `agents`.",
        ),
    ] = None,
    custom: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A custom agent that it plays; `agents --custom` lists.",
        ),
    ] = None,
    agent_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The file of a custom agent that it plays."),
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="An image for the agent; may be repeated."),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMMAND",
            help="A command that says whether the work is right; may be repeated.",
        ),
    ] = None,
    brief: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A brief in place of a prompt; '-' is standard input.",
        ),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=N",
            help="Stop it at minutes=N, tokens=N or cost=N; may be repeated.",
        ),
    ] = None,
    count: Annotated[
        int, typer.Option(metavar="N", help="So many sessions with the same prompt.")
    ] = 1,
    variants: Annotated[
        int | None,
        typer.Option(metavar="N", help="So many variants of one task, to be compared."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="A variant: agent=codex,model=NAME or an approach; may be repeated.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A session for each list item or paragraph; '-' is standard input.",
        ),
    ] = None,
    auto_commit: Annotated[
        bool | None,
        typer.Option(
            "--auto-commit/--no-auto-commit",
            help="Commit what is uncommitted when a turn ends, or not.",
            show_default="as the settings say",
        ),
    ] = None,
    local: Annotated[
        bool,
        typer.Option("--local", help="Start at once, beside the pool, to type into."),
    ] = False,
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="Local, in your own checkout; that is never changed for you."
        ),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until each turn is over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start agents, each in a git worktree and on a branch of its own.

    With `-- COMMAND...` any command runs in place of an agent. --json always prints
    a list of sessions. With --wait the status is 1 if one failed; Ctrl+C ends the
    waiting, never the agent.
    """
    if (local or here) and prompt is None and source is None and brief is None:
        prompt = ""
    command = _checked_command(ctx.meta[_COMMAND], prompt, source or brief)
    if brief is not None and (command or prompt is not None or source is not None):
        raise UsageError("Give a prompt, --from, --brief or a command: only one.")
    briefed = checked_order(brief_of(brief)) if brief is not None else {}
    prompts = _prompts(briefed.get("prompt") or prompt, source, count)
    if name and len(prompts) > 1:
        names = [f"{name}-{number}" for number in range(1, len(prompts) + 1)]
    else:
        names = [name or ""] * len(prompts)
    shared = {
        "repo": str(_folder(repo)),
        "agent": agent,
        "command": command,
        "base": base,
        "title": title,
        "model": model,
        "mode": mode,
        "custom": _custom(custom, agent_file),
        "images": [str(_file(each)) for each in image or ()],
        "checks": list(check or ()),
        "auto_commit": auto_commit,
        "type": "local" if local or here else "background",
        "in_checkout": here,
        "env": agent_environment(),
        **limits_to_order(limits_from(limit or [])),
    }
    shared = merged(shared, briefed)
    orders = [
        {**shared, "prompt": text, "name": slug or None}
        for text, slug in zip(prompts, names, strict=True)
    ]
    if variants is not None or variant:
        orders = _varied(orders, variants, variant or [])
    finish(_run(orders, wait=wait, as_json=as_json))


def _varied(
    orders: list[dict[str, Any]], count: int | None, given: list[str]
) -> list[dict[str, Any]]:
    if len(orders) != 1 or orders[0]["command"]:
        raise UsageError("Variants are of one prompt or brief, without --count.")
    variations = [variation_from(each) for each in given]
    # A number beside them fills up with variants that differ in nothing.
    variations += [Variation()] * ((count or 0) - len(variations))
    order = orders[0]
    text = order["name"] or order["title"] or order["prompt"]
    return varied(order, variations, group_name(text, secrets.token_hex(2)))


def _checked_command(
    command: list[str] | None, prompt: str | None, source: str | None
) -> list[str]:
    if command is not None and not command:
        raise UsageError("No command after `--`. For example: agentdeck run -- make")
    if not command and prompt is None and source is None:
        raise UsageError(
            'What is there to do? Give a prompt, as in agentdeck run "fix the login '
            'test", --brief FILE, --from FILE, or a command after `--`.'
        )
    return command or []


def _prompts(prompt: str | None, source: str | None, count: int) -> list[str]:
    if count < 1:
        raise UsageError("--count needs a number from 1 on.")
    if prompt is not None and source is not None:
        raise UsageError("Give a prompt or --from FILE, not both.")
    texts = [prompt or ""]
    if source is not None:
        texts = read_tasks(source, sys.stdin.read() if source == "-" else None)
    for text in texts:
        if not is_text(text):
            raise UsageError("The prompt is not UTF-8 text.")
    return texts * count


def _custom(name: str | None, file: str | None) -> str | None:
    if name is not None and file is not None:
        raise UsageError("Give --custom NAME or --agent-file FILE, not both.")
    return str(_file(file)) if file is not None else name


def _file(given: str) -> Path:
    return Path(given).expanduser().absolute()


def _folder(repo: str | None) -> Path:
    try:
        return Path(repo or ".").expanduser().absolute()
    except FileNotFoundError as error:
        raise UsageError("This folder is gone. Go to another one.") from error


async def _run(orders: list[dict[str, Any]], *, wait: bool, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    created: list[dict[str, Any]] = []
    failure: AgentDeckError | None = None
    async with connected(paths_from_environment()) as client:
        for order in _with_roles(orders):
            await _say_what_is_lost(client, order)
        for order in orders:
            try:
                answer = await client.call("session.create", **order)
            except AgentDeckError as error:
                failure = error
                break
            created.append(answer["session"])
            if not as_json:
                _print(answer["session"])
    if as_json and not (wait and created):
        report.out_json(created)
    status = int(ExitStatus.DONE)
    if wait and created:
        status = await _wait([values["id"] for values in created], as_json=as_json)
    if failure is not None:
        if len(orders) > 1:
            report.complain(f"{len(created)} of {len(orders)} sessions were made.")
        raise failure
    return status


def _with_roles(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first order of each agent that plays a role."""
    return list({o["agent"]: o for o in reversed(orders) if o["custom"]}.values())


async def _say_what_is_lost(client: HostClient, order: dict[str, Any]) -> None:
    """Say before the start what the agent will not follow of its custom agent."""
    hello = await client.hello("cli")
    agent = order["agent"] or hello["default_agent"]
    answer = await client.call("agents.list", repo=order["repo"])
    for row in answer["custom"]:
        if order["custom"] in (row["name"], row["path"]) and row["name"]:
            lost = row["not_expressed"].get(agent)
            if lost:
                report.say(f"{agent} does not follow its {', '.join(lost)}.")
            return


def _print(values: dict[str, Any]) -> None:
    phase = values["phase"]
    word = phase if phase in ("queued", "preparing", "failed") else "running"
    report.out_text(
        report.plain(f"{values['name']}  {word}  {values['branch']}") + "\n"
    )


async def _wait(ids: list[str], *, as_json: bool) -> int:
    from agentdeck.cli.waiting import settled
    from agentdeck.rpc.wire import session_to_wire

    try:
        sessions = await settled(
            paths_from_environment(), ids, None if as_json else _tell
        )
    except asyncio.CancelledError:
        report.say("No longer waiting. The agents go on; `agentdeck ls` shows them.")
        raise
    if as_json:
        report.out_json([session_to_wire(session) for session in sessions.values()])
    missing = set(ids) - set(sessions)
    failed = missing or any(_has_failed(session) for session in sessions.values())
    return ExitStatus.FAILED if failed else ExitStatus.DONE


def _tell(session: Session) -> None:
    from agentdeck.cli.table import doing, word_of

    line = f"{session.name}  {word_of(session)}"
    if session.exit_code:
        line += f" {session.exit_code}"
    told = doing(session) if session.needs or session.reason else ""
    report.out_text(report.plain(f"{line}  {told}").rstrip() + "\n")


def _has_failed(session: Session) -> bool:
    return session.is_over and (session.phase != "ended" or bool(session.exit_code))
