"""Keys of a person's own: followed as far as they can be, and the rest said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import Static

import agentdeck
from agentdeck.tui.actions import ACTIONS, BY_DIGIT, Action, Scope
from agentdeck.tui.keymap import NO_KEY, Keymap, keymap_from, scopes_beside
from agentdeck.tui.palette import ActionProvider
from agentdeck.tui.screens.peek import PeekScreen
from agentdeck.tui.widgets.answer_bar import AnswerBar
from agentdeck.tui.widgets.footer import KeyBar
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import running
from tests.tui.scenes import few_link

BY_ID = {action.id: action for action in ACTIONS}


def keys(keymap: Keymap, action_id: str) -> list[str]:
    return keymap.keys_of(BY_ID[action_id])


def test_a_key_that_is_given_is_taken_from_who_had_it() -> None:
    keymap = keymap_from({"session.new": "v, f5", "list.mark": "x"})
    assert keys(keymap, "session.new") == ["v", "f5"]
    assert keys(keymap, "list.mark") == ["x"]
    assert keys(keymap, "session.discard") == []
    assert keymap.notes == ("session.discard has no key now; x is list.mark.",)
    assert keymap.for_textual()["session.discard"] == NO_KEY
    assert keys(keymap, "peek.close") == ["escape", "space", "q"], "another scope"
    assert not keymap.problems


def test_two_actions_change_places() -> None:
    keymap = keymap_from({"session.stop": "x", "session.discard": "s"})
    assert keys(keymap, "session.stop") == ["x"]
    assert keys(keymap, "session.discard") == ["s"]
    assert (keymap.problems, keymap.notes) == ((), ())


def test_a_key_that_is_one_of_several_goes_alone() -> None:
    keymap = keymap_from({"session.merge": "g"})
    assert keys(keymap, "list.top") == ["home"]
    assert keymap.notes == ()


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        ({"sesion.merge": "x"}, "Did you mean session.merge?"),
        ({"session.merge": "f99"}, "'f99' is no key"),
        ({"session.merge": "ctrl+"}, "is no key"),
        ({"session.merge": "\x1b[2J"}, "is no key"),
        ({"session.merge": "1"}, "1 is the key of session.answer already"),
        ({"session.answer": "x"}, "by digit"),
        ({"session.merge": "f5", "session.stop": "f5"}, "f5 is the key of session"),
    ],
)
def test_what_cannot_be_followed_is_said(wished: dict[str, str], said: str) -> None:
    keymap = keymap_from(wished)
    assert said in " ".join(keymap.problems)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([action.id for action in ACTIONS]) | st.text(max_size=8),
        st.text(max_size=6)
        | st.lists(
            st.sampled_from(
                [
                    "a",
                    "b",
                    "G",
                    "ctrl+x",
                    "f5",
                    "?",
                    ",",
                    "/",
                    "slash",
                    "comma",
                    "up",
                    "3",
                ]
            ),
            max_size=3,
        ).map(" ".join),
        max_size=6,
    )
)
def test_no_key_ever_means_two_things_at_once(wished: dict[str, str]) -> None:
    keymap = keymap_from(wished)
    for scope in Scope:
        beside = [a for a in ACTIONS if a.scope in scopes_beside(scope)]
        before = [key for action in beside for key in action.keys.split(",")]
        assert len(before) == len(set(before)) or scope is Scope.LIST
        main = [a for a in beside if a.scope is not Scope.GROUP]
        held = [key for action in main for key in keymap.keys_of(action)]
        assert len(held) == len(set(held)), scope
    for action in ACTIONS:
        if action.id in BY_DIGIT:
            assert keymap.keys_of(action) == action.keys.split(",")


async def test_the_apps_keys_footer_help_and_palette_follow() -> None:
    wished = {"session.peek": "f5", "list.down": "n", "view.filter": "", "nope": "x"}
    link = few_link(keys=wished)
    link.answer("session.screen", {"rows": [], "text": ""})
    async with running(link) as deck:
        first = deck.rows.cursor
        await deck.press("n")
        assert deck.rows.cursor != first
        assert len(deck.app.screen_stack) == 1, "n starts no session now"
        await deck.press("slash")
        assert not deck.main.query_one("#filter").has_focus
        assert "f5 peek" in deck.main.query_one(KeyBar).render_line(0).text
        assert any("No action is called 'nope'" in said for said in deck.toasts())
        provider = ActionProvider(deck.app.screen)
        found = {hit.help async for hit in provider.discover() if hit.help}
        assert "f5" in found
        await deck.press("question_mark")
        shown = str(deck.app.screen.query(Static).last().render())
        assert "(none)" in shown
        await deck.press("escape", "up", "f5")
        await deck.until(lambda: isinstance(deck.app.screen, PeekScreen))


async def test_without_motion_nothing_turns() -> None:
    async with running(few_link(motion=False)) as deck:
        await deck.settle()
        assert deck.app.animation_level == "none"
        assert deck.rows._spinner is None


def test_every_action_can_be_reached_by_some_key() -> None:
    unreachable: list[Action] = [action for action in ACTIONS if not action.keys]
    assert not unreachable


def test_a_sentence_names_the_key_that_the_person_has() -> None:
    assert Keymap().key("session.resume") == "r"
    assert Keymap().key("session.type") == "enter"
    own = keymap_from({"session.resume": "f6", "session.undo": "r"})
    assert own.key("session.resume") == "f6"
    assert own.key("session.undo") == "r"
    lost = keymap_from({"session.undo": "r"})
    assert lost.key("session.resume") == 'ctrl+p and "resume"'


def test_each_sentence_names_an_action_that_there_is() -> None:
    sources = (Path(agentdeck.__file__).parent / "tui").rglob("*.py")
    named = {
        name
        for source in sources
        for name in re.findall(r"""\.key\(["']([a-z.-]+)["']\)""", source.read_text())
    }
    assert len(named) > 8
    assert named <= set(BY_ID)


async def test_what_the_app_says_has_the_bound_keys() -> None:
    link = FakeLink()
    link.app["keys"] = {"session.new": "f7", "compose.repository": "f8"}
    async with running(link) as deck:
        empty = deck.main.query_one("#empty", Static)
        await deck.until(lambda: "start a session here" in str(empty.render()))
        assert "f7  start a session here" in str(empty.render())
    link = few_link()
    link.app["keys"] = {"session.resume": "f6", "session.reply": "f9"}
    async with running(link) as deck:
        await deck.go_to_row("bulk-discounts")
        answer = deck.main.query_one(AnswerBar)
        await deck.go_to_row("fix-login-redirect")
        lines = [answer.render_line(y).text for y in range(answer.size.height)]
        assert any("f9 reply with text" in line for line in lines), lines
