"""Where the boxes of a graph stand and which signs join them: columns by depth.

A drawing knows neither colours nor what stands in a box; whoever shows it fills the
boxes in, and finds for each sign the edges that it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

BOX_HEIGHT = 4
"""A frame and two lines."""
MIN_BOX = 12
MAX_BOX = 30
_SWEEPS = 4
_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_SIGNS = {
    _EAST | _SOUTH: "╭",
    _WEST | _SOUTH: "╮",
    _EAST | _NORTH: "╰",
    _WEST | _NORTH: "╯",
    _NORTH | _SOUTH | _EAST: "├",
    _NORTH | _SOUTH | _WEST: "┤",
    _EAST | _WEST | _SOUTH: "┬",
    _EAST | _WEST | _NORTH: "┴",
    15: "┼",
}

Edge = tuple[str, str]
_Key = tuple[str, int]
"""A place in a column: a node, or the way of its edges through that column."""


@dataclass(frozen=True, slots=True)
class Node:
    """What is drawn as a box."""

    name: str
    after: tuple[str, ...]
    width: int
    """The cells that its text wants."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands."""

    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A sign, and whose it is: a box's frame, or some edges'."""

    sign: str
    box: str = ""
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and signs on a plane."""

    width: int
    height: int
    boxes: Mapping[str, Box]
    cells: Mapping[tuple[int, int], Cell]
    columns: tuple[tuple[str, ...], ...]
    """The nodes of each column, from the top."""

    def beside(self, name: str, columns: int, rows: int) -> str:
        """The node that a cursor comes to from another by one step."""
        column = next(n for n, each in enumerate(self.columns) if name in each)
        if rows:
            names = self.columns[column]
            return names[max(0, min(names.index(name) + rows, len(names) - 1))]
        at = max(0, min(column + columns, len(self.columns) - 1))
        middle = self.boxes[name].y
        return min(self.columns[at], key=lambda n: abs(self.boxes[n].y - middle))


def draw(nodes: Sequence[Node], room: int, *, ascii_only: bool = False) -> Drawing:
    """Draw a graph without circles into so many columns, or as narrow as it gets.

    Each node stands behind those that it is after.
    """
    layers = _layers(nodes)
    paths = _paths(nodes, layers)
    order = _ordered(nodes, layers, paths)
    widest = MAX_BOX
    while True:
        canvas = _Canvas(nodes, order, paths, widest, ascii_only=ascii_only)
        if canvas.width <= room or widest == MIN_BOX:
            return canvas.drawing(order)
        widest -= 1


def _layers(nodes: Sequence[Node]) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in nodes:
        found[node.name] = 1 + max((found[n] for n in node.after), default=-1)
    return found


def _paths(
    nodes: Sequence[Node], layers: Mapping[str, int]
) -> dict[tuple[_Key, _Key], list[Edge]]:
    """The pieces of all edges from one column to the next, with whose they are."""
    found: dict[tuple[_Key, _Key], list[Edge]] = {}
    for node in nodes:
        for source in node.after:
            first, last = layers[source], layers[node.name]
            keys = [(source, n) for n in range(first, last)] + [(node.name, last)]
            for piece in pairwise(keys):
                found.setdefault(piece, []).append((source, node.name))
    return found


def _ordered(
    nodes: Sequence[Node],
    layers: Mapping[str, int],
    paths: Mapping[tuple[_Key, _Key], list[Edge]],
) -> list[list[_Key]]:
    """The places of each column from the top, so that few edges cross."""
    order: list[list[_Key]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node in nodes:
        order[layers[node.name]].append((node.name, layers[node.name]))
    for _, end in paths:
        if end not in order[end[1]]:
            order[end[1]].append(end)
    back: dict[_Key, list[_Key]] = {}
    forth: dict[_Key, list[_Key]] = {}
    for start, end in paths:
        back.setdefault(end, []).append(start)
        forth.setdefault(start, []).append(end)
    for sweep in range(_SWEEPS):
        is_forth = sweep % 2 == 0
        beside = back if is_forth else forth
        for number in range(len(order)) if is_forth else reversed(range(len(order))):
            at = {key: n for column in order for n, key in enumerate(column)}
            order[number].sort(key=lambda key: _middle(key, beside, at))
    return order


def _middle(
    key: _Key, beside: Mapping[_Key, list[_Key]], at: Mapping[_Key, int]
) -> float:
    others = beside.get(key, ())
    if not others:
        return float(at[key])
    return sum(at[each] for each in others) / len(others)


@dataclass(slots=True)
class _Wire:
    """Edges from some places to some others over one vertical line."""

    starts: list[_Key]
    ends: list[_Key]
    is_shared: bool
    """Whether each start goes to each end, so that one line says it all."""
    track: int = 0


@dataclass(slots=True)
class _Sign:
    bits: int = 0
    arrow: bool = False
    box: str = ""
    edges: dict[Edge, None] = field(default_factory=dict)


class _Canvas:
    """Puts boxes and lines on a plane."""

    def __init__(
        self,
        nodes: Sequence[Node],
        order: list[list[_Key]],
        paths: Mapping[tuple[_Key, _Key], list[Edge]],
        widest: int,
        *,
        ascii_only: bool,
    ) -> None:
        self._is_ascii = ascii_only
        self._paths = paths
        self._nodes = {node.name: node for node in nodes}
        self._own = {key for each in order for key in each if self._is_node(key, order)}
        self._signs: dict[tuple[int, int], _Sign] = {}
        self._rows = self._placed(order)
        self.boxes: dict[str, Box] = {}
        x = 0
        for number, column in enumerate(order):
            wanted = [self._nodes[k[0]].width + 4 for k in column if k in self._own]
            width = max(MIN_BOX, min(widest, max(wanted, default=MIN_BOX)))
            for key in column:
                if key in self._own:
                    self.boxes[key[0]] = Box(x, self._rows[key], width)
            wires = self._wires(number)
            room = 2 + 2 * max((w.track + 1 for w in wires), default=0)
            self._pass(column, x, width)
            self._join(wires, x + width, room)
            x += width + (room if number < len(order) - 1 else 0)
        self.width = x
        for name, box in self.boxes.items():
            self._frame(name, box)

    def drawing(self, order: list[list[_Key]]) -> Drawing:
        height = max((box.y + BOX_HEIGHT for box in self.boxes.values()), default=0)
        height = max([height, *(y + 1 for _, y in self._signs)])
        cells = {at: self._cell(sign) for at, sign in self._signs.items()}
        columns = tuple(tuple(k[0] for k in c if k in self._own) for c in order)
        return Drawing(self.width, height, self.boxes, cells, columns)

    def _is_node(self, key: _Key, order: list[list[_Key]]) -> bool:
        """Whether a place is the node itself: the first column that it stands in."""
        return not any(key[0] == name for c in order[: key[1]] for name, _ in c)

    def _placed(self, order: list[list[_Key]]) -> dict[_Key, int]:
        """The first row of each place; columns stand in the middle."""
        tall = [[BOX_HEIGHT if k in self._own else 1 for k in c] for c in order]
        most = max((sum(each) for each in tall), default=0)
        rows = {}
        for column, heights in zip(order, tall, strict=True):
            y = (most - sum(heights)) // 2
            for key, height in zip(column, heights, strict=True):
                rows[key] = y
                y += height
        return rows

    def _out(self, key: _Key) -> int:
        return self._rows[key] + (1 if key in self._own else 0)

    def _into(self, key: _Key, *, is_shared: bool) -> int:
        """The row where edges come in; apart from where they go out, if they cross."""
        if key not in self._own:
            return self._rows[key]
        return self._rows[key] + (1 if is_shared else 2)

    def _wires(self, column: int) -> list[_Wire]:
        pieces = [each for each in self._paths if each[0][1] == column]
        wires: list[_Wire] = []
        left = list(pieces)
        while left:
            starts, ends = {left[0][0]}, {left[0][1]}
            grown = -1
            while grown != len(starts) + len(ends):
                grown = len(starts) + len(ends)
                starts |= {s for s, e in pieces if e in ends}
                ends |= {e for s, e in pieces if s in starts}
            own = [p for p in left if p[0] in starts]
            left = [p for p in left if p[0] not in starts]
            wires += self._parted(own, sorted(starts, key=self._out), ends)
        self._assign_tracks(wires)
        return wires

    def _parted(
        self, own: list[tuple[_Key, _Key]], starts: list[_Key], ends: set[_Key]
    ) -> list[_Wire]:
        if len(own) == len(starts) * len(ends):
            return [_Wire(starts, sorted(ends, key=self._out), is_shared=True)]
        return [
            _Wire([s], [e for start, e in own if start == s], is_shared=False)
            for s in starts
        ]

    def _assign_tracks(self, wires: list[_Wire]) -> None:
        taken: list[list[tuple[int, int]]] = []
        for wire in wires:
            rows = self._rows_of(wire)
            low, high = min(rows), max(rows)
            for track, spans in enumerate(taken):
                if all(high < a or b < low for a, b in spans):
                    spans.append((low, high))
                    wire.track = track
                    break
            else:
                wire.track = len(taken)
                taken.append([(low, high)])

    def _rows_of(self, wire: _Wire) -> list[int]:
        ends = [self._into(end, is_shared=wire.is_shared) for end in wire.ends]
        return [*(self._out(start) for start in wire.starts), *ends]

    def _pass(self, column: list[_Key], x: int, width: int) -> None:
        """Draw edges on their way through a column."""
        for key in column:
            if key not in self._own:
                edges = [
                    e for (_, end), es in self._paths.items() if end == key for e in es
                ]
                self._across(x - 1, x + width, self._rows[key], edges)

    def _join(self, wires: list[_Wire], x: int, room: int) -> None:
        for wire in wires:
            track = x + 1 + 2 * wire.track
            for start in wire.starts:
                edges = [e for end in wire.ends for e in self._paths[start, end]]
                y = self._out(start)
                self._across(x - 1, track, y, edges)
                for end in wire.ends:
                    row = self._into(end, is_shared=wire.is_shared)
                    self._down(track, y, row, self._paths[start, end])
            for end in wire.ends:
                edges = [e for s in wire.starts for e in self._paths.get((s, end), ())]
                row = self._into(end, is_shared=wire.is_shared)
                self._across(track, x + room - 1, row, edges)
                if end in self._own:
                    self._sign(x + room - 1, row, edges).arrow = True
                else:
                    self._across(x + room - 1, x + room, row, edges)

    def _across(self, first: int, last: int, y: int, edges: Sequence[Edge]) -> None:
        for x in range(first, last):
            self._sign(x, y, edges).bits |= _EAST
            self._sign(x + 1, y, edges).bits |= _WEST

    def _down(self, x: int, first: int, last: int, edges: Sequence[Edge]) -> None:
        for y in range(min(first, last), max(first, last)):
            self._sign(x, y, edges).bits |= _SOUTH
            self._sign(x, y + 1, edges).bits |= _NORTH

    def _frame(self, name: str, box: Box) -> None:
        right, bottom = box.x + box.width - 1, box.y + BOX_HEIGHT - 1
        for y in (box.y, bottom):
            self._across(box.x, right, y, ())
        for x in (box.x, right):
            self._down(x, box.y, bottom, ())
        for y in range(box.y, bottom + 1):
            for x in (box.x, right) if box.y < y < bottom else range(box.x, right + 1):
                self._sign(x, y, ()).box = name

    def _sign(self, x: int, y: int, edges: Sequence[Edge]) -> _Sign:
        sign = self._signs.setdefault((x, y), _Sign())
        sign.edges.update(dict.fromkeys(edges))
        return sign

    def _cell(self, sign: _Sign) -> Cell:
        edges = tuple(sign.edges)
        if sign.arrow:
            return Cell(">" if self._is_ascii else "▶", "", edges)
        is_flat = sign.bits & ~(_EAST | _WEST) == 0
        is_upright = sign.bits & ~(_NORTH | _SOUTH) == 0
        if self._is_ascii:
            text = "-" if is_flat else "|" if is_upright else "+"
        else:
            text = "─" if is_flat else "│" if is_upright else _SIGNS[sign.bits]
        return Cell(text, sign.box, edges)


def as_text(drawing: Drawing, lines_of: Mapping[str, tuple[str, str]]) -> list[str]:
    """A drawing as lines of text, with two lines in each box; they fit in there."""
    plane = [[" "] * drawing.width for _ in range(drawing.height)]
    for (x, y), cell in drawing.cells.items():
        if 0 <= x < drawing.width:
            plane[y][x] = cell.sign
    for name, box in drawing.boxes.items():
        for number, text in enumerate(lines_of[name], 1):
            room = box.width - 4
            plane[box.y + number][box.x + 2 : box.x + 2 + room] = text[:room].ljust(
                room
            )
    return ["".join(row).rstrip() for row in plane]
