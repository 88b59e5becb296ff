"""What is being composed, as a value: the prompt with all that is chosen for it."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.config.brief_files import is_brief, parse_brief
from agentdeck.core.briefs import order_of
from agentdeck.core.composing import Choice
from agentdeck.core.errors import UsageError
from agentdeck.core.variants import Variation, group_name, varied
from agentdeck.tui.composer.offer import COMMAND
from agentdeck.tui.keymap import Keymap

NO_REPOSITORY = "Choose a repository: {}, then its path."


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt and its choices."""

    prompt: str = ""
    repo: str = ""
    choice: Choice = field(default_factory=Choice)
    count: int = 1
    images: tuple[str, ...] = ()
    name: str = ""
    """The name that was given it; by default one from the prompt."""
    checks: tuple[str, ...] = ()
    """Commands that say whether the work is right, beside the repository's."""
    variations: tuple[Variation, ...] = ()
    """What is different about each session; empty where nothing is."""


def orders_from(draft: Draft, keymap: Keymap) -> list[dict[str, Any]]:
    """The parameters of `session.create` for each session of a draft.

    Raises:
        UsageError: If something is missing; the message says what to do.
    """
    order = order_from(draft, keymap)
    if order["in_checkout"] and (draft.variations or draft.count > 1):
        raise UsageError("Variants need worktrees: choose another type, alt+t.")
    variations = draft.variations or (Variation(),) * draft.count
    if len(variations) == 1:
        return [order]
    if order["command"]:
        name, numbers = order["name"], range(1, len(variations) + 1)
        return [{**order, "name": name and f"{name}-{n}"} for n in numbers]
    text = order.get("title") or order["prompt"]
    return varied(order, variations, group_name(text, secrets.token_hex(2)))


def order_from(draft: Draft, keymap: Keymap) -> dict[str, Any]:
    """The parameters of `session.create` for one session of a draft.

    Raises:
        UsageError: If something is missing; the message says what to do.
    """
    if is_brief(draft.prompt):
        return _order_from_brief(draft, keymap)
    prompt, choice = draft.prompt.strip(), draft.choice
    if not prompt and (not choice.type or choice.agent == COMMAND):
        raise UsageError("Say what the agent should do.")
    if not draft.repo:
        raise UsageError(NO_REPOSITORY.format(keymap.key("compose.repository")))
    if not choice.agent:
        raise UsageError(f"Choose an agent: {keymap.key('compose.agent')}.")
    command: list[str] = []
    if choice.agent == COMMAND:
        try:
            command, prompt = shlex.split(prompt), ""
        except ValueError as error:
            raise UsageError(f"The command cannot be read: {error}.") from error
    return {
        **_chosen(draft),
        "prompt": prompt,
        "command": command,
    }


def _chosen(draft: Draft) -> dict[str, Any]:
    choice = draft.choice
    return {
        "repo": draft.repo,
        "agent": choice.agent,
        "model": choice.model or None,
        "mode": choice.mode or None,
        "custom": choice.custom or None,
        "base": (choice.base or None) if choice.type != "here" else None,
        "type": "local" if choice.type else "background",
        "in_checkout": choice.type == "here",
        "images": list(draft.images),
        "name": draft.name or None,
        "checks": list(draft.checks),
        "auto_commit": {"yes": True, "no": False}.get(choice.commit),
    }


def _order_from_brief(draft: Draft, keymap: Keymap) -> dict[str, Any]:
    """What a brief says wins over the chips; its images are found from the repository."""
    parsed = parse_brief(draft.prompt)
    if parsed.problems:
        problem = parsed.problems[0]
        raise UsageError(f"The brief: {problem.key} {problem.text}")
    order = order_of(parsed.brief)
    if not order["prompt"]:
        raise UsageError("The brief says nothing to do: it needs a goal.")
    if not draft.repo:
        raise UsageError(NO_REPOSITORY.format(keymap.key("compose.repository")))
    own = [str(Path(draft.repo) / image) for image in parsed.brief.images]
    said = {name: value for name, value in order.items() if value not in (None, [])}
    return {
        **_chosen(draft),
        **said,
        "command": [],
        "images": list(dict.fromkeys([*own, *draft.images])),
    }
