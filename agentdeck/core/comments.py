"""A person's comments on lines of a change: where they stand, and how they are sent.

A comment is tied to the text of its lines and what stands around them, so that it
moves with them, and is outdated once they are changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

CONTEXT = 3
"""How many lines around the commented ones are remembered."""
TELLING = 8
"""A line with fewer characters may stand anywhere and is no sign by itself."""
MAX_TEXT = 20_000
MAX_QUOTED = 40
"""A longer range is quoted by its first lines."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Lines of one side of a file, by number and by content."""

    path: str
    side: str
    """`new` or `old`."""
    line: int
    """The first line, from 1; 0 for a comment on the whole file."""
    texts: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The last line."""
        return self.line + max(0, len(self.texts) - 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an anchor's lines are now."""

    line: int
    end: int
    is_outdated: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. Times are ISO 8601; `sent_at` is empty until the agent has it."""

    id: str
    anchor: Anchor
    text: str
    at: str
    hunk: str = ""
    """The lines around it as the diff showed them."""
    sent_at: str = ""
    is_resolved: bool = False

    @property
    def is_unsent(self) -> bool:
        """Whether it would go to the agent with the next message."""
        return not self.sent_at and not self.is_resolved


def anchored(
    path: str, side: str, lines: Sequence[str], first: int, last: int
) -> Anchor:
    """An anchor on the lines `first` to `last` of a file's content."""
    if first < 1 or not lines:
        return Anchor(path, side, 0)
    first = min(first, len(lines))
    last = max(first, min(last, len(lines)))
    return Anchor(
        path,
        side,
        first,
        tuple(lines[first - 1 : last]),
        tuple(lines[max(0, first - 1 - CONTEXT) : first - 1]),
        tuple(lines[last : last + CONTEXT]),
    )


def placed(anchor: Anchor, lines: Sequence[str]) -> Place:
    """Where an anchor's lines are in the content that there is now."""
    if anchor.line == 0:
        return Place(0, 0, is_outdated=False)
    count = len(anchor.texts)
    found: tuple[int, int, int] | None = None
    for at in _occurrences(anchor.texts, lines):
        context = _context_at(anchor, lines, at)
        distance = abs(at + 1 - anchor.line)
        if _is_sure(anchor, context, distance):
            found = max(found or (-1, 0, 0), (context, -distance, at))
    if found is not None:
        return Place(found[2] + 1, found[2] + count, is_outdated=False)
    line = _nearest(anchor, lines)
    return Place(line, line, is_outdated=True)


def _occurrences(texts: Sequence[str], lines: Sequence[str]) -> Iterable[int]:
    first, count, wanted = texts[0], len(texts), list(texts)
    for at in range(len(lines) - count + 1):
        if lines[at] == first and list(lines[at : at + count]) == wanted:
            yield at


def _context_at(anchor: Anchor, lines: Sequence[str], at: int) -> int:
    """How many lines around it are still the ones that were there."""
    score = 0
    for back, text in enumerate(reversed(anchor.before), 1):
        if at - back < 0 or lines[at - back] != text:
            break
        score += 1
    end = at + len(anchor.texts)
    for on, text in enumerate(anchor.after):
        if end + on >= len(lines) or lines[end + on] != text:
            break
        score += 1
    return score


def _is_sure(anchor: Anchor, context: int, distance: int) -> bool:
    if context or distance == 0:
        return True
    return sum(len(text.strip()) for text in anchor.texts) >= TELLING


def _nearest(anchor: Anchor, lines: Sequence[str]) -> int:
    """The line where the changed lines most likely were."""
    if not lines:
        return 0
    neighbours: list[tuple[str, int]] = []
    neighbours += [(t, n) for n, t in enumerate(reversed(anchor.before), 1)]
    neighbours += [(t, -n) for n, t in enumerate(anchor.after, 1)]
    neighbours.sort(key=lambda each: abs(each[1]))
    for text, offset in neighbours:
        places = [n + offset for n, line in enumerate(lines, 1) if line == text]
        if len(places) == 1 or (places and len(text.strip()) >= TELLING):
            best = min(places, key=lambda n: abs(n - anchor.line))
            return min(max(1, best), len(lines))
    return min(max(1, anchor.line), len(lines))


def message_of(
    comments: Sequence[Comment], places: Mapping[str, Place], noun: str = "comment"
) -> str:
    """One message to the agent with all of some comments.

    Control characters are left out: what a repository holds must not be able to end
    the paste and press keys.

    Args:
        comments: Those to send, in the order of the diff.
        places: Where each stands now, by its id.
        noun: What one of them is called.
    """
    count = len(comments)
    nouns = noun if count == 1 else f"{noun}s"
    parts = [f"Review of your changes: {count} {nouns}. Please deal with each."]
    for number, comment in enumerate(comments, 1):
        parts.append(_quoted(number, comment, places.get(comment.id)))
    return _UNSAFE.sub("", "\n\n".join(parts).replace("\r", ""))


def _quoted(number: int, comment: Comment, place: Place | None) -> str:
    anchor = comment.anchor
    path = anchor.path.replace("\n", " ")
    where = f"{path}, {lines_named(anchor, place)}" if path else "The change as a whole"
    quote = comment.hunk.split("\n") if comment.hunk else list(anchor.texts)
    shown = [f"> {line}".rstrip() for line in quote[:MAX_QUOTED]]
    if len(quote) > MAX_QUOTED:
        shown.append(f"> ({len(quote) - MAX_QUOTED} more lines)")
    return "\n".join([f"{number}. {where}", *shown, comment.text.strip()])


def lines_named(anchor: Anchor, place: Place | None = None) -> str:
    """The lines in words: `line 12`, `lines 12-14 before the change`."""
    if anchor.line == 0:
        return "the whole file"
    outdated = place is not None and place.is_outdated
    at, end = anchor.line, anchor.end
    if place is not None and not outdated:
        at, end = place.line, place.end
    named = f"line {at}" if at == end else f"lines {at}-{end}"
    side = " before the change" if anchor.side == "old" else ""
    return f"{named}{side}{' (changed since)' if outdated else ''}"


def in_order(comments: Iterable[Comment]) -> list[Comment]:
    """Comments by file and line."""
    return sorted(comments, key=lambda c: (c.anchor.path, c.anchor.line, c.at))


def edited(comment: Comment, **values: Any) -> Comment:
    """A comment with some values changed; another text has not been sent yet."""
    changed = replace(comment, **values)
    if changed.text != comment.text:
        changed = replace(changed, sent_at="")
    return changed


def comment_to_wire(comment: Comment, place: Place | None = None) -> dict[str, Any]:
    """A comment as `agentdeck comments --json` shows it."""
    anchor = comment.anchor
    values: dict[str, Any] = {
        "id": comment.id,
        "path": anchor.path,
        "side": anchor.side,
        "line": anchor.line,
        "texts": list(anchor.texts),
        "before": list(anchor.before),
        "after": list(anchor.after),
        "text": comment.text,
        "at": comment.at,
        "hunk": comment.hunk,
        "sent_at": comment.sent_at,
        "is_resolved": comment.is_resolved,
    }
    if place is not None:
        values["place"] = {
            "line": place.line,
            "end": place.end,
            "is_outdated": place.is_outdated,
        }
    return values


def comment_from_wire(values: Mapping[str, Any]) -> Comment:
    """A comment from its JSON object."""
    anchor = Anchor(
        str(values["path"]),
        "old" if values.get("side") == "old" else "new",
        int(values["line"]),
        tuple(str(each) for each in values.get("texts") or ()),
        tuple(str(each) for each in values.get("before") or ()),
        tuple(str(each) for each in values.get("after") or ()),
    )
    return Comment(
        str(values["id"]),
        anchor,
        str(values["text"]),
        str(values["at"]),
        str(values.get("hunk") or ""),
        str(values.get("sent_at") or ""),
        bool(values.get("is_resolved")),
    )


def place_from_wire(values: Mapping[str, Any]) -> Place | None:
    """Where the host says that a comment stands, if it does."""
    place = values.get("place")
    if not isinstance(place, dict):
        return None
    return Place(int(place["line"]), int(place["end"]), bool(place["is_outdated"]))
