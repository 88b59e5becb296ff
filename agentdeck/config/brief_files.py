"""Brief files: read, written, and the templates that a repository keeps for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from agentdeck.config.front_matter import front_matter
from agentdeck.core.briefs import (
    Brief,
    Parsed,
    Problem,
    body_of,
    brief_from,
    front_of,
)
from agentdeck.core.errors import UsageError

TEMPLATES = Path(".agentdeck/briefs")
"""Where a repository keeps templates: `NAME.md` each."""
MAX_BYTES = 1024 * 1024
TEMPLATE = """\
---
# All of this may be left out. Only `verify` and `limits` make AgentDeck do something.
agent:
model:
base:
verify: []          # commands that succeed when the work is right
limits: {minutes: , tokens: , cost: }
---

## Goal

{goal}

## Context

<!-- What it has to know: where things are, what was tried, what is decided. -->

## Acceptance

<!-- What is true when it is done; each can be answered by yes or no. -->
-

## Scope

<!-- The files or parts that it may change. -->
-

## Out of scope

## Constraints

## Non-goals

<!-- What looks as if it belonged to it, and does not. -->
-
"""


@dataclass(frozen=True, slots=True)
class Template:
    """A brief to begin with."""

    name: str
    text: str


def parse_brief(text: str, name: str = "the brief") -> Parsed:
    """Read a brief; what cannot be read of it is named and left out."""
    try:
        front, body = front_matter(name, text.replace("\r\n", "\n"))
    except UsageError as error:
        return Parsed(Brief(), (Problem("front matter", error.message),))
    return brief_from(front, body)


def is_brief(text: str) -> bool:
    """Whether a text is meant as a brief: it begins with front matter."""
    return text.lstrip().startswith("---\n")


def read_brief(file: Path) -> Parsed:
    """Read a brief's file; its images are found beside it.

    Raises:
        UsageError: If it is not there, too large or not UTF-8.
    """
    parsed = parse_brief(read_text(file), file.name)
    folder = file.expanduser().absolute().parent
    images = tuple(str(folder / Path(i).expanduser()) for i in parsed.brief.images)
    return replace(parsed, brief=replace(parsed.brief, images=images))


def read_text(file: Path) -> str:
    """The text of a brief's file.

    Raises:
        UsageError: If it is not there, too large or not UTF-8.
    """
    try:
        with file.expanduser().open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file} is larger than {MAX_BYTES // 1024} KB.")
    return text


def rendered(brief: Brief) -> str:
    """A brief as a file: `parse_brief` gives it back."""
    import yaml  # slow to load, so only for these files

    front = front_of(brief)
    head = ""
    if front:
        dumped = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1000)
        head = f"---\n{dumped}---\n\n"
    return f"{head}{body_of(brief)}\n"


def templates_of(repo: Path) -> list[Template]:
    """The templates of a repository by name, those that cannot be read left out."""
    found = []
    for file in sorted((repo / TEMPLATES).glob("*.md"))[:100]:
        try:
            found.append(Template(file.stem, read_text(file)))
        except UsageError:
            continue
    return found


def begun(repo: Path | None, goal: str, template: str | None = None) -> str:
    """The text of a new brief: a repository's template, or ours, with a goal.

    Args:
        repo: The repository whose templates count.
        goal: Put in place of `{goal}`, or below a heading Goal of its own.
        template: A template's name; by default `default` if there is one.

    Raises:
        UsageError: If there is no such template.
    """
    known = {each.name: each.text for each in (templates_of(repo) if repo else [])}
    if template is not None and template not in known:
        names = ", ".join(known) or "none"
        raise UsageError(
            f"No template is called {template!r}; {TEMPLATES} has {names}."
        )
    text = known.get(template or "default", TEMPLATE)
    if "{goal}" in text:
        return text.replace("{goal}", goal)
    return f"{text.rstrip()}\n\n## Goal\n\n{goal}\n" if goal else text
