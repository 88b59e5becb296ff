"""What is done with sessions, alone or many at once, and how failures are told."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.tui.screens.answers import shown
from agentdeck.tui.screens.explain import ExplainScreen
from agentdeck.tui.screens.merge import MergeScreen
from agentdeck.tui.widgets.lines_view import LinesView
from tests.fakes.fake_client import FakeLink, a_session, asking
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link, permission, question, ready, working


def answered(link: FakeLink) -> Any:
    """The host's part of `session.answer`: it says what each gets."""

    def answer(params: dict[str, Any]) -> Any:
        done = link.each_done(params)
        for result in done["results"]:
            result |= {"asks": "a question", "gets": "2. Always"}
        return done

    return answer


async def test_one_digit_answers_all_that_are_marked_after_a_preview() -> None:
    link = few_link()
    link.answer("session.answer", answered(link))
    first, second = permission(), question()
    how = {
        "ids": [first.id, second.id],
        "choice": 2,
        "since": shown(first, second),
    }
    async with running(link) as deck:
        await deck.press("v", "v", "2")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        assert link.calls_of("session.answer") == [{**how, "preview": True}]
        lines = [str(each.render()) for each in deck.app.screen.query(Static)]
        assert any("a question" in line and "2. Always" in line for line in lines)
        await deck.press("y")
        await deck.until(lambda: len(link.calls_of("session.answer")) == 2)
        assert link.calls_of("session.answer")[1] == how


async def test_one_key_approves_and_names_the_question_that_was_shown() -> None:
    link = few_link()
    link.answer("session.answer", answered(link))
    async with running(link) as deck:
        await deck.go_to("fix-login-redirect")
        await deck.press("y")
        await deck.until(lambda: link.calls_of("session.answer"))
        (call,) = link.calls_of("session.answer")
        first = permission()
        assert call == {
            "ids": [first.id],
            "action": "approve",
            "since": shown(first),
        }


async def test_a_choice_that_is_clicked_is_answered() -> None:
    link = few_link()
    link.answer("session.answer", link.each_done)
    async with running(link) as deck:
        await deck.until(lambda: deck.main.query_one("#answer").size.height)
        await deck.pilot.click("#answer", offset=(6, 3))
        await deck.until(lambda: link.calls_of("session.answer"))
        assert link.calls_of("session.answer")[0]["choice"] == 3


async def test_a_reply_goes_to_each_as_it_can_take_it() -> None:
    link = few_link()
    link.answer("session.send", link.each_done)
    link.answer("session.answer", link.each_done)
    async with running(link) as deck:
        await deck.press("a", "R")
        await deck.until(lambda: deck.app.screen.query("#reply"))
        await deck.press(*"go on", "enter")
        await deck.until(lambda: len(link.calls_of("session.send")) == 2)
        (answer,) = link.calls_of("session.answer")
        assert answer["reply"] == "go on"
        assert set(answer["ids"]) == {permission().id, question().id}
        assert set(answer["since"]) == set(answer["ids"])
        queued, now = link.calls_of("session.send")
        assert queued["when"] == "queue"
        assert working().id in queued["ids"]
        assert now["when"] == "now"
        assert now["ids"] == [ready().id]


async def test_what_is_refused_is_said_for_each_session_as_text() -> None:
    link = few_link()
    error = {"code": -32004, "message": "It [b]cannot[/b] be stopped now.", "data": {}}

    def refuse(params: dict[str, Any]) -> dict[str, Any]:
        row = {"id": params["ids"][0], "name": "a", "ok": False, "error": error}
        return {"results": [row]}

    link.answer("session.stop", refuse)
    async with running(link) as deck:
        await deck.press("s")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("y")
        await deck.until(deck.toasts)
        said = "It [b]cannot[/b] be stopped now.\n! shows details"
        assert deck.toasts() == [said]


async def test_a_call_that_fails_is_a_toast_and_the_app_goes_on() -> None:
    link = few_link()
    link.answer("session.resume", AgentDeckError("The disk is full. Free some room."))
    async with running(link) as deck:
        await deck.press("r")
        await deck.until(deck.toasts)
        said = "The disk is full. Free some room.\n! shows details"
        assert deck.toasts() == [said]
        await deck.press("j")
        assert deck.rows.cursor == question().id


async def test_merge_says_what_landed_and_names_the_files_of_a_conflict() -> None:
    link = few_link()
    data = {"files": ["orchard/cart.py", "README.md"]}
    refused = {"code": -32004, "message": "It conflicts with main.", "data": data}
    rows = [
        {"id": "1", "name": "one", "ok": True, "into": "main", "commit": "0a1b2c3d4e"},
        {"id": "2", "name": "two", "ok": False, "error": refused},
    ]
    link.answer("session.merge", {"results": rows})
    async with running(link) as deck:
        await deck.press("v", "v", "m")
        await deck.until(lambda: isinstance(deck.app.screen, MergeScreen))
        await deck.press("y")
        await deck.until(lambda: len(deck.app.screen.query(".results Static")) == 2)
        shown = [
            str(line.content)
            for line in deck.app.screen.query(".results Static").results(Static)
        ]
        assert "one  into main 0a1b2c3d" in shown[0]
        assert "orchard/cart.py, README.md" in shown[1]
        await deck.press("escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert [c["dry_run"] for c in link.calls_of("session.merge")] == [True, False]


async def test_a_merge_that_fails_whole_can_be_tried_again() -> None:
    link = few_link()
    link.answer("session.merge", RefusedError("main is checked out and dirty."))
    async with running(link) as deck:
        await deck.press("m")
        await deck.until(lambda: isinstance(deck.app.screen, MergeScreen))
        await deck.press("y")
        await deck.until(lambda: deck.app.screen.query(".problem.-shown"))
        await deck.press("y")
        await deck.until(
            lambda: sum(not c["dry_run"] for c in link.calls_of("session.merge")) == 2
        )


async def test_why_and_log_are_read() -> None:
    link = few_link()
    sign = {
        "source": "hook",
        "activity": "working",
        "detail": "d",
        "at": "2026",
        "order": 1,
    }
    link.answer(
        "session.explain",
        {
            "phase": "running",
            "activity": "working",
            "why": {"source": "hook", "detail": "it said so", "at": "2026"},
            "evidence": [{**sign, "believed": True}],
            "reason": "",
        },
    )
    async with running(link) as deck:
        await deck.press("e")
        await deck.until(lambda: isinstance(deck.app.screen, ExplainScreen))
        view = deck.app.screen.query_one(LinesView)
        await deck.until(lambda: view.line_count == 1)


async def test_a_session_that_is_shown_is_read_and_one_kept_unread_stays_so() -> None:
    session = a_session("only", unread=True)
    link = FakeLink(session)
    async with running(link) as deck:
        await deck.until(lambda: link.calls_of("session.mark_read"))
        assert link.calls_of("session.mark_read") == [
            {"ids": [session.id], "unread": False}
        ]
        link.change(session, unread=False)
        await deck.until(lambda: not deck.app.deck.store.sessions[session.id].unread)
        await deck.press("u")
        await deck.until(lambda: len(link.calls_of("session.mark_read")) == 2)
        assert link.calls_of("session.mark_read")[1]["unread"] is True
        link.change(session, unread=True)
        await deck.until(lambda: deck.app.deck.store.sessions[session.id].unread)
        assert deck.main._read_timer is None


async def test_the_next_that_waits_is_the_oldest_and_then_the_one_after() -> None:
    young = asking("young", "?", age_s=10)
    old = asking("old", "?", age_s=500)
    async with running(FakeLink(working(), young, old)) as deck:
        deck.rows.cursor = working().id
        await deck.press("full_stop")
        assert deck.rows.cursor == old.id
        await deck.press("full_stop")
        assert deck.rows.cursor == young.id


async def test_a_count_filters_by_key_and_by_click_and_again_not() -> None:
    async with running(few_link()) as deck:
        await deck.press("N")
        assert deck.rows.order == [permission().id, question().id]
        await deck.press("N")
        assert len(deck.rows.order) == 8
        await deck.pilot.click("#indicator", offset=(32, 0))
        await deck.until(lambda: len(deck.rows.order) == 2)
        await deck.press("escape")
        await deck.until(lambda: len(deck.rows.order) == 8)


async def test_marks_by_range_and_all_and_none() -> None:
    async with running(few_link()) as deck:
        await deck.press("shift+down", "shift+down")
        assert len(deck.rows.marks) == 3
        await deck.press("a")
        assert len(deck.rows.marks) == 8
        await deck.press("A")
        assert not deck.rows.marks


async def test_a_mark_goes_with_its_session() -> None:
    link = few_link()
    async with running(link) as deck:
        await deck.press("v")
        link.remove(permission())
        await deck.until(lambda: len(deck.rows.order) == 7)
        assert not deck.rows.marks
        assert deck.rows.cursor == question().id


async def test_it_rings_once_when_a_session_out_of_sight_comes_to_need_someone(
    monkeypatch: Any,
) -> None:
    rung: list[int] = []
    link = few_link()
    async with running(link) as deck:
        monkeypatch.setattr(deck.app, "bell", lambda: rung.append(1))
        for name in ("a", "b", "c"):
            link.change(asking(name, "May I?", "Yes"))
        await deck.until(lambda: len(deck.rows.order) == 11)
        assert len(rung) == 1
        link.change(asking("a", "May I?", "Yes"), ahead=1)
        await deck.until(lambda: deck.app.deck.store.sessions["id-a"].ahead == 1)
        await deck.settle()
        assert len(rung) == 1


async def test_a_flood_of_notices_is_a_few_toasts() -> None:
    link = few_link()
    async with running(link) as deck:
        for number in range(50):
            text = "The disk is full." if number % 2 else f"Notice {number}"
            link.emit(EventKind.NOTICE, None, level="error", text=text)
        await deck.settle()
        assert 1 < len(deck.toasts()) <= 4
        assert deck.toasts().count("The disk is full.") == 1


async def test_leaving_says_that_the_agents_go_on() -> None:
    async with running(few_link()) as deck:
        await deck.press("q")
        await deck.until(lambda: not deck.app.is_running)
        said = "".join(
            segment.text
            for renderable in deck.app._exit_renderables
            for segment in deck.app.console.render(renderable)
        )
    assert "5 agents go on" in said


def shown_keys(deck: Deck) -> str:
    """The footer's line."""
    return deck.main.query_one("#keys").render_line(0).text


async def test_the_footer_shows_what_can_be_done_now() -> None:
    async with running(few_link(), size=(200, 40)) as deck:
        assert shown_keys(deck).strip().startswith("1-3 answer")
        assert "resume" not in shown_keys(deck)
        await deck.press("G")
        await deck.until(lambda: "resume" in shown_keys(deck))
        assert "stop" not in shown_keys(deck)
        await deck.press("v")
        bar = deck.main.query_one("#selection")
        await deck.until(lambda: "1 selected" in bar.render_line(0).text)
        await deck.press("Z")
        assert "1 selected" in shown_keys(deck), "the list does not say it now"


async def test_the_footer_is_cut_between_two_keys() -> None:
    for width in range(10, 60, 3):
        async with running(few_link(), size=(width, 20)) as deck:
            words = shown_keys(deck).split()
            assert len(words) % 2 == 0


async def test_rules_are_switched_on_and_off_and_none_is_said() -> None:
    link = few_link()
    results: list[dict[str, Any]] = [{"ok": True, "on": False}]
    link.answer("session.rules", lambda params: {"results": results})
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        session = working()
        await deck.press("o")
        await deck.until(deck.toasts)
        assert "There are no rules" in deck.toasts()[0]
        assert link.calls_of("session.rules") == [
            {"ids": [session.id], "automatic": True}
        ]
        results[0]["on"] = True
        link.change(session, auto_answers=True)
        await deck.settle()
        await deck.press("o")
        await deck.until(lambda: len(deck.toasts()) == 2)
        assert deck.toasts()[1] == "Rules do not answer for bulk-discounts."
        assert link.calls_of("session.rules")[-1]["automatic"] is False


async def test_rules_that_are_on_by_the_settings_are_switched_off_first() -> None:
    link = few_link()
    link.app["auto_answers"] = True
    link.answer("session.rules", lambda params: {"results": [{"on": False}]})
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("o")
        await deck.until(deck.toasts)
        assert link.calls_of("session.rules")[0]["automatic"] is False


@pytest.mark.parametrize("keys", ["xn", "xy", "sy", "Ry"])
async def test_a_key_right_behind_one_that_opens_a_dialog_goes_to_the_dialog(
    keys: str,
) -> None:
    """Over a slow line both come in one piece, before the dialog is there."""
    link = few_link()
    link.answer("session.discard", link.each_done)
    link.answer("session.stop", link.each_done)
    async with running(link) as deck:
        await deck.go_to_row("fix-login-redirect")
        driver = deck.app._driver
        assert driver is not None
        for key in keys:
            event = events.Key(key, key)
            event.set_sender(deck.app)
            driver.send_message(event)
        done = {"xn": "", "xy": "session.discard", "sy": "session.stop", "Ry": ""}[keys]
        if done:
            await deck.until(lambda: link.calls_of(done))
        await deck.until(lambda: len(deck.app.screen_stack) == 1 + (keys == "Ry"))
        await deck.settle()
        assert not link.calls_of("session.answer")
        assert bool(link.calls_of("session.discard")) is (keys == "xy")
