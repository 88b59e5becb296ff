"""The connection goes and comes: nothing is lost and nobody is shouted at."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from textual.widgets import Static

from agentdeck.config.paths import Paths
from agentdeck.core.session import Phase
from agentdeck.tui.link import Arrived, Connected, HostLink, Lost, News
from tests.fakes.fake_client import a_frame, a_session
from tests.fakes.fake_host import event_wire, fake_host, session_wire
from tests.tui.driving import running
from tests.tui.scenes import few_link, working


async def test_a_lost_connection_is_one_line_and_what_was_shown_comes_back() -> None:
    link = few_link()
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        for _ in range(20):
            link.drop()
        banner = deck.main.query_one("#banner", Static)
        await deck.until(lambda: banner.has_class("-shown"))
        assert "reconnecting" in str(banner.content)
        assert len(deck.rows.order) == 8
        opened = len(link.opened)
        link.sessions[working().id] = a_session("bulk-discounts", ahead=77)
        link.frame = lambda _: a_frame("after the restart")
        link.reconnect()
        await deck.until(lambda: not banner.has_class("-shown"))
        await deck.until(lambda: len(link.opened) == opened + 1)
        await deck.until(lambda: "after" in deck.terminal.render_line(0).text)
        assert deck.app.deck.store.sessions[working().id].ahead == 77
        assert deck.rows.cursor == working().id
        assert deck.toasts() == []


async def test_keys_go_to_the_new_channel_after_a_reconnect() -> None:
    link = few_link()
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        link.drop()
        await deck.press("x")
        link.reconnect()
        channel = max(link.opened) + 1
        await deck.until(lambda: channel in link.opened)
        await deck.until(lambda: deck.terminal.frame_size)
        await deck.press("y")
        await deck.until(lambda: deck.keys_typed()[-1:] == ["y"])
        assert link.told_of("screen.input")[-1]["channel"] == channel


async def test_a_session_that_went_meanwhile_is_gone_after_the_snapshot() -> None:
    link = few_link()
    async with running(link) as deck:
        link.drop()
        del link.sessions[working().id]
        link.reconnect()
        await deck.until(lambda: working().id not in deck.rows.order)
        assert len(deck.rows.order) == 7


async def test_the_real_link_asks_for_the_events_since_its_last(tmp_path: Path) -> None:
    root = tmp_path / "h"
    paths = Paths(root / "state", root / "config", root / "run")
    news: list[News] = []
    greeted_twice = asyncio.Event()

    def note(each: News) -> None:
        news.append(each)
        if sum(isinstance(one, Connected) for one in news) == 2:
            greeted_twice.set()

    with fake_host(paths) as host:
        greeting: dict[str, Any] = {"server_seq": 4, "sessions": [], "events": None}
        host.answers["host.hello"] = greeting
        host.events_after["host.hello"] = [
            event_wire(4, session_wire("known")),
            event_wire(5, session_wire("new", phase=Phase.QUEUED.value)),
        ]
        host.drop_after = {"host.hello"}
        link = HostLink(paths)
        task = asyncio.create_task(link.run(note))
        try:
            async with asyncio.timeout(10):
                await greeted_twice.wait()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert [call["since"] for call in host.calls_of("host.hello")] == [None, 5]
    kinds = [type(each) for each in news]
    assert kinds[:3] == [Connected, Arrived, Lost]
    arrived = news[1]
    assert isinstance(arrived, Arrived)
    assert arrived.event.server_seq == 5


async def test_a_home_that_was_removed_is_not_brought_back(tmp_path: Path) -> None:
    root = tmp_path / "h"
    paths = Paths(root / "state", root / "config", root / "run")
    lost: list[str] = []
    connected, gave_up = asyncio.Event(), asyncio.Event()

    def note(each: News) -> None:
        if isinstance(each, Connected):
            connected.set()
        if isinstance(each, Lost):
            lost.append(each.reason)
            if lost[-2:] == ["AgentDeck's host does not run."] * 2:
                gave_up.set()

    stack = ExitStack()
    host = stack.enter_context(fake_host(paths))
    host.answers["host.hello"] = {"server_seq": 4, "sessions": [], "events": None}
    task = asyncio.create_task(HostLink(paths).run(note))
    try:
        async with asyncio.timeout(20):
            await connected.wait()
            shutil.rmtree(paths.state)
            # In a thread, as the link has to answer the goodbye.
            await asyncio.to_thread(stack.close)
            await gave_up.wait()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert not paths.state.exists()
