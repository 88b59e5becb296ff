"""What the composer offers for each chip, from what the host told of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agentdeck.core.composing import Choice, choice_from
from agentdeck.core.fuzzy import best_matches
from agentdeck.tui.keymap import Keymap

COMMAND = "command"
"""The agent that is any command: what is typed is its words, not a prompt."""
SCRIPTED = "scripted"
NOT_A_CLI = frozenset({COMMAND, SCRIPTED})
MAX_OPTIONS = 200
DOCTOR = "`agentdeck doctor` says how to get one"
NO_AGENT = "No agent CLI here: see `agentdeck doctor`. The scripted agent is a demo."


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. An empty value stands for what is usual."""

    value: str
    title: str
    detail: str = ""
    is_usable: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """What the host told: agents, custom agents, branches, earlier prompts."""

    repo: str = ""
    problem: str = ""
    agents: tuple[Mapping[str, Any], ...] = ()
    custom: tuple[Mapping[str, Any], ...] = ()
    branches: tuple[str, ...] = ()
    checked_out: str = ""
    repositories: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    models: Mapping[str, Sequence[str]] = field(default_factory=dict)
    default_agent: str = ""
    last: Choice = field(default_factory=Choice)
    is_known: bool = False

    def agent(self, name: str) -> Mapping[str, Any]:
        """The row of an agent, empty if there is none."""
        return next((row for row in self.agents if row["name"] == name), {})

    def role(self, path: str) -> Mapping[str, Any]:
        """The row of a custom agent, empty if there is none."""
        return next((row for row in self.custom if row.get("path") == path), {})

    @property
    def has_agent_cli(self) -> bool:
        """Whether any real agent CLI is installed."""
        return any(a["installed"] and a["name"] not in NOT_A_CLI for a in self.agents)


def offer_from(answer: Mapping[str, Any]) -> Offer:
    """An offer from the answer of `composer.open`."""
    return Offer(
        repo=str(answer.get("repo") or ""),
        problem=str(answer.get("problem") or ""),
        agents=tuple(answer.get("agents") or ()),
        custom=tuple(answer.get("custom") or ()),
        branches=tuple(answer.get("branches") or ()),
        checked_out=str(answer.get("checked_out") or ""),
        repositories=tuple(answer.get("repositories") or ()),
        prompts=tuple(answer.get("prompts") or ()),
        models=dict(answer.get("models") or {}),
        default_agent=str(answer.get("default_agent") or ""),
        last=choice_from(answer.get("choice") or {}),
        is_known=True,
    )


def first_choice(offer: Offer) -> Choice:
    """What to begin with: the last choice, where all of it is still there.

    An agent that is not installed gives way to the settings' one, that to any that
    is installed, and with none of them to the scripted one.
    """
    ready = [str(row["name"]) for row in offer.agents if row["installed"]]
    wanted = [offer.last.agent, offer.default_agent]
    agent = next((each for each in wanted if each in ready), None)
    if agent is None:
        real = (each for each in ready if each not in NOT_A_CLI)
        agent = next(real, SCRIPTED if SCRIPTED in ready else "")
    # What starts beside the pool, or in one's own checkout, is chosen each time.
    last = replace(offer.last, type="")
    if agent != last.agent:
        last = replace(last, agent=agent, model="", mode="")
    return fitting(last, offer)


def fitting(choice: Choice, offer: Offer) -> Choice:
    """A choice without what its agent or its repository does not have."""
    modes = offer.agent(choice.agent).get("modes") or ()
    role = offer.role(choice.custom)
    return replace(
        choice,
        mode=choice.mode if choice.mode in modes else "",
        custom=choice.custom if role.get("name") else "",
        base=choice.base if choice.base in offer.branches else "",
    )


def options_of(chip: str, offer: Offer, choice: Choice) -> list[Option]:
    """What a chip offers, the usual first."""
    match chip:
        case "agent":
            return _agents(offer)
        case "model":
            own = offer.models.get(choice.agent) or ()
            wished = offer.role(choice.custom).get("models") or ()
            names = dict.fromkeys([*own, *wished])
            return [
                Option("", "usual", "as the agent is set; or type a name"),
                *(Option(str(name), str(name)) for name in names),
            ]
        case "mode":
            modes = offer.agent(choice.agent).get("modes") or ()
            return [
                Option("", "usual", "as the agent is set"),
                *(Option(str(mode), str(mode)) for mode in modes),
            ]
        case "custom":
            return _roles(offer)
        case "repo":
            return [
                Option(path, Path(path).name, path) for path in offer.repositories
            ] or [Option("", "type a path", "/ or ~ begins it", is_usable=False)]
        case "base":
            usual = offer.checked_out or "HEAD"
            return [
                Option("", usual, "checked out there"),
                *(Option(b, b) for b in offer.branches if b != offer.checked_out),
            ]
        case "count":
            return _variants(offer)
        case _:
            return list(_FIXED.get(chip, ()))


_TYPES = (
    Option("", "background", "by itself in a worktree, when the pool has a place"),
    Option("local", "local", "at once in a worktree, to type into"),
    Option("here", "here", "at once in your own checkout, which stays yours"),
)


_COMMITS = (
    Option("", "as set", "as the settings say"),
    Option("yes", "yes", "is committed by AgentDeck"),
    Option("no", "no", "stays uncommitted"),
)
_FIXED = {"type": _TYPES, "commit": _COMMITS}


def _variants(offer: Offer) -> list[Option]:
    """How many of the same, and what one more may have in its place."""
    counts = [
        Option(str(n), f"{n} of the same" if n > 1 else "one session")
        for n in range(1, 6)
    ]
    ready = [row for row in offer.agents if row["installed"]]
    names = [str(row["name"]) for row in ready if row["name"] != COMMAND]
    agents = [Option(f"agent={n}", f"one by {n}", "adds a variant") for n in names]
    models = dict.fromkeys(str(m) for own in offer.models.values() for m in own)
    return [
        *counts,
        *agents,
        *(Option(f"model={m}", f"one with {m}", "adds a variant") for m in models),
    ]


def _agents(offer: Offer) -> list[Option]:
    rows = sorted(offer.agents, key=lambda row: not row["installed"])
    return [
        Option(
            str(row["name"]),
            str(row.get("title") or row["name"]),
            _agent_detail(row),
            is_usable=bool(row["installed"]),
        )
        for row in rows
    ]


def _agent_detail(row: Mapping[str, Any]) -> str:
    if not row["installed"]:
        return f"not installed; {DOCTOR}"
    notes = {COMMAND: "the prompt is its words", SCRIPTED: "no model; plays a script"}
    return notes.get(str(row["name"]), "")


def _roles(offer: Offer) -> list[Option]:
    options = [Option("", "none")]
    for row in offer.custom:
        if row.get("name") and row.get("user_invocable", True):
            description = str(row.get("description") or "")
            options.append(Option(str(row["path"]), str(row["name"]), description))
    options += [
        Option(str(row["path"]), Path(str(row["path"])).name, str(row["error"]), False)
        for row in offer.custom
        if row.get("error")
    ]
    return options


def narrowed(options: Sequence[Option], typed: str) -> list[Option]:
    """The options that a few letters mean, the likeliest first."""
    if not typed:
        return list(options[:MAX_OPTIONS])
    by_title: dict[str, list[Option]] = {}
    for option in options:
        by_title.setdefault(option.title, []).append(option)
    found = best_matches(typed, by_title, MAX_OPTIONS)
    chosen = [option for title in found for option in by_title[title]]
    return sorted(chosen, key=lambda option: not option.is_usable)


def role_notes(offer: Offer, choice: Choice) -> list[str]:
    """What the agent will not follow of the chosen role, and what the role wants."""
    role = offer.role(choice.custom)
    if not role:
        return []
    name = choice.agent
    lost = (role.get("not_expressed") or {}).get(name)
    notes: list[str] = []
    if lost is None:
        notes.append(f"{name} cannot play a role.")
    elif lost:
        notes.append(f"{name} does not follow its {', '.join(lost)}.")
    if role.get("argument_hint"):
        notes.append(f"It wants: {role['argument_hint']}")
    return notes


def first_steps(offer: Offer, keymap: Keymap) -> list[str]:
    """What to do where something is missing before a session can start."""
    if not offer.is_known:
        return []
    steps: list[str] = []
    if not offer.repo:
        key = keymap.key("compose.repository")
        steps.append(f"No git repository here: {key} and a path chooses one.")
    if offer.agents and not offer.has_agent_cli:
        steps.append(NO_AGENT)
    return steps
