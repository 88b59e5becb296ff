"""Lists of tasks, for `agentdeck run --from`: which prompts a text holds."""

from __future__ import annotations

import re
from pathlib import Path

from agentdeck.core.errors import UsageError

_ITEM = re.compile(
    r"(?P<indent>\s*)(?:[-*+]|\d+[.)])(?:\s+|$)(?:\[[ xX]\](?:\s+|$))?(?P<text>.*)"
)
_HEADING = re.compile(r"#{1,6}\s")


def tasks_in(text: str) -> list[str]:
    """The tasks of a text: its list items, or where it has none its paragraphs.

    A list item starts with `-`, `*`, `+`, `1.` or `1)` at the outermost level;
    indented lines go on with it, deeper items among them. A text without list items
    has a task in each paragraph, and one in each line where no line is empty.
    Headings are no tasks.
    """
    lines = [line.expandtabs(4).rstrip() for line in text.splitlines()]
    if any(_ITEM.fullmatch(line) for line in lines):
        return _items(lines)
    lines = [line for line in lines if not _HEADING.match(line)]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if "" not in lines:
        return [line.strip() for line in lines]
    return _paragraphs(lines)


def _items(lines: list[str]) -> list[str]:
    starts = [match for line in lines if (match := _ITEM.fullmatch(line))]
    level = min(len(match["indent"]) for match in starts)
    items: list[list[str]] = []
    is_open = False
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match and len(match["indent"]) == level:
            items.append([match["text"]])
            is_open = True
        elif is_open and (not line or len(line) - len(line.lstrip()) > level):
            items[-1].append(line)
        else:
            is_open = False
    return [task for item in items if (task := _joined(item))]


def _joined(lines: list[str]) -> str:
    first, *rest = lines
    indents = [len(line) - len(line.lstrip()) for line in rest if line]
    margin = min(indents, default=0)
    return "\n".join([first, *(line[margin:] for line in rest)]).strip()


def _paragraphs(lines: list[str]) -> list[str]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return ["\n".join(paragraph).strip() for paragraph in paragraphs if paragraph]


def read_tasks(source: str, stdin_text: str | None) -> list[str]:
    """The tasks of a file, or of what was read from standard input.

    Raises:
        UsageError: If the file cannot be read or holds no task.
    """
    try:
        text = Path(source).read_text("utf-8") if stdin_text is None else stdin_text
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read tasks from {source}: {error}.") from error
    tasks = tasks_in(text)
    if not tasks:
        where = "standard input" if stdin_text is not None else source
        raise UsageError(
            f"There is no task in {where}. Write one in each line, as `- task`."
        )
    return tasks
