"""`agentdeck handoff` and `agentdeck fork`: continue a session as another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.environment import agent_environment
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AsJson,
    OneName,
    complete_names,
    finish,
    session_called,
)
from agentdeck.config.brief_files import read_text
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.core.handoffs import Way, carried_in_words

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

TYPES = ("background", "local")
SOURCES = ("stay", "stop", "archive")
WHENS = ("wait", "interrupt", "now")

Model = Annotated[str | None, typer.Option(help="The model of who goes on.")]
NewName = Annotated[
    str | None,
    typer.Option("--name", metavar="SLUG", help="The name; by default of the title."),
]
When = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="In the middle of a turn: wait for its end, interrupt it, or go on now.",
    ),
]


@verb(
    "handoff plan-login",
    "handoff plan-login --to codex --edit --source archive",
    "handoff --from claude --type background --brief login.md",
    "handoff plan-login --with-ignored '.env*' --dry-run",
)
def handoff(  # noqa: PLR0913 - a parameter for each option
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A session by name, id or unique prefix.",
            autocompletion=complete_names,
        ),
    ] = None,
    outside: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="AGENT[:ID]",
            help="A conversation that AgentDeck did not start: claude:ID, codex:ID; "
            "without ID the newest of this folder.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="AGENT", help="Who goes on; by default the same agent."),
    ] = None,
    type_: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="background, or local to type into."
        ),
    ] = "background",
    here: Annotated[
        bool,
        typer.Option("--here", help="Local, in the same checkout of your own."),
    ] = False,
    model: Model = None,
    mode: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="What it may do without asking."),
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="fork, resume, markdown or none; by default the best there is.",
        ),
    ] = None,
    brief: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="What to do, in place of the drafted brief."),
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Edit the brief in $EDITOR first.")
    ] = False,
    source: Annotated[
        str,
        typer.Option(
            metavar="WHAT", help="What the source does then: stay, stop or archive."
        ),
    ] = "stay",
    with_ignored: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Take ignored files along, such as '.env*'; may be repeated.",
        ),
    ] = None,
    when: When = None,
    new_name: NewName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go along, and stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Continue a session as another type or agent, with all that it has.

    Its conversation is forked where its CLI can, or told in words; commits and what is
    staged, unstaged and untracked are in the new worktree as they were. The source is
    left as it is.
    """
    if (name is None) == (outside is None):
        raise UsageError("Give a session's name, or --from AGENT[:ID]: one of them.")
    asked = {
        "outside": outside or "",
        "repo": str(_here()) if outside else "",
        "agent": to,
        "type": "local" if here else _one_of("--type", type_, TYPES),
        "in_checkout": here,
        "way": conversation and _one_of("--conversation", conversation, tuple(Way)),
        "source": _one_of("--source", source, SOURCES),
        "with_ignored": list(with_ignored or ()),
        "env": agent_environment(),
    }
    more = {"model": model, "mode": mode, "name": new_name}
    order = _Order(asked, more, brief, edit, _when(when), dry_run, as_json)
    finish(_hand_off(name, order))


@verb("fork fix-login", 'fork fix-login "Now try it without the cache" --name no-cache')
def fork(
    name: OneName,
    prompt: Annotated[
        str | None,
        typer.Argument(help="What it has to do; without, it waits for you."),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="background or local; by default local, or background with a prompt.",
        ),
    ] = None,
    model: Model = None,
    when: When = None,
    new_name: NewName = None,
    as_json: AsJson = False,
) -> None:
    """Fork a session: a copy of its conversation, commits and files goes on beside it."""
    chosen = type_ or ("background" if prompt else "local")
    asked = {
        "type": _one_of("--type", chosen, TYPES),
        "way": "fork",
        "env": agent_environment(),
    }
    more = {"model": model, "name": new_name, "brief": prompt or ""}
    order = _Order(asked, more, when=_when(when), as_json=as_json)
    finish(_hand_off(name, order))


@dataclass(frozen=True, slots=True)
class _Order:
    """What a person wants of a hand-off."""

    asked: dict[str, Any]
    """What is asked for when it is looked at."""
    more: dict[str, Any]
    """What is asked for beside when it starts."""
    brief: str | None = None
    edit: bool = False
    when: str = "refuse"
    dry_run: bool = False
    as_json: bool = False


def _one_of(option: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise UsageError(f"{option} is one of {', '.join(known)}, not {given!r}.")
    return str(given)


def _when(given: str | None) -> str:
    return _one_of("--when", given, WHENS) if given else "refuse"


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("This folder is gone. Go to another one.") from error


async def _hand_off(name: str | None, order: _Order) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        if name is not None:
            session = await session_called(client, name)
            order.asked["id"] = session.id
            if order.when == "wait" and not order.dry_run:
                await _wait_for(session.id)
        looked = await client.call("handoff.look", **order.asked)
        if order.dry_run:
            _print_plan(looked, as_json=order.as_json)
            return
        if looked["problem"]:
            raise RefusedError(looked["problem"])
        done = await _start(client, looked, order)
    made = done["session"]
    if order.as_json:
        report.out_json(done)
        return
    report.out(report.plain(f"{made['name']}  {made['phase']}  {made['branch']}"))
    if done["carried"] is not None:
        report.say(report.plain(carried_in_words(done["carried"])))


async def _start(
    client: HostClient, looked: dict[str, Any], order: _Order
) -> dict[str, Any]:
    text = order.more.pop("brief", looked["brief"])
    if order.brief is not None:
        text = read_text(Path(order.brief))
    if order.edit:
        text = _edited(text)
    busy = "refuse" if order.when == "wait" else order.when
    try:
        answer: dict[str, Any] = await client.call(
            "handoff.start", **order.asked, **order.more, brief=text, busy=busy
        )
    except AgentDeckError as error:
        if error.data.get("busy"):
            raise RefusedError(
                f"{error.message} --when wait, interrupt or now says which."
            ) from error
        raise
    return answer


async def _wait_for(session_id: str) -> None:
    from agentdeck.cli.waiting import settled

    await settled(paths_from_environment(), [session_id])


def _edited(text: str) -> str:
    """The brief as the person left it in their editor.

    Raises:
        UsageError: If it was left empty.
        AgentDeckError: If there is no editor, or it failed.
    """
    from agentdeck.cli.editing import edited

    left = edited(text)
    if not left.strip():
        raise UsageError("The brief was left empty, so nothing was handed off.")
    return left


def _print_plan(looked: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        report.out_json(looked)
        return
    source, talk = looked["source"], looked["conversation"]
    carried = looked["carried"]
    rows = [
        ("from", f"{source['name']}  {source['agent']}  {source['folder']}"),
        ("to", f"{looked['agent']}, from {source['base']}"),
        ("conversation", f"{talk['way']}: {talk['reason']}"),
        ("carried", carried_in_words(carried) if carried else "nothing has to move"),
    ]
    if looked["problem"]:
        rows[-1] = ("problem", looked["problem"])
    if source["is_busy"]:
        rows.append(("busy", "it is in the middle of a turn; see --when"))
    for label, value in rows:
        report.out(report.plain(f"{label:<13} {value}"))
    report.out("")
    report.out_text(report.plain(looked["brief"], lines=True))
