"""Syntax colours of a file's change, by Pygments, piece by piece as it is seen.

A piece is a run of lines of one side of a hunk; each is read by itself, in a thread.
Pathologically long lines are coloured at their beginning only.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from agentdeck.core.diff_text import FilePatch, LineKind

MAX_LINE = 600
PIECE = 240
"""Lines lexed at a time: a few milliseconds' work."""

Spans = tuple[tuple[int, int, str], ...]
"""Start, end and kind of each part of a line that has a colour."""
Piece = list[tuple[int, str]]
"""Numbers and texts of lines."""


class FileColours:
    """The colours of one file's lines, as far as they have been asked for."""

    def __init__(self, patch: FilePatch) -> None:
        self._patch = patch
        self._path = patch.path
        self._is_divided = False
        self._pieces: list[tuple[str, Piece]] = []
        self._piece_of: dict[tuple[str, int], int] = {}
        self._spans: dict[tuple[str, int], Spans] = {}
        self._done: set[int] = set()

    def _divide(self) -> None:
        """Divide the lines into pieces, when the first of them is seen."""
        self._is_divided = True
        for hunk in self._patch.hunks:
            for side, left_out in (("old", LineKind.ADDED), ("new", LineKind.REMOVED)):
                lines = [
                    ((line.old if side == "old" else line.new) or 0, line.text)
                    for line in hunk.lines
                    if line.kind is not left_out
                ]
                for at in range(0, len(lines), PIECE):
                    self._add_piece(side, lines[at : at + PIECE])

    def _add_piece(self, side: str, piece: Piece) -> None:
        for number, _ in piece:
            self._piece_of[side, number] = len(self._pieces)
        self._pieces.append((side, piece))

    def of(self, side: str, number: int) -> Spans:
        """The colours of a line, none while they are not known."""
        return self._spans.get((side, number), ())

    def missing(self, side: str, number: int) -> int | None:
        """The piece to read for a line's colours, if it is not read yet."""
        if not self._is_divided:
            self._divide()
        piece = self._piece_of.get((side, number))
        return None if piece is None or piece in self._done else piece

    def read(self, piece: int) -> None:
        """Read a piece's colours; made for a thread."""
        side, lines = self._pieces[piece]
        self._done.add(piece)
        lexer = _lexer(self._path.rpartition("/")[2])
        if lexer is None:
            return
        texts = [_for_lexer(text) for _, text in lines]
        found = _line_spans(lexer.get_tokens("\n".join(texts)))
        for (number, _), spans in zip(lines, found, strict=False):
            if spans:
                self._spans[side, number] = spans


@lru_cache(64)
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(name, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


def _for_lexer(text: str) -> str:
    """A line of which every character keeps its place, whatever the lexer strips."""
    return text[:MAX_LINE].translate({0x0A: " ", 0x0D: " ", 0xFEFF: " "})


@lru_cache(512)
def _kind_of(token: Any) -> str:
    from pygments.token import Comment, Keyword, Literal, Name, Number, String

    for parent, kind in (
        (Comment.Preproc, "decorator"),
        (Comment, "comment"),
        (Keyword, "keyword"),
        (Number, "number"),
        (String, "string"),
        (Literal, "string"),
        (Name.Function, "defined"),
        (Name.Class, "defined"),
        (Name.Decorator, "decorator"),
        (Name.Builtin, "name"),
        (Name.Tag, "keyword"),
        (Name.Attribute, "name"),
        (Name.Namespace, "name"),
        (Name.Exception, "name"),
    ):
        if token in parent:
            return kind
    return ""


def _line_spans(tokens: Iterable[tuple[Any, str]]) -> list[Spans]:
    lines: list[list[tuple[int, int, str]]] = [[]]
    at = 0
    for token, value in tokens:
        kind = _kind_of(token)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                at = 0
            if part and kind:
                lines[-1].append((at, at + len(part), kind))
            at += len(part)
    return [tuple(spans) for spans in lines]
