"""Sequences of controls that a program may write, made at random.

Left out is what `known.py` tells of: most of it has to do with a full row, so a
text is always followed by a move to a column.
"""

from __future__ import annotations

from hypothesis import strategies as st

COLS, ROWS = 20, 6

_number = st.integers(0, 9)
_column = st.integers(1, COLS)
_row = st.integers(1, ROWS)
_words = st.sampled_from(["a", "word", "two words ", "x" * 19, "y" * 33, "é", "┌─┐"])


def _csi(final: str, count: st.SearchStrategy[int] = _number) -> st.SearchStrategy[str]:
    return st.builds(lambda n: f"\x1b[{n}{final}", count)


TEXT = st.builds(lambda word, x: f"{word}\x1b[{x}G", _words, _column)
PLACE = st.builds(lambda y, x: f"\x1b[{y};{x}H", _row, _column)
MOVE = st.one_of(*(_csi(final) for final in "ABCDEFGd"))
# Inserting and deleting more than there is room for is one of the differences.
EDIT = st.one_of(
    *(_csi(final, st.integers(1, 3)).map(lambda e: f"\x1b[5G{e}") for final in "@PX"),
    *(
        st.builds(lambda y, edit: f"\x1b[r\x1b[{y}H{edit}\r", _row, _csi(final, _row))
        for final in "LM"
    ),
    st.sampled_from(["\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J", "\x1b[1J", "\x1b[2J"]),
)
LOOK = st.sampled_from(
    [
        "\x1b[m",
        "\x1b[1m",
        "\x1b[4;31m",
        "\x1b[7m",
        "\x1b[44m",
        "\x1b[38;5;200m",
        "\x1b[48;2;9;8;7m",
        "\x1b[22;24;27m",
        "\x1b[39;49m",
        "\x1b[2;3m",
    ]
)
SCROLL = st.one_of(
    *(_csi(final, st.integers(1, 8)) for final in "ST"),
    st.sampled_from(["\n", "\r\n", "\x1bD", "\x1bE", "\x1bM", "\t", "\b", "\r"]),
    st.builds(lambda top, end: f"\x1b[?6l\x1b[{top};{end}r", _row, _row),
    st.just("\x1b[r"),
)
STATE = st.sampled_from(
    [
        "\x1b7",
        "\x1b8",
        "\x1b[?6h",
        "\x1b[?6l",
        "\x1b[?25l",
        "\x1b[?25h",
        "\x1b[4l",
        "\x1b[Z",
        "\x1b(0lqk\x1b(B\r",
        "\x1bH",
    ]
)
PIECES = st.one_of(TEXT, TEXT, TEXT, PLACE, MOVE, EDIT, LOOK, SCROLL, STATE)
VISIT = st.lists(PIECES, max_size=6).map(
    lambda pieces: "".join(["\x1b[?1049h", *pieces, "\x1b[?1049l\x1b7"])
)
SEQUENCES = st.lists(PIECES | PIECES | VISIT, max_size=25).map(
    lambda pieces: "".join(pieces).encode()
)
