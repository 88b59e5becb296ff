"""What an agent CLI is to AgentDeck: its command line and its screen's signs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agentdeck.core.session import Activity, Needs, NeedsKind


@dataclass(frozen=True, slots=True)
class Start:
    """What an agent is asked to do, and where."""

    prompt: str
    command: tuple[str, ...] = ()
    model: str | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """How to do it: an argument list, and what to type once it is up."""

    argv: tuple[str, ...]
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class ScreenRule:
    """A sign on a settled screen: the last lines match, so the agent does this."""

    pattern: re.Pattern[str]
    activity: Activity
    kind: NeedsKind = NeedsKind.INPUT


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent CLI, as data."""

    name: str
    title: str
    executable: str | None
    """What has to be on PATH; None where AgentDeck brings it along."""
    launch: Callable[[Start], Launch]
    rules: tuple[ScreenRule, ...] = field(default=())
    interrupt: str | None = "ctrl+c"
    """The key that interrupts it politely."""
    reads_terminal_when_idle: bool = False
    """Whether a process of it blocked on its terminal means that a turn is over,
    rather than that it asks something."""


def rule(pattern: str, activity: Activity, kind: NeedsKind | None = None) -> ScreenRule:
    """A rule from a regular expression over the settled screen's last lines."""
    compiled = re.compile(pattern, re.MULTILINE)
    return ScreenRule(compiled, activity, kind or NeedsKind.INPUT)


_TAIL_LINES = 30
_CHOICE = re.compile(r"^\s*(?:[│|]\s*)?(?:[❯›>●*]\s*)?(\d)[.)]\s+(.+?)\s*(?:[│|]\s*)?$")


@dataclass(frozen=True, slots=True)
class Detection:
    """What a settled screen says, and the words that say it."""

    activity: Activity
    detail: str
    needs: Needs | None = None


def detect(rules: Sequence[ScreenRule], lines: Sequence[str]) -> Detection | None:
    """What the first matching rule says of a settled screen; None if none matches."""
    tail = [line.rstrip() for line in lines if line.strip()][-_TAIL_LINES:]
    text = "\n".join(tail)
    for each in rules:
        match = each.pattern.search(text)
        if match is None:
            continue
        asked = _asked_line(text, match.start())
        if each.activity is not Activity.NEEDS_INPUT:
            return Detection(each.activity, asked)
        needs = Needs(each.kind, asked, choices_in(tail))
        return Detection(each.activity, asked, needs)
    return None


def _asked_line(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : end if end >= 0 else len(text)].strip(" │|\t")


def choices_in(lines: Sequence[str]) -> tuple[str, ...]:
    """The numbered choices at the end of a screen: the last run of 1., 2., …."""
    choices: list[str] = []
    for line in lines:
        match = _CHOICE.match(line)
        if match is None:
            continue
        number = int(match[1])
        if number == 1:
            choices = [match[2]]
        elif choices and number == len(choices) + 1:
            choices.append(match[2])
    return tuple(choices)
