"""Turns the engine's raw cells into rows of styled text.

A row is a tuple of runs of one style, an index into `StyleTable`:

- `(text, style)`: characters of one cell each;
- `(text, style, cells)` with two cells for each character of `text`: wide ones;
- `(text, style, cells)` else: one cluster of characters in one or two cells.

So a reader that measures a cluster differently still knows where the next run is.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

from agentdeck.runner.native import check, ffi, lib

Run = tuple[str, int] | tuple[str, int, int]
Row = tuple[Run, ...]
Style = list[Any]
Piece = tuple[str, int, int, int]
"""Text, style, cells, and of which kind of run it is."""
_NARROW, _WIDE, _CLUSTER = range(3)

BOLD, FAINT, ITALIC, UNDERLINE, BLINK, INVERSE, INVISIBLE, STRIKE, OVERLINE = (
    1 << bit for bit in range(9)
)
UNDERLINE_DOUBLE, UNDERLINE_CURLY, UNDERLINE_DOTTED, UNDERLINE_DASHED = (
    1 << bit for bit in range(9, 13)
)
# Above this many styles a table begins anew, so that noise cannot fill memory.
STYLES_LIMIT = 16384

_UNDERLINES = (
    0,
    UNDERLINE,
    UNDERLINE | UNDERLINE_DOUBLE,
    UNDERLINE | UNDERLINE_CURLY,
    UNDERLINE | UNDERLINE_DOTTED,
    UNDERLINE | UNDERLINE_DASHED,
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class CellLayout:
    """Where the engine keeps what in the 64 bits of a cell.

    The bits are not part of its stable interface, so they are read from the
    description that the engine gives of itself.
    """

    def __init__(self) -> None:
        described = json.loads(ffi.string(lib.ghostty_type_json()))
        bits = described["types"]["GhosttyCell"]["bits"]
        self.content_shift = bits["content"]["lsb"]
        self.content_mask = (1 << bits["content"]["width"]) - 1
        codepoint = bits["content"]["arms"]["CODEPOINT"]["bits"]["codepoint"]
        self.codepoint_shift = self.content_shift + codepoint["lsb"]
        self.codepoint_mask = (1 << codepoint["width"]) - 1
        self.tag_shift = bits["content_tag"]["lsb"]
        self.tag_mask = (1 << bits["content_tag"]["width"]) - 1
        self.style_shift = bits["style_id"]["lsb"]
        self.style_mask = (1 << bits["style_id"]["width"]) - 1
        self.wide_shift = bits["wide"]["lsb"]
        self.wide_mask = (1 << bits["wide"]["width"]) - 1
        self.look = (
            self.tag_mask << self.tag_shift | self.style_mask << self.style_shift
        )
        """The bits that neighbours of one run share."""
        self.width = self.wide_mask << self.wide_shift
        """The bits that are not zero in the two cells of a wide character."""
        self.wide = lib.GHOSTTY_CELL_WIDE_WIDE << self.wide_shift
        self.tail = lib.GHOSTTY_CELL_WIDE_SPACER_TAIL << self.wide_shift


LAYOUT = CellLayout()


class StyleTable:
    """The styles that rows refer to by index; 0 is the default style."""

    def __init__(self) -> None:
        self.styles: list[Style] = [[None, None, 0]]
        self.epoch = 0
        """Changes when indexes lose their meaning and every row is read again."""
        self._by_value: dict[tuple[Any, ...], int] = {(None, None, 0): 0}
        self._by_bytes: dict[bytes, int] = {}
        self._by_background: dict[tuple[int, int], int] = {}
        self._native = ffi.new("GhosttyStyle*")
        self._native.size = ffi.sizeof("GhosttyStyle")
        self._native_bytes = ffi.buffer(self._native)

    def index_of_cell(self, row_cells: Any, x: int) -> int:
        """Return the style of the cell `x` of the row that `row_cells` stands on."""
        lib.ghostty_render_state_row_cells_select(row_cells, x)
        what = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE
        check(
            lib.ghostty_render_state_row_cells_get(row_cells, what, self._native),
            "cell style",
        )
        key = self._native_bytes[:]
        index = self._by_bytes.get(key)
        if index is None:
            index = self._by_bytes[key] = self._add(_style_from(self._native))
        return index

    def index_of_background(self, tag: int, content: int) -> int:
        """Return the style of a textless cell whose content is its background."""
        key = (tag, content)
        index = self._by_background.get(key)
        if index is None:
            if tag == lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE:
                colour: int | str = content & 0xFF
            else:
                red, green, blue = content & 0xFF, content >> 8 & 0xFF, content >> 16
                colour = f"#{red:02x}{green:02x}{blue & 0xFF:02x}"
            index = self._by_background[key] = self._add([None, colour, 0])
        return index

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self.styles) > STYLES_LIMIT

    def begin_anew(self) -> None:
        """Forget all styles; every row has to be read again."""
        del self.styles[1:]
        self._by_value = {(None, None, 0): 0}
        self._by_bytes.clear()
        self._by_background.clear()
        self.epoch += 1

    def _add(self, style: Style) -> int:
        value = tuple(style)
        index = self._by_value.get(value)
        if index is None:
            index = self._by_value[value] = len(self.styles)
            self.styles.append(style)
        return index


def _style_from(native: Any) -> Style:
    attributes = (
        native.bold * BOLD
        | native.faint * FAINT
        | native.italic * ITALIC
        | native.blink * BLINK
        | native.inverse * INVERSE
        | native.invisible * INVISIBLE
        | native.strikethrough * STRIKE
        | native.overline * OVERLINE
        | (_UNDERLINES[native.underline] if 0 <= native.underline < 6 else UNDERLINE)
    )
    style: Style = [_colour(native.fg_color), _colour(native.bg_color), attributes]
    underline_colour = _colour(native.underline_color)
    if underline_colour is not None:
        style.append(underline_colour)
    return style


def _colour(native: Any) -> int | str | None:
    if native.tag == lib.GHOSTTY_STYLE_COLOR_PALETTE:
        return int(native.value.palette)
    if native.tag == lib.GHOSTTY_STYLE_COLOR_RGB:
        rgb = native.value.rgb
        return f"#{rgb.r:02x}{rgb.g:02x}{rgb.b:02x}"
    return None


class RowReader:
    """Reads the rows of a render state."""

    def __init__(self, styles: StyleTable) -> None:
        self._styles = styles
        self._view = ffi.new("GhosttyCellsView*")
        holder = ffi.new("GhosttyRenderStateRowCells*")
        check(lib.ghostty_render_state_row_cells_new(ffi.NULL, holder), "row_cells_new")
        self._cells = ffi.gc(holder[0], lib.ghostty_render_state_row_cells_free)
        self._cells_holder = ffi.new("GhosttyRenderStateRowCells*", self._cells)
        self._codepoints = ffi.new("uint32_t[]", 64)
        self._count = ffi.new("uint32_t*")
        self._masks: dict[int, tuple[int, int, int]] = {}

    def read(self, iterator: Any) -> Row:
        """Return the row that the iterator stands on."""
        view = self._view
        what = lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW
        check(lib.ghostty_render_state_row_get(iterator, what, view), "row cells")
        width = view.len
        raw: bytes = ffi.buffer(view.ptr, width * 8)[:]
        all_bits = int.from_bytes(raw, "little")
        masks = self._masks.get(width) or self._make_masks(width)
        text = _clean_text(all_bits >> LAYOUT.codepoint_shift & masks[0], width)
        looks, widths = all_bits & masks[1], all_bits & masks[2]
        if not looks | widths:
            text = text.rstrip(" ")
            return ((text, 0),) if text else ()
        what = lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS
        check(
            lib.ghostty_render_state_row_get(iterator, what, self._cells_holder),
            "row cells",
        )
        return _joined(
            self._pieces(
                text, _words(looks, width), _words(widths, width) if widths else [], raw
            )
        )

    def _make_masks(self, width: int) -> tuple[int, int, int]:
        def repeated(bits: int) -> int:
            return int.from_bytes(bits.to_bytes(8, "little") * width, "little")

        self._masks.clear()
        masks = self._masks[width] = (
            repeated(LAYOUT.codepoint_mask),
            repeated(LAYOUT.look),
            repeated(LAYOUT.width),
        )
        return masks

    def _pieces(
        self, text: str, looks: list[int], widths: list[int], raw: bytes
    ) -> list[Piece]:
        pieces: list[Piece] = []
        indexes: dict[int, int] = {0: 0}
        start = 0
        for look, group in groupby(looks):
            end = start + len(list(group))
            tag = look >> LAYOUT.tag_shift & LAYOUT.tag_mask
            if tag >= lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE:
                pieces += self._backgrounds(tag, raw, start, end)
                start = end
                continue
            style_id = look >> LAYOUT.style_shift & LAYOUT.style_mask
            style = indexes.get(style_id)
            if style is None:
                style = self._styles.index_of_cell(self._cells, start)
                indexes[style_id] = style
            if tag == lib.GHOSTTY_CELL_CONTENT_CODEPOINT_GRAPHEME:
                pieces += [
                    (self._grapheme(x), style, 1, _CLUSTER) for x in range(start, end)
                ]
            elif widths:
                _add_by_width(pieces, text[start:end], widths[start:end], style)
            else:
                pieces.append((text[start:end], style, end - start, _NARROW))
            start = end
        return pieces

    def _backgrounds(self, tag: int, raw: bytes, start: int, end: int) -> list[Piece]:
        cells = memoryview(raw).cast("Q")
        return [
            (
                " ",
                self._styles.index_of_background(
                    tag, cells[x] >> LAYOUT.content_shift & LAYOUT.content_mask
                ),
                1,
                _NARROW,
            )
            for x in range(start, end)
        ]

    def _grapheme(self, x: int) -> str:
        lib.ghostty_render_state_row_cells_select(self._cells, x)
        what = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN
        check(
            lib.ghostty_render_state_row_cells_get(self._cells, what, self._count),
            "grapheme length",
        )
        count = self._count[0]
        if count > len(self._codepoints):
            self._codepoints = ffi.new("uint32_t[]", count)
        what = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF
        check(
            lib.ghostty_render_state_row_cells_get(self._cells, what, self._codepoints),
            "grapheme",
        )
        points = ffi.unpack(self._codepoints, count)
        return _UNPRINTABLE.sub("", "".join(map(chr, points))) or " "


def _clean_text(codepoints: int, width: int) -> str:
    """Return one character a cell; what must not be shown is a space."""
    text = codepoints.to_bytes(width * 8, "little").decode("utf-32-le", "replace")
    text = text[::2]
    return text if text.isprintable() else _UNPRINTABLE.sub(" ", text)


def _words(bits: int, width: int) -> list[int]:
    return memoryview(bits.to_bytes(width * 8, "little")).cast("Q").tolist()


def _add_by_width(
    pieces: list[Piece], text: str, widths: list[int], style: int
) -> None:
    """Add the cells of one style, narrow and wide ones apart."""
    start = 0
    for is_wide, group in groupby(
        widths, key=lambda bits: bits in (LAYOUT.wide, LAYOUT.tail)
    ):
        end = start + len(list(group))
        shown = text[start:end]
        if is_wide and widths[start] == LAYOUT.tail and pieces:
            # The other half of a cluster, which has a cell of its own.
            head, head_style, cells, kind = pieces[-1]
            pieces[-1] = (head, head_style, cells + 1, kind)
            start, shown = start + 1, shown[1:]
        if is_wide:
            around = zip(shown, widths[start:end], strict=True)
            shown = "".join([char for char, bits in around if bits != LAYOUT.tail])
        if shown:
            kind = _WIDE if is_wide else _NARROW
            pieces.append((shown, style, end - start, kind))
        start = end


def _joined(pieces: list[Piece]) -> Row:
    """Join neighbours of one style and kind; leave out trailing default blanks."""
    while pieces and pieces[-1][1] == 0 and pieces[-1][3] == _NARROW:
        text, _, cells, _ = pieces[-1]
        kept = text.rstrip(" ")
        pieces[-1] = (kept, 0, cells - (len(text) - len(kept)), _NARROW)
        if kept:
            break
        pieces.pop()
    row: list[Run] = []
    for (style, kind), group in groupby(pieces, key=lambda piece: piece[1::2]):
        if kind == _CLUSTER:
            row += [(piece[0], style, piece[2]) for piece in group]
            continue
        run = list(group)
        text = "".join(piece[0] for piece in run)
        if kind == _NARROW:
            row.append((text, style))
        else:
            row.append((text, style, sum(piece[2] for piece in run)))
    return tuple(row)
