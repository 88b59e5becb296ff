"""Pull requests in the app: what a row and the dialog say, and what the keys ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from agentdeck.core.errors import RefusedError
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.core.session import Phase, Session
from agentdeck.rpc.protocol import error_to_wire
from agentdeck.tui.look import ASCII, UNICODE, Glyphs
from agentdeck.tui.pull_words import pull_mark
from agentdeck.tui.screens.confirm import ConfirmScreen
from agentdeck.tui.screens.message import MessageScreen
from agentdeck.tui.screens.pulls import PullsScreen
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import UTF8, an_app
from tests.tui.test_more_looks import is_drawn

PULL = PullRequest(
    12,
    "https://github.com/ada/orchard/pull/12",
    title="Fix the [b]login\x1b[31m",
    base="main",
    head="abc",
    checks=PullChecks.PASSED,
    review=PullReview.APPROVED,
)


@pytest.mark.parametrize(
    ("pull", "glyphs", "expected"),
    [
        (PULL, UNICODE, "#12✓+1"),
        (replace(PULL, checks=PullChecks.FAILED), UNICODE, "#12✗+1"),
        (replace(PULL, review=PullReview.CHANGES), ASCII, "#12+-1"),
        (replace(PULL, conflicts=True, review=PullReview.NONE), UNICODE, "#12≠✓"),
        (replace(PULL, checks=PullChecks.PENDING), UNICODE, "#12◌+1"),
        (replace(PULL, state=PullState.MERGED), UNICODE, "#12"),
    ],
)
def test_the_mark_in_a_row(pull: PullRequest, glyphs: Glyphs, expected: str) -> None:
    assert "".join(text for text, _ in pull_mark(pull, glyphs)) == expected


def sessions() -> tuple[Session, ...]:
    over = Phase.ENDED
    return (
        a_session("fix-login", phase=over, ahead=2, pull=PULL),
        a_session("add-search", phase=over, ahead=3, dirty=True),
        a_session(
            "write-docs",
            phase=over,
            ahead=1,
            pull=replace(PULL, number=9, state=PullState.MERGED, title="Docs"),
            merged_into="main",
        ),
        a_session(
            "tidy-up",
            phase=over,
            ahead=1,
            pull=replace(
                PULL,
                number=14,
                state=PullState.DRAFT,
                checks=PullChecks.FAILED,
                review=PullReview.CHANGES,
                conflicts=True,
            ),
        ),
    )


def a_link() -> FakeLink:
    link = FakeLink(*sessions())
    link.answer(
        "pull.preview",
        {
            "title": "Add a search",
            "body": "Find it.\n\n- [ ] fast\n- One\n- Two\n- Three",
            "remote": "origin",
            "base": "main",
            "commits": ["One", "Two", "Three"],
            "dirty": True,
        },
    )
    link.answer("pull.status", link.each_done)
    for name in ("session.log", "session.discard", "pull.ready"):
        link.answer(name, link.each_done)
    return link


async def open_pulls(deck: Deck, *, everything: bool = True) -> PullsScreen:
    await deck.press(*(["a"] if everything else []), "O")
    await deck.until(lambda: isinstance(deck.app.screen, PullsScreen))
    screen = deck.app.screen
    assert isinstance(screen, PullsScreen)
    await deck.until(lambda: not screen._is_busy)
    return screen


async def go_to(deck: Deck, screen: PullsScreen, name: str) -> None:
    listed = screen.query_one("#pulls", OptionList)
    names = [str(listed.get_option_at_index(i).prompt).split()[0] for i in range(4)]
    listed.highlighted = names.index(name)
    await deck.settle()


def text_of(screen: PullsScreen, which: str) -> str:
    return str(screen.query_one(which, Static).content)


def created(link: FakeLink, **values: Any) -> None:
    def answer(params: dict[str, Any]) -> dict[str, Any]:
        rows = link.each_done(params)["results"]
        more = {"number": 15, "done": "opened", "stays": "", **values}
        return {"results": [{**row, **more} for row in rows]}

    link.answer("pull.create", answer)
    link.answer("pull.merge", answer)


async def test_what_is_said_of_each_is_text() -> None:
    link = a_link()
    async with running(link) as deck:
        screen = await open_pulls(deck)
        assert len(link.calls_of("pull.status")) == 1
        await go_to(deck, screen, "fix-login")
        about = text_of(screen, ".about")
        assert "[b]login" in about
        assert "\x1b" not in about
        await go_to(deck, screen, "add-search")
        await deck.until(lambda: "3 commits into main" in text_of(screen, ".about"))
        assert "uncommitted changes are not part" in text_of(screen, ".about")
        assert len(link.calls_of("pull.preview")) == 1


async def test_the_text_is_edited_here_or_outside_and_sent() -> None:
    link = a_link()
    created(link)
    async with running(link) as deck:
        screen = await open_pulls(deck)
        await go_to(deck, screen, "add-search")
        await deck.press("e")
        await deck.until(lambda: isinstance(deck.app.screen, MessageScreen))
        await deck.press("ctrl+home", *"New: ")
        await deck.press("ctrl+s")
        await deck.until(lambda: deck.app.screen is screen)
        await deck.press("d", "c")
        await deck.until(lambda: link.calls_of("pull.create"))
        (call,) = link.calls_of("pull.create")
        assert call["texts"]["id-add-search"]["title"] == "New: Add a search"
        assert call["texts"]["id-add-search"]["body"].startswith("Find it.")
        assert call["draft"] is True
        await deck.until(deck.toasts)
        assert "#15 opened" in deck.toasts()[0]
        # An open one is edited on its page.
        await go_to(deck, screen, "fix-login")
        await deck.press("e")
        await deck.until(lambda: "on its page" in text_of(screen, ".problem"))


async def test_other_commits_there_are_replaced_only_after_a_question() -> None:
    link = a_link()
    there = "f" * 40
    error = error_to_wire(RefusedError("Others.", there=there))
    row = {"id": "id-add-search", "name": "add-search", "ok": False, "error": error}
    link.answer("pull.create", {"results": [row]})
    async with running(link) as deck:
        screen = await open_pulls(deck)
        await go_to(deck, screen, "add-search")
        await deck.press("f")
        await deck.until(lambda: "Nothing" in text_of(screen, ".problem"))
        await deck.press("c")
        await deck.until(lambda: "f replaces it" in text_of(screen, ".problem"))
        assert link.calls_of("pull.create")[0].get("replaces") is None
        created(link)
        await deck.press("f")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: len(link.calls_of("pull.create")) == 2)
        assert link.calls_of("pull.create")[1]["replaces"] == {"id-add-search": there}


async def test_a_merge_asks_and_takes_only_open_ones() -> None:
    link = a_link()
    created(link, stays="origin does not let it go.")
    async with running(link) as deck:
        screen = await open_pulls(deck)
        await deck.press("s", "w", "b", "M")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("n")
        await deck.until(lambda: deck.app.screen is screen)
        assert not link.calls_of("pull.merge")
        await go_to(deck, screen, "fix-login")
        await deck.press("m")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: link.calls_of("pull.merge"))
        (call,) = link.calls_of("pull.merge")
        assert (call["ids"], call["strategy"]) == (["id-fix-login"], "squash")
        assert call["when_ready"] is call["delete_branch"] is True
        await deck.until(lambda: "let it go" in text_of(screen, ".problem"))


async def test_what_is_merged_is_offered_to_be_cleaned_up() -> None:
    link = a_link()
    async with running(link) as deck:
        screen = await open_pulls(deck)
        await go_to(deck, screen, "write-docs")
        assert "x cleans up" in text_of(screen, ".about")
        await deck.press("x")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: link.calls_of("session.discard"))
        assert link.calls_of("session.discard")[0]["ids"] == ["id-write-docs"]


async def test_the_page_opens_or_its_address_is_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for browser, said in (("", "Copied https://github.com"), ("firefox", "")):
        link = a_link()
        opened: list[str] = []
        async with running(link, environ={**UTF8, "BROWSER": browser}) as deck:
            monkeypatch.setattr(
                deck.app, "open_url", lambda url, opened=opened: opened.append(url)
            )
            screen = await open_pulls(deck)
            await go_to(deck, screen, "fix-login")
            await deck.press("o")
            await deck.settle()
            assert bool(opened) is bool(browser)
            assert said in "".join(deck.toasts())


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_how_it_looks(snap_compare: Any, size: tuple[int, int]) -> None:
    """Names, numbers and states in line; below, what the one at the cursor would say."""
    link = a_link()
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        screen = await open_pulls(deck)
        await go_to(deck, screen, "add-search")
        await deck.until(lambda: "3 commits into main" in text_of(screen, ".about"))
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
