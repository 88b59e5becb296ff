"""Handing work off: how its conversation goes along, told in words, and a first brief."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agentdeck.core.briefs import Brief
from agentdeck.core.conversation import Said, SaidKind
from agentdeck.core.errors import UsageError
from agentdeck.core.session import Session

MAX_CHARS = 60_000
"""What a conversation in words may add to a prompt; some 15,000 tokens."""
MAX_SAID = 6_000
"""A prompt or an answer that is longer is cut in its middle."""
NEWEST_RESULTS = 8
"""So many results of tools are told; of those before only what went wrong."""
RESULT_LINES = 40
WRONG_LINES = 12
TERMINAL_LINES = 300
MAX_EXCERPT = 2_000
_WRONG = re.compile(
    r"\b(?:error|fail(?:ed|ure|s)?|traceback|exception|panic|fatal|denied|refused)\b",
    re.IGNORECASE,
)
_NOT_SAID = re.compile(r"\s*<(?:command-|local-command-|system-reminder|bash-)")
"""What a CLI puts among the prompts though nobody said it."""


class Way(StrEnum):
    """How a conversation goes along."""

    FORK = "fork"
    """The CLI begins a copy of it, and the old one stays."""
    RESUME = "resume"
    """The CLI goes on with the very same one."""
    MARKDOWN = "markdown"
    """It is told in words."""
    NONE = "none"
    """Only the brief goes along."""


@dataclass(frozen=True, slots=True)
class Can:
    """What is possible with a conversation and the agent that shall continue it."""

    same_agent: bool
    forks: bool
    """Whether the agent's CLI can fork or resume a conversation from elsewhere."""
    is_known: bool
    """Whether the conversation's id is known and its CLI still has it."""
    has_words: bool
    """Whether anything that was said can be read."""
    is_live: bool
    """Whether the agent of the source runs and goes on running."""


def way_of(wanted: str | None, can: Can, source: str, target: str) -> tuple[Way, str]:
    """How a conversation goes along, and why so.

    Args:
        wanted: A way that a person chose; None for the best there is.
        can: What is possible.
        source: The title of the agent that held it.
        target: The title of the agent that goes on.

    Raises:
        UsageError: If the chosen way is not possible; the message says why.
    """
    problem = _no_fork(can, source, target)
    if wanted is None:
        if not problem:
            return Way.FORK, f"{target} goes on with a copy of it"
        if can.has_words:
            return Way.MARKDOWN, problem
        return Way.NONE, "nothing that was said can be read"
    way = Way(wanted)
    if way in (Way.FORK, Way.RESUME) and problem:
        raise UsageError(f"The conversation cannot be {_PAST[way]}: {problem}.")
    if way is Way.RESUME and can.is_live:
        raise UsageError(
            "The conversation cannot be resumed while its session runs: have the"
            " source stop, or fork it."
        )
    if way is Way.MARKDOWN and not can.has_words:
        raise UsageError("Nothing that was said can be read, so it cannot be told.")
    return way, "as chosen"


_PAST = {Way.FORK: "forked", Way.RESUME: "resumed"}


def _no_fork(can: Can, source: str, target: str) -> str:
    if not can.same_agent:
        return f"{target} cannot read {source}'s conversation"
    if not can.forks:
        return f"{target} cannot fork conversations"
    if not can.is_known:
        return f"{source} has no conversation that it could fork"
    return ""


def conversation_in_words(
    said: Sequence[Said], speaker: str, limit: int = MAX_CHARS
) -> str:
    """A conversation as Markdown: all that was said, and the results that matter.

    Thoughts are left out, as are results of tools but for the newest and those in
    which something went wrong. Where it is longer than the limit, the first prompt
    and as much as fits from the end stay, and the gap is named.
    """
    blocks = _blocks(said, speaker)
    if not blocks:
        return ""
    if sum(len(block) + 2 for block in blocks) <= limit:
        return "\n\n".join(blocks)
    first, *rest = blocks
    room = limit - len(first)
    kept: list[str] = []
    for block in reversed(rest):
        room -= len(block) + 2
        if room < 0:
            break
        kept.insert(0, block)
    gap = f"*({len(rest) - len(kept)} parts of the conversation are left out here.)*"
    return "\n\n".join([first, gap, *kept])


def terminal_in_words(lines: Sequence[str], limit: int = MAX_CHARS) -> str:
    """What a terminal showed last, where its agent keeps no record of what was said."""
    kept: list[str] = []
    for line in reversed([_visible(line)[:400] for line in lines]):
        limit -= len(line) + 1
        if limit < 0 or len(kept) == TERMINAL_LINES:
            break
        kept.insert(0, line.rstrip())
    text = "\n".join(kept).strip("\n")
    return f"Its terminal's last lines:\n\n{_fenced(text)}" if text else ""


def _blocks(said: Sequence[Said], speaker: str) -> list[str]:
    results = [n for n, each in enumerate(said) if each.kind is SaidKind.RESULT]
    newest = set(results[-NEWEST_RESULTS:])
    blocks: list[str] = []
    for n, each in enumerate(said):
        text = _visible(each.text).strip("\n")
        match each.kind:
            case SaidKind.PROMPT if not _NOT_SAID.match(text):
                blocks.append(f"### The person\n\n{_cut(text)}")
            case SaidKind.ANSWER:
                blocks.append(f"### {speaker}\n\n{_cut(text)}")
            case SaidKind.TOOL:
                blocks.append(f"- {_code(' '.join(text.split())[:300])}")
            case SaidKind.RESULT:
                told = _told_of_result(text, is_new=n in newest)
                if told:
                    blocks.append(told)
            case _:
                pass
    return blocks


def _told_of_result(text: str, *, is_new: bool) -> str:
    lines = text.splitlines()
    is_wrong = _WRONG.search(text) is not None
    if not lines or not (is_new or is_wrong):
        return ""
    most = RESULT_LINES if is_new else WRONG_LINES
    left_out = len(lines) - most
    if left_out > 0:
        # What a command says last is what it comes to.
        lines = [f"({left_out} lines before)", *lines[-most:]]
    return _fenced("\n".join(line[:400] for line in lines))


def _fenced(text: str) -> str:
    """A block that what is in it cannot end."""
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    return f"{fence}\n{text}\n{fence}"


def _code(text: str) -> str:
    runs = [len(run) for run in re.findall(r"`+", text)]
    tick = "`" * (1 + max(runs, default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{tick}{pad}{text}{pad}{tick}"


def _cut(text: str, most: int = MAX_SAID) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    gap = len(text) - 2 * half
    return (
        f"{text[:half]}\n\n*({gap:,} characters are left out here.)*\n\n{text[-half:]}"
    )


def _visible(text: str) -> str:
    """A text without what a terminal would act on."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\x7f"))


_COUNTS = ("staged", "unstaged", "untracked", "ignored")


def carried_in_words(carried: Mapping[str, Any]) -> str:
    """What goes along, from the host's answer: `2 commits, 3 staged, 1 untracked`."""
    commits = int(carried.get("commits") or 0)
    told = [f"{commits} commit{'' if commits == 1 else 's'}"]
    told += [f"{len(carried[key])} {key}" for key in _COUNTS if carried.get(key)]
    if not carried.get("has_files", True):
        told.append("the worktree is gone, so only commits")
    elif len(told) == 1:
        told.append("nothing uncommitted")
    text = ", ".join(told)
    left = [str(each) for each in carried.get("left_out") or ()]
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        text += f"; stays: {', '.join(left[:3])}{more}"
    return text


def linked_to(session: Session, sessions: Iterable[Session]) -> list[Session]:
    """All sessions that were handed off to one another, itself too, the oldest first."""
    known = {str(each.id): each for each in sessions}
    found = {str(session.id): session}
    waiting = [session]
    while waiting:
        each = waiting.pop()
        for link in (each.origin, *each.continued):
            if link in known and link not in found:
                found[link] = known[link]
                waiting.append(known[link])
    return sorted(found.values(), key=lambda s: (s.created_at, s.id))


def first_brief(
    title: str, said: Sequence[Said], way: Way, checks: Sequence[str] = ()
) -> Brief:
    """A brief to begin with, for the person to edit, drafted from what was said.

    A forked conversation is known to who goes on with it, so the brief repeats none.
    """
    texts = {kind: _texts(said, kind) for kind in (SaidKind.PROMPT, SaidKind.ANSWER)}
    prompts, answers = texts[SaidKind.PROMPT], texts[SaidKind.ANSWER]
    verify = tuple(checks)
    if way in (Way.FORK, Way.RESUME):
        goal = "Go on with what we agreed on, until it is done."
        return Brief(title=title, goal=goal, verify=verify)
    goal = _cut(prompts[-1], MAX_EXCERPT) if prompts else title
    context = []
    if len(prompts) > 1:
        context.append(f"It began with:\n\n{_quoted(prompts[0])}")
    if answers:
        context.append(f"What was said last:\n\n{_quoted(answers[-1])}")
    return Brief(title=title, goal=goal, context="\n\n".join(context), verify=verify)


def _texts(said: Sequence[Said], kind: SaidKind) -> list[str]:
    texts = (_visible(each.text).strip() for each in said if each.kind is kind)
    return [text for text in texts if text and not _NOT_SAID.match(text)]


def _quoted(text: str) -> str:
    """Quoted, so that none of its headings becomes one of the brief's."""
    return "\n".join(
        f"> {line}".rstrip() for line in _cut(text, MAX_EXCERPT).split("\n")
    )


def whole_prompt(
    task: str, words: str, *, source: str, folder: str, is_moved: bool
) -> str:
    """What the agent that goes on is told: where it is, what to do, what was said.

    Args:
        task: The brief, as it is told to an agent; empty to wait for the person.
        words: The conversation in words; empty where its CLI knows it.
        source: The name of the session that it continues.
        folder: Where that worked.
        is_moved: Whether this one works in another folder.
    """
    parts = []
    if task and is_moved:
        parts.append(
            f"This work was handed off from the session {source}. Your current folder"
            " is a git worktree of its own that has all of it, also what is not"
            f" committed. Work here and leave {folder} alone; where it was named, the"
            " same path here is meant."
        )
    if task:
        parts.append(task)
    if words:
        parts.append(f"## The conversation so far\n\n{words}")
    return "\n\n".join(parts)
