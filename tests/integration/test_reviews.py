"""Reviews that start by themselves: real host, worktrees, scripted author and reviewer."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.github import GitHub
from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

FIXER = """
import json, os, select, subprocess, sys, time, tty

def report(activity):
    file = os.path.join(os.environ["AGENTDECK_INBOX"], f"{time.time_ns()}.json")
    with open(file + ".draft", "w") as stream:
        json.dump({"activity": activity, "detail": activity}, stream)
    os.rename(file + ".draft", file)

def commit(text):
    open("work.py", "w").write(text)
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", text.strip()], check=True)

tty.setcbreak(0)
report("working")
commit("# TODO later\\n")
while True:
    report("idle")
    told = os.read(0, 65536)
    while select.select([0], [], [], 0.5)[0]:
        told += os.read(0, 65536)
    report("working")
    print(told.decode())
    if b"TODO" in told:
        commit("# done\\n")
"""
RULE = """
[[reviews.rules]]
name = "no-todo"
on = "idle-green"
agent = "scripted"
prompt = \"\"\"
/review TODO Do not leave work behind.
/idle
\"\"\"
"""
CHECKS = '[checks]\ncommands = ["true"]\nwhen = "end-of-turn"\n'
AUTHOR = "/edit work.py # TODO later\n/commit work\n/idle"


def write_settings(deck: Deck, text: str) -> None:
    """The person's settings; before the host starts, which reads them once."""
    folder = deck.home / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


def fixer(deck: Deck) -> str:
    """Settings with an agent that does what findings tell it to."""
    program = deck.repo.parent / "fixer.py"
    program.write_text(FIXER)
    command = json.dumps([sys.executable, str(program)])
    return f'{RULE}\n[agents.fixer]\ncommand = {command}\nprompt = "none"\n'


def author(deck: Deck, script: str = AUTHOR, name: str = "author") -> None:
    deck.run("run", script, "--agent", "scripted", "--name", name, "--title", name)


def reviews(deck: Deck) -> list[dict[str, Any]]:
    listed = json.loads(deck.run("reviews", "--json").stdout)["reviews"]
    assert isinstance(listed, list)
    return listed


def findings(deck: Deck, name: str = "author") -> list[dict[str, Any]]:
    listed = json.loads(deck.run("findings", name, "--json").stdout)["findings"]
    assert isinstance(listed, list)
    return listed


def until(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)
    return found


def done(deck: Deck, count: int = 1) -> list[dict[str, Any]]:
    """The reviews, once so many are over."""

    def over() -> list[dict[str, Any]]:
        listed = reviews(deck)
        ended = [r for r in listed if r["state"] in ("done", "failed")]
        return listed if len(ended) >= count else []

    listed: list[dict[str, Any]] = until(over)
    return listed


def in_worktree(deck: Deck, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    where = deck.sessions()[name]["worktree"]
    return subprocess.run(words, cwd=where, check=False, capture_output=True, text=True)


def test_from_idle_green_to_a_second_review_that_is_clean(deck: Deck) -> None:
    write_settings(deck, fixer(deck))
    (deck.repo / ".agentdeck.toml").write_text(CHECKS)
    deck.run("trust", "--yes")
    deck.run("run", "work", "--agent", "fixer", "--name", "author")
    (review,) = done(deck)
    assert (review["rule"], review["state"], review["found"]) == ("no-todo", "done", 1)
    sessions = deck.until(lambda all_: all_["author"]["finding_errors"] == 1)
    reviewer = sessions[review["reviewer_name"]]
    assert reviewer["reviews"] == sessions["author"]["id"]
    assert reviewer["base_commit"] == deck.git("rev-parse", "agentdeck/author")
    (finding,) = findings(deck)
    assert (finding["file"], finding["line"]) == ("work.py", 1)
    assert finding["texts"] == ["# TODO later"]
    assert finding["state"] == "open"
    rows = json.loads(deck.run("ls", "--json", "--filter", "findings:>0").stdout)
    assert [row["name"] for row in rows] == ["author"]
    assert "1 error" in deck.run("show", "author").stdout
    reviewer = deck.until(
        lambda all_: (
            all_[review["reviewer_name"]]["phase"] == "ended"
            and all_[review["reviewer_name"]]["exit_code"] is None
        )
    )[review["reviewer_name"]]
    assert (reviewer["unread"], reviewer["check"]) == (False, "none")
    assert "Found 1 thing." in deck.run("ls").stdout

    deck.run("findings", "author", "--send")
    shown = until(lambda: findings(deck)[0]["state"] == "sent")
    assert shown
    first, second = done(deck, 2)
    assert first["id"] == review["id"]
    assert (second["round"], second["found"], second["state"]) == (2, 0, "done")
    assert findings(deck)[0]["state"] == "gone"
    deck.until(lambda all_: all_["author"]["finding_errors"] == 0)


def test_the_same_files_are_reviewed_once_over_a_killed_host(deck: Deck) -> None:
    write_settings(
        deck, RULE.replace("idle-green", "idle").replace("/idle", "/sleep 2")
    )
    author(deck)
    deck.until(lambda all_: len(all_) == 2)
    os.kill(deck.host_pid(), signal.SIGKILL)
    (review,) = done(deck)
    assert review["state"] == "done"
    deck.run("host", "restart")
    deck.run("send", "author", "/say still here")
    deck.until(lambda all_: all_["author"]["activity"] == "idle")
    told = json.loads(deck.run("reviews", "--dry-run", "--json").stdout)
    (row,) = [each for each in told if each["name"] == "author"]
    assert not row["starts"]
    assert "already" in row["why"]
    assert len(reviews(deck)) == 1
    assert len(deck.sessions()) == 2


def by_hand(deck: Deck, prompt: str, *words: str, status: int = 0) -> Any:
    told = deck.run(
        "review-now",
        "author",
        "--agent",
        "scripted",
        "--prompt",
        prompt,
        "--json",
        *words,
        status=status,
    )
    return json.loads(told.stdout)


def rests(deck: Deck, name: str = "author") -> None:
    deck.until(lambda all_: all_[name]["activity"] == "idle")


def test_a_reviewer_only_reads(deck: Deck) -> None:
    author(deck, AUTHOR.replace("/idle", "/edit more.py uncommitted\n/idle"))
    rests(deck)
    before = deck.git("rev-parse", "agentdeck/author")
    tried = (
        "git update-ref refs/heads/agentdeck/author HEAD~1; echo update:$?;"
        "git commit -qm no --allow-empty; echo commit:$?;"
        "git branch no; echo branch:$?;"
        "git push -q . HEAD:refs/heads/no; echo push:$?;"
        "git checkout -q --detach HEAD && git bisect start -q; echo detach:$?;"
        "(cd $(mktemp -d) && git init -q && git -c user.name=a -c user.email=a@b commit"
        " -qm own --allow-empty); echo own:$?;"
        "cat more.py; ls -l work.py; cp work.py $HOME/kept; env > tried; echo over"
    )
    config = f'[agents.tries]\ncommand = ["bash", "-c", {json.dumps(tried)}]\n'
    deck.run("host", "stop")
    write_settings(deck, f'{config}prompt = "none"\n')
    deck.run("review-now", "author", "--agent", "tries")
    (review,) = done(deck)
    assert review["state"] == "failed"
    assert review["note"] == "it wrote no findings"
    reviewer = review["reviewer_name"]
    screen = deck.run("screen", reviewer).stdout
    said = [line for line in screen.splitlines() if line.partition(":")[2].isdigit()]
    assert said[-6:] == [
        "update:1" if "update:1" in said else "update:128",
        "commit:1" if "commit:1" in said else "commit:128",
        "branch:1" if "branch:1" in said else "branch:128",
        "push:1",
        "detach:0",
        "own:0",
    ]
    assert "a reviewer moves no branch" in screen
    assert "uncommitted" in screen, "what is not committed is reviewed, too"
    assert "-r--r--r--" in screen
    assert deck.git("rev-parse", "agentdeck/author") == before
    refused = deck.run("merge", reviewer, status=4).stderr
    assert "is a review" in refused
    assert "review of one commit" in deck.run("update", reviewer, status=4).stderr
    again = deck.run("review-now", "author", "--agent", "tries", status=4)
    assert "--again" in again.stderr
    deck.run("review-now", reviewer, "--agent", "tries", status=4)
    deck.run("review-now", "author", "--agent", "tries", "--again")
    assert len(done(deck, 2)) == 2
    for each in done(deck, 2):
        deck.run("discard", each["reviewer_name"], "--yes")
    assert deck.git("rev-parse", "agentdeck/author") == before


def test_one_rule_reviews_a_session_once_at_a_time(deck: Deck) -> None:
    author(deck)
    rests(deck)
    by_hand(deck, "/sleep 300")
    refused = deck.run(
        "review-now", "author", "--agent", "scripted", "--again", status=4
    )
    assert "under way" in refused.stderr
    (review,) = reviews(deck)
    deck.run("stop", review["reviewer_name"], "--yes", "--force")
    deck.run("discard", review["reviewer_name"], "--yes", status=None)
    until(lambda: reviews(deck)[0]["state"] == "failed")


def test_findings_that_are_hostile_or_none_harm_nothing(deck: Deck) -> None:
    author(deck)
    rests(deck)
    by_hand(deck, "/findings {no json\n/idle")
    (review,) = done(deck)
    assert review["state"] == "failed"
    assert "no JSON" in review["note"]
    reviewer = review["reviewer_name"]
    session = deck.sessions()[reviewer]
    assert "findings.json: it is no JSON" in session["review_note"]
    file = deck.home / "state" / "findings" / session["id"] / "findings.json"
    assert file.read_text() == "{no json", "nothing of it is lost"
    assert findings(deck) == []
    assert "findings.json" in deck.run("screen", reviewer).stdout, "it was asked again"

    hostile = [
        {"file": "../../etc/passwd", "line": 1, "message": "out"},
        {
            "file": "work.py",
            "line": 1,
            "message": "[red]m[/] \u001b[31mx",
            "rule": "[b]",
        },
        {
            "file": "work.py",
            "line": 999,
            "message": "beyond the end",
            "severity": "nit",
        },
        {"message": "of all of it", "suggestion": "s" * 9000},
        7,
    ]
    file.with_name("new").write_text(json.dumps(hostile))
    file.with_name("new").rename(file)
    until(lambda: reviews(deck)[0]["state"] == "done")
    listed = findings(deck)
    assert [(f["file"], f["anchor_line"]) for f in listed] == [
        ("", 0),
        ("work.py", 0),
        ("work.py", 1),
    ]
    assert listed[2]["message"] == "[red]m[/] [31mx"
    note = deck.sessions()[reviewer]["review_note"]
    assert "Found 3 things. 2 findings left out: one is about a file outside" in note
    shown = deck.run("findings", "author").stdout
    assert "\x1b" not in shown
    assert "the change as a whole" in shown
    row = deck.sessions()["author"]
    assert (row["finding_errors"], row["finding_warnings"]) == (0, 2)
    assert row["finding_notes"] == 1


def test_findings_are_dismissed_reopened_and_sent(deck: Deck) -> None:
    author(deck)
    rests(deck)
    two = json.dumps(
        [
            {"file": "work.py", "line": 1, "message": "first", "severity": "error"},
            {"file": "work.py", "line": 1, "message": "second", "severity": "note"},
        ]
    )
    by_hand(deck, f"/findings {two}\n/idle")
    done(deck)
    _, second = findings(deck)
    deck.until(lambda all_: all_["author"]["finding_notes"] == 1)
    deck.run("findings", "author", second["id"][:5], "--dismiss", status=2)
    deck.run("findings", "author", "x", "--dismiss", "--reason", "no", status=2)
    words = (second["id"][:5], "--dismiss", "--reason", "as meant")
    assert "dismissed: as meant" in deck.run("findings", "author", *words).stdout
    deck.until(lambda all_: all_["author"]["finding_notes"] == 0)
    assert "second" not in deck.run("findings", "author").stdout
    deck.run("findings", "author", second["id"], "--reopen")
    deck.until(lambda all_: all_["author"]["finding_notes"] == 1)
    os.kill(deck.host_pid(), signal.SIGKILL)
    states = [f["state"] for f in findings(deck)]
    assert states == ["open", "open"]
    told = json.loads(
        deck.run("findings", "author", second["id"], "--send", "--json").stdout
    )
    assert told["ids"] == [second["id"]]
    message = told["message"]
    assert "1 finding. Please deal with each." in message
    assert "1. work.py, line 1\n>     1  # TODO later\nnote: second" in message
    assert [f["state"] for f in findings(deck)] == ["open", "sent"]
    deck.run("findings", "author", "--send")
    deck.run("findings", "author", "--send", status=4)


def test_a_trusted_repository_has_rules_and_an_untrusted_one_has_none(
    deck: Deck,
) -> None:
    rule = RULE.replace("idle-green", "branch-moved")
    (deck.repo / ".agentdeck.toml").write_text(rule)
    author(deck, "/edit a.py TODO\n/commit one\n/idle", "before")
    rests(deck, "before")
    assert json.loads(deck.run("reviews", "--json").stdout)["rules"] == []
    assert "as a reviewer" in deck.run("trust", "--yes").stdout
    (listed,) = json.loads(deck.run("reviews", "--json").stdout)["rules"]
    assert listed["repo"] == str(deck.repo)
    assert "no-todo  on branch-moved" in deck.run("reviews", "--rules").stdout
    author(deck, "/edit b.py TODO\n/commit two\n/sleep 300")
    (review,) = done(deck)
    assert (review["name"], review["found"]) == ("author", 1)
    assert deck.sessions()["author"]["activity"] == "working"
    assert "found 1" in deck.run("reviews", "author").stdout
    deck.run("reviews", "before")


def test_a_pull_request_is_reviewed_and_gets_what_was_found(
    deck: Deck, tmp_path: Path
) -> None:
    github = GitHub(tmp_path)
    deck.env |= github.environment(deck.env)
    bare = str(tmp_path / "remote.git")
    deck.git("init", "-q", "--bare", "-b", "main", bare)
    deck.git("remote", "add", "origin", bare)
    deck.git("push", "-q", "origin", "main")
    write_settings(deck, RULE.replace("idle-green", "pull-request"))
    author(deck, "/edit work.py # TODO @ada #7\\n# more\n/commit work\n/idle")
    rests(deck)
    assert reviews(deck) == []
    deck.run("findings", "author", "--post", status=4)
    deck.run("pr", "create", "author")
    (review,) = done(deck)
    assert review["found"] == 1
    told = json.loads(deck.run("findings", "author", "--post", "--json").stdout)
    assert told["inline"]
    (call,) = github.calls("api")
    posted = json.loads(call["stdin"])
    (comment,) = posted["comments"]
    assert (comment["path"], comment["line"]) == ("work.py", 1)
    assert comment["body"].startswith("error (TODO): Do not leave work behind.")
    assert "no-todo" in posted["body"]
    assert findings(deck)[0]["posted_at"]
    assert "not posted yet" in deck.run("findings", "author", "--post", status=4).stderr


def test_what_a_killed_host_had_begun_is_seen_through_or_forgotten(deck: Deck) -> None:
    author(deck)
    rests(deck)
    deck.run("host", "stop")
    row = {
        "session": deck_id(deck, "author"),
        "name": "author",
        "rule": "r",
        "key": "k",
        "commit": "c",
        "tree": "t",
        "at": "2026-01-01T00:00:00.000+00:00",
    }
    with sqlite3.connect(deck.home / "state" / "agentdeck.db") as database:
        for name, state in (("v1", "asked"), ("v2", "under way")):
            data = json.dumps({**row, "id": name, "state": state})
            values = (name, row["session"], data)
            database.execute("INSERT INTO reviews VALUES (?, ?, ?)", values)
    database.close()
    (left,) = reviews(deck)
    assert (left["id"], left["state"]) == ("v2", "failed")
    assert left["note"] == "its session is gone"


def deck_id(deck: Deck, name: str) -> str:
    """A session's id, read without a host."""
    with sqlite3.connect(deck.home / "state" / "agentdeck.db") as database:
        rows = database.execute("SELECT id, data FROM sessions").fetchall()
    database.close()
    return next(i for i, data in rows if json.loads(data)["name"] == name)
