"""How a merge fares, in the words and colours of its queue. Pure."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from agentdeck.core.merge_queue import Verdict
from agentdeck.tui.look import Glyphs
from agentdeck.tui.printable import one_line

CHECKING = "checking"
MAX_TAIL = 4
"""So many of the last lines of failed checks are shown."""


def fate(result: dict[str, Any] | None, state: str, glyphs: Glyphs) -> Content:
    """How a session of the queue would fare, or how far it is.

    Args:
        result: What a rehearsal said of it, if it was one.
        state: What is told of it while the merge runs, or empty.
        glyphs: The shapes.
    """
    if state == CHECKING:
        return Content.styled(f"{glyphs.preparing} checking", "$primary")
    if state:
        is_fine = state == Verdict.CLEAN
        glyph, colour = (
            (glyphs.done, "$success") if is_fine else (glyphs.failed, "$error")
        )
        if state == Verdict.NOTHING:
            glyph, colour = " ", "$foreground 60%"
        return Content.styled(f"{glyph} {one_line(state)}", colour)
    if result is None:
        return Content("")
    if result["ok"]:
        return Content.styled(f"{glyphs.done} clean", "$success")
    if result.get("verdict") == Verdict.NOTHING:
        return Content.styled("  nothing to merge", "$foreground 60%")
    is_refused = result.get("verdict") == Verdict.REFUSED
    words = Verdict.REFUSED.value if is_refused else in_the_way(result)
    return Content.styled(f"{glyphs.failed} {words}", "$error")


def has_conflict(result: dict[str, Any]) -> bool:
    """Whether a session was not merged because it conflicts."""
    return not result["ok"] and str(result.get("verdict") or "").startswith("conflicts")


def in_the_way(result: dict[str, Any]) -> str:
    """Why a session would not be merged, in a few words."""
    error = result.get("error") or {}
    verdict = one_line(str(result.get("verdict") or ""))
    earlier = ", ".join(one_line(str(name)) for name in result.get("earlier") or ())
    files = list((error.get("data") or {}).get("files") or ())
    named = ", ".join(one_line(str(file)) for file in files[:3])
    if earlier:
        return f"conflicts with {earlier}: {named}"
    if verdict.startswith("conflicts"):
        return f"{verdict}: {named}"
    if verdict == "nothing to merge":
        return verdict
    return one_line(str(error.get("message") or verdict))


def result_line(result: dict[str, Any], done: str, failed: str) -> Content:
    """How it went with one session, the files of a conflict named."""
    name = one_line(str(result["name"]))
    if result["ok"]:
        into = one_line(str(result.get("into") or ""))
        commit = one_line(str(result.get("commit") or ""))[:8]
        stays = one_line(str(result.get("stays") or ""))
        return Content.assemble(
            (f"{done} ", "$success"),
            (name, "bold"),
            (f"  into {into} {commit}" if into else "", "$foreground 60%"),
            (f"  {stays}" if stays else "", "$warning"),
        )
    error = result.get("error") or {}
    message = one_line(str(error.get("message") or "It failed."))
    files = (error.get("data") or {}).get("files") or ()
    named = ", ".join(one_line(str(file)) for file in list(files)[:6])
    shown = f"\n  {named}" if named and named not in message else ""
    tail = (error.get("data") or {}).get("tail") or ()
    shown += "".join(f"\n  {one_line(str(line))}" for line in list(tail)[-MAX_TAIL:])
    return Content.assemble(
        (f"{failed} ", "$error"), (name, "bold"), f"  {message}", (shown, "$warning")
    )
