"""`agentdeck find`: words in what all sessions printed, said and were asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, FilterQuery, finish
from agentdeck.cli.table import cut
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

WAIT_S = 10
SHOWN = 5


@verb(
    "find timing leak", "find '\"Edit(orchard/login.py)\"' --filter agent:claude --json"
)
def find(
    words: Annotated[
        list[str], typer.Argument(help="All must be in a line; quote a phrase.")
    ],
    filter_query: FilterQuery = None,
    as_json: AsJson = False,
) -> None:
    """Find words in all sessions' terminals, conversations, prompts and titles."""
    finish(_find(" ".join(words), filter_query or "", as_json=as_json))


async def _find(text: str, query: str, *, as_json: bool) -> int:
    from agentdeck.core.finding import match_for
    from agentdeck.rpc.client import connected

    if not match_for(text):
        raise UsageError("Give at least two letters to find.")
    async with connected(paths_from_environment()) as client:
        while True:
            answer = await client.call(
                "find.search",
                text=text,
                filter=query,
                limit=50 if as_json else SHOWN,
                wait_s=WAIT_S,
            )
            if not answer["pending"]:
                break
            report.say(f"Reading {answer['pending']} more sessions ...")
    if as_json:
        report.out_json({"hits": answer["hits"], "sessions": answer["sessions"]})
    else:
        _print(answer)
    return 0 if answer["hits"] else 1


def _print(answer: dict[str, Any]) -> None:
    width = report.width()
    for session in answer["sessions"]:
        count = session["count"]
        noun = "line" if count == 1 else "lines"
        title = report.plain(f"{session['name']}  {session['title']}")
        report.out(f"{report.paint(title, 'bold')}  {count} {noun}")
        for hit in session["hits"]:
            at = datetime.fromtimestamp(hit["at"], UTC).astimezone()
            text = report.plain(str(hit["text"]).strip())
            line = f"  {at:%d %b %H:%M}  {hit['source']:<12}  {text}"
            report.out(line if width is None else cut(line, width))
    if not answer["sessions"]:
        report.say("Nothing was found.")
