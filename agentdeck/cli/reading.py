"""Printing a session's log as a text to read."""

from __future__ import annotations

from typing import Any

from agentdeck.cli import report
from agentdeck.cli.selection import session_called
from agentdeck.config.paths import paths_from_environment

FOLLOW_WAIT_S = 30
_SIGNS = {"prompt": "> ", "tool": "* ", "result": "    ", "thought": "  ", "answer": ""}


async def print_text(name: str, source: str, *, follow: bool, as_json: bool) -> None:
    """Print what a session's agent said, or what settled on its terminal.

    Args:
        name: The session's name.
        source: `conversation` or `terminal`.
        follow: Go on until the session is over.
        as_json: Print one object at the end in place of text.
    """
    from agentdeck.rpc.client import connected

    kept: list[dict[str, Any]] = []
    position: str | None = None
    async with connected(paths_from_environment()) as client:
        session_id = (await session_called(client, name)).id
        while True:
            answer = await client.call(
                "session.text",
                id=session_id,
                source=source,
                position=position,
                wait_s=FOLLOW_WAIT_S if follow else 0,
            )
            entries = answer["entries"]
            if answer["reset"]:
                kept.clear()
            moved, position = answer["position"] != position, answer["position"]
            if as_json:
                kept += entries
            else:
                for entry in entries:
                    _print(entry, source)
            if answer["end"] or not (follow or moved or not answer["whole"]):
                break
    if as_json:
        report.out_json({"id": session_id, "source": source, "entries": kept})


def _print(entry: dict[str, Any], source: str) -> None:
    kind, text = entry["kind"], report.plain(str(entry["text"]), lines=True)
    if kind == "text":
        report.out(text)
    elif source == "conversation":
        sign = _SIGNS.get(kind, "")
        first, *rest = text.split("\n")
        indent = " " * len(sign)
        lines = [sign + first, *(indent + line for line in rest)]
        if kind in ("prompt", "answer"):
            lines.append("")
        report.out("\n".join(lines))
