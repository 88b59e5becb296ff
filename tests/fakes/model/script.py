"""What the scripted model does next: a pure function of the conversation so far.

A prompt carries its script, one step to a line (or parted by ` ;; `):

    do say TEXT         do think SECONDS [TEXT]    do edit PATH TEXT
    do run COMMAND      do commit MESSAGE          do fail STATUS [TIMES]
    do limit            do ask QUESTION | A | B     do sudo COMMAND

The model is asked anew after each tool, so the number of tool results since the
prompt says which step comes next. Nothing is kept between requests but how often a
`do fail` has failed. The path FINDINGS stands for the file that a reviewer is told of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_STEP = re.compile(
    r"(?:^|;;)[ \t]*(?:[-*>│❯][ \t]*)?do "
    r"(say|think|edit|run|sudo|commit|fail|limit|ask)\b[ \t]*((?:(?!;;)[^\n])*)",
    re.MULTILINE,
)
_FINDINGS = re.compile(r"\bto the file (/\S+)")
ENDING = "All done."
SIDE_JOB = "Scripted task"


@dataclass(frozen=True)
class Turn:
    """What one request asks of the model, whatever the protocol."""

    prompt: str = ""
    """The newest prompt that carries a script, or the newest one."""
    results: int = 0
    """How many tools have answered since."""
    tools: tuple[str, ...] = ()
    calls_in_text: bool = False
    """Whether the CLI reads calls from the text, as one without tools does."""


@dataclass(frozen=True)
class Call:
    """A tool to call: `run` or `sudo` a command, `edit` a path with a text, `ask`."""

    kind: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What the model says: some text, slowly or not, then a call, or a failure."""

    text: str = ""
    pause_s: float = 0.0
    call: Call | None = None
    fail: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def steps_of(prompt: str) -> list[tuple[str, str]]:
    """The steps of a prompt, as verb and argument."""
    return [(verb, rest.strip()) for verb, rest in _STEP.findall(prompt)]


def has_script(text: str) -> bool:
    """Whether a text carries steps."""
    return _STEP.search(text) is not None


def newest_prompt(texts: Sequence[str]) -> int | None:
    """Which of a conversation's user texts is the prompt that counts."""
    for index in range(len(texts) - 1, -1, -1):
        if has_script(texts[index]):
            return index
    return len(texts) - 1 if texts else None


def reply_to(turn: Turn, failed: dict[str, int]) -> Reply:
    """What the model answers; `failed` counts the failures of each prompt."""
    if not turn.tools and not turn.calls_in_text:
        return Reply(SIDE_JOB)
    text: list[str] = []
    pause_s, left = 0.0, turn.results
    for verb, argument in steps_of(turn.prompt):
        if verb in ("run", "sudo", "edit", "commit", "ask"):
            if left > 0:
                left, pause_s, text = left - 1, 0.0, []
                continue
            call = _call(verb, _with_path(argument, turn.prompt))
            return Reply("\n".join(text), pause_s, call)
        if left > 0:
            continue
        if verb == "say":
            text.append(argument)
        elif verb == "think":
            seconds, _, words = argument.partition(" ")
            pause_s += float(seconds)
            text.append(words or "Thinking about it.")
        else:
            refused = _refusal(verb, argument, turn, failed)
            if refused is not None:
                return refused
    return Reply("\n".join([*text, ENDING]), pause_s)


def _with_path(argument: str, prompt: str) -> str:
    named = _FINDINGS.search(prompt)
    return argument if named is None else argument.replace("FINDINGS", named[1])


def _call(verb: str, argument: str) -> Call:
    if verb == "edit":
        path, _, content = argument.partition(" ")
        return Call("edit", (path, content.replace("\\n", "\n") + "\n"))
    if verb == "commit":
        return Call("run", (f"git add -A && git commit -qm '{argument}'",))
    if verb == "ask":
        return Call("ask", tuple(part.strip() for part in argument.split("|")))
    return Call("sudo" if verb == "sudo" else "run", (argument,))


def _refusal(
    verb: str, argument: str, turn: Turn, failed: dict[str, int]
) -> Reply | None:
    if verb == "limit":
        return Reply(fail=429, headers={"retry-after": "3600"})
    status, _, times = argument.partition(" ")
    key = f"{turn.prompt}\0{turn.results}"
    failed[key] = failed.get(key, 0) + 1
    return Reply(fail=int(status)) if failed[key] <= int(times or 1) else None
