"""`agentdeck overlaps`: which sessions get into each other's way."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, complete_names, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

MAX_RANGES = 3


@verb("overlaps", "overlaps fix-login", "overlaps fix-login add-search")
def overlaps(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [OTHER]",
            help="Only what one overlaps with; of two, the conflicts as a text.",
            show_default=False,
            autocompletion=complete_names,
        ),
    ] = None,
    base: Annotated[
        bool, typer.Option("--base", help="The conflicts of NAME with its base.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List which sessions change the same lines or files, uncommitted work included.

    A pair that would conflict has ≠ and its lines on each side; one that changes the
    same files and merges cleanly has ≈.
    """
    given = names or []
    if len(given) > 2 or (base and len(given) != 1):
        raise UsageError("Give no name, one, or two; with --base exactly one.")
    if len(given) == 2 or base:
        finish(_text(given, as_json=as_json))
    else:
        finish(_list(given, as_json=as_json))


async def _list(names: list[str], *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        wanted = (await session_called(client, names[0])).id if names else None
        answer = await client.call("overlaps.list")
    pairs = [p for p in answer["pairs"] if wanted is None or wanted in _ids(p)]
    if as_json:
        report.out_json({**answer, "pairs": pairs})
        return
    if not pairs:
        report.say("Nothing overlaps.")
    for pair in sorted(pairs, key=lambda p: not p["conflicts"]):
        report.out(_line(pair, wanted))


async def _text(names: list[str], *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        ids = [(await session_called(client, name)).id for name in names]
        answer = await client.call(
            "overlaps.text", ours=ids[0], theirs=ids[1] if len(ids) > 1 else None
        )
    if as_json:
        report.out_json(answer)
    elif answer["text"].strip():
        report.out(report.plain(answer["text"], lines=True))
    else:
        report.say("They merge cleanly.")


def _ids(pair: dict[str, Any]) -> list[str]:
    sides = (pair["ours"], pair["theirs"])
    return [side["id"] for side in sides if side is not None]


def _line(pair: dict[str, Any], first: str | None) -> str:
    ours, theirs = pair["ours"], pair["theirs"]
    key = "ours"
    if theirs is not None and theirs["id"] == first:
        ours, theirs, key = theirs, ours, "theirs"
    other = theirs["name"] if theirs else pair["base"]
    is_unicode = report.is_unicode()
    if pair["conflicts"]:
        mark = "≠" if is_unicode else "!="
        files = ", ".join(_file(each, key) for each in pair["conflicts"])
    else:
        mark, files = "≈" if is_unicode else "~", ", ".join(pair["same"])
    return report.plain(f"{ours['name']} {mark} {other}  {files}")


def _file(clash: dict[str, Any], key: str) -> str:
    ranges = [each[key] for each in clash["lines"]]
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in ranges[:MAX_RANGES]]
    more = "…" if len(ranges) > MAX_RANGES else ""
    path = str(clash["path"])
    return path + (f":{','.join(shown)}{more}" if shown else "")
