"""How each CLI goes on with a conversation, and how one from outside is found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentdeck.agents.claude import CLAUDE
from agentdeck.agents.codex import CODEX
from agentdeck.agents.definition import Agent, Start
from agentdeck.agents.opencode import OPENCODE
from agentdeck.agents.outside import claude_outside, codex_outside
from agentdeck.agents.transcripts import newest_lines
from agentdeck.git.repository import Base
from agentdeck.host.handoff_sources import Source, said_in


@pytest.mark.parametrize(
    ("agent", "forks", "words"),
    [
        (
            CLAUDE,
            True,
            "--resume OLD --fork-session --session-id NEW -- go on",
        ),
        (CLAUDE, False, "--resume OLD -- go on"),
        (CODEX, True, "fork -C /new"),
        (CODEX, True, "OLD -- go on"),
        (CODEX, False, "resume -C /new"),
        (OPENCODE, True, "--session OLD --fork --prompt go on"),
        (OPENCODE, False, "--session OLD --prompt go on"),
    ],
)
def test_the_first_start_goes_on_with_the_prompt(
    agent: Agent, forks: bool, words: str
) -> None:
    launch = agent.launch(
        Start(
            prompt="go on",
            conversation="NEW",
            continues="OLD",
            forks=forks,
            folder=Path("/state"),
            worktree=Path("/new"),
        )
    )
    assert words in " ".join(launch.argv)


def test_only_a_fork_has_an_id_of_its_own() -> None:
    forked = Start(prompt="", conversation="NEW", continues="OLD", forks=True)
    assert CLAUDE.launch(forked).conversation == "NEW"
    resumed = Start(prompt="", conversation="NEW", continues="OLD")
    assert CLAUDE.launch(resumed).conversation == "OLD"


def written(file: Path, *lines: object, at: float) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"half')
    os.utime(file, (at, at))
    return file


def test_claudes_newest_of_a_folder_or_the_one_of_an_id(tmp_path: Path) -> None:
    env = {"CLAUDE_CONFIG_DIR": str(tmp_path)}
    folder = Path("/work/my.app")
    projects = tmp_path / "projects"
    here = projects / "-work-my-app"
    for name, at in (("aaaa-1", 1.0), ("bbbb-2", 3.0), ("cccc-3", 2.0)):
        written(here / f"{name}.jsonl", {"type": "x"}, {"cwd": str(folder)}, at=at)
    # Another folder whose name comes out the same.
    written(here / "dddd-4.jsonl", {"cwd": "/work/my-app"}, at=9.0)
    found = claude_outside(env, "", folder)
    assert found is not None
    assert (found.conversation, found.folder) == ("bbbb-2", folder)
    found = claude_outside(env, "aaaa-1", Path("/elsewhere"))
    assert found is not None
    assert found.transcript == here / "aaaa-1.jsonl"
    assert claude_outside(env, "*", folder) is None
    assert claude_outside({"HOME": str(tmp_path / "no")}, "", folder) is None


def test_codexs_newest_of_a_folder_or_the_one_of_an_id(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    day = tmp_path / ".codex" / "sessions" / "2026" / "11" / "24"
    for name, where, at in (("aaaa", "/here", 1.0), ("bbbb", "/there", 2.0)):
        meta = {"type": "session_meta", "payload": {"id": name, "cwd": where}}
        written(day / f"rollout-2026-11-24T10-00-00-{name}.jsonl", meta, at=at)
    found = codex_outside(env, "", Path("/here"))
    assert found is not None
    assert found.conversation == "aaaa"
    found = codex_outside(env, "bbbb", Path("/here"))
    assert found is not None
    assert found.folder == Path("/there")
    assert codex_outside(env, "", Path("/nowhere")) is None


def test_a_fork_of_codex_is_read_with_what_it_was_forked_from(tmp_path: Path) -> None:
    day = tmp_path / "sessions" / "2026" / "11" / "24"

    def said(text: str) -> dict[str, object]:
        payload = {"type": "user_message", "message": text}
        return {"type": "event_msg", "payload": payload}

    first = written(day / "rollout-1-aaaa.jsonl", {"payload": {}}, said("plan"), at=1)
    end = first.stat().st_size - len('{"half')
    with first.open("r+b") as stream:
        stream.seek(end)
        stream.write(json.dumps(said("after the fork")).encode() + b"\n")
    base = {"thread_id": "aaaa", "end_byte_offset": end}
    meta = {"type": "session_meta", "payload": {"history_base": base}}
    fork = written(day / "rollout-2-bbbb.jsonl", meta, said("go on"), at=2)
    source = Source(
        name="it",
        title="It",
        agent=CODEX,
        repo="/r",
        folder=Path("/r"),
        base=Base("main", "0" * 40, is_branch=True),
        origin="x",
        transcript=fork,
    )
    assert [each.text for each in said_in(source)] == ["plan", "go on"]
    meta["payload"]["history_base"] = {"thread_id": "bbbb", "end_byte_offset": 9**9}
    written(fork, meta, said("itself"), at=3)
    assert {each.text for each in said_in(source)} == {"itself"}


def test_of_a_huge_record_its_end_is_read(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    lines = [json.dumps({"n": n}) for n in range(1000)]
    file.write_text("\n".join(lines) + '\n{"n": 1000, "half')
    found = [line["n"] for line in newest_lines(file, 200)]
    assert found[-1] == 999
    assert 5 < len(found) < 30
    assert len(list(newest_lines(file, 10**9))) == 1000
