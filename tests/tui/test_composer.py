"""The composer: prompt, history, files, images, chips, and what is started."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import OptionList, Static

from agentdeck.core.composing import Choice
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase
from agentdeck.tui.composer.composer import Composer
from agentdeck.tui.composer.draft import Draft, orders_from
from agentdeck.tui.composer.offer import offer_from
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.widgets.footer import KeyBar
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link

NEW = a_session("do-it")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
REVIEWER = {
    "path": "/r/.github/agents/reviewer.agent.md",
    "origin": "repository",
    "error": "",
    "name": "reviewer",
    "description": "Reads a change",
    "user_invocable": True,
    "argument_hint": "",
    "models": [],
    "not_expressed": {"claude": ["handoffs"], "scripted": ["handoffs", "tools"]},
}
BROKEN = {
    "path": "/r/.claude/agents/b.md",
    "origin": "repository",
    "error": "b.md: its front matter in line 2: [red]oops[/red]",
    "name": None,
}


def starting_link(*args: Any, **offer: Any) -> FakeLink:
    """A host that starts what it is asked to."""
    link = few_link()
    link.answer("session.create", {"session": {"id": NEW.id}})
    if offer:
        usual = link.offer
        link.answer("composer.open", lambda params: {**usual(params), **offer})
    return link


async def composing(deck: Deck) -> Composer:
    """The composer, once it knows what there is to choose."""
    await deck.press("n")
    await deck.until(lambda: deck.main.composer and deck.main.composer.is_open)
    composer = deck.main.composer
    assert composer is not None
    await deck.until(lambda: "agent claude" in composer.chips.text)
    return composer


def note_of(composer: Composer) -> str:
    return str(composer.query_one("#note", Static).render())


def offered(composer: Composer) -> list[str]:
    """The rows of the open list."""
    rows = composer.query_one(OptionList)
    return [str(rows.get_option_at_index(n).prompt) for n in range(rows.option_count)]


async def paste(deck: Deck, text: str) -> None:
    assert deck.app.focused is not None
    deck.app.focused.post_message(events.Paste(text))
    await deck.settle()


async def test_enter_starts_with_our_environment_and_goes_to_the_new_session() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "enter")
        await deck.until(lambda: link.calls_of("composer.keep"))
        call = link.calls_of("session.create")[0]
        assert call["env"] == {"LC_ALL": "C.UTF-8", "PATH": "/bin"}
        assert (call["prompt"], call["agent"]) == ("do it", "claude")
        assert not composer.is_open
        assert deck.rows.has_focus
        link.change(NEW)
        await deck.until(lambda: deck.rows.cursor == NEW.id)
        kept = link.calls_of("composer.keep")[0]
        assert (kept["prompt"], kept["choice"]["agent"]) == ("do it", "claude")


async def test_a_session_starts_as_a_type_also_without_a_prompt() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("alt+t")
        await deck.until(lambda: len(offered(composer)) == 3)
        await deck.press(*"here", "enter")
        await deck.until(lambda: "type here" in composer.chips.text)
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert (call["type"], call["in_checkout"]) == ("local", True)
        assert (call["prompt"], call["base"]) == ("", None)


async def test_no_variants_work_in_ones_own_checkout() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "alt+t", *"here", "enter")
        await deck.until(lambda: "type here" in composer.chips.text)
        await deck.press("alt+v", "2", "enter")
        await deck.until(lambda: "variants 2" in composer.chips.text)
        await deck.press("enter")
        await deck.until(lambda: "alt+t" in note_of(composer))
        assert link.calls_of("session.create") == []


async def test_a_colon_opens_it_too_and_nothing_is_started_without_a_prompt() -> None:
    link = starting_link()
    async with running(link) as deck:
        await deck.press("colon")
        await deck.until(lambda: deck.main.composer and deck.main.composer.is_open)
        composer = deck.main.composer
        assert composer is not None
        await deck.press("enter")
        await deck.until(lambda: "Say what" in note_of(composer))
        assert link.calls_of("session.create") == []
        await deck.press("x")
        assert "Say what" not in note_of(composer)


async def test_new_lines_are_typed_and_keys_of_the_list_stay_away() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("x", "ctrl+j", "q", "shift+enter", "d")
        assert composer.area.text == "x\nq\nd"
        assert deck.app.screen is deck.main


async def test_alt_enter_starts_and_gives_the_session_the_keyboard() -> None:
    link = starting_link()
    async with running(link) as deck:
        await composing(deck)
        await deck.press(*"do it", "alt+enter")
        await deck.until(lambda: link.calls_of("session.create"))
        link.change(NEW, phase=Phase.PREPARING)
        await deck.until(lambda: deck.rows.cursor == NEW.id)
        assert deck.rows.has_focus
        link.change(NEW, phase=Phase.RUNNING)
        await deck.until(lambda: deck.main.terminal.has_focus)


async def test_who_went_on_elsewhere_keeps_the_keyboard() -> None:
    link = starting_link()
    async with running(link) as deck:
        await composing(deck)
        await deck.press(*"do it", "alt+enter")
        await deck.until(lambda: link.calls_of("session.create"))
        link.change(NEW, phase=Phase.PREPARING)
        await deck.until(lambda: deck.rows.cursor == NEW.id)
        await deck.press("g")
        link.change(NEW, phase=Phase.RUNNING)
        await deck.settle()
        assert deck.rows.has_focus


async def test_escape_keeps_the_draft() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press(*"half", "escape")
        assert not composer.is_open
        assert deck.rows.has_focus
        await deck.press("n")
        assert composer.area.text == "half"
        assert composer.area.has_focus


async def test_a_refusal_is_said_and_the_draft_stays() -> None:
    link = starting_link()
    link.answer("session.create", AgentDeckError("The disk is [b]full[/b]."))
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "enter")
        await deck.until(lambda: "The disk is [b]full[/b]." in note_of(composer))
        assert composer.is_open
        assert composer.area.text == "do it"


async def test_up_and_down_walk_through_earlier_prompts() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press(*"mine", "up")
        assert composer.area.text == "the newest prompt"
        await deck.press("up")
        assert composer.area.text == "an older\nprompt"
        await deck.press("up", "up")
        # The cursor went up through its two lines; there is none before it.
        assert composer.area.text == "an older\nprompt"
        await deck.press("down", "down")
        assert composer.area.text == "the newest prompt"
        await deck.press("down")
        assert composer.area.text == "mine"


async def test_a_file_is_completed_after_an_at_sign() -> None:
    link = starting_link()
    files = ["src/login.py", "tests/test login.py"]
    link.answer("composer.files", {"files": files})
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"fix @log")
        await deck.until(lambda: offered(composer) == files)
        assert link.calls_of("composer.files")[-1]["query"] == "log"
        await deck.press("enter")
        assert composer.area.text == "fix @src/login.py "
        assert link.calls_of("session.create") == []
        await deck.press("at")
        await deck.until(lambda: composer.chooser.is_open)
        await deck.press("down", "tab")
        assert composer.area.text == 'fix @src/login.py @"tests/test login.py" '
        await deck.press("at")
        await deck.until(lambda: composer.chooser.is_open)
        await deck.press("escape")
        assert not composer.chooser.is_open
        assert composer.is_open


async def test_pasted_paths_of_images_are_attached_and_taken_away(
    tmp_path: Path,
) -> None:
    link = starting_link()
    (tmp_path / "shot.png").write_bytes(PNG)
    async with running(link) as deck:
        composer = await composing(deck)
        await paste(deck, f"{tmp_path}/shot.png")
        await deck.until(lambda: "shot.png" in composer.attached.text)
        await paste(deck, f"{tmp_path}/not-there.png")
        await deck.until(lambda: "not-there" in composer.area.text)
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        images = link.calls_of("session.create")[0]["images"]
        assert images == [str(tmp_path / "shot.png")]
        await deck.press("n")
        await paste(deck, f"{tmp_path}/shot.png")
        await deck.until(lambda: "shot.png" in composer.attached.text)
        await deck.press("alt+x")
        assert composer.draft.images == ()
        assert not composer.attached.display


async def test_an_image_pasted_as_data_goes_through_the_host() -> None:
    link = starting_link()
    link.answer("composer.image", {"path": "/state/pasted/1.png"})
    async with running(link) as deck:
        composer = await composing(deck)
        encoded = base64.b64encode(PNG).decode()
        await paste(deck, f"data:image/png;base64,{encoded}")
        await deck.until(lambda: "1.png" in composer.attached.text)
        assert link.calls_of("composer.image")[0]["data"] == encoded
        assert composer.area.text == ""


CHIPS = [
    ("alt+m", "2", "model", "opus"),
    ("alt+o", "3", "mode", "plan"),
    ("alt+s", "2", "base", "release"),
    ("alt+a", "2", "agent", "scripted"),
]


@pytest.mark.parametrize(("key", "digit", "name", "value"), CHIPS)
async def test_two_keys_choose_any_chip(
    key: str, digit: str, name: str, value: str
) -> None:
    link = starting_link()
    async with running(link) as deck:
        await composing(deck)
        await deck.press(*"do it", key, digit, "enter")
        await deck.until(lambda: link.calls_of("session.create"))
        assert link.calls_of("session.create")[0][name] == value


async def test_a_model_is_typed_and_a_chip_opened_by_typing_on_it() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "tab", "right")
        await deck.press(*"next-5", "enter")
        assert "model next-5" in composer.chips.text
        await deck.press("alt+s", *"v1.2", "enter", "enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert (call["model"], call["base"]) == ("next-5", "v1.2")


async def test_what_is_not_installed_cannot_be_taken() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press("alt+a")
        assert "not installed" in offered(composer)[2]
        await deck.press("3")
        assert composer.chooser.is_open
        await deck.press(*"codex", "enter")
        assert composer.draft.choice.agent == "claude"


async def test_a_list_that_is_open_already_takes_what_the_host_tells_then() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("alt+s")
        told = {**link.offer({"repo": "/home/ada/orchard"}), "branches": ["new-one"]}
        composer.show_offer(offer_from(told))
        assert any("new-one" in row for row in offered(composer))


async def test_another_agent_takes_its_own_model_and_mode() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press("alt+m", "2", "alt+o", "3", "alt+a", "2")
        choice = composer.draft.choice
        assert (choice.agent, choice.model, choice.mode) == ("scripted", "", "")


async def test_a_role_is_chosen_and_what_is_not_followed_is_said_before() -> None:
    link = starting_link(custom=[REVIEWER, BROKEN])
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("alt+r")
        assert "[red]oops[/red]" in offered(composer)[-1]
        await deck.press("2")
        assert "claude does not follow its handoffs." in note_of(composer)
        await deck.press("alt+a", "2")
        assert "handoffs, tools" in note_of(composer)
        await deck.press(*"look", "enter")
        await deck.until(lambda: link.calls_of("session.create"))
        assert link.calls_of("session.create")[0]["custom"] == REVIEWER["path"]


async def test_a_repository_is_chosen_by_its_path() -> None:
    link = starting_link()
    rows = [{"path": "/srv/one", "is_repository": True}]
    link.answer("composer.folders", {"folders": rows})
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("alt+p", *"/srv")
        await deck.until(lambda: any("/srv/one" in row for row in offered(composer)))
        await deck.press("enter")
        await deck.until(lambda: "repo one" in composer.chips.text)
        assert link.calls_of("composer.open")[-1]["repo"] == "/srv/one"


async def test_what_was_chosen_last_is_chosen_again_if_it_is_still_there() -> None:
    last = {"agent": "codex", "model": "gpt", "mode": "plan", "base": "gone"}
    async with running(starting_link(choice=last)) as deck:
        # Codex is not installed here any more.
        composer = await composing(deck)
        choice = composer.draft.choice
        assert (choice.agent, choice.model, choice.base) == ("claude", "", "")
    last = {"agent": "claude", "model": "opus", "mode": "plan", "base": "release"}
    async with running(starting_link(choice=last)) as deck:
        composer = await composing(deck)
        assert "model opus  mode plan" in composer.chips.text
        await deck.press("tab", "right", "delete")
        assert composer.draft.choice.model == ""


async def test_the_count_starts_so_many_of_one_group() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "tab", "left", *"99", "enter")
        assert composer.draft.count == 1
        assert "Variants are 1 to 20" in note_of(composer)
        await deck.press("alt+v", "3", "enter")
        await deck.until(lambda: len(link.calls_of("session.create")) == 3)
        calls = link.calls_of("session.create")
        assert len({call["group"] for call in calls}) == 1
        assert [call["number"] for call in calls] == [1, 2, 3]


async def test_variants_are_listed_with_what_is_different_and_taken_away() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "alt+v", *"GraphQL", "enter")
        assert "1 as chosen below  2 GraphQL" in composer.variants.text
        await deck.press("alt+v", *"by scr", "enter")
        assert "3 scripted" in composer.variants.text
        assert "variants 3" in composer.chips.text
        await deck.press("alt+v", *"agnet=x", "enter")
        assert "agnet" in note_of(composer)
        await deck.pilot.click("#varied", offset=(1, 0))
        await deck.until(lambda: "1 GraphQL  2 scripted" in composer.variants.text)
        await deck.press("enter")
        await deck.until(lambda: len(link.calls_of("session.create")) == 2)
        first, second = link.calls_of("session.create")
        assert first["prompt"] == "do it\n\nApproach: GraphQL"
        assert (second["agent"], second["prompt"]) == ("scripted", "do it")
        assert first["group"] == second["group"]
        assert not composer.draft.variations


async def test_each_missing_thing_says_its_next_step() -> None:
    agents = [{"name": "scripted", "title": "Scripted", "installed": True}]
    link = FakeLink()
    usual = link.offer
    there = {"agents": agents, "repo": None, "problem": "/x is in no repository."}
    link.answer("composer.open", lambda params: {**usual(params), **there})
    async with running(link) as deck:
        await deck.press("n")
        await deck.until(lambda: deck.main.composer is not None)
        composer = deck.main.composer
        assert composer is not None
        await deck.until(lambda: "agent scripted" in composer.chips.text)
        await deck.press("x")
        assert "No git repository here: alt+p" in note_of(composer)
        assert "agentdeck doctor" in note_of(composer)
        await deck.press("enter")
        assert "Choose a repository" in note_of(composer)


async def test_the_prompt_is_edited_outside(tmp_path: Path, monkeypatch: Any) -> None:
    link = starting_link()
    monkeypatch.setattr(
        "agentdeck.tui.composer.outside.run_outside",
        lambda app, command, folder, environ: (
            Path(command[-1]).write_text(Path(command[-1]).read_text() + " and more\n")
            and None
        ),
    )
    environ = {"LC_ALL": "C.UTF-8", "EDITOR": "vi"}
    async with running(link, environ=environ) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "ctrl+g")
        await deck.until(lambda: composer.area.text == "do it and more")
        assert composer.area.has_focus


async def test_a_click_opens_a_chip_and_takes_an_option() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        at = composer.chips.text.index("  mode  ") + 3
        await deck.pilot.click("#chips", offset=(at, 0))
        await deck.until(lambda: composer.chooser.is_open)
        await deck.pilot.click(OptionList, offset=(3, 2))
        await deck.settle()
        assert composer.draft.choice.mode == "plan"


async def test_the_footer_says_the_composers_keys() -> None:
    async with running(starting_link()) as deck:
        await composing(deck)
        bar = deck.main.query_one(KeyBar)
        assert "new line" in bar.render_line(0).text
        await deck.press("alt+a")
        assert "take" in bar.render_line(0).text


async def test_a_command_is_sent_as_its_words_and_never_through_a_shell() -> None:
    link = starting_link()
    link.agents.append({"name": "command", "title": "Command", "installed": True})
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press("alt+a", *"comm", "enter")
        composer.area.text = "make 'a b'; ls"
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert (call["command"], call["prompt"]) == (["make", "a b;", "ls"], "")
        await deck.press("n", *"it's", "enter")
        await deck.until(lambda: "cannot be read" in note_of(composer))


async def test_a_prompt_becomes_a_brief_and_what_it_lacks_is_said_before_a_start() -> (
    None
):
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"Fix login", "alt+i")
        await deck.until(lambda: composer.area.text.startswith("---"))
        assert "no acceptance criterion 95%" in note_of(composer)
        await deck.press("enter")
        await deck.until(lambda: "Start it anyway?" in note_of(composer))
        assert link.calls_of("session.create") == []
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert call["prompt"] == "## Goal\n\nFix login"
        assert (call["title"], call["agent"]) == ("Fix login", "claude")


async def test_a_wrong_brief_is_not_started_and_its_fields_win_over_the_chips() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        head = "---\nagent: scripted\nimages: [a.png]\nverify: [make test]\n"
        limits = "limits: {minutes: soon}\n"
        goal = "---\n## Goal\nDo `x.py`\n## Acceptance\n- `x` is 3\n"
        rest = "## Scope\n- x.py\n## Non-goals\n- y\n"
        composer.area.text = f"{head}{limits}{goal}{rest}"
        await deck.until(lambda: "limits.minutes is 'soon'" in note_of(composer))
        await deck.press("enter")
        await deck.settle()
        assert link.calls_of("session.create") == []
        composer.area.text = f"{head}limits: {{minutes: 5}}\n{goal}{rest}"
        await deck.until(lambda: "nothing is missing" in note_of(composer))
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert (call["agent"], call["checks"]) == ("scripted", ["make test"])
        assert call["limit_minutes"] == 5.0
        assert call["images"] == ["/home/ada/orchard/a.png"]


def send_at_once(deck: Deck, *keys: str) -> None:
    """Have keys come in one piece, as over a slow line."""
    driver = deck.app._driver
    assert driver is not None
    for key in keys:
        event = events.Key(key, key if len(key) == 1 else None)
        event.set_sender(deck.app)
        driver.send_message(event)


async def test_a_prompt_typed_in_one_piece_keeps_its_order_and_its_end() -> None:
    link = starting_link()
    async with running(link) as deck:
        send_at_once(deck, "n", *"first", "ctrl+j", *"second", "enter")
        await deck.until(lambda: link.calls_of("session.create"))
        await deck.settle()
        (created,) = link.calls_of("session.create")
        assert created["prompt"] == "first\nsecond"


@pytest.mark.parametrize("gap_s", [0.0, 0.0003, 0.001, 0.003])
async def test_keys_keep_their_order_however_fast_they_come(gap_s: float) -> None:
    def type_all(deck: Deck) -> None:
        for key in ("n", *"abcdefghijklmnopqrst", "ctrl+j", *"uvwxyz"):
            send_at_once(deck, key)
            time.sleep(gap_s)

    async with running(starting_link()) as deck:
        composer = await composing(deck)
        for _ in range(8):
            await deck.press("escape")
            await deck.until(lambda: deck.rows.has_focus)
            composer.area.load_text("")
            # From a thread, as a terminal's driver does it.
            await asyncio.to_thread(type_all, deck)
            await deck.until(lambda: len(composer.area.text) == 27)
            assert composer.area.text == "abcdefghijklmnopqrst\nuvwxyz"


async def test_the_next_prompt_may_be_typed_before_the_first_is_answered() -> None:
    link = starting_link()
    answered = asyncio.Event()

    async def create(params: dict[str, Any]) -> dict[str, Any]:
        await answered.wait()
        return {"session": {"id": NEW.id}}

    link.answer("session.create", create)
    async with running(link) as deck:
        send_at_once(deck, "n", *"one", "enter", "n", *"two", "enter")
        await deck.until(lambda: len(link.calls_of("session.create")) == 2)
        answered.set()
        await deck.settle()
        asked = [params["prompt"] for params in link.calls_of("session.create")]
        assert asked == ["one", "two"]


async def test_a_prompt_waits_for_the_host_to_say_what_agents_there_are() -> None:
    link = starting_link()
    told, usual = asyncio.Event(), link.offer

    async def offer(params: dict[str, Any]) -> dict[str, Any]:
        await told.wait()
        return usual(params)

    link.answer("composer.open", offer)
    async with running(link) as deck:
        await deck.press("n", *"one", "enter", "n", *"two")
        assert not link.calls_of("session.create")
        told.set()
        await deck.until(lambda: link.calls_of("session.create"))
        await deck.settle()
        (created,) = link.calls_of("session.create")
        assert (created["prompt"], created["agent"]) == ("one", "claude")
        composer = deck.main.composer
        assert composer is not None
        assert composer.area.text == "two"


async def test_a_prompt_that_did_not_start_is_not_lost_behind_the_next() -> None:
    link = starting_link()
    refused = asyncio.Event()

    async def create(_: dict[str, Any]) -> dict[str, Any]:
        await refused.wait()
        raise AgentDeckError("The disk is full.")

    link.answer("session.create", create)
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"one", "enter")
        await deck.until(lambda: not composer.is_open)
        await deck.press("n", *"two")
        refused.set()
        await deck.until(lambda: "The disk is full." in note_of(composer))
        assert composer.area.text == "two"
        await deck.press("up")
        assert composer.area.text == "one"
        await deck.press("down")
        assert composer.area.text == "two"


async def test_a_chip_is_chosen_by_keys_that_come_in_one_piece() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press(*"do it")
        for _ in range(5):
            send_at_once(deck, "alt+m", *"next-5", "enter")
            await deck.until(lambda: composer.draft.choice.model == "next-5")
            await deck.until(lambda: composer.area.has_focus)
            send_at_once(deck, "alt+m", "1")
            await deck.until(lambda: not composer.draft.choice.model)
            await deck.until(lambda: composer.area.has_focus)
        assert composer.area.text == "do it"


async def test_a_name_checks_and_commits_go_with_one_start() -> None:
    link = starting_link()
    async with running(link) as deck:
        composer = await composing(deck)
        await deck.press(*"do it", "alt+n", *"2nd-form", "enter")
        await deck.press("alt+k", *"pytest -q", "enter", "alt+k", *"ruff .", "enter")
        await deck.press("alt+c", "3")
        shown = composer.chips.text
        assert "name 2nd-form" in shown
        assert "check ruff . +1" in shown
        assert "commit no" in shown
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.create"))
        call = link.calls_of("session.create")[0]
        assert call["name"] == "2nd-form"
        assert call["checks"] == ["pytest -q", "ruff ."]
        assert call["auto_commit"] is False
        await deck.until(lambda: link.calls_of("composer.keep"))
        kept = link.calls_of("composer.keep")[0]["choice"]
        assert kept["commit"] == "no"
        assert (composer.draft.name, composer.draft.checks) == ("", ())


async def test_a_check_is_taken_away_with_its_chip() -> None:
    async with running(starting_link()) as deck:
        composer = await composing(deck)
        await deck.press("alt+k", *"make test", "enter")
        assert composer.draft.checks == ("make test",)
        await deck.press("tab", "left", "left", "left", "delete")
        assert composer.draft.checks == ()


def test_commands_of_one_name_are_numbered() -> None:
    choice = Choice(agent="command")
    draft = Draft("make", "/r", choice, count=2, name="build")
    assert [o["name"] for o in orders_from(draft, Keymap())] == ["build-1", "build-2"]
    plain = Draft("make", "/r", choice, count=2)
    assert [o["name"] for o in orders_from(plain, Keymap())] == [None, None]
