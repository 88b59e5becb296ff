"""Work is handed off whole: files, conversation and intent; the source stays as it is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

FAKE_CLAUDE = """\
#!/bin/sh
printf '%s\\n' "$@" > "$AGENTDECK_INBOX/../../argv-$AGENTDECK_NAME"
read line
"""


def git(where: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=where, check=True, capture_output=True, text=True
    )
    return done.stdout


def state(where: Path) -> tuple[str, str, dict[str, bytes]]:
    """Status, index and the files that git does not ignore."""
    names = git(where, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = {
        name: (where / name).read_bytes()
        for name in names.split("\0")
        if name and (where / name).is_file()
    }
    status = git(where, "status", "--porcelain=v2", "--untracked-files=all")
    return status, git(where, "ls-files", "--stage"), files


def make_a_mess(repo: Path) -> None:
    """Staged, unstaged and untracked work, a deletion and an executable."""
    (repo / "gone.txt").write_text("gone\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "second")
    (repo / "shared.txt").write_text("staged\n")
    git(repo, "add", "shared.txt")
    (repo / "shared.txt").write_text("staged, and more\n")
    (repo / "gone.txt").unlink()
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o755)


def session_of(deck: Deck, name: str) -> dict[str, Any]:
    found: dict[str, Any] = deck.sessions()[name]
    return found


def handed_off(deck: Deck, *words: str) -> dict[str, Any]:
    done: dict[str, Any] = json.loads(deck.run("handoff", *words, "--json").stdout)
    return done


def test_a_plan_made_in_ones_checkout_is_finished_in_the_background(
    deck: Deck, tmp_path: Path
) -> None:
    make_a_mess(deck.repo)
    was = state(deck.repo)
    script = "/say We agreed to write done.txt\n/idle"
    deck.run("run", script, "--here", "--agent", "scripted", "--name", "plan")
    deck.until(lambda s: s["plan"]["activity"] == "idle")
    looked = handed_off(deck, "plan", "--dry-run")
    assert looked["conversation"]["way"] == "markdown"
    assert looked["carried"]["untracked"] == ["run.sh"]
    brief = tmp_path / "brief.md"
    brief.write_text("/idle\n")
    done = handed_off(deck, "plan", "--name", "work", "--brief", str(brief))
    work = deck.until(lambda s: s["work"]["activity"] == "idle")["work"]
    worktree = Path(work["worktree"])
    assert worktree != deck.repo
    is_same = (state(worktree), state(deck.repo)) == (was, was)
    assert is_same, (state(worktree)[0], was[0])
    assert (work["base"], work["type"]) == ("main", "background")
    told = (deck.home / "state" / "sessions" / work["id"] / "brief.md").read_text()
    assert "We agreed to write done.txt" in told
    assert f"leave {deck.repo} alone" in told
    assert done["carried"]["staged"] == ["shared.txt"]
    deck.run("send", "work", "/edit done.txt it is done\n/commit Finish it\n/exit")
    deck.until(lambda s: s["work"]["phase"] == "ended" and s["work"]["ahead"] == 1)
    assert "it is done" in git(worktree, "show", "HEAD:done.txt")
    is_same = state(deck.repo) == was
    assert is_same
    explained = json.loads(deck.run("explain", "work", "--json").stdout)
    assert explained["continues"] == {"session": "plan", "way": "markdown"}
    plan = session_of(deck, "plan")
    assert plan["continued"] == [work["id"]]
    assert plan["phase"] == "running"
    assert "continues plan (markdown)" in deck.run("show", "work").stdout
    assert "goes on   as work" in deck.run("show", "plan").stdout
    assert "continues plan (markdown)" in deck.run("explain", "work").stdout
    assert "continued by work" in deck.run("timeline", "plan").stdout
    assert "continues plan" in deck.run("timeline", "work").stdout


def test_a_worktrees_commits_go_along_and_the_source_is_archived(
    deck: Deck, tmp_path: Path
) -> None:
    brief = tmp_path / "brief.md"
    brief.write_text("/idle\n")
    script = "/edit one.txt 1\n/commit One\n/edit two.txt 2\n/idle"
    deck.run("run", script, "--agent", "scripted", "--name", "first")
    deck.until(lambda s: s["first"]["activity"] == "idle" and s["first"]["ahead"] == 1)
    first = session_of(deck, "first")
    words = ("--type", "local", "--source", "archive", "--brief", str(brief))
    handed_off(deck, "first", "--name", "second", *words)
    sessions = deck.until(
        lambda s: (
            s["second"]["phase"] == "running"
            and s["first"]["archived"]
            and s["second"]["ahead"] == 1
        )
    )
    second = sessions["second"]
    assert second["base_commit"] == first["base_commit"]
    assert second["type"] == "local"
    worktree = Path(second["worktree"])
    assert git(worktree, "log", "--format=%s", "main..").split() == ["One"]
    assert (worktree / "two.txt").read_text().strip() == "2"
    assert sessions["first"]["phase"] == "ended"


def test_a_turn_is_not_cut_in_two_unasked(deck: Deck) -> None:
    deck.run("run", "/think 300", "--agent", "scripted", "--name", "busy")
    deck.until(lambda s: s["busy"]["activity"] == "working")
    refused = deck.run("handoff", "busy", status=4)
    assert "--when wait, interrupt or now" in refused.stderr
    assert list(deck.sessions()) == ["busy"]
    deck.run("handoff", "busy", "--when", "now", "--name", "at-once")
    deck.run("handoff", "busy", "--when", "interrupt", "--name", "after")
    sessions = deck.sessions()
    assert sessions["busy"]["activity"] == "idle"
    assert {"at-once", "after"} <= set(sessions)


def test_what_cannot_be_handed_off_is_said_and_nothing_is_left(deck: Deck) -> None:
    deck.run("run", "--here", "--name", "mine", "--", "bash", "-c", "read")
    deck.until(lambda s: s["mine"]["phase"] == "running")
    assert "--to AGENT" in deck.run("handoff", "mine", status=2).stderr
    path = deck.env["PATH"]
    deck.env["PATH"] = "/usr/bin:/bin"
    missing = deck.run("handoff", "mine", "--to", "gemini", status=2)
    assert "Gemini CLI is not installed" in missing.stderr
    deck.env["PATH"] = path
    cannot = deck.run(
        "handoff", "mine", "--to", "scripted", "--conversation", "fork", status=2
    )
    assert "cannot be forked" in cannot.stderr
    deck.git("checkout", "-q", "-b", "side")
    deck.git("commit", "-q", "--allow-empty", "-m", "x")
    (deck.repo / ".git" / "MERGE_HEAD").write_text(deck.git("rev-parse", "main"))
    middle = deck.run("handoff", "mine", "--to", "scripted", status=4)
    assert "in the middle of a merge" in middle.stderr
    (deck.repo / ".git" / "MERGE_HEAD").unlink()
    assert deck.git("for-each-ref", "refs/agentdeck/handoff") == ""
    assert list(deck.sessions()) == ["mine"]


def test_a_conversation_from_outside_goes_on_where_its_cli_forks_it(
    deck: Deck, tmp_path: Path
) -> None:
    known = "0b3ca22f-4f4f-4f5e-9b2c-000000000001"
    config = tmp_path / "claude"
    munged = "".join(c if c.isalnum() else "-" for c in str(deck.repo))
    folder = config / "projects" / munged
    folder.mkdir(parents=True)
    said = {"role": "user", "content": "Plan the login"}
    line = json.dumps({"cwd": str(deck.repo), "sessionId": known, "message": said})
    # Its CLI is about to write more.
    (folder / f"{known}.jsonl").write_text(f'{line}\n{{"cwd": "half')
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "claude").write_text(FAKE_CLAUDE)
    (programs / "claude").chmod(0o755)
    (programs / "editor").write_text('#!/bin/sh\necho "And mind the tests." >> "$1"\n')
    (programs / "editor").chmod(0o755)
    deck.env |= {
        "VISUAL": str(programs / "editor"),
        "CLAUDE_CONFIG_DIR": str(config),
        "PATH": f"{programs}{os.pathsep}{deck.env['PATH']}",
    }
    (deck.repo / "new.txt").write_text("not committed\n")
    done = handed_off(deck, "--from", "claude", "--name", "went-on", "--edit")
    assert done["way"] == "fork"
    deck.until(lambda s: s["went-on"]["phase"] == "running")
    session = session_of(deck, "went-on")
    assert session["origin"] == f"claude:{known}"
    assert (Path(session["worktree"]) / "new.txt").exists()
    noted = deck.home / "state" / "argv-went-on"
    deck.until(lambda _: noted.exists() and noted.read_text().endswith("\n"))
    argv = noted.read_text()
    assert f"--resume\n{known}\n--fork-session\n--session-id\n" in argv
    assert "Go on with what we agreed on" in argv
    assert "And mind the tests." in argv
    in_words = handed_off(
        deck, "--from", f"claude:{known}", "--to", "scripted", "--dry-run"
    )
    assert in_words["conversation"]["way"] == "markdown"
    assert "Plan the login" in in_words["brief"]
    nobody = deck.run("handoff", "--from", "claude:nobody", status=3)
    assert "no conversation 'nobody'" in nobody.stderr


def test_what_was_handed_off_outlives_a_queue_and_a_new_host(deck: Deck) -> None:
    """The source may change and go; the new session has what was there."""
    (deck.repo / "new.txt").write_text("then\n")
    deck.run("run", "/idle", "--here", "--agent", "scripted", "--name", "plan")
    deck.until(lambda s: s["plan"]["activity"] == "idle")
    deck.run("pool", "--pause")
    handed_off(deck, "plan", "--name", "later", "--source", "stop")
    (deck.repo / "new.txt").write_text("later\n")
    deck.until(lambda s: s["plan"]["phase"] == "ended")
    deck.run("discard", "plan", "--yes")
    deck.run("host", "stop")
    assert session_of(deck, "later")["phase"] == "queued"
    deck.run("pool", "--resume")
    later = deck.until(lambda s: s["later"]["phase"] == "running")["later"]
    assert (Path(later["worktree"]) / "new.txt").read_text() == "then\n"
