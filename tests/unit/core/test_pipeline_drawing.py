"""Graphs as text: known pictures, and what must be true of any."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.pipeline_drawing import BOX_HEIGHT, MIN_BOX, Node, as_text, draw

Graph = list[tuple[str, tuple[str, ...]]]
TRIO: Graph = [
    ("feature", ()),
    ("one", ("feature",)),
    ("two", ("feature",)),
    ("all", ("one", "two")),
]


def picture(graph: Graph, room: int = 80, *, ascii_only: bool = False) -> str:
    nodes = [Node(name, after, len(name)) for name, after in graph]
    drawing = draw(nodes, room, ascii_only=ascii_only)
    return "\n".join(as_text(drawing, {name: (name, "") for name, _ in graph}))


PICTURE = """\
                ╭──────────╮
             ╭─▶│ one      ├─╮
╭──────────╮ │  │          │ │  ╭──────────╮
│ feature  ├─┤  ╰──────────╯ ├─▶│ all      │
│          │ │  ╭──────────╮ │  │          │
╰──────────╯ ╰─▶│ two      ├─╯  ╰──────────╯
                │          │
                ╰──────────╯
"""


def test_a_fan_out_and_in() -> None:
    assert picture(TRIO) == PICTURE.rstrip("\n")


def test_in_ascii_there_is_nothing_else() -> None:
    text = picture(TRIO, ascii_only=True)
    assert text.isascii()
    assert "->|" in text


@st.composite
def graphs(draw_: st.DrawFn) -> Graph:
    graph: Graph = []
    for number in range(draw_(st.integers(1, 9))):
        names = [name for name, _ in graph]
        after = (
            draw_(st.lists(st.sampled_from(names), unique=True, max_size=3))
            if names
            else []
        )
        graph.append((f"step-{number}" + "x" * draw_(st.integers(0, 30)), tuple(after)))
    return graph


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(40, 160))
def test_boxes_stand_apart_and_each_edge_has_its_signs(graph: Graph, room: int) -> None:
    nodes = [Node(name, after, len(name)) for name, after in graph]
    drawing = draw(nodes, room)
    assert set(drawing.boxes) == {name for name, _ in graph}
    taken: set[tuple[int, int]] = set()
    for box in drawing.boxes.values():
        assert box.width >= MIN_BOX
        cells = {
            (x, y)
            for x in range(box.x, box.x + box.width)
            for y in range(box.y, box.y + BOX_HEIGHT)
        }
        assert not cells & taken
        taken |= cells
    drawn = {edge for cell in drawing.cells.values() for edge in cell.edges}
    assert drawn == {(source, name) for name, after in graph for source in after}
    for name, after in graph:
        arrows = [
            at
            for at, cell in drawing.cells.items()
            if cell.sign == "▶" and any(edge[1] == name for edge in cell.edges)
        ]
        assert bool(arrows) == bool(after)
        assert all(x == drawing.boxes[name].x - 1 for x, _ in arrows)
    for (x, y), cell in drawing.cells.items():
        inside = (x, y) in taken and not cell.box
        assert not inside, "a line runs through a box"
        assert 0 <= y < drawing.height


def test_a_cursor_goes_to_what_stands_beside() -> None:
    nodes = [Node(name, after, len(name)) for name, after in TRIO]
    drawing = draw(nodes, 80)
    assert drawing.beside("feature", 1, 0) in ("one", "two")
    assert drawing.beside("one", 0, 1) == "two"
    assert drawing.beside("two", 0, 1) == "two"
    assert drawing.beside("two", -1, 0) == "feature"
    assert drawing.beside("all", 1, 0) == "all"
