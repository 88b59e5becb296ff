"""What a client may ask of what it reads: to scroll, and all of copy mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agentdeck.runner.copy_links import link_of, links_of
from agentdeck.runner.copy_mode import CopyMode, Kind
from agentdeck.runner.copy_moves import move
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.view import View

if TYPE_CHECKING:
    from agentdeck.runner.clients import Client
    from agentdeck.runner.frames import Subscription
    from agentdeck.runner.session import Session

Message = dict[str, Any]

MAX_WHEEL = 50
"""Arrow keys that one turn of the wheel is worth at most."""


def _scroll(session: Session, client: Client, message: Message) -> bool:
    by, to = int(message.get("by", 0)), str(message.get("to", ""))
    subscription = client.subscription
    is_copying = subscription is not None and subscription.is_copying
    if session.screen.alternate and not is_copying:
        # As other terminals do: a full-screen program has no scrollback of its own.
        key = session.encoder.key("up" if by < 0 else "down")
        session.type(key * min(abs(by), MAX_WHEEL) if message.get("wheel") else b"")
    elif subscription is not None:
        subscription.scroll(session.screen, by, to, session.recorded)
        session.read_older()
    return False


def _copy(session: Session, client: Client, message: Message) -> bool:
    subscription = client.subscription
    if subscription is None:
        return False
    what = str(message["do"])
    if what == "link_at":
        session.clients.send(client, _link_at(session, subscription, message))
        return False
    if what in ("start", "press") and not subscription.is_copying:
        _start(session, subscription)
    view = subscription.view
    if what != "start" and view is not None and view.copy is not None:
        reply = _WHAT[what](view, view.copy, message)
        if view.is_left:
            subscription.follow()
        if reply is not None:
            session.clients.send(client, reply)
    session.read_older()
    return False


def _start(session: Session, subscription: Subscription) -> None:
    """Begin copy mode where the agent's cursor is, or in the rows that are read."""
    screen = session.screen
    if subscription.view is None:
        screen.refresh()
        subscription.view = View(screen, session.recorded)
    view = subscription.view
    if view.copy is None:
        cursor = screen.cursor
        y = view.top + view.still.rows - 1
        if not view.up:
            y = view.top + cursor.y
        view.copy = CopyMode(view, (cursor.x if not view.up else 0, y))


def _link_at(session: Session, subscription: Subscription, message: Message) -> Message:
    """The link of a cell that is shown, in copy mode or not."""
    view = subscription.view or View(session.screen)
    place = int(message["x"]), view.top + int(message["y"])
    return _links_message("open", [link_of(view.still, place)])


def _link(view: View, copy: CopyMode, message: Message) -> Message:
    del message
    return _links_message("open", [link_of(view.still, copy.cursor)])


def _links(view: View, copy: CopyMode, message: Message) -> Message:
    del copy, message
    return _links_message("list", links_of(view.still, view.top))


def _links_message(purpose: str, links: Sequence[Message | None]) -> Message:
    return {"t": "links", "for": purpose, "links": [link for link in links if link]}


def _leave(view: View, copy: CopyMode, message: Message) -> None:
    del copy
    view.copy = None
    if message.get("to") == "bottom":
        view.scroll(to="bottom")


def _move(view: View, copy: CopyMode, message: Message) -> None:
    move(copy, view, str(message["way"]))


def _select(view: View, copy: CopyMode, message: Message) -> None:
    del view
    copy.select(Kind(str(message["kind"])))


def _unselect(view: View, copy: CopyMode, message: Message) -> None:
    del view, message
    copy.unselect()


def _press(view: View, copy: CopyMode, message: Message) -> None:
    place = int(message["x"]), view.top + int(message["y"])
    copy.press(view, place, str(message.get("unit", "cell")))


def _drag(view: View, copy: CopyMode, message: Message) -> None:
    """Go on selecting; outside of the pane it is scrolled."""
    copy.drag(view, (int(message["x"]), view.top + int(message["y"])))


def _yank(view: View, copy: CopyMode, message: Message) -> Message | None:
    if message.get("selected") and copy.anchor is None:
        return None
    try:
        text, rows = copy.text(view)
    except RunnerError as error:
        return {"t": "copied", "error": str(error)}
    if message.get("leave"):
        view.copy = None
    return {"t": "copied", "text": text, "rows": rows}


def _find(view: View, copy: CopyMode, message: Message) -> None:
    search = copy.search
    if message.get("begin"):
        search.begin(copy)
    if message.get("give_up"):
        search.give_up(copy, view)
    elif "query" in message:
        view.look_for_older()
        backward = bool(message.get("backward"))
        search.find(copy, view, str(message["query"]), backward=backward)


def _next(view: View, copy: CopyMode, message: Message) -> None:
    copy.search.go_on(copy, view, is_same_way=bool(message["same_way"]))


_WHAT: dict[str, Callable[[View, CopyMode, Message], Message | None]] = {
    "leave": _leave,
    "move": _move,
    "select": _select,
    "unselect": _unselect,
    "press": _press,
    "drag": _drag,
    "yank": _yank,
    "find": _find,
    "next": _next,
    "link": _link,
    "links": _links,
}

READING: dict[str, Callable[[Any, Any, Message], bool]] = {
    "scroll": _scroll,
    "copy": _copy,
}
