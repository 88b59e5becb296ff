"""A headless Chromium, driven by its own protocol: a page, its keys, its picture."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from agentdeck.runner.screen import Screen
from tests.integration.test_runner_harness import wait_until

DEADLINE_S = 40.0
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser there is, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _remove(profile: str) -> None:
    """Remove a profile; the browser's children write into it a moment longer."""

    def is_gone() -> bool:
        shutil.rmtree(profile, ignore_errors=True)
        return not os.path.lexists(profile)

    wait_until(is_gone, f"{profile} is removed")


class Browser:
    """One page of a browser of its own.

    What the server sends over the page's WebSocket goes through our terminal engine
    too, so that a test reads what the canvas shows.
    """

    def __init__(self, width: int = 1200, height: int = 760) -> None:
        self._left = ExitStack()
        self._profile = tempfile.mkdtemp(prefix="ad-browser-")
        self._left.callback(_remove, self._profile)
        self._process = subprocess.Popen(
            [
                str(chromium()),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={self._profile}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._left.callback(self._process.wait, 20)
        self._left.callback(self._process.terminate)
        self._calls = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._screen: Screen | None = None
        self._socket = self._left.enter_context(connect(self._page(), max_size=None))
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def _page(self) -> str:
        """Where the page's WebSocket is, once the browser says so."""
        port_file = Path(self._profile) / "DevToolsActivePort"
        deadline = time.monotonic() + DEADLINE_S
        while not (port_file.exists() and len(port_file.read_text().split()) == 2):
            assert self._process.poll() is None, "the browser ended"
            assert time.monotonic() < deadline, "the browser does not start"
            time.sleep(0.05)
        port, path = port_file.read_text().split()
        with connect(f"ws://127.0.0.1:{port}{path}") as browser:
            browser.send(
                json.dumps(
                    {
                        "id": 1,
                        "method": "Target.createTarget",
                        "params": {"url": "about:blank"},
                    }
                )
            )
            answer = json.loads(browser.recv())
            while answer.get("id") != 1:
                answer = json.loads(browser.recv())
        return f"ws://127.0.0.1:{port}/devtools/page/{answer['result']['targetId']}"

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One call of the browser's protocol."""
        self._calls += 1
        number = self._calls
        self._socket.send(
            json.dumps({"id": number, "method": method, "params": params})
        )
        self.until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def go_to(self, url: str) -> None:
        """Load a page."""
        self.call("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What a script in the page gives."""
        answer = self.call("Runtime.evaluate", expression=expression)
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key that types a character."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    @property
    def text(self) -> str:
        """What the terminal in the page shows."""
        if self._screen is None:
            return ""
        self._screen.refresh()
        return "\n".join(self._screen.text())

    def until_shown(self, *words: str) -> None:
        """Read until all the words are in the terminal."""
        self.until(lambda: all(word in self.text for word in words))

    def until_gone(self, word: str) -> None:
        """Read until a word is no more in the terminal."""
        self.until(lambda: word not in self.text)

    def until(self, holds: Callable[[], object]) -> None:
        """Read what the browser says until something holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline, f"{self.complaints}\n{self.text}"
            try:
                self._take(json.loads(self._socket.recv(timeout=0.2)))
            except TimeoutError:
                continue

    def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def _take(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case None:
                self._answers[said["id"]] = said
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case "Network.webSocketCreated":
                self.requested.append(params["url"])
                self._screen = None
            case "Network.webSocketFrameSent":
                self._follow_size(params["response"]["payloadData"])
            case "Network.webSocketFrameReceived":
                frame = params["response"]
                if frame["opcode"] == 2 and self._screen is not None:
                    self._screen.feed(base64.b64decode(frame["payloadData"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(
                    params["exceptionDetails"]["exception"]["description"]
                )
            case "Log.entryAdded":
                if params["entry"]["level"] == "error":
                    self.complaints.append(params["entry"]["text"])
            case _:
                pass

    def _follow_size(self, sent: str) -> None:
        kind, *rest = json.loads(sent)
        if kind == "resize" and self._screen is None:
            self._screen = Screen(rest[0]["width"], rest[0]["height"])

    def close(self) -> None:
        """End the browser and remove what it kept."""
        self._left.close()
