"""Pins, folders, the archive, the order and saved filters, with a real host."""

from __future__ import annotations

import json

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def names(deck: Deck, *words: str) -> list[str]:
    return [row["name"] for row in json.loads(deck.run("ls", "--json", *words).stdout)]


def test_rows_are_pinned_filed_and_archived_and_nothing_is_lost(deck: Deck) -> None:
    deck.shell("done", "true")
    deck.shell("runs", "sleep 300")
    deck.until(lambda all_: all_["done"]["phase"] == "ended")
    deck.until(lambda all_: all_["runs"]["phase"] == "running")
    deck.run("pin", "runs")
    said = deck.run("folder", "runs", "done", "The \x1b login").stdout
    assert "\x1b" not in said
    assert names(deck, "--filter", "is:pinned folder:login") == ["runs"]
    refused = deck.run("archive", "runs", "done", status=4)
    assert "only a session that is over" in refused.stderr
    assert names(deck) == ["runs"]
    assert names(deck, "--filter", "is:archived") == ["done"]
    assert sorted(names(deck, "--all")) == ["done", "runs"]
    assert json.loads(deck.run("show", "done", "--json").stdout)[0]["archived"]
    deck.run("host", "restart")
    row = deck.sessions()["done"]
    assert row["archived"]
    assert row["branch"] in deck.git("branch", "--list", "agentdeck/*")
    deck.run("unarchive", "--filter", "is:archived")
    deck.run("folder", "--none", "done")
    deck.run("unpin", "runs")
    rows = deck.sessions()
    assert not rows["done"]["archived"]
    assert (rows["done"]["folder"], rows["runs"]["pinned"]) == ("", False)
    assert rows["runs"]["folder"].startswith("The ")


def test_moving_a_queued_session_changes_who_starts_first(deck: Deck) -> None:
    deck.run("pool", "--pause")
    for name in ("first", "second", "third"):
        deck.shell(name, "sleep 300")
    moved = json.loads(deck.run("move", "third", "--first", "--json").stdout)
    assert moved["name"] == "third"
    deck.run("move", "first", "--down")
    queue = sorted(deck.sessions().values(), key=lambda row: row["position"])
    assert [row["name"] for row in queue] == ["third", "second", "first"]
    deck.run("pool", "--limit", "1")
    deck.run("pool", "--resume")
    deck.until(lambda all_: all_["third"]["phase"] == "running")
    rows = deck.sessions()
    assert rows["first"]["phase"] == rows["second"]["phase"] == "queued"
    deck.run("move", "first", status=2)


def test_a_saved_filter_means_the_same_to_every_verb(deck: Deck) -> None:
    assert json.loads(deck.run("filters", "--json").stdout) == []
    deck.shell("one", "sleep 300")
    deck.shell("two", "sleep 300")
    deck.run("filters", "save", "mine", "name:one is:live", "--digit", "1")
    deck.run("filters", "save", "other", "is:live", "--digit", "1")
    saved = json.loads(deck.run("filters", "--json").stdout)
    assert saved == [
        {"name": "other", "query": "is:live", "digit": 1},
        {"name": "mine", "query": "name:one is:live", "digit": None},
    ]
    deck.until(lambda all_: all(row["phase"] == "running" for row in all_.values()))
    deck.run("host", "restart")
    assert names(deck, "--filter", "@mine") == ["one"]
    deck.run("stop", "--force", "--filter", "@mine")
    deck.until(lambda all_: all_["one"]["phase"] == "ended")
    assert deck.sessions()["two"]["phase"] == "running"
    refused = deck.run("ls", "--filter", "@nobody", status=2)
    assert "@mine" in refused.stderr
    deck.run("filters", "save", "bad name", "is:live", status=2)
    deck.run("filters", "save", "bad", "is:nothing", status=2)
    deck.run("filters", "save", "bad", "is:live", "--digit", "12", status=2)
    deck.run("filters", "remove", "@mine")
    deck.run("filters", "remove", "mine", status=2)
    assert "@other" in deck.run("filters").stdout
