"""The line under a pane of which older output is read, or from which is copied."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from agentdeck.tui.look import Glyphs
from agentdeck.tui.printable import cell_text, cut
from agentdeck.tui.widgets.copying import Prompt
from agentdeck.tui.widgets.terminal_buffer import Copy, Scrolled

_LIMITS = {
    "reading": "reading the recording",
    "log": "older output is in the log",
}
_KINDS = {"text": "text", "lines": "lines", "block": "a block"}


def scrolled_subtitle(scrolled: Scrolled, glyphs: Glyphs, room: int) -> Content:
    """Where one is, what came since, and the way back."""
    up = f"{scrolled.up} rows up"
    limit = _LIMITS.get(scrolled.limit, "")
    if scrolled.limit == "log":
        limit += " (l)"
    news = "new output below" if scrolled.has_news else ""
    back = "shift+end goes back"
    line = _fitting(glyphs, room, [up, limit, news, back], (back, news))
    return Content.styled(line, "$warning bold")


def copy_subtitle(
    copy: Copy,
    prompt: Prompt | None,
    scrolled: Scrolled | None,
    glyphs: Glyphs,
    room: int,
) -> Content:
    """What is searched or selected, and what to do with it."""
    if prompt is not None:
        return _prompt_line(prompt, copy, glyphs, room)
    found = _found(copy)
    if copy.query:
        query = cut(_shown(copy.query, glyphs), 20, more=glyphs.more)
        found = f"{query} {found}"
    limit = _LIMITS.get(scrolled.limit, "") if scrolled is not None else ""
    if limit == _LIMITS["log"]:
        limit += " (ctrl+l)"
    news = "new output below" if scrolled is not None and scrolled.has_news else ""
    selecting = f"selecting {_KINDS.get(copy.kind, copy.kind)}" if copy.kind else ""
    doing = "y copies" if copy.kind else "v selects"
    if copy.link and not copy.kind:
        doing = f"o opens {cut(_shown(copy.link, glyphs), 40, more=glyphs.more)}"
    up = f"{scrolled.up} rows up" if scrolled is not None and scrolled.up else ""
    parts = ["copy mode", selecting, found, up, limit, news, doing, "esc leaves"]
    return Content.styled(
        _fitting(glyphs, room, parts, (doing, up, "esc leaves", "copy mode", news)),
        "$warning bold",
    )


def _prompt_line(prompt: Prompt, copy: Copy, glyphs: Glyphs, room: int) -> Content:
    found = _found(copy) if prompt.text else "esc gives up"
    left = max(1, room - cell_len(found) - 6)
    typed = _shown(prompt.text, glyphs)
    while cell_len(typed) > left:
        typed = typed[1:]
    return Content.assemble(
        (f"{prompt.sign}{typed}", "$warning bold"), (" ", "reverse"), f"  {found}"
    )


def _found(copy: Copy) -> str:
    if copy.count is None:
        return ""
    if not copy.count:
        return "no match"
    return f"{copy.number or 0} of {copy.count}"


def _shown(text: str, glyphs: Glyphs) -> str:
    return cell_text(text, ascii_only=glyphs.is_ascii)


def _fitting(
    glyphs: Glyphs, room: int, parts: list[str], dispensable: tuple[str, ...]
) -> str:
    """Parts in a line, without the first of those that need not be if it is long."""
    kept = [part for part in parts if part]
    for part in ("", *dispensable):
        kept = [each for each in kept if each != part]
        line = f" {glyphs.dot} ".join(kept)
        if cell_len(line) <= room:
            return line
    return cut(f" {glyphs.dot} ".join(kept), room, more=glyphs.more)
