"""Rules that answer, with the real host and agents whose hooks report."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

RULES = """
[[answers.rules]]
agent = "scripted"
allow = ["Bash\\\\(npm test\\\\)", "Bash\\\\(rm old\\\\)"]
deny = ["rm"]
"""


def settings(deck: Deck, text: str) -> None:
    config = deck.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(text)


def asks(deck: Deck, name: str, *texts: str) -> None:
    steps = "".join(f"/permission {text}\n" for text in texts)
    deck.run("run", f"{steps}/say done\n/idle", "--agent", "scripted", "--name", name)


def states(deck: Deck, name: str) -> list[dict[str, Any]]:
    lines = deck.run("events", "--json").stdout.splitlines()
    sessions = [json.loads(line)["data"].get("session") for line in lines]
    return [s for s in sessions if s and s["name"] == name]


def test_rules_are_off_until_a_session_is_switched_on(deck: Deck) -> None:
    settings(deck, RULES)
    asks(deck, "a", "Bash(npm test)")
    deck.until(lambda all_: all_["a"]["needs"] is not None)
    rehearsed = deck.run("rules", "--dry-run").stdout
    assert "a: Bash(npm test) → approve by rule 1 (Bash\\(npm test\\))" in rehearsed
    assert deck.run("rules", "--log").stderr == "No rule has answered.\n"
    deck.run("rules", "a", "--on")
    deck.until(lambda all_: all_["a"]["activity"] == "idle")
    assert "done" in deck.run("screen", "a").stdout
    (answer,) = json.loads(deck.run("rules", "--log", "--json").stdout)
    assert (answer["name"], answer["action"]) == ("a", "approve")
    assert "error" not in answer
    assert "on  in a" in deck.run("rules").stdout


def test_deny_wins_others_are_asked_and_nobody_is_called_for_what_is_ruled(
    deck: Deck,
) -> None:
    settings(deck, "[answers]\nautomatic = true\n" + RULES)
    # A denial ends the scripted agent's turn, so it comes last.
    asks(deck, "b", "Bash(npm test)", "Bash(npm test; ls)", "Bash(rm old)")
    asked = deck.until(
        lambda all_: (
            all_["b"]["needs"] is not None
            and all_["b"]["needs"]["text"] == "Bash(npm test; ls)"
        )
    )["b"]
    assert asked["ruled_by"] == ""
    deck.run("approve", "b")
    deck.until(lambda all_: all_["b"]["activity"] == "idle")
    log = json.loads(deck.run("rules", "--log", "--json").stdout)
    assert [(row["asked"], row["action"]) for row in reversed(log)] == [
        ("Bash(npm test)", "approve"),
        ("Bash(rm old)", "deny"),
    ]
    called = [
        state["needs"]["text"]
        for state in states(deck, "b")
        if state["needs"] and not state["ruled_by"]
    ]
    assert set(called) == {"Bash(npm test; ls)"}


def test_what_was_asked_while_no_host_ran_is_ruled_by_the_next(deck: Deck) -> None:
    settings(deck, RULES)
    asks(deck, "c", "Bash(npm test)")
    deck.until(lambda all_: all_["c"]["needs"] is not None)
    deck.run("host", "stop")
    (deck.home / "config" / "config.toml").write_text(
        "[answers]\nautomatic = true\n" + RULES
    )
    deck.until(lambda all_: all_["c"]["activity"] == "idle")
    (answer,) = json.loads(deck.run("rules", "--log", "--json").stdout)
    assert answer["asked"] == "Bash(npm test)"


ASKING = (
    "[answers]\nautomatic = true\n[[answers.rules]]\nallow = ['Bash\\(ls\\)']\n"
    "[agents.mine]\ncommand = ['sh', '-c', 'sleep 600']\npermission = ['Allow .*']\n"
)


def report(deck: Deck, name: str, activity: str, text: str) -> None:
    """What the agent's hook says: it asks for a permission, or does something."""
    inbox = deck.home / "state" / "inboxes" / deck.sessions()[name]["id"]
    needs = {"kind": "permission", "text": text, "choices": []}
    asks = activity == "needs-input"
    hook = {"activity": activity, "detail": text, "needs": needs if asks else None}
    draft = inbox / ".draft"
    draft.write_text(json.dumps(hook))
    draft.rename(inbox / f"{time.time_ns()}.json")


def asked_for(deck: Deck, name: str, text: str) -> dict[str, Any]:
    """The session, once it asks for this."""
    found: dict[str, Any] = deck.until(
        lambda all_: all_[name]["needs"] and all_[name]["needs"]["text"] == text
    )[name]
    return found


def test_what_a_rule_cannot_answer_is_left_to_a_person_and_logged(
    deck: Deck,
) -> None:
    settings(deck, ASKING)
    deck.run("run", "x", "--agent", "mine", "--name", "m")
    deck.until(lambda all_: all_["m"]["phase"] == "running")
    report(deck, "m", "needs-input", "Bash(ls)")
    # Its screen never shows the question, so no key is pressed.
    deck.until(lambda _: "does not show" in deck.run("rules", "--log").stdout)
    assert "rules     answer its permissions" in deck.run("explain", "m").stdout
    asked = deck.sessions()["m"]
    assert asked["needs"]["text"] == "Bash(ls)"
    assert asked["ruled_by"] == ""
    assert deck.run("next", "--name").stdout == "m\n"


def test_of_two_permissions_that_are_open_none_is_ruled(deck: Deck) -> None:
    settings(deck, ASKING)
    deck.run("run", "x", "--agent", "mine", "--name", "m")
    deck.until(lambda all_: all_["m"]["phase"] == "running")
    report(deck, "m", "needs-input", "Bash(rm x)")
    asked_for(deck, "m", "Bash(rm x)")
    report(deck, "m", "working", "PreToolUse: Bash(ls)")
    deck.until(lambda all_: all_["m"]["activity"] == "working")
    # The dialog on the screen may still be the one for `rm`.
    report(deck, "m", "needs-input", "Bash(ls)")
    assert asked_for(deck, "m", "Bash(ls)")["ruled_by"] == ""
    report(deck, "m", "working", "PostToolUse: Bash(rm x)")
    report(deck, "m", "working", "PostToolUse: Bash(ls)")
    deck.until(lambda all_: all_["m"]["activity"] == "working")
    report(deck, "m", "needs-input", "Bash(ls)")
    assert asked_for(deck, "m", "Bash(ls)")["ruled_by"].startswith("rule 1")


def test_a_pattern_that_is_none_and_wrong_options_are_refused(deck: Deck) -> None:
    assert "need sessions" in deck.run("rules", "--on", status=2).stderr
    settings(deck, '[[answers.rules]]\nallow = ["("]\n')
    assert "no regular expression" in deck.run("ls", status=1).stderr
