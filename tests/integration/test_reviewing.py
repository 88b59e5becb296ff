"""A review for real: host, agent, command line and app on one repository."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

CHANGES = """
printf 'one\\nTWO\\nthree\\n' > shared.txt; echo new > new.txt
git add -A; git commit -qm 'Change it'
echo uncommitted > later.txt
"""


@pytest.fixture
def changed(deck: Deck) -> Deck:
    """A session that has changed files and prints what it is told."""
    (deck.repo / "shared.txt").write_text("one\ntwo\nthree\n")
    deck.git("commit", "-qam", "three lines")
    script = "/say ready\n/idle"
    deck.run(
        "run", script, "--agent", "scripted", "--name", "works", "--title", "works"
    )
    deck.until(lambda all_: all_["works"]["activity"] == "idle")
    subprocess.run(["bash", "-c", CHANGES], cwd=worktree(deck), check=True)
    return deck


def worktree(deck: Deck) -> Path:
    return Path(deck.sessions()["works"]["worktree"])


def commented(deck: Deck, *words: str) -> Any:
    return json.loads(deck.run("comments", "works", *words, "--json").stdout)


def diffed(deck: Deck, *words: str) -> dict[str, dict[str, Any]]:
    answer = json.loads(deck.run("diff", "works", *words, "--json").stdout)
    return {file["path"]: file for file in answer["files"]}


def test_diff_gives_files_and_hunks_of_each_comparison(changed: Deck) -> None:
    files = diffed(changed)
    assert set(files) == {"later.txt", "new.txt", "shared.txt"}
    (hunk,) = files["shared.txt"]["hunks"]
    assert [(n["kind"], n["text"]) for n in hunk["lines"]] == [
        ("context", "one"),
        ("removed", "two"),
        ("added", "TWO"),
        ("context", "three"),
    ]
    assert set(diffed(changed, "--working")) == {"later.txt"}
    assert set(diffed(changed, "--commits")) == {"new.txt", "shared.txt"}
    assert set(diffed(changed, "--commit", "HEAD")) == {"new.txt", "shared.txt"}
    assert "hunks" not in diffed(changed, "--stat")["shared.txt"]
    changed.shell(
        "other", "echo new > new.txt; git add -A; git commit -qm new; sleep 300"
    )
    changed.until(lambda all_: all_["other"]["ahead"] == 1)
    assert set(diffed(changed, "--against", "other")) == {"later.txt", "shared.txt"}
    text = changed.run("diff", "works", "--commits").stdout
    assert "+TWO" in text
    assert "later.txt" not in text
    patch = changed.repo.parent / "a.patch"
    patch.write_text(text)
    changed.git("apply", "--check", str(patch))
    said = changed.run("diff", "works", "--commit", "nothing", status=2).stderr
    assert "no branch, tag or commit 'nothing'" in said
    changed.run("diff", "works", "--working", "--commit", "HEAD", status=2)


def test_comments_are_kept_follow_their_lines_and_are_sent(changed: Deck) -> None:
    added = commented(changed, "--add", "shared.txt:2", "Why so loud?")
    assert added["texts"] == ["TWO"]
    assert added["hunk"].startswith("@@ -1,3 +1,3 @@")
    changed.run("comments", "works", "--add", "new.txt", "All of it?")
    changed.run("comments", "works", "--add", "shared.txt:2", "x", "--old")
    changed.run("comments", "works", "--add", "shared.txt:99", "x", status=2)
    changed.run("comments", "works", "--add", "../repo/shared.txt:1", "x", status=2)
    os.kill(changed.host_pid(), signal.SIGKILL)
    listed = commented(changed)["comments"]
    assert [c["text"] for c in listed] == ["All of it?", "Why so loud?", "x"]
    changed.run("comments", "works", "--delete", listed[2]["id"])
    file = worktree(changed) / "shared.txt"
    file.write_text("zero\n" + file.read_text())
    assert commented(changed)["comments"][1]["place"] == {
        "line": 3,
        "end": 3,
        "is_outdated": False,
    }
    file.write_text("zero\none\ntwo again\nthree\n")
    assert commented(changed)["comments"][1]["place"]["is_outdated"]
    assert "shared.txt:3  not sent, outdated" in changed.run("comments", "works").stdout
    changed.run("comments", "works", "--resolve", listed[0]["id"])
    changed.run("comments", "works", "--send")
    changed.until(lambda _: "Why so loud?" in changed.run("screen", "works").stdout)
    screen = changed.run("screen", "works").stdout
    assert "1. shared.txt, line 2 (changed since)" in screen
    assert "> +TWO" in screen
    assert "All of it?" not in screen, "what is resolved is not sent"
    states = {c["text"]: bool(c["sent_at"]) for c in commented(changed)["comments"]}
    assert states == {"All of it?": False, "Why so loud?": True}
    said = changed.run("comments", "works", "--send", status=4).stderr
    assert "no comment that is not sent" in said
    changed.run("comments", "works", "--resolve", "nothing", status=2)


def test_a_review_in_the_app(changed: Deck) -> None:
    with contextlib.closing(AppTerminal(changed)) as app:
        app.until_shown("ready")
        app.type("d")
        app.until_shown("review", "0 of 3 reviewed", "later.txt", "TWO")
        app.type(" ")
        app.until_shown("1 of 3 reviewed")
        app.type("n")
        app.type("c")
        app.until_shown("ctrl+s keeps")
        app.type("From the app\x13")
        app.until_shown("not sent", "From the app", "1 comment to send")
        assert commented(changed)["comments"][0]["text"] == "From the app"
        changed.run("comments", "works", "--add", "shared.txt:1", "From the shell")
        app.until_shown("From the shell", "2 comments to send")
        (worktree(changed) / "new.txt").write_text("newer\n")
        changed.run("send", "works", "/say seen")
        app.until_shown("changed since; r reloads")
        app.type("r")
        app.until_shown("newer")
        app.until_gone("changed since")
        app.until_shown("1 of 3 reviewed", "From the app", "From the shell")
        app.type("s")
        app.until_shown("Review of your changes: 2 comments")
        app.type("\x1b")
        app.until_gone("Review of your changes")
        app.type("q")
        app.until_shown("diff")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output


def test_marks_survive_a_commit_that_leaves_the_file(changed: Deck) -> None:
    before = diffed(changed)
    with contextlib.closing(AppTerminal(changed)) as app:
        app.until_shown("ready")
        app.type("d")
        app.until_shown("0 of 3 reviewed")
        app.type("   ")
        app.until_shown("3 of 3 reviewed")
    there = worktree(changed)
    (there / "new.txt").write_text("newer\n")
    changed.git("-C", str(there), "add", "-A")
    changed.git("-C", str(there), "commit", "-qm", "all")
    deadline = time.monotonic() + DEADLINE_S
    while sum(f["is_reviewed"] for f in diffed(changed).values()) != 2:
        assert time.monotonic() < deadline
    after = diffed(changed)
    assert {p: f["is_reviewed"] for p, f in after.items()} == {
        "later.txt": True,
        "new.txt": False,
        "shared.txt": True,
    }
    assert before["later.txt"]["new_blob"] == after["later.txt"]["new_blob"]
