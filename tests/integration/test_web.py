"""`agentdeck web`: who is let in, what a browser sees, what is left at the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import psutil
import pytest
from yarl import URL

from tests.integration.browser import Browser, chromium
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

DEADLINE_S = 30.0
WAITS = "echo it waits for you; read line; echo heard $line; sleep 1000"


class Web:
    """A running `agentdeck web`."""

    def __init__(self, deck: Deck, *words: str) -> None:
        self.process = deck.start("web", "--json", *words)
        assert self.process.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            said += line
        self.link = str(json.loads(said)["url"])
        self.address = self.link.partition("/?")[0]

    def tabs(self) -> list[psutil.Process]:
        """The processes of the tabs that are open."""
        try:
            below = psutil.Process(self.process.pid).children(recursive=True)
            return [each for each in below if "agentdeck.web.tab" in each.cmdline()]
        except psutil.NoSuchProcess:
            return []

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """End it; gives the status and what else it said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, out, err


@contextmanager
def _web(deck: Deck, *words: str) -> Iterator[Web]:
    web = Web(deck, *words)
    try:
        yield web
    finally:
        if web.process.poll() is None:
            web.end(signal.SIGTERM)


def _until(holds: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def _status(
    session: aiohttp.ClientSession, url: str, **headers: str
) -> tuple[int, str]:
    async with session.get(
        URL(url, encoded=True), headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


async def _let_in(session: aiohttp.ClientSession, web: Web) -> tuple[str, str]:
    """Follow the link; gives the page's folder and the `Cookie` to send."""
    async with session.get(web.link, allow_redirects=False) as answer:
        assert answer.status == 303
        (name, cookie), *others = SimpleCookie(answer.headers["Set-Cookie"]).items()
        assert not others
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == answer.headers["Location"]
        assert "token" not in answer.headers["Location"]
        return web.address + answer.headers["Location"], f"{name}={cookie.value}"


async def test_only_the_whole_link_lets_in(deck: Deck) -> None:
    with _web(deck) as web:
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            page, cookie = await _let_in(session, web)
            script = f"{page}static/js/textual.js"
            for url in (
                web.address + "/",
                web.link[:-1],
                web.link + "x",
                web.address + "/?token=",
                web.address + "/?token=%ff%00",
                page,
                script,
                page + "ws",
                page + "no-such-thing",
                web.address + "/no-such-thing",
            ):
                status, text = await _status(session, url)
                assert (status, "agentdeck web" in text) == (403, True), url
            wrong = f"{cookie[:-1]}x"
            assert (await _status(session, page, Cookie=wrong))[0] == 403
            status, text = await _status(session, page, Cookie=cookie)
            assert status == 200
            assert web.link.rpartition("=")[2] not in text
            assert (await _status(session, script, Cookie=cookie))[0] == 200
            outside = f"{page}static/../../server.py"
            assert (await _status(session, outside, Cookie=cookie))[0] in (403, 404)


async def test_a_rebound_name_is_refused_even_with_the_token(deck: Deck) -> None:
    with _web(deck) as web:
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            page, cookie = await _let_in(session, web)
            port = web.address.rpartition(":")[2]
            for host in (f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", ""):
                assert (await _status(session, web.link, Host=host))[0] == 403
                refused = await _status(session, page, Host=host, Cookie=cookie)
                assert refused[0] == 403
            through_ssh = {"Host": "localhost:9999", "Cookie": cookie}
            status, text = await _status(session, page, **through_ssh)
            assert status == 200
            assert "ws://localhost:9999/" in text


async def test_a_websocket_is_for_its_own_page(deck: Deck) -> None:
    deck.shell("porter", WAITS)
    with _web(deck) as web:
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            page, cookie = await _let_in(session, web)
            port = web.address.rpartition(":")[2]
            others: list[dict[str, str]] = [
                {"Cookie": cookie},
                {"Cookie": cookie, "Origin": "null"},
                {"Cookie": cookie, "Origin": "http://127.0.0.1:3000"},
                {"Cookie": cookie, "Origin": f"http://localhost:{port}"},
                {"Cookie": cookie, "Origin": "http://evil.example"},
                {"Origin": web.address},
            ]
            for headers in others:
                with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                    await session.ws_connect(page + "ws", headers=headers)
                assert refusal.value.status == 403, headers
            assert not web.tabs()
            own = {"Cookie": cookie, "Origin": web.address}
            async with (
                session.ws_connect(page + "ws", headers=own) as first,
                session.ws_connect(page + "ws", headers=own) as second,
            ):
                for tab in (first, second):
                    assert await _says(tab, b"porter")
                assert len(web.tabs()) == 2
                hosts = [process.pid for process in deck.processes()]
                assert deck.host_pid() in hosts
            # A tab that is closed takes its process with it; the others stay.
            await asyncio.to_thread(_until, lambda: not web.tabs())


async def _says(tab: aiohttp.ClientWebSocketResponse, word: bytes) -> bool:
    said = b""
    async with asyncio.timeout(DEADLINE_S):
        while word not in said:
            message = await tab.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                said += message.data
            elif message.type is not aiohttp.WSMsgType.TEXT:
                return False
    return True


async def _open_tab(session: aiohttp.ClientSession, web: Web) -> Any:
    page, cookie = await _let_in(session, web)
    headers = {"Cookie": cookie, "Origin": web.address}
    tab = await session.ws_connect(page + "ws", headers=headers)
    assert await _says(tab, b"porter")
    return tab


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_its_end_leaves_nothing_but_the_host_and_the_agents(
    deck: Deck, number: signal.Signals
) -> None:
    deck.shell("porter", WAITS)
    with _web(deck) as web:
        async with aiohttp.ClientSession() as session:
            tab = await _open_tab(session, web)
            (process,) = web.tabs()
            ending = asyncio.create_task(asyncio.to_thread(web.end, number))
            while not tab.closed:
                await tab.receive()
            assert await ending == (0, "", _ANY)
        assert not process.is_running()
    assert deck.sessions()["porter"]["phase"] == "running"


async def test_a_tab_ends_with_a_server_that_was_killed(deck: Deck) -> None:
    deck.shell("porter", WAITS)
    with _web(deck) as web:
        async with aiohttp.ClientSession() as session:
            await _open_tab(session, web)
            (process,) = web.tabs()
            await asyncio.to_thread(web.end, signal.SIGKILL)
        await asyncio.to_thread(process.wait, DEADLINE_S)


class _Any:
    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


_ANY = _Any()


def test_a_port_that_is_taken_says_so(deck: Deck) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = deck.run("web", "--port", port, status=1)
    assert f"Port {port} cannot be used: Address already in use." in done.stderr
    assert "--port" in done.stderr
    assert deck.run("web", "--port", "70000", status=2).stderr.count("\n") == 1


def test_a_port_is_kept_to_this_machine(deck: Deck) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _web(deck, "--port", str(port)) as web:
        assert web.address == f"http://127.0.0.1:{port}"
        listening = psutil.Process(web.process.pid).net_connections("tcp")
        assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_without_the_extra_it_says_how_to_get_it(deck: Deck) -> None:
    code = (
        "import sys, importlib.util as util; found = util.find_spec\n"
        "util.find_spec = lambda n, *r: None if n == 'textual_serve' else found(n, *r)\n"
        "from agentdeck.__main__ import main; sys.exit(main(['web']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=deck.env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pip install 'agentdeck[web]'" in done.stderr


def test_an_agent_sees_nothing_of_what_the_tab_needs() -> None:
    code = (
        "import asyncio, os\nfrom agentdeck.web import tab\n"
        "from textual.app import App\nfrom textual.constants import DRIVER\n"
        "assert DRIVER == 'agentdeck.web.tab:TabDriver'\n"
        "assert App().driver_class is tab.TabDriver, App().driver_class\n"
        "async def drive(): tab.TabDriver(App())\n"
        "asyncio.run(drive())\n"
        "print(sorted(set(tab.SET_FOR_TEXTUAL) & set(os.environ)))"
    )
    given = dict.fromkeys(("COLUMNS", "ROWS", "TEXTUAL_FPS"), "80")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **given, "TERM_PROGRAM": "textual"},
        input="",
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n"


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
def test_a_browser_shows_the_app_and_its_keys_work(deck: Deck) -> None:
    deck.shell("porter", WAITS)
    with _web(deck) as web:
        browser = Browser()
        try:
            browser.go_to(web.link)
            browser.until_shown("porter", "it waits for you")
            # The address that is seen, kept and shared has no token in it.
            assert "token" not in browser.value("location.href")
            browser.until(
                lambda: browser.value(
                    "document.activeElement.className == 'xterm-helper-textarea'"
                )
            )
            browser.press("?")
            browser.until_shown("Keys", "esc closes")
            assert browser.value("document.cookie") == ""
            own = ("http://127.0.0.1:", "ws://127.0.0.1:")
            assert all(url.startswith(own) for url in browser.requested)
            assert browser.complaints == []
            # Left with its key, the app leaves a page that says so.
            browser.press("q")
            browser.until_gone("esc closes")
            browser.press("q")
            browser.until(
                lambda: browser.value("document.body.className").count("-closed")
            )
        finally:
            browser.close()
        _until(lambda: not web.tabs())
