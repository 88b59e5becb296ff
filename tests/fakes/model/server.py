"""The scripted model's server: real HTTP on the loopback, no state but failures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.model import protocols as p
from tests.fakes.model.script import Reply, Turn, reply_to


class ModelServer:
    """Where it listens, and what it was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.turns: list[Turn] = []
        self.unknown: list[str] = []
        self.failed: dict[str, int] = {}
        self.bodies: list[dict[str, Any]] = []
        self.keeps_bodies = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelServer

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        self._json(200, {})

    def do_GET(self) -> None:
        if self.path.split("?")[0].endswith("/models"):
            models = [{"id": "scripted", "object": "model", "created": 0}]
            self._json(200, {"object": "list", "data": models, "models": []})
        else:
            self._not_found()

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(size)
        path = self.path.split("?")[0]
        if path.endswith(("/count_tokens", ":countTokens")):
            self._json(200, {"input_tokens": 100, "totalTokens": 100})
            return
        found = _protocol(path)
        if found is None:
            self._not_found()
            return
        body = json.loads(raw or b"{}")
        read, write = found
        if path.endswith(":streamGenerateContent"):
            body["_stream"] = True
        turn = read(body)
        self.model.turns.append(turn)
        if self.model.keeps_bodies:
            self.model.bodies.append(body)
        reply = reply_to(turn, self.model.failed)
        if reply.fail:
            self._fail(reply)
            return
        try:
            is_plain = path.endswith(":generateContent") or (
                path.endswith("/chat/completions") and not body.get("stream")
            )
            self._stream(write(reply, turn, body), plain=is_plain)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _fail(self, reply: Reply) -> None:
        kind = "rate_limit_error" if reply.fail == 429 else "overloaded_error"
        error = {"type": kind, "message": "Scripted failure", "code": kind}
        self._json(reply.fail, {"type": "error", "error": error}, reply.headers)

    def _stream(self, pieces: Iterator[p.Piece], *, plain: bool) -> None:
        self.send_response(200)
        kind = "application/json" if plain else "text/event-stream"
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                self.wfile.write(piece.encode())
                self.wfile.flush()

    def _not_found(self) -> None:
        self.model.unknown.append(f"{self.command} {self.path}")
        self._json(404, {"error": {"message": "no such path", "type": "not_found"}})

    def _json(
        self, status: int, value: Any, headers: dict[str, str] | None = None
    ) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _protocol(path: str) -> tuple[p.Reader, p.Writer] | None:
    if path.endswith("/messages"):
        return p.read_anthropic, p.write_anthropic
    if path.endswith("/responses"):
        return p.read_responses, p.write_responses
    if path.endswith("/chat/completions"):
        return p.read_chat, p.write_chat
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return p.read_gemini, p.write_gemini
    return None


@contextmanager
def model_server(port: int = 0) -> Iterator[ModelServer]:
    """A scripted model that listens until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    model = ModelServer(server)
    server.RequestHandlerClass = type("_Bound", (_Handler,), {"model": model})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
