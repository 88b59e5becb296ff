"""Logs to read, conversations and timelines of real sessions, by the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]

FULL_SCREEN = r"""
printf '\033[?1049h\033[2J\033[H'
for n in 1 2 3; do
  for frame in a b c d e f; do
    printf '\033[1;1Hspinner %s\033[3;1Hstep %s is done\033[5;1H' $frame $n
    sleep 0.3
  done
done
printf '\033[?1049l'
echo finished
"""

CLAUDE = """#!/usr/bin/env python3
import json, os, pathlib, sys, time
transcript = pathlib.Path(os.environ["AGENTDECK_INBOX"]).parent / "said.jsonl"
inbox = pathlib.Path(os.environ["AGENTDECK_INBOX"])

def hook(number, event, **more):
    told = {"hook_event_name": event, "session_id": "s", **more}
    told["transcript_path"] = str(transcript)
    draft = inbox / f".{number}"
    draft.write_text(json.dumps(told))
    draft.rename(inbox / f"{number}.json")

def said(role, content):
    line = {"type": role, "message": {"role": role, "content": content}}
    line["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with transcript.open("a") as file:
        file.write(json.dumps(line) + "\\n")

hook(1, "UserPromptSubmit", prompt=sys.argv[-1])
said("user", sys.argv[-1])
call = {"name": "Bash", "input": {"command": "pytest -q"}}
said("assistant", [{"type": "tool_use", **call}])
hook(2, "PreToolUse", tool_name="Bash", tool_input={"command": "pytest -q"})
said("user", [{"type": "tool_result", "content": "12 passed"}])
said("assistant", [{"type": "text", "text": "All is well."}])
hook(3, "Stop", last_assistant_message="All is well.")
print("all is drawn")
sys.stdin.readline()
said("assistant", [{"type": "text", "text": "Good bye."}])
"""


def entries(deck: Deck, name: str, source: str) -> list[dict[str, Any]]:
    done = deck.run("logs", name, source, "--json")
    found: list[dict[str, Any]] = json.loads(done.stdout)["entries"]
    return found


def timeline(deck: Deck, name: str) -> list[tuple[str, str]]:
    rows = json.loads(deck.run("timeline", name, "--json").stdout)
    return [(row["kind"], row["text"]) for row in rows]


def until(holds: Any) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_a_full_screen_agent_is_read_as_text(deck: Deck) -> None:
    deck.shell("draws", FULL_SCREEN)
    deck.until(lambda all_: all_["draws"]["phase"] == "ended")
    lines = deck.run("logs", "draws", "--settled").stdout.splitlines()
    assert lines[-1] == "finished"
    steps = [line for line in lines if line.startswith("step")]
    assert steps == ["step 1 is done", "step 3 is done"]
    assert "spinner" not in "".join(lines[1:])
    assert "\x1b" not in "".join(lines)
    kinds = [each["kind"] for each in entries(deck, "draws", "--settled")]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    folder = next((deck.home / "state" / "sessions").iterdir())
    assert (folder / "text.jsonl").stat().st_mode & 0o777 == 0o600


def test_followed_it_says_lines_as_they_settle_and_ends_with_the_session(
    deck: Deck,
) -> None:
    deck.shell("slow", "echo one; read -r _; seq 200; read -r _")
    deck.until(lambda all_: all_["slow"]["phase"] == "running")
    with subprocess.Popen(
        [sys.executable, "-m", "agentdeck", "logs", "-f", "--settled", "slow"],
        cwd=deck.repo,
        env=deck.env,
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "one\n"
        deck.run("send", "slow", "go")
        # What leaves the screen is there at once, the rest once it stands still.
        said = [following.stdout.readline().strip() for _ in range(201)]
        assert said[-200:] == [str(number) for number in range(1, 201)]
        deck.run("send", "slow", "go")
        assert following.wait(timeout=60) == 0
    deck.until(lambda all_: all_["slow"]["phase"] == "ended")


def test_a_conversation_is_read_with_its_timeline(deck: Deck, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "claude"
    program.write_text(CLAUDE)
    program.chmod(0o755)
    deck.env["PATH"] = f"{programs}{os.pathsep}{deck.env['PATH']}"
    deck.run("run", "--name", "talks", "--agent", "claude", "Look after [b]it[/b]")
    deck.until(lambda all_: all_["talks"]["activity"] == "idle")
    said = [(e["kind"], e["text"]) for e in entries(deck, "talks", "--conversation")]
    assert said == [
        ("prompt", "Look after [b]it[/b]"),
        ("tool", "Bash(pytest -q)"),
        ("result", "12 passed"),
        ("answer", "All is well."),
    ]
    printed = deck.run("logs", "talks", "--conversation").stdout
    assert "> Look after [b]it[/b]\n" in printed
    assert "* Bash(pytest -q)\n    12 passed\n" in printed
    happened = [
        (kind, text) for kind, text in timeline(deck, "talks") if kind != "status"
    ]
    assert happened == [
        ("created", "Look after [b]it[/b]"),
        ("started", "claude"),
        ("prompt", "Look after [b]it[/b]"),
        ("tool", "Bash(pytest -q)"),
        ("turn", "All is well."),
    ]
    deck.run("send", "talks", "bye")
    deck.until(lambda all_: all_["talks"]["phase"] == "ended")
    said = [(e["kind"], e["text"]) for e in entries(deck, "talks", "--conversation")]
    assert said[-1] == ("answer", "Good bye.")


def test_a_timeline_tells_questions_answers_and_commits_and_outlives_the_host(
    deck: Deck,
) -> None:
    script = "/edit a.txt hello\n/commit Add a\n/permission May I?\n/exit"
    deck.run("run", "--name", "asks", "--agent", "scripted", script)
    deck.until(lambda all_: all_["asks"]["needs"])
    until(lambda: "commit" in dict(timeline(deck, "asks")))
    deck.run("approve", "asks")
    deck.until(lambda all_: all_["asks"]["phase"] == "ended")
    before = timeline(deck, "asks")
    kinds = [kind for kind, _ in before]
    assert kinds.index("question") < kinds.index("answered") < kinds.index("ended")
    assert dict(before)["commit"].endswith(" Add a")
    assert "May I?" in dict(before)["question"]
    assert "approved" in dict(before)["answered"]
    text = entries(deck, "asks", "--settled")
    host = psutil.Process(deck.host_pid())
    host.send_signal(signal.SIGKILL)
    host.wait(10)
    assert timeline(deck, "asks") == before
    assert entries(deck, "asks", "--settled") == text
    only = deck.run("timeline", "asks", "--only", "question,answered").stdout
    assert "commit" not in only
    assert "question" in only
    done = deck.run("timeline", "asks", "--only", "nonsense", status=2)
    assert "nonsense" in done.stderr


def test_a_session_that_never_ran_has_an_empty_log(deck: Deck) -> None:
    deck.run("pool", "--pause")
    deck.shell("waits", "true")
    assert entries(deck, "waits", "--settled") == []
    done = deck.run("logs", "waits", "--conversation", status=None)
    assert done.returncode != 0
    assert "keeps no record" in done.stderr


def test_words_are_found_in_all_sessions_and_leave_with_a_discarded_one(
    deck: Deck,
) -> None:
    deck.shell("one", "echo the quick-brown fox; seq 500; echo done")
    deck.shell("two", "printf '\\033[31mquick\\033[m red [b]fox[/b]\\n'")
    deck.run("run", "--name", "three", "--agent", "scripted", "/say slow\n/exit")
    deck.until(
        lambda all_: all(all_[n]["phase"] == "ended" for n in ("one", "two", "three"))
    )

    def found(*words: str, status: int = 0) -> dict[str, list[str]]:
        answer = json.loads(deck.run("find", *words, "--json", status=status).stdout)
        return {
            session["name"]: [
                hit["text"] for hit in session["hits"] if hit["source"] == "terminal"
            ]
            for session in answer["sessions"]
        }

    assert found("quick", "fo") == {
        "one": ["the quick-brown fox"],
        "two": ["quick red [b]fox[/b]"],
    }
    assert found('"quick brown"') == {"one": ["the quick-brown fox"]}
    assert found("fox", "--filter", "agent:scripted", status=1) == {}
    assert list(found("agentdeck/three")) == ["three"]
    assert found("nowhere", status=1) == {}
    shown = deck.run("find", "quick").stdout
    assert "two" in shown
    assert "\x1b" not in shown
    assert deck.run("find", "x", status=2).stderr
    deck.run("discard", "one", "--yes")
    until(lambda: list(found("quick")) == ["two"])
    deck.run("trash", "restore", "one")
    until(lambda: sorted(found("quick")) == ["one", "two"])
    index = deck.home / "state" / "find.sqlite"
    assert index.stat().st_mode & 0o777 == 0o600
    deck.run("host", "stop")
    index.write_bytes(b"no index at all" * 1000)
    assert sorted(found("quick")) == ["one", "two"]


def test_what_happened_since_one_looked_is_told(deck: Deck) -> None:
    script = "/edit a.txt hello\n/commit Add a greeting\n/say Done\n/idle"
    deck.run("run", "--name", "works", "--agent", "scripted", script)
    deck.until(lambda all_: all_["works"]["activity"] == "idle")
    until(lambda: "commit" in dict(timeline(deck, "works")))
    (recap,) = json.loads(deck.run("recap", "works", "--json").stdout)
    assert recap["commits"] == ["Add a greeting"]
    assert recap["turns"] == 1
    assert "1 commit: Add a greeting" in deck.run("recap").stdout
