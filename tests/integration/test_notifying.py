"""Notifications by URL: coalesced, only for what is still needed and not looked at."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
def received() -> Iterator[tuple[str, list[str]]]:
    """A URL that apprise can send to, and what was sent there."""
    bodies: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            bodies.append(json.loads(self.rfile.read(size))["message"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}/", bodies
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_two_questions_at_once_are_one_message(
    deck: Deck, received: tuple[str, list[str]]
) -> None:
    url, bodies = received
    deck.env["AGENTDECK_NOTIFY__URLS"] = json.dumps([url])
    deck.env["AGENTDECK_NOTIFY__COALESCE_S"] = "3"
    for name in ("a", "b"):
        deck.run(
            "run", "/question Sure? | Yes | No", "--agent", "scripted", "--name", name
        )
    deadline = time.monotonic() + 30
    while not bodies:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert bodies == ["a (question), b (question) need you"] or bodies == [
        "b (question), a (question) need you"
    ]
