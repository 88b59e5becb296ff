"""The task that hands a conflict to the session's own agent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Way = Literal["merge", "rebase"]
MAX_TEXT = 12_000
MAX_FILES = 40


def resolve_prompt(
    base: str, branch: str, files: Sequence[str], text: str, way: Way
) -> str:
    """What an agent is asked, so that its branch can be merged.

    Args:
        base: The base's name.
        branch: The session's branch.
        files: The files in conflict.
        text: The conflicts as git would leave them in the files.
        way: Whether to merge the base into the branch or to rebase the branch.
    """
    if way == "rebase":
        how = f"run `git rebase {base}` and settle each stop"
    else:
        how = f"run `git merge {base}`, settle the conflicts and commit the merge"
    named = "\n".join(f"- {_line(path)}" for path in files[:MAX_FILES])
    more = len(files) - MAX_FILES
    named += f"\n- and {more} more" if more > 0 else ""
    parts = [
        f"Your branch {branch} conflicts with {base}, so it cannot be merged yet.",
        f"Commit what is uncommitted first. Then {how}. Keep what both sides mean:"
        f" neither drop your own change nor what came into {base}. Run the tests that"
        " there are. Do not push, and do not switch to another branch.",
        f"In conflict:\n{named}",
    ]
    if text:
        shown = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "\n… (cut)"
        fence = _fence(shown)
        parts.append(f"As git leaves them:\n{fence}\n{shown}\n{fence}")
    return "\n\n".join(parts)


def _line(path: str) -> str:
    return " ".join(path.split("\n"))


def _fence(text: str) -> str:
    """A fence that the text does not hold."""
    fence = "```"
    while fence in text:
        fence += "`"
    return fence
