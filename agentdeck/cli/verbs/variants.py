"""`agentdeck compare`, `pick` and `take`: variants of one task."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AsJson,
    OneName,
    Yes,
    finish,
    list_sessions,
    session_called,
)
from agentdeck.cli.table import cells_wide, word_of
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.checks import CheckState
from agentdeck.core.errors import (
    ExitStatus,
    NoSuchSessionError,
    UsageError,
)
from agentdeck.core.merge_queue import STRATEGIES
from agentdeck.core.naming import session_named
from agentdeck.core.session import Session

_HEAD = (
    "NAME",
    "WHAT",
    "STATE",
    "CHECKS",
    "FILES",
    "+",
    "-",
    "COMMITS",
    "MIN",
    "WITH YOU",
    "FINDINGS",
    "OVERLAP",
    "TOKENS",
    "COST",
)
_LEFT = frozenset({0, 1, 2, 3})


@verb("compare offer-api-3f2a", "compare offer-api-1 --json")
def compare(
    group: Annotated[
        str,
        typer.Argument(metavar="GROUP", help="A group of variants, or one of them."),
    ],
    as_json: AsJson = False,
) -> None:
    """Count variants side by side: checks, files, lines, commits, minutes, cost."""
    finish(_compare(group, as_json=as_json))


@verb("pick offer-api-2", "pick offer-api-2 --strategy squash --yes")
def pick(
    name: OneName,
    strategy: Annotated[
        str,
        typer.Option(metavar="HOW", help="merge, squash, rebase or fast-forward."),
    ] = "merge",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Merge one variant and discard the others; `undo` twice takes both back."""
    known = [known_name for known_name, _ in STRATEGIES]
    if strategy not in known:
        raise UsageError(f"--strategy is one of {', '.join(known)}, not {strategy!r}.")
    finish(_pick(name, strategy, yes=yes, as_json=as_json))


@verb(
    "take src/api.py --from offer-api-1 --into offer-api-2",
    "take src/api.py --from offer-api-1 --into offer-api-2 --hunk 2",
)
def take(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A path from the repository's top.")
    ],
    source: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The session that has it.")
    ],
    target: Annotated[
        str, typer.Option("--into", metavar="NAME", help="The session that gets it.")
    ],
    hunk: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Only hunk N of what the session changed, as `diff` shows them.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a file as it is in one session's worktree, or a hunk, into another's.

    It is staged there and not committed.
    """
    finish(_take(file, source, target, hunk, as_json=as_json))


async def _compare(group: str, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected
    from agentdeck.rpc.wire import session_from_wire

    async with connected(paths_from_environment()) as client:
        sessions, _ = await list_sessions(client)
        answer = await client.call("variants.compare", group=_meant(group, sessions))
    if as_json:
        report.out_json(answer)
        return
    rows = [
        _cells(row, session_from_wire(row["session"])) for row in answer["variants"]
    ]
    for line in _aligned([_HEAD, *rows]):
        report.out(line)


def _meant(given: str, sessions: list[Session]) -> str:
    """The group of that name, or that of the session of that name."""
    if any(session.group == given for session in sessions):
        return given
    try:
        session = session_named(given, sessions)
    except NoSuchSessionError as error:
        groups = ", ".join(sorted({s.group for s in sessions if s.group})) or "none"
        raise NoSuchSessionError(
            f"There is no group and no session {given!r}. Groups: {groups}."
        ) from error
    if not session.group:
        raise UsageError(
            f"{session.name} is no variant, so there is nothing beside it."
        )
    return session.group


def _cells(row: dict[str, Any], session: Session) -> tuple[str, ...]:
    check = "" if session.check is CheckState.NONE else session.check.value
    cost = row["cost_usd"]
    return (
        report.plain(session.name),
        report.plain(session.variant or session.agent),
        word_of(session),
        check,
        str(len(row["files"])),
        f"+{row['added']}",
        f"-{row['removed']}",
        str(row["commits"]),
        f"{row['minutes']:.1f}",
        f"{row['supervised_minutes']:.1f}" if row["supervised_minutes"] else "",
        _findings(row["findings"]),
        str(len(row["collides"])) if row["collides"] else "",
        f"{row['tokens']:,}" if row["tokens"] else "",
        "" if cost is None else f"${cost:.2f}",
    )


def _findings(counts: dict[str, int]) -> str:
    """How many reviewers found, by severity: `1 error, 2 warnings`."""
    named = [
        f"{count} {severity}{'s' if count > 1 else ''}"
        for severity, count in counts.items()
        if count
    ]
    return ", ".join(named)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """The rows in columns; a column that says nothing anywhere is left out."""
    shown = [n for n in range(len(_HEAD)) if any(row[n] for row in rows[1:])]
    widths = {n: max(cells_wide(row[n]) for row in rows) for n in shown}

    def padded(n: int, text: str) -> str:
        pad = " " * (widths[n] - cells_wide(text))
        return text + pad if n in _LEFT else pad + text

    return ["  ".join(padded(n, row[n]) for n in shown).rstrip() for row in rows]


async def _pick(name: str, strategy: str, *, yes: bool, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        sessions, _ = await list_sessions(client)
        winner = session_named(name, sessions)
        others = [s for s in sessions if s.group == winner.group and s.id != winner.id]
        if not winner.group:
            raise UsageError(f"{winner.name} is no variant; `agentdeck merge` it.")
        question = f"Merge {winner.name} into {winner.base}"
        if others:
            question += f" and discard {', '.join(s.name for s in others)}"
        if not report.agreed(f"{question}?", skip=yes):
            report.say("Nothing was done.")
            return ExitStatus.FAILED
        answer = await client.call(
            "variants.pick",
            id=winner.id,
            strategy=strategy,
            expected=[session.id for session in others],
        )
    results = [answer["merged"], *answer["results"]]
    if as_json:
        report.out_json(answer)
    return _reported(results, quiet=as_json)


def _reported(results: list[dict[str, Any]], *, quiet: bool) -> int:
    failed = [result for result in results if not result["ok"]]
    for number, result in enumerate(results):
        name = report.plain(result["name"])
        if not result["ok"]:
            report.complain(f"{name}: {(result.get('error') or {}).get('message')}")
        elif not quiet:
            done = f"merged into {result['into']}" if number == 0 else "discarded"
            report.out(f"{name}  {report.plain(done)}")
    if failed and not results[0]["ok"]:
        return ExitStatus.REFUSED
    return ExitStatus.FAILED if failed else ExitStatus.DONE


async def _take(
    file: str, source: str, target: str, hunk: int | None, *, as_json: bool
) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        given, getting = (
            await session_called(client, source),
            await session_called(client, target),
        )
        answer = await client.call(
            "variants.take", path=file, source=given.id, target=getting.id, hunk=hunk
        )
    if as_json:
        report.out_json(answer)
    else:
        what = file if hunk is None else f"{file}, hunk {hunk}"
        report.out(
            report.plain(f"{what}  from {answer['source']} into {answer['target']}")
        )
