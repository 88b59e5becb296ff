"""Briefs and limits, over a real host: what the agent gets, and how it is stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]

BRIEF = """\
---
title: Write the note
agent: scripted
base: release
verify: [test -f note.txt]
limits: {minutes: 20, tokens: 5k}
---
## Goal
/edit note.txt from the brief
/commit note it
/idle

## Acceptance
- `note.txt` is there
## Scope
- note.txt
## Non-goals
- anything else
"""


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    made = Deck(tmp_path)
    yield made
    made.close()


def test_a_brief_starts_its_agent_with_its_checks_and_limits(deck: Deck) -> None:
    deck.git("branch", "release")
    file = deck.repo / "brief.md"
    file.write_text(BRIEF)
    done = deck.run("run", "--brief", str(file), "--limit", "minutes=15")
    assert "brief has" not in done.stderr
    rows = deck.until(lambda s: all(r["activity"] == "idle" for r in s.values()))
    (row,) = rows.values()
    assert (row["title"], row["base"], row["agent"]) == (
        "Write the note",
        "release",
        "scripted",
    )
    assert row["checks"] == ["test -f note.txt"]
    assert (row["limit_minutes"], row["limit_tokens"]) == (15.0, 5000)
    assert (Path(row["worktree"]) / "note.txt").read_text() == "from the brief\n"
    assert "of 15 minutes used" in deck.run("show", row["name"]).stdout


def test_what_is_missing_or_wrong_is_said_before(deck: Deck) -> None:
    file = deck.repo / "brief.md"
    file.write_text("---\nlimits: {minutes: soon}\n---\n## Goal\nImprove things\n")
    refused = deck.run("run", "--brief", str(file), status=2)
    assert "limits.minutes is 'soon'" in refused.stderr
    told = json.loads(deck.run("brief", "check", str(file), "--json", status=1).stdout)
    assert [p["key"] for p in told["problems"]] == ["limits.minutes"]
    assert {f["key"] for f in told["findings"]} >= {"acceptance", "verify", "goal"}
    file.write_text("---\nagent: scripted\n---\n## Goal\n/idle\n")
    done = deck.run("run", "--brief", str(file))
    assert "no acceptance criterion" in done.stderr
    assert deck.run("run", "x", "--brief", str(file), status=2)
    assert deck.run("run", "x", "--limit", "hours=3", status=2)


def test_a_brief_begins_from_a_template_and_is_never_overwritten(deck: Deck) -> None:
    folder = deck.repo / ".agentdeck" / "briefs"
    folder.mkdir(parents=True)
    (folder / "bug.md").write_text("## Goal\n\nMend {goal}\n")
    assert deck.run("brief", "new", "--list").stdout.split() == ["bug"]
    out = str(deck.repo / "new.md")
    deck.run("brief", "new", "--template", "bug", "--goal", "login", "-o", out)
    assert Path(out).read_text() == "## Goal\n\nMend login\n"
    assert deck.run("brief", "new", "-o", out, status=4)
    assert "bug" in deck.run("brief", "new", "--template", "bag", status=2).stderr
    assert "## Acceptance" in deck.run("brief", "new").stdout


def test_a_long_brief_from_standard_input_is_in_no_process_list(deck: Deck) -> None:
    text = (
        "---\nagent: scripted\n---\n## Goal\n/idle\n## Context\n" + "secret42 " * 40_000
    )
    subprocess.run(
        [sys.executable, "-m", "agentdeck", "run", "--brief", "-"],
        input=text,
        cwd=deck.repo,
        env=deck.env,
        check=True,
        capture_output=True,
        text=True,
        timeout=90,
    )
    rows = deck.until(lambda s: all(r["activity"] == "idle" for r in s.values()))
    (row,) = rows.values()
    lines = [
        " ".join(p.cmdline()) for p in deck.processes() if p.pid != psutil.Process().pid
    ]
    assert any("scripted_program" in line for line in lines)
    assert not any("secret42" in line for line in lines)
    brief = deck.home / "state" / "sessions" / row["id"] / "brief.md"
    assert "secret42" in brief.read_text()
    assert brief.stat().st_mode & 0o077 == 0


def test_time_stops_an_agent_politely_also_over_a_restart_of_the_host(
    deck: Deck,
) -> None:
    deck.run(
        "run",
        "--name",
        "short",
        "--agent",
        "scripted",
        "--limit",
        "minutes=0.12",
        "/sleep 500",
    )
    deck.run(
        "run",
        "--name",
        "long",
        "--agent",
        "scripted",
        "--limit",
        "minutes=500",
        "/sleep 500",
    )
    deck.run("host", "stop")
    rows = deck.until(lambda s: s["short"]["phase"] == "ended")
    assert rows["short"]["reason"] == "its limit of 0.12 minutes is used up"
    assert rows["short"]["ran_s"] >= 0.12 * 60
    assert rows["long"]["phase"] == "running"
    events = deck.run("events", "--json").stdout
    assert "short is stopped: its limit" in events
    # A person who starts it again gives it its time anew.
    deck.run("resume", "short")
    rows = deck.until(lambda s: s["short"]["phase"] in ("running", "ended"))
    assert rows["short"]["ran_s"] == 0.0


def test_a_warning_comes_before_the_end(deck: Deck) -> None:
    deck.run(
        "run",
        "--name",
        "one",
        "--agent",
        "scripted",
        "--limit",
        "minutes=0.2",
        "/sleep 500",
    )
    rows = deck.until(lambda s: s["one"]["limit_note"])
    assert rows["one"]["limit_note"].endswith("of 0.2 minutes used")
    assert rows["one"]["phase"] in ("running", "stopping", "ended")
