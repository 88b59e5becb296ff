"""Reading custom agents' files: where they are, and what they say.

Files come from repositories, so they are only read: nothing in them runs, and one
that cannot be read is listed with its error and harms nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.config.front_matter import front_matter
from agentdeck.core.custom_agents import CustomAgent, Dialect
from agentdeck.core.errors import UsageError

MAX_BYTES = 256 * 1024
MAX_FILES = 500
"""A folder with more is not read further."""

_KNOWN = frozenset(
    {
        "name",
        "description",
        "tools",
        "model",
        "models",
        "argument-hint",
        "target",
        "handoffs",
        "user-invocable",
        "mcp-servers",
    }
)


@dataclass(frozen=True, slots=True)
class FoundAgent:
    """A custom agent's file: what it says, or why it cannot be used."""

    path: str
    origin: str
    """`repository`, `user` or `settings`."""
    agent: CustomAgent | None
    error: str = ""


def find_agents(
    repo: Path, home: Path, folders: Iterable[Path] = ()
) -> list[FoundAgent]:
    """All custom agents that a session in a repository can play.

    Of two with one name, the repository's is found before the person's own, and both
    before one from a folder of the settings.
    """
    places = [
        (repo / ".github" / "agents", "repository"),
        (repo / ".claude" / "agents", "repository"),
        (home / ".copilot" / "agents", "user"),
        (home / ".claude" / "agents", "user"),
        *((folder, "settings") for folder in folders),
    ]
    return [found for folder, origin in places for found in _in_folder(folder, origin)]


def _in_folder(folder: Path, origin: str) -> Iterator[FoundAgent]:
    try:
        files = sorted(folder.rglob("*.md"))[:MAX_FILES]
    except OSError:
        return
    for file in files:
        try:
            yield FoundAgent(str(file), origin, read_agent_file(file))
        except UsageError as error:
            yield FoundAgent(str(file), origin, None, error.message)


def agent_named(name: str, found: Iterable[FoundAgent]) -> CustomAgent:
    """The custom agent of a name.

    Raises:
        UsageError: If there is none, or its file cannot be used.
    """
    listed = list(found)
    for each in listed:
        if each.agent is not None and each.agent.name == name:
            return each.agent
    for each in listed:
        if each.agent is None and _stem(Path(each.path)) == name:
            raise UsageError(each.error)
    names = ", ".join(each.agent.name for each in listed if each.agent) or "none"
    raise UsageError(
        f"No custom agent is called {name!r}. There are: {names}. "
        "`agentdeck agents --custom` lists them."
    )


def read_agent_file(file: Path) -> CustomAgent:
    """What one file says.

    Raises:
        UsageError: If it is not there, too large, not UTF-8, or its front matter is
            not what a custom agent's may be.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file} is larger than {MAX_BYTES // 1024} KB.")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error
    fields, body = front_matter(str(file), text)
    return _agent(file, fields, body)


def _agent(file: Path, fields: dict[str, Any], body: str) -> CustomAgent:
    is_github = file.name.endswith(".agent.md") or ".github" in file.parts
    name = _text(file, fields, "name") or _stem(file)
    if any(not character.isprintable() for character in name) or len(name) > 100:
        raise UsageError(f"{file}: its name is not a line of at most 100 characters.")
    if not body.strip():
        raise UsageError(f"{file}: it has no instructions below its front matter.")
    invocable = fields.get("user-invocable", True)
    if not isinstance(invocable, bool):
        raise UsageError(f"{file}: user-invocable is neither true nor false.")
    models = _list(file, fields, "model") or _list(file, fields, "models") or ()
    return CustomAgent(
        name=name,
        path=str(file),
        dialect=Dialect.GITHUB if is_github else Dialect.CLAUDE,
        description=_text(file, fields, "description"),
        prompt=body.strip(),
        tools=_tools(file, fields),
        models=tuple(model for model in models if model != "inherit"),
        argument_hint=_text(file, fields, "argument-hint"),
        target=_text(file, fields, "target"),
        handoffs=_labels(file, fields, "handoffs"),
        is_user_invocable=invocable,
        mcp_servers=_labels(file, fields, "mcp-servers"),
        unknown_fields=tuple(sorted(str(key) for key in fields if key not in _KNOWN)),
    )


def _stem(file: Path) -> str:
    return file.name.removesuffix(".md").removesuffix(".agent")


def _text(file: Path, fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise UsageError(f"{file}: {key} is not a text.")
    return " ".join(str(value).split())


def _list(file: Path, fields: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """A list, written as one or as a text with commas; None where it is not there."""
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or any(isinstance(v, (dict, list)) for v in value):
        raise UsageError(f"{file}: {key} is neither a text nor a list of texts.")
    return tuple(text for each in value if (text := str(each).strip()))


def _tools(file: Path, fields: dict[str, Any]) -> tuple[str, ...] | None:
    tools = _list(file, fields, "tools")
    return None if tools is None or "*" in tools else tools


def _labels(file: Path, fields: dict[str, Any], key: str) -> tuple[str, ...]:
    """The names in a list of objects or in an object of objects."""
    value = fields.get(key)
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple(str(each) for each in value)
    if not isinstance(value, list):
        raise UsageError(f"{file}: {key} is not a list.")
    return tuple(
        str(each.get("label") or each.get("name") or each.get("agent") or each)
        if isinstance(each, dict)
        else str(each)
        for each in value
    )
