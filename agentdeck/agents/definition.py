"""What an agent CLI is to AgentDeck: how it starts, what it tells, how it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.core.conversation import Said
from agentdeck.core.custom_agents import CustomAgent
from agentdeck.core.session import Activity, Needs, NeedsKind


@dataclass(frozen=True, slots=True)
class Start:
    """What an agent is asked to do, and where."""

    prompt: str
    command: tuple[str, ...] = ()
    model: str | None = None
    resume: bool = False
    """Go on with the conversation in place of beginning one."""
    conversation: str = ""
    """The id of the conversation: the one to go on with, or the one to begin."""
    permission_mode: str | None = None
    images: tuple[str, ...] = ()
    custom: CustomAgent | None = None
    folder: Path = Path()
    """The session's own folder, for files that hold for this session only."""
    worktree: Path = Path()
    continues: str = ""
    """The conversation of another session to go on with, with the prompt."""
    forks: bool = False
    """Whether that one stays as it is, and a copy of it goes on."""
    findings: Path | None = None
    """For a reviewer: the one folder that it writes to; its worktree is for reading."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A conversation that AgentDeck did not start, by its CLI's own record."""

    conversation: str
    transcript: Path
    folder: Path
    """Where its CLI was started."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to do it: an argument list, and what to type once it is up."""

    argv: tuple[str, ...]
    typed: str | None = None
    """Waits for the agent's first rest if its rules can tell, else its first pause."""
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Files by their path below the session's folder, written before the start."""
    conversation: str = ""
    """The conversation's id, where it is chosen rather than learnt."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent's hook said, in AgentDeck's words."""

    activity: Activity | None = None
    """None where it tells nothing about what the agent does."""
    detail: str = ""
    needs: Needs | None = None
    conversation: str = ""
    transcript: str = ""
    prompt: str = ""
    """What it was just asked to do."""
    said: str = ""
    """What it said last, at the end of its turn."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a conversation has cost so far, by the agent's own record."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class ScreenRule:
    """A sign on a settled screen: the last lines match, so the agent does this."""

    pattern: re.Pattern[str]
    activity: Activity
    kind: NeedsKind = NeedsKind.INPUT
    title: re.Pattern[str] | None = None
    """Where given, the terminal's title must match too."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The keys that answer an agent's dialogs."""

    approve: tuple[str, ...] = ("1",)
    deny: tuple[str, ...] = ("escape",)
    after_number: tuple[str, ...] = ()
    """Keys that confirm a choice once its number was pressed."""
    confirmed_kinds: frozenset[NeedsKind] = frozenset()
    """Kinds of questions that want that confirmation; the others take the number."""
    by_arrows: bool = False
    """Whether its choices know no numbers: go down, then Enter."""
    across: bool = False
    """Whether the choices stand beside each other: go right instead of down."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent CLI, as data."""

    name: str
    title: str
    executable: str | None
    """What has to be on PATH; None where AgentDeck brings it along."""
    launch: Callable[[Start], Launch]
    rules: tuple[ScreenRule, ...] = field(default=())
    lowest_rule_wins: bool = False
    """Whether of several rules the one that matches lowest is believed, not the first."""
    title_rules: tuple[ScreenRule, ...] = ()
    """Rules on the terminal's title; they hold as soon as it changes."""
    interrupt: str | None = "ctrl+c"
    """The key that interrupts it politely."""
    reads_terminal_when_idle: bool = False
    """Whether a process of it blocked on its terminal means that a turn is over,
    rather than that it asks something."""
    answers: Answers = Answers()
    read_report: Callable[[Mapping[str, Any]], Report | None] | None = None
    """Reads what its hooks write; None where it has none of its own form."""
    commits_itself: bool = True
    """Whether it can commit in a linked worktree; some sandboxes keep it from it."""
    read_usage: Callable[[Path], Usage | None] | None = None
    """Reads tokens and cost from its transcript."""
    read_said: Callable[[Mapping[str, Any]], Iterator[Said]] | None = None
    """Reads what a line of its transcript says; None where it keeps none of lines."""
    modes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Permission modes by name, with the arguments that ask for them."""
    cannot_express: frozenset[str] = frozenset()
    """Fields of a custom agent that it has no way to follow."""
    unsent: re.Pattern[str] | None = None
    """Matches its screen while a typed text, the group `text`, waits for its Enter;
    for an agent that drops an Enter which comes while it is busy."""
    models: str = ""
    """A regular expression for names of models that it has; empty takes any."""
    forks: bool = False
    """Whether it goes on with a conversation, or a copy of it, in another worktree."""
    find_outside: Callable[[Mapping[str, str], str, Path], Outside | None] | None = None
    """Finds a conversation by its id, or the newest of a folder, by the variables of
    the person's shell."""
    record_before: Callable[[Path], tuple[Path, int] | None] | None = None
    """Gives the record that a fork's goes on from, and where it ends, in bytes; None
    where a fork's record has all of it."""
    resumes: bool = True
    """Whether it goes on with its conversation when it is started again."""
    plays_custom: bool = True
    """Whether it can be given a custom agent's instructions."""

    def detect(self, lines: Sequence[str], title: str) -> Detection | None:
        """What its settled screen says; None if no rule matches."""
        return detect(self.rules, lines, title, lowest=self.lowest_rule_wins)


def model_of(names: str, chosen: str | None, custom: CustomAgent | None) -> str | None:
    """The model to ask for: the person's choice, or a custom agent's first that fits.

    Args:
        names: A regular expression for the names of models that the agent has.
        chosen: What the person chose.
        custom: The custom agent, if one is played.
    """
    preferred = custom.models if custom is not None else ()
    fitting = (each for each in preferred if re.search(names, each, re.IGNORECASE))
    return chosen or next(fitting, None)


def rule(
    pattern: str,
    activity: Activity,
    kind: NeedsKind | None = None,
    *,
    title: str | None = None,
) -> ScreenRule:
    """A rule from a regular expression over the settled screen's last lines.

    A space between words also matches where a narrow screen breaks the line there,
    in a box as well.
    """
    compiled = re.compile(_breakable(pattern), re.MULTILINE)
    titled = re.compile(title) if title is not None else None
    return ScreenRule(compiled, activity, kind or NeedsKind.INPUT, titled)


_BREAK = r"[ \t]*[│|┃]?[ \t]*\n[ \t]*[│|┃]?[ \t]*"
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?<=[\w,;.])[ ](?=[\w(])|.", re.DOTALL
)
"""An escape, a class, a space between words, or any other character of a pattern."""


def _breakable(pattern: str) -> str:
    tokens = _TOKEN.findall(pattern)
    return "".join(f"(?: |{_BREAK})" if each == " " else each for each in tokens)


_TAIL_LINES = 30
_CHOICE = re.compile(
    r"^\s*(?:[│|┃]\s*)?(?:[❯›>●*]\s*)?(\d)[.)](?:\s+|(?=[A-Z]))(.+?)\s*(?:[│|┃]\s*)?$"
)


@dataclass(frozen=True, slots=True)
class Detection:
    """What a settled screen says, and the words that say it."""

    activity: Activity
    detail: str
    needs: Needs | None = None


def detect(
    rules: Sequence[ScreenRule],
    lines: Sequence[str],
    title: str = "",
    *,
    lowest: bool = False,
) -> Detection | None:
    """What the first matching rule says of a settled screen; None if none matches.

    A group of a rule's pattern that is called `text` is what is asked, otherwise the
    line that matches. The choices are the group `choices`, parted by two spaces, or
    the numbered lines from the match on.

    Args:
        rules: The rules, the first of several that match is believed.
        lines: The screen.
        title: The terminal's title.
        lowest: Believe in place of the first rule the one that matches lowest on the
            screen, as what stands below came later.
    """
    tail = [line.rstrip() for line in lines if line.strip()][-_TAIL_LINES:]
    text = "\n".join(tail)
    best: tuple[int, Detection] | None = None
    for each in rules:
        if each.title is not None and each.title.search(title) is None:
            continue
        matches = each.pattern.finditer(text)
        match = next(matches, None)
        if lowest:
            *_, match = (match, *matches)
        if match is None:
            continue
        if not lowest:
            return _detected(each, match, text)
        if best is None or match.start() > best[0]:
            best = (match.start(), _detected(each, match, text))
    return best[1] if best is not None else None


def _detected(rule: ScreenRule, match: re.Match[str], text: str) -> Detection:
    named = match.groupdict()
    asked = named.get("text") or _asked_line(text, match)
    asked = re.sub(_BREAK, " ", asked)
    if rule.activity is not Activity.NEEDS_INPUT:
        return Detection(rule.activity, asked)
    listed = re.split(r"\s{2,}", named["choices"]) if named.get("choices") else None
    below = choices_in(text[match.start() :].split("\n"))
    needs = Needs(rule.kind, asked.strip(), tuple(listed or below))
    return Detection(rule.activity, asked, needs)


def _asked_line(text: str, match: re.Match[str]) -> str:
    """The line that matches; all of it, where a narrow screen breaks it."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", max(match.start(), match.end() - 1))
    return text[start : end if end >= 0 else len(text)].strip(" │|┃\t")


def choices_in(lines: Sequence[str]) -> tuple[str, ...]:
    """The numbered choices at the end of a screen: the last run of 1., 2., ….

    A line below a choice that begins where its words do, or further in, is the rest
    of a choice that a narrow screen breaks.
    """
    choices: list[str] = []
    begins_at: int | None = None
    for line in lines:
        match = _CHOICE.match(line)
        if match is None:
            rest = line.strip(" │|┃\t")
            is_rest = begins_at is not None and _indent(line) >= begins_at
            if is_rest and rest:
                choices[-1] = f"{choices[-1]} {rest}"
            else:
                begins_at = None
            continue
        number = int(match[1])
        if number == 1:
            choices = [match[2]]
        elif choices and number == len(choices) + 1:
            choices.append(match[2])
        else:
            begins_at = None
            continue
        begins_at = match.start(2)
    return tuple(choices)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" │|┃\t"))
