"""`agentdeck diff`: what a session changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AsJson,
    OneName,
    finish,
    list_sessions,
    session_called,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

if TYPE_CHECKING:
    from agentdeck.core.session import Session
    from agentdeck.rpc.client import HostClient

PAGE_LINES = 20_000
PAGE_FILES = 200
MAX_BYTES = 10_000_000


@verb(
    "diff fix-login",
    "diff fix-login --stat",
    "diff fix-login > fix-login.patch",
    "diff fix-login --commit HEAD~1",
    "diff fix-login --against other-session --json",
)
def diff(  # noqa: PLR0913 - the options of one verb
    name: OneName,
    stat: Annotated[
        bool, typer.Option("--stat", help="Only the files and their counts.")
    ] = False,
    commit: Annotated[
        str | None,
        typer.Option("--commit", metavar="REV", help="One commit of the session."),
    ] = None,
    turn: Annotated[
        str | None,
        typer.Option("--turn", metavar="N", help="One turn, by its checkpoint."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="NAME", help="Against another session or branch."
        ),
    ] = None,
    working: Annotated[
        bool, typer.Option("--working", help="Only what is not committed.")
    ] = False,
    commits: Annotated[
        bool, typer.Option("--commits", help="Only what is committed.")
    ] = False,
    ignore_space: Annotated[
        bool,
        typer.Option("-w", "--ignore-space", help="Pass over changes of white space."),
    ] = False,
    color: Annotated[
        bool | None,
        typer.Option(
            "--color/--no-color", help="With colours; by default on a terminal."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a session changed since its branch left the base.

    With --json the files come with their counts, the ids of both sides, whether they
    were reviewed, and their hunks line by line; --stat leaves the hunks out.
    """
    given = {
        "commit": commit,
        "turn": turn,
        "against": against,
        "working": "" if working else None,
        "commits": "" if commits else None,
    }
    chosen = {kind: value for kind, value in given.items() if value is not None}
    if len(chosen) > 1:
        raise UsageError(
            "Give one of --commit, --turn, --against, --working and --commits."
        )
    kind, revision = next(iter(chosen.items()), ("session", ""))
    wants_colour = report.has_colour() if color is None else color
    asked = {"kind": kind, "revision": revision, "ignore_space": ignore_space}
    if as_json:
        finish(_print_json(name, asked, with_hunks=not stat))
    else:
        finish(_print_text(name, {**asked, "stat": stat, "color": wants_colour}))


async def _print_text(name: str, asked: dict[str, Any]) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        asked["revision"] = await _revision(client, session, asked)
        answer = await client.call("session.diff", id=session.id, **asked)
    text: str = answer["text"]
    if text and not text.endswith("\n"):
        text += "\n"
    if report.is_terminal():
        report.out_text(report.plain(text, lines=True, colour=True))
    else:
        # A patch has to apply: what goes to a file keeps its carriage returns.
        report.out_bytes(text.encode("utf-8", "surrogateescape"))


async def _print_json(name: str, asked: dict[str, Any], *, with_hunks: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        asked["revision"] = await _revision(client, session, asked)
        answer = await client.call("review.files", id=session.id, **asked)
        files: list[dict[str, Any]] = answer["files"]
        if with_hunks:
            asked |= {"id": session.id, "listing": answer["listing"]}
            for page in _pages(files):
                await _add_hunks(client, page, asked)
    report.out_json(
        {
            "id": session.id,
            "name": session.name,
            "base": session.base,
            "compare": {"kind": asked["kind"], "revision": asked["revision"]},
            "old": answer["base"],
            "new": answer["head"],
            "files": files,
        }
    )


async def _revision(client: HostClient, session: Session, asked: dict[str, Any]) -> str:
    """The commit or branch that a person means by a turn's number or a session."""
    revision = str(asked["revision"])
    if asked["kind"] == "turn":
        targets = await client.call("review.targets", id=session.id)
        turns = {str(c["turn"]): str(c["sha"]) for c in targets["commits"] if c["turn"]}
        return turns.get(revision, revision)
    if asked["kind"] == "against":
        others, _ = await list_sessions(client)
        named = (each.branch for each in others if revision in (each.name, each.id))
        return next(named, revision)
    return revision


def _pages(files: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    lines = 0
    for file in files:
        changed = int(file["added"]) + int(file["removed"])
        if not pages or lines + changed > PAGE_LINES or len(pages[-1]) >= PAGE_FILES:
            pages.append([])
            lines = 0
        pages[-1].append(file)
        lines += changed
    return pages


async def _add_hunks(
    client: HostClient, files: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    from agentdeck.core.diff_text import hunks_to_wire, parse_diff

    numbers = [file["number"] for file in files]
    answer = await client.call(
        "review.patches", **asked, files=numbers, max_bytes=MAX_BYTES
    )
    if answer["is_cut"] and len(files) > 1:
        for file in files:
            await _add_hunks(client, [file], asked)
        return
    patches = parse_diff(str(answer["text"]))
    for file in files:
        mine = [patch for patch in patches if patch.path == file["path"]]
        file["hunks"] = [hunk for patch in mine for hunk in hunks_to_wire(patch)]
        file["is_cut"] = bool(answer["is_cut"])
