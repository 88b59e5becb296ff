"""Which lines of a change belong together, and what differs inside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Span = tuple[int, int]
Pair = tuple[int | None, int | None]

_TOKENS = re.compile(r"\w+|[^\S\n]+|[^\w\s]", re.UNICODE)
MAX_TOKENS = 400
"""Of longer lines only a common beginning and end are told apart."""
MAX_COMPARED = 240
"""Of larger blocks, lines are paired in order: comparing each with each is slow."""
ALIKE = 0.5
"""Lines that have less in common than this are no versions of each other."""


def paired(removed: Sequence[str], added: Sequence[str]) -> list[Pair]:
    """Put the lines of a block beside each other, each once and both in order.

    Lines that are alike stand beside each other; what is between them fills up from
    the top, so that the two sides stay as short as they can.
    """
    if len(removed) == 1 and len(added) == 1:
        return [(0, 0)]
    matches = _alike_pairs(removed, added)
    pairs: list[Pair] = []
    old = new = 0
    for a, b in [*matches, (len(removed), len(added))]:
        pairs += _beside(range(old, a), range(new, b))
        if a < len(removed):
            pairs.append((a, b))
        old, new = a + 1, b + 1
    return pairs


def _beside(old: range, new: range) -> list[Pair]:
    both = min(len(old), len(new))
    pairs: list[Pair] = list(zip(old[:both], new[:both], strict=True))
    pairs += [(a, None) for a in old[both:]]
    pairs += [(None, b) for b in new[both:]]
    return pairs


def _alike_pairs(removed: Sequence[str], added: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of lines that are alike: most likeness in all, none crossing."""
    if not removed or not added or len(removed) * len(added) > MAX_COMPARED:
        return []
    old, new = [_bag(line) for line in removed], [_bag(line) for line in added]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_likeness(a, b) for b in new] for a in old]
    for a in range(len(old) - 1, -1, -1):
        for b in range(len(new) - 1, -1, -1):
            worth = alike[a][b] if alike[a][b] >= ALIKE else 0.0
            together = worth + best[a + 1][b + 1] if worth else 0.0
            best[a][b] = max(together, best[a + 1][b], best[a][b + 1])
    pairs: list[tuple[int, int]] = []
    a = b = 0
    while a < len(old) and b < len(new):
        worth = alike[a][b] if alike[a][b] >= ALIKE else 0.0
        if worth and best[a][b] == worth + best[a + 1][b + 1]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return pairs


def _bag(line: str) -> frozenset[str]:
    words = _TOKENS.findall(line[:2000])
    return frozenset(word for word in words if not word.isspace())


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0


def changed_spans(old: str, new: str) -> tuple[list[Span], list[Span]]:
    """What differs between two versions of a line: spans of characters on each side.

    What is outside the spans is the same on both sides. Lines that have too little in
    common get no spans: to mark nearly all of a line says nothing.
    """
    old_words, new_words = _words(old), _words(new)
    if max(len(old_words), len(new_words)) > MAX_TOKENS:
        return _between_ends(old, new)
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    blocks = matcher.get_matching_blocks()
    kept = sum(len("".join(old_words[m.a : m.a + m.size])) for m in blocks)
    if 2 * kept < ALIKE * (len(old) + len(new)):
        return [], []
    old_at, new_at = _offsets(old_words), _offsets(new_words)
    old_spans: list[Span] = []
    new_spans: list[Span] = []
    a = b = 0
    for block in blocks:
        _add(old_spans, old_at[a], old_at[block.a])
        _add(new_spans, new_at[b], new_at[block.b])
        a, b = block.a + block.size, block.b + block.size
    return old_spans, new_spans


def _words(line: str) -> list[str]:
    """The line in parts that join to the whole of it."""
    parts: list[str] = []
    at = 0
    for found in _TOKENS.finditer(line):
        if found.start() > at:
            parts.append(line[at : found.start()])
        parts.append(found[0])
        at = found.end()
    return [*parts, line[at:]] if at < len(line) else parts


def _offsets(words: list[str]) -> list[int]:
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return offsets


def _add(spans: list[Span], start: int, end: int) -> None:
    if start < end:
        spans.append((start, end))


def _between_ends(old: str, new: str) -> tuple[list[Span], list[Span]]:
    shortest = min(len(old), len(new))
    head = 0
    while head < shortest and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shortest - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if 2 * (head + tail) < ALIKE * shortest:
        return [], []
    spans: tuple[list[Span], list[Span]] = ([], [])
    _add(spans[0], head, len(old) - tail)
    _add(spans[1], head, len(new) - tail)
    return spans
