"""Answers, messages that wait, and who is next, with the real host and agents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ASKS = "/permission Run npm test?\n/say went on\n/idle"


def scripted(deck: Deck, name: str, script: str) -> None:
    deck.run("run", script, "--agent", "scripted", "--name", name)


def test_yes_and_no_to_many_after_a_preview_and_who_is_next(deck: Deck) -> None:
    for name in ("a", "b", "c"):
        scripted(deck, name, ASKS)
        deck.until(lambda all_, name=name: all_[name]["needs"] is not None)
    assert deck.run("next", "--name").stdout == "a\n"
    queue = json.loads(deck.run("next", "--json").stdout)
    assert [session["name"] for session in queue] == ["a", "b", "c"]
    preview = deck.run("approve", "a", "b", "--dry-run").stdout
    assert "a  approved (1. Yes)" in preview
    assert len(json.loads(deck.run("next", "--json").stdout)) == 3
    done = deck.run("approve", "a", "b")
    assert "a: Run npm test? → approved (1. Yes)" in done.stderr
    deck.run("deny", "--filter", "s:needs-input")
    deck.until(lambda all_: all(s["activity"] == "idle" for s in all_.values()))
    assert "went on" in deck.run("screen", "b").stdout
    assert "Not allowed" in deck.run("screen", "c").stdout
    assert deck.run("next", status=1).stderr == "Nobody needs you.\n"
    assert "asks nothing now" in deck.run("approve", "a", status=4).stderr


def test_a_text_to_a_permission_denies_first_and_one_to_a_question_answers(
    deck: Deck,
) -> None:
    scripted(deck, "p", ASKS)
    scripted(deck, "q", "/question Which? | A | B\n/idle")
    deck.until(lambda all_: all(s["needs"] for s in all_.values()))
    deck.run("answer", "p", "/say 1 more try")
    deck.run("answer", "q", "2")
    deck.until(lambda all_: all(s["activity"] == "idle" for s in all_.values()))
    assert "Going with B." in deck.run("screen", "q").stdout
    screen = deck.until(lambda _: "1 more try" in deck.run("screen", "p").stdout)
    assert screen
    assert "Not allowed" in deck.run("screen", "p").stdout


def test_messages_wait_for_the_end_of_the_turn_and_can_be_changed(deck: Deck) -> None:
    scripted(deck, "w", "/permission Go?\n/idle")
    deck.until(lambda all_: all_["w"]["needs"] is not None)
    for text in ("/say one", "/say two", "/say three"):
        deck.run("send", "w", text, "--queue")
    deck.run("queue", "w", "--edit", "2", "/say TWO")
    deck.run("queue", "w", "--move", "3", "--to", "1")
    left = deck.run("queue", "w", "--remove", "2", "--json").stdout
    assert json.loads(left) == ["/say three", "/say TWO"]
    assert deck.sessions()["w"]["needs"] is not None
    deck.run("approve", "w")
    deck.until(lambda all_: not all_["w"]["queued"])
    deck.until(lambda all_: all_["w"]["activity"] == "idle")
    shown = deck.run("logs", "w").stdout
    assert shown.index("● three") < shown.index("● TWO")
    assert "● one" not in shown


def test_an_interruption_stops_the_turn_before_the_text_is_sent(deck: Deck) -> None:
    scripted(deck, "i", "/think 60 Long\n/say never said")
    deck.until(lambda all_: all_["i"]["activity"] == "working")
    deck.until(lambda _: "Long" in deck.run("screen", "i").stdout)
    deck.run("send", "i", "/say instead", "--interrupt")
    deck.until(lambda _: "● instead" in deck.run("screen", "i").stdout)
    assert "never said" not in deck.run("screen", "i").stdout


def test_an_agent_of_the_settings_alone_asks_and_is_answered(deck: Deck) -> None:
    program = deck.repo / "mine.sh"
    program.write_text(
        "echo model $1 prompt $2\n"
        "printf 'Allow ls? '; read answer; echo got $answer\n"
        "printf 'ready> '; read more\n"
    )
    config = deck.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        "[agents.mine]\n"
        f'command = ["bash", "{program}", "x", "{{prompt}}"]\n'
        'permission = ["Allow .*\\\\?"]\nidle = ["ready> *$"]\n'
    )
    deck.run("run", "do it", "--agent", "mine", "--name", "m")
    asked = deck.until(lambda all_: all_["m"]["needs"] is not None)["m"]
    assert asked["needs"]["kind"] == "permission"
    deck.run("deny", "m")
    deck.until(lambda all_: all_["m"]["activity"] == "idle")
    assert "got n" in deck.run("screen", "m").stdout
    told = deck.run("explain", "m").stdout
    assert "because   its screen came to rest" in told
    assert "and shows: ready>" in told


def test_a_role_reaches_the_agent_and_a_broken_file_is_listed(deck: Deck) -> None:
    folder = deck.repo / ".claude" / "agents"
    folder.mkdir(parents=True)
    (folder / "tester.md").write_text("---\nname: tester\n---\nTest it all.")
    (folder / "broken.md").write_text("---\nname: [\n---\nx")
    config = deck.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        '[agents.mine]\ncommand = ["bash", "-c", "echo \\"$0\\"; sleep 60"]\n'
    )
    listed = json.loads(deck.run("agents", "--custom", "--json").stdout)
    assert {row["name"] for row in listed} == {"tester", None}
    assert any("broken.md" in row["error"] for row in listed)
    deck.run("run", "now", "--agent", "mine", "--name", "r", "--custom", "tester")
    deck.until(lambda _: "Test it all." in deck.run("screen", "r").stdout)
    assert Path(deck.sessions()["r"]["custom"]).name == "tester.md"
    wrong = deck.run("run", "x", "--agent", "mine", "--custom", "broken", status=2)
    assert "broken.md" in wrong.stderr
