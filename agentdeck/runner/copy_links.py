"""The links that a view shows: those an agent has set (OSC 8), and those in its text."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from agentdeck.runner.links import LONGEST_LINE, Link, link_at, links_in
from agentdeck.runner.native import Place
from agentdeck.runner.still import Still

MAX_LINKS = 200

Message = dict[str, Any]


def link_of(still: Still, place: Place) -> Message | None:
    """The link of a cell, if it has one."""
    x, y = place
    y = min(max(0, y), still.total - 1)
    x = min(max(0, x), still.cols - 1)
    target = still.hyperlink(x, y)
    if target:
        return _message(target, Link(0, 0, target))
    first, last = still.text.line_rows(y)
    if x >= len(still.cells(y)):
        return None
    start = still.text.start_of(first)
    text = still.text.text[start : min(still.text.end_of(last), start + LONGEST_LINE)]
    link = link_at(text, still.offset((x, y)) - start)
    return _message(text[link.start : link.end], link) if link else None


def links_of(still: Still, top: int) -> list[Message]:
    """The links of a screenful, from the top; each once."""
    found: dict[tuple[Any, ...], Message] = {}
    y = top
    while y < min(top + still.rows, still.text.row_count):
        first, last = still.text.line_rows(y)
        start = still.text.start_of(first)
        end = min(still.text.end_of(last), start + LONGEST_LINE)
        text = still.text.text[start:end]
        links = [_message(text[each.start : each.end], each) for each in links_in(text)]
        for row in range(max(first, top), min(last + 1, top + still.rows)):
            links += _set_links(still, row)
        for link in links:
            found.setdefault((link["target"], link["line"], link["column"]), link)
        y = last + 1
    return list(found.values())[:MAX_LINKS]


def _set_links(still: Still, y: int) -> list[Message]:
    """The hyperlinks of a row."""
    if not still.has_hyperlinks(y):
        return []
    cells = still.cells(y)
    targets = [still.hyperlink(x, y) for x in range(len(cells))]
    links: list[Message] = []
    start = 0
    for target, group in groupby(targets):
        end = start + len(list(group))
        if target:
            links.append(_message("".join(cells[start:end]), Link(0, 0, target)))
        start = end
    return links


def _message(text: str, link: Link) -> Message:
    return {
        "text": text,
        "target": link.target,
        "line": link.line,
        "column": link.column,
    }
