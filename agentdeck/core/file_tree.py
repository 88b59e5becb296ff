"""The files of a review as a tree of folders, in the order that git gives them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A folder or a file. A folder has no number, and a path that ends with `/`."""

    depth: int
    name: str
    path: str
    number: int | None = None
    is_closed: bool = False
    below: tuple[int, ...] = ()
    """The numbers of the files in a folder."""


@dataclass(slots=True)
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    entries: list[tuple[str, _Folder | int]] = field(default_factory=list)


def tree_rows(paths: Sequence[str], closed: Collection[str] = ()) -> list[TreeRow]:
    """The rows of a tree; a folder that holds nothing but a folder is one row with it.

    Args:
        paths: The files' paths, sorted as git sorts them.
        closed: The folders whose contents are not shown.
    """
    top = _Folder()
    for number, path in enumerate(paths):
        *folders, name = path.split("/")
        here = top
        for folder in folders:
            below = here.folders.get(folder)
            if below is None:
                below = here.folders[folder] = _Folder()
                here.entries.append((folder, below))
            here = below
        here.entries.append((name, number))
    rows: list[TreeRow] = []
    _add(rows, top, "", 0, closed)
    return rows


def _add(
    rows: list[TreeRow], folder: _Folder, path: str, depth: int, closed: Collection[str]
) -> None:
    for name, entry in folder.entries:
        if isinstance(entry, int):
            rows.append(TreeRow(depth, name, path + name, entry))
            continue
        below = entry
        while len(below.entries) == 1 and isinstance(below.entries[0][1], _Folder):
            inner, below = below.entries[0][0], below.entries[0][1]
            name = f"{name}/{inner}"  # noqa: PLW2901  # the row is of the whole chain
        whole = f"{path}{name}/"
        is_closed = whole in closed
        numbers = tuple(_numbers(below))
        rows.append(TreeRow(depth, f"{name}/", whole, None, is_closed, numbers))
        if not is_closed:
            _add(rows, below, whole, depth + 1, closed)


def _numbers(folder: _Folder) -> list[int]:
    found: list[int] = []
    for _, entry in folder.entries:
        found += [entry] if isinstance(entry, int) else _numbers(entry)
    return found
