"""The list in a real terminal with a real host: groups, order, filters, own keys."""

from __future__ import annotations

import contextlib
import json

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def test_what_a_person_arranges_is_there_in_the_next_app(deck: Deck) -> None:
    deck.run("pool", "--pause")
    for name in ("alpha", "beta", "gamma"):
        deck.shell(name, "sleep 300")
    deck.run("filters", "save", "late", "name:gamma", "--digit", "3")
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("QUEUED 3", "queued #3")
        app.type("G\x1b[1;5A")
        app.until(lambda: deck.sessions()["gamma"]["position"] == 2)
        app.type("*")
        app.until_shown("PINNED 1", "QUEUED 2")
        app.type(",r")
        app.until_shown("REPO 2")
        app.type("\x1b3")
        app.until_shown("@late", "1 of 3")
        app.type("=")
        app.until_shown("Saved filters", "name:gamma")
        app.type("\x1b")
        app.until_gone("Saved filters")
        app.type("q")
        assert app.wait() == 0
    rows = deck.sessions()
    assert rows["gamma"]["pinned"]
    order = sorted(rows.values(), key=lambda row: row["position"])
    assert [row["name"] for row in order] == ["alpha", "gamma", "beta"]
    with contextlib.closing(AppTerminal(deck)) as again:
        again.until_shown("PINNED 1", "REPO 2")
        again.type("q")
        assert again.wait() == 0


def test_own_keys_hold_and_what_cannot_be_is_said(deck: Deck) -> None:
    deck.run("host", "stop", status=None)
    findings = {
        row["name"]: row
        for row in json.loads(deck.run("doctor", "--json", status=None).stdout)
    }
    assert findings["settings"]["level"] == "ok"
    settings = deck.home / "config" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        '[app]\nmotion = false\n[app.keys]\n"app.quit" = "f6"\n"app.qiut" = "x"\n'
    )
    listed = deck.run("bindings", "--json")
    by_id = {row["id"]: row for row in json.loads(listed.stdout)}
    assert by_id["app.quit"]["keys"] == ["f6"]
    assert by_id["app.quit"]["default"] == ["q", "ctrl+q"]
    assert "f6" in deck.run("bindings").stdout
    done = deck.run("doctor", "--json", status=None)
    found = {row["name"]: row for row in json.loads(done.stdout)}["settings"]
    assert (found["level"], "app.quit?" in found["found"]) == ("warn", True)
    deck.shell("one", "sleep 300")
    with contextlib.closing(AppTerminal(deck, cols=200)) as app:
        app.until_shown("WORKING 1", "app.qiut", "f6 quit")
        app.type("q?")
        app.until_shown("SESSIONS")
        app.type("\x1b")
        app.until_gone("SESSIONS")
        app.type("\x1b[17~")
        assert app.wait() == 0
