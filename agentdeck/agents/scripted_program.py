"""The scripted agent's program: a small agent CLI that needs no model.

Without steps in its prompt it edits a file, commits and ends. With lines that begin
with `/` it plays them:

    /say TEXT                  /think SECONDS [TEXT]     /sleep SECONDS
    /edit PATH TEXT            /commit MESSAGE           /lines N [INTERVAL_S]
    /permission TEXT           /question TEXT | A | B    /idle
    /fail STATUS TEXT          /exit [STATUS]
    /review REGEX MESSAGE      /findings TEXT

The steps may stand in `SCRIPTED_AGENT_STEPS` instead, so that the prompt is one that
a person would write. `/permission` with "No" ends the turn. `/idle` ends the turn and waits for a prompt;
so does the end of a script that was typed. `/review` reports each line of a tracked
file that a word's pattern matches, as a reviewer does; `/findings` writes a text in
place of that. It reports by JSON files in the folder
that `AGENTDECK_INBOX` names. Only the standard library, so that it starts at once.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STEPS_VARIABLE = "SCRIPTED_AGENT_STEPS"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_S = 0.1
_numbers = itertools.count()


class EndOfTurnError(Exception):
    """The person said no, or interrupted: the turn is over."""


def report(activity: str, detail: str, needs: dict[str, object] | None = None) -> None:
    """Put one message into the inbox: a whole file at once, named in order."""
    inbox = os.environ.get("AGENTDECK_INBOX")
    if not inbox:
        return
    name = f"{time.time_ns():020d}-{os.getpid()}-{next(_numbers)}.json"
    text = json.dumps({"activity": activity, "detail": detail, "needs": needs})
    draft = Path(inbox, f".{name}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.rename(Path(inbox, name))
    except OSError:
        show(f"\x1b[2m(no report: {inbox} cannot be written)\x1b[0m\n")


def show(text: str) -> None:
    """Write to the terminal now."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def raw_terminal() -> Iterator[int]:
    """The terminal with keys delivered one by one."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def read_key(descriptor: int) -> str:
    """One key: a character, or a whole escape sequence."""
    data = os.read(descriptor, 1)
    if not data:
        raise SystemExit(0)
    if data == b"\x1b":
        while select.select([descriptor], [], [], 0.02)[0] and len(data) < 16:
            data += os.read(descriptor, 1)
    while data[0] >= 0xC0 and len(data) < 4 and not _is_character(data):
        data += os.read(descriptor, 1)
    return data.decode(errors="replace")


def _is_character(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def choose(kind: str, text: str, choices: list[str]) -> str:
    """Ask, with choices; a number, the arrows and Enter, or a typed answer."""
    report("needs-input", f"{kind}: {text}", _needs(kind, text, choices))
    show(f"\n\x1b[1;33m{text}\x1b[0m\n")
    picked, typed = 0, ""
    with raw_terminal() as descriptor:
        while True:
            _draw_choices(choices, picked, typed)
            key = read_key(descriptor)
            if key in ("\r", "\n"):
                break
            if key.isdigit() and not typed and 1 <= int(key) <= len(choices):
                picked = int(key) - 1
                break
            if key == "\x1b":
                picked = len(choices) - 1
                break
            if key in ("\x1b[A", "\x1b[B"):
                picked = (picked + (1 if key == "\x1b[B" else -1)) % len(choices)
            elif key == "\x7f":
                typed = typed[:-1]
            elif key.isprintable():
                typed += key
            _undraw(len(choices) + 1)
    answer = typed or choices[picked]
    report("working", f"answered: {answer}")
    show(f"\x1b[2m> {answer}\x1b[0m\n\n")
    return answer


def _needs(kind: str, text: str, choices: list[str]) -> dict[str, object]:
    return {"kind": kind, "text": text, "choices": choices}


def _draw_choices(choices: list[str], picked: int, typed: str) -> None:
    for number, choice in enumerate(choices):
        mark = "\x1b[36m❯" if number == picked else " "
        show(f"{mark} {number + 1}. {choice}\x1b[0m\n")
    show(f"\x1b[2m  or type an answer: \x1b[0m{typed}\n")


def _undraw(lines: int) -> None:
    show(f"\x1b[{lines}A\x1b[0J")


def think(seconds: float, text: str) -> None:
    """Show a spinner for a while."""
    until = time.monotonic() + seconds
    started = time.monotonic()
    for glyph in itertools.cycle(SPINNER):
        now = time.monotonic()
        if now >= until:
            break
        show(f"\r\x1b[35m{glyph}\x1b[0m {text}… \x1b[2m({now - started:.0f}s)\x1b[0m")
        time.sleep(min(SPINNER_S, until - now))
    show("\r\x1b[2K")


def edit(argument: str) -> None:
    """Add a line to a file, and show the hunk."""
    path, _, text = argument.partition(" ")
    text = text.replace("\\n", "\n")
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
    show(f"\x1b[32m●\x1b[0m \x1b[1mEdit\x1b[0m({path})\n")
    first = len(before.splitlines()) + 1
    for number, line in enumerate(text.splitlines(), first):
        show(f"  \x1b[2m{number:4}\x1b[0m \x1b[32m+ {line}\x1b[0m\n")


def commit(message: str) -> None:
    """Commit everything, and show git's own words."""
    git = ["git", "-c", "commit.gpgsign=false"]
    known = subprocess.run(
        ["git", "config", "user.email"], check=False, capture_output=True
    )
    if not known.stdout:
        git += ["-c", "user.name=Scripted Agent", "-c", "user.email=scripted@localhost"]
    subprocess.run([*git, "add", "-A"], check=True, capture_output=True)
    done = subprocess.run(
        [*git, "commit", "-q", "-m", message],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        show(f"\x1b[31m●\x1b[0m git commit failed: {done.stderr or done.stdout}")
    else:
        show(f"\x1b[32m●\x1b[0m \x1b[1mCommit\x1b[0m {message}\n")


def lines(argument: str) -> None:
    """Print numbered lines, at an interval or as fast as possible."""
    count, _, interval = argument.partition(" ")
    for number in range(1, int(count) + 1):
        show(f"line {number}\n")
        if interval:
            time.sleep(float(interval))


def review(argument: str) -> None:
    """Report the lines of tracked files that match a pattern."""
    pattern, _, message = argument.partition(" ")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], check=True, capture_output=True
    ).stdout
    found = []
    for name in filter(None, os.fsdecode(listed).split("\0")):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                found.append(
                    {
                        "file": name,
                        "line": number,
                        "severity": "error",
                        "rule": pattern,
                        "message": message or f"It has {pattern}.",
                        "suggestion": "Take it out.",
                    }
                )
    for each in found:
        show(f"\x1b[31m✗\x1b[0m {each['file']}:{each['line']} {each['message']}\n")
    write_findings(json.dumps({"version": 1, "findings": found}))


def write_findings(text: str) -> None:
    """Put a text where a reviewer's findings belong, whole or not at all."""
    place = os.environ.get("AGENTDECK_FINDINGS")
    if not place:
        show("\x1b[33mThis is no review: AGENTDECK_FINDINGS is not set.\x1b[0m\n")
        return
    draft = Path(f"{place}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.rename(place)


def play(step: str) -> None:
    """Play one step of a script."""
    verb, _, argument = step[1:].partition(" ")
    match verb:
        case "say":
            show(f"\x1b[1m●\x1b[0m {argument}\n")
        case "think":
            seconds, _, text = argument.partition(" ")
            think(float(seconds), text or "Thinking")
        case "sleep":
            time.sleep(float(argument))
        case "edit":
            edit(argument)
        case "commit":
            commit(argument)
        case "lines":
            lines(argument)
        case "review":
            review(argument)
        case "findings":
            write_findings(argument)
        case _:
            play_turn(verb, argument)


def play_turn(verb: str, argument: str) -> None:
    """Play a step that asks something, or ends the turn or the program."""
    match verb:
        case "permission":
            choices = ["Yes", "Yes, and do not ask again", "No"]
            if choose("permission", argument, choices) == "No":
                show("Not allowed, so I stop here.\n")
                raise EndOfTurnError
        case "question":
            text, *choices = [part.strip() for part in argument.split("|")]
            answer = choose("question", text, choices or ["Yes", "No"])
            show(f"\x1b[1m●\x1b[0m Going with {answer}.\n")
        case "idle":
            raise EndOfTurnError
        case "fail":
            status, _, text = argument.partition(" ")
            show(f"\x1b[31m✗ {text or 'It does not work.'}\x1b[0m\n")
            raise SystemExit(int(status or 1))
        case "exit":
            raise SystemExit(int(argument or 0))
        case _:
            show(f"\x1b[33mNo step is called /{verb}.\x1b[0m\n")


def steps_of(prompt: str) -> list[str]:
    """The steps of a prompt, or the usual ones where it has none."""
    steps = [line.strip() for line in prompt.splitlines()]
    scripted = [step for step in steps if re.match(r"/[a-z]", step)]
    if scripted:
        return scripted
    task = next((step for step in steps if step), "something useful")
    slug = "-".join(re.findall(r"[a-z0-9]+", task.lower())[:5]) or "task"
    return [
        f"/say {task}",
        "/think 1 Reading the repository",
        f"/edit notes/{slug}.md # {task}",
        f"/commit {task[:72]}",
        "/say Done: one file, one commit.",
    ]


def turn(prompt: str) -> None:
    """Play a prompt as one turn."""
    report("working", "a turn began")
    for step in steps_of(prompt):
        play(step)


def wait_for_prompt() -> str:
    """Say that the turn is over and read the next prompt from the terminal."""
    report("idle", "the turn is over")
    show("\n\x1b[2m─── your turn · type a prompt, or `exit` ───\x1b[0m\n❯ ")
    line = sys.stdin.readline()
    if not line or line.strip() in ("exit", "/exit", "quit"):
        raise SystemExit(0)
    return line.strip()


def main(arguments: list[str]) -> None:
    """Play the prompt; end with it, or go on by prompts once a turn was ended."""
    resumed = "--resume" in arguments[:1]
    prompt = arguments[-1] if arguments and arguments[-1] != "--" else ""
    if arguments[-2:-1] == ["--brief"]:
        prompt = Path(prompt).read_text(encoding="utf-8")
    show("\x1b[1;36m✻ Scripted agent\x1b[0m \x1b[2m· no model, plays a script\x1b[0m\n")
    show(f"\x1b[2m  {Path.cwd().name}\x1b[0m\n\n")
    interactive = resumed or not prompt
    if interactive:
        prompt = wait_for_prompt()
    else:
        prompt = os.environ.get(STEPS_VARIABLE) or prompt
    while True:
        try:
            turn(prompt)
        except (EndOfTurnError, KeyboardInterrupt):
            interactive = True
        except ValueError as error:
            show(f"\x1b[33mThat step has a wrong argument: {error}.\x1b[0m\n")
            interactive = True
        if not interactive:
            return
        prompt = wait_for_prompt()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
