"""From a plan to a merge, by the patterns of work: hand-off, checks, review, figures."""

from __future__ import annotations

import json
import os
import signal
from datetime import datetime

import pytest

from tests.integration.deck import Deck
from tests.integration.test_metrics import ByHand, attend, events
from tests.integration.test_reviews import (
    CHECKS,
    done,
    findings,
    fixer,
    until,
    write_settings,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


def test_from_a_plan_in_ones_checkout_to_its_reviewed_merge(deck: Deck) -> None:
    write_settings(deck, fixer(deck))
    (deck.repo / ".agentdeck.toml").write_text(CHECKS)
    deck.git("add", "-A")
    deck.git("commit", "-qm", "Check at the end of turns")
    deck.run("trust", "--yes")
    deck.run(
        "run", "/say the plan\n/idle", "--here", "--agent", "scripted", "--name", "plan"
    )
    deck.until(lambda all_: all_["plan"]["activity"] == "idle")
    (deck.repo / "staged.txt").write_text("begun by hand\n")
    deck.git("add", "staged.txt")
    (deck.repo / "loose.txt").write_text("not added yet\n")

    deck.run(
        "handoff", "plan", "--to", "fixer", "--name", "work", "--source", "archive"
    )
    (review,) = done(deck)
    assert (review["rule"], review["found"]) == ("no-todo", 1)
    work = deck.until(lambda all_: all_["work"]["finding_errors"] == 1)["work"]
    assert work["check"] == "passed"
    attend(deck, (work["id"], 0.5), (None, 0))
    os.kill(deck.host_pid(), signal.SIGKILL)
    assert [each["state"] for each in findings(deck, "work")] == ["open"]
    deck.run("findings", "work", "--send")
    done(deck, 2)
    until(lambda: findings(deck, "work")[0]["state"] == "gone")

    # The person's checkout has what went along, so nothing lands over it unseen.
    refused = deck.run("merge", "work", "--yes", status=None)
    assert refused.returncode != 0
    assert "uncommitted" in refused.stdout + refused.stderr
    deck.git("reset", "-q", "--hard")
    (deck.repo / "loose.txt").unlink()
    deck.run("merge", "work", "--yes")
    for name, text in (
        ("staged.txt", "begun by hand\n"),
        ("loose.txt", "not added yet\n"),
        ("work.py", "# done\n"),
    ):
        assert (deck.repo / name).read_text() == text
    assert deck.git("status", "--porcelain") == ""

    deck.run("stop", "--all", "--yes")
    deck.until(lambda all_: all(s["phase"] == "ended" for s in all_.values()))
    told = json.loads(deck.run("metrics", "--since", "1h", "--json").stdout)
    end = datetime.fromisoformat(told["until"]).timestamp()
    shown = {row["name"]: row for row in told["sessions"]}
    by_hand = ByHand(events(deck), work["id"], end)
    assert shown["work"]["working_s"] == pytest.approx(by_hand.working, abs=0.002)
    assert shown["work"]["autonomous_s"] == pytest.approx(by_hand.alone, abs=0.002)
    assert shown["work"]["supervised_s"] == pytest.approx(by_hand.supervised, abs=0.002)
    assert shown["work"]["rework"] == by_hand.rework == 1
    assert told["total"]["merges"] == 1
