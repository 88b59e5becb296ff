"""What clients may ask of a runner."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agentdeck.runner.errors import RunnerError
from agentdeck.runner.frames import Subscription
from agentdeck.runner.launch_file import clamp_side
from agentdeck.runner.protocol import PROTOCOL
from agentdeck.runner.reading import READING
from agentdeck.runner.stopping import DEFAULT_GRACE_S

if TYPE_CHECKING:
    from agentdeck.runner.clients import Client
    from agentdeck.runner.session import Session

Message = dict[str, Any]


def answer(session: Session, client: Client, message: Message) -> None:
    """Do what a message asks; a message with an `id` gets a reply with it."""
    kind = message.get("t")
    handler = _HANDLERS.get(kind) if isinstance(kind, str) else None
    try:
        if handler is None:
            _refuse(f"This runner knows no request {kind!r}.")
        else:
            replied = handler(session, client, message)
            if not replied and "id" in message:
                session.clients.send(client, {"t": "ok", "id": message["id"]})
    except RunnerError as error:
        _send_error(session, client, message, str(error))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        _send_error(
            session,
            client,
            message,
            f"The request {kind!r} is not well formed: {error!r}.",
        )


def _send_error(session: Session, client: Client, message: Message, text: str) -> None:
    reply: Message = {"t": "error", "message": text}
    if "id" in message:
        reply["id"] = message["id"]
    session.clients.send(client, reply)


def _refuse(text: str) -> None:
    raise RunnerError(text)


def _hello(session: Session, client: Client, message: Message) -> bool:
    if message.get("v") != PROTOCOL:
        _refuse(
            f"This runner speaks protocol {PROTOCOL}, not {message.get('v')!r}. "
            "Its session goes on; use the version of AgentDeck that started it."
        )
    reply = {"t": "hello", "v": PROTOCOL, **session.description()}
    if "id" in message:
        reply["id"] = message["id"]
    session.clients.send(client, reply)
    return True


def _watch(session: Session, client: Client, _message: Message) -> bool:
    client.is_watching = True
    session.send_state(client)
    return False


def _subscribe(session: Session, client: Client, _message: Message) -> bool:
    client.unsubscribe()
    client.subscription = Subscription()
    session.send_frames()
    return False


def _unsubscribe(session: Session, client: Client, _message: Message) -> bool:
    client.unsubscribe()
    client.room = None
    session.fit()
    return False


def _acknowledge(session: Session, client: Client, message: Message) -> bool:
    if client.subscription is not None:
        client.subscription.acknowledge(int(message["n"]))
        session.send_frames()
    return False


def _input(session: Session, _client: Client, message: Message) -> bool:
    try:
        data = base64.b64decode(message["b64"], validate=True)
    except binascii.Error as error:
        raise RunnerError(f"The input is not base64: {error}.") from error
    session.type(data)
    return False


def _text(session: Session, _client: Client, message: Message) -> bool:
    session.type(str(message["text"]).encode("utf-8", "replace"))
    return False


def _paste(session: Session, _client: Client, message: Message) -> bool:
    session.type(session.encoder.paste(str(message["text"])))
    return False


def _key(session: Session, _client: Client, message: Message) -> bool:
    text = message.get("text")
    session.type(
        session.encoder.key(str(message["key"]), None if text is None else str(text))
    )
    return False


def _mouse(session: Session, _client: Client, message: Message) -> bool:
    session.type(session.encoder.mouse(message))
    return False


def _focus(session: Session, client: Client, message: Message) -> bool:
    gained = bool(message["gained"])
    session.type(session.encoder.focus(gained=gained))
    client.focused_at = time.monotonic() if gained else None
    session.fit()
    return False


def _resize(session: Session, client: Client, message: Message) -> bool:
    client.room = clamp_side(int(message["cols"])), clamp_side(int(message["rows"]))
    session.fit()
    return False


def _stop(session: Session, _client: Client, message: Message) -> bool:
    session.stop(
        max(0.0, float(message.get("grace_s", DEFAULT_GRACE_S))),
        force=bool(message.get("force", False)),
        interrupt=message.get("interrupt", "ctrl+c"),
    )
    return False


def _screen(session: Session, client: Client, message: Message) -> bool:
    screen = session.screen
    screen.refresh()
    session.clients.send(
        client,
        {
            "t": "screen",
            "id": message.get("id"),
            "lines": screen.text(),
            "ansi": screen.ansi() if message.get("ansi") else None,
            "cursor": screen.cursor.as_list(),
            "cols": screen.cols,
            "rows": screen.rows_count,
            "title": screen.title,
        },
    )
    return True


_HANDLERS: dict[str, Callable[[Session, Client, Message], bool]] = {
    "hello": _hello,
    "watch": _watch,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "ack": _acknowledge,
    "input": _input,
    "text": _text,
    "paste": _paste,
    "key": _key,
    "mouse": _mouse,
    "focus": _focus,
    "resize": _resize,
    "stop": _stop,
    "screen": _screen,
    **READING,
}
