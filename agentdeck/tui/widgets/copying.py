"""Copy mode as a widget knows it: its keys, the search that is typed, the mouse.

What is selected and found is the runner's to know (it has the rows); here is only who
gets a key, and what it is called on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from agentdeck.tui.actions import Scope, bindings_for

SEEN_S = 0.4
"""What the mouse has selected stays marked for this long after it was copied."""
OUTSIDE_S = 0.06
"""How often a pane scrolls on while the mouse selects beyond its border."""
_UNITS = {2: "word", 3: "line"}
_PREFIX = "copy_"


@dataclass(slots=True)
class Prompt:
    """A search that is being typed."""

    sign: str
    text: str = ""


class Copying(Widget):
    """A widget whose rows can be selected, searched and copied."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.COPY)

    @dataclass
    class ModeChanged(Message):
        """Copy mode began, ended, or its search is typed otherwise."""

        widget: Copying
        gives_list_back: bool = False

    @dataclass
    class LogRequested(Message):
        """What is older than all rows is wanted."""

        widget: Copying

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_copying = False
        self.prompt: Prompt | None = None
        self._came_from_list = False
        self._by_mouse = False
        """The mouse began it: it ends by itself."""
        self._last_query = ""
        self._leave_timer: Timer | None = None
        self._pressed: tuple[int, int] | None = None
        """Where the mouse went down, while it is held."""
        self._held_at = (0, 0)
        self._is_dragged = False
        self._drag_timer: Timer | None = None

    def say(self, kind: str, event: dict[str, Any]) -> None:
        """Tell the session something."""
        raise NotImplementedError

    def say_copy(self, what: str, **values: Any) -> None:
        """Tell the runner something of copy mode."""
        self.say("copy", {"do": what, **values})

    def start_copying(self, *, from_list: bool) -> None:
        """Begin copy mode; the keys of the session are ours until it ends."""
        self._end_soft()
        self.is_copying, self._came_from_list = True, from_list
        self.say_copy("start")
        self.post_message(self.ModeChanged(self))

    def forget_copying(self) -> None:
        """Whatever was read is gone: there is no copy mode any more."""
        self._stop_timers()
        self.prompt, self._pressed, self._by_mouse = None, None, False
        if self.is_copying:
            self.is_copying = False
            self.post_message(self.ModeChanged(self))

    def _stop_timers(self) -> None:
        for timer in (self._leave_timer, self._drag_timer):
            if timer is not None:
                timer.stop()
        self._leave_timer = self._drag_timer = None

    def _leave(self, *, is_told: bool = False) -> None:
        gives_back, self._came_from_list = self._came_from_list, False
        self._stop_timers()
        self.is_copying = self._by_mouse = False
        self.prompt = None
        if not is_told:
            self.say_copy("leave")
        self.post_message(self.ModeChanged(self, gives_back))

    def _end_soft(self) -> None:
        """What the mouse has selected was seen for long enough."""
        if self._by_mouse:
            self._leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of copy mode hold in copy mode alone."""
        return self.is_copying or not action.startswith(_PREFIX)

    async def take_key(self, event: events.Key) -> bool:
        """Deal with a key, if copy mode is on; says whether it was for us."""
        self._end_soft()
        if not self.is_copying:
            return False
        if self.prompt is not None:
            self._edit(self.prompt, event)
            return True
        bound = self.screen.active_bindings.get(event.key)
        if bound is not None and bound.enabled and bound.node in (self, self.app):
            await bound.node.run_action(bound.binding.action)
        return True

    # The search

    def _edit(self, prompt: Prompt, event: events.Key) -> None:
        match event.key:
            case "enter":
                self._last_query = prompt.text or self._last_query
                if not prompt.text:
                    self._find(self._last_query, prompt)
                self._end_prompt()
            case "escape" | "ctrl+c" | "ctrl+g":
                self.say_copy("find", give_up=True)
                self._end_prompt()
            case "backspace" if not prompt.text:
                self.say_copy("find", give_up=True)
                self._end_prompt()
            case "backspace":
                self._retype(prompt, prompt.text[:-1])
            case "ctrl+w":
                self._retype(prompt, " ".join(prompt.text.split(" ")[:-1]))
            case "ctrl+u":
                self._retype(prompt, "")
            case "up":
                self._retype(prompt, self._last_query)
            case _ if event.is_printable and event.character:
                self._retype(prompt, prompt.text + event.character)

    def paste_query(self, text: str) -> bool:
        """Take a pasted text into the search; says whether one is typed."""
        if self.prompt is None:
            return self.is_copying
        self._retype(self.prompt, self.prompt.text + " ".join(text.split()))
        return True

    def _retype(self, prompt: Prompt, text: str) -> None:
        prompt.text = text
        self._find(text, prompt)
        self.post_message(self.ModeChanged(self))

    def _find(self, query: str, prompt: Prompt) -> None:
        self.say_copy("find", query=query, backward=prompt.sign == "?")

    def _end_prompt(self) -> None:
        self.prompt = None
        self.post_message(self.ModeChanged(self))

    def action_copy_search(self, sign: str) -> None:
        self.prompt = Prompt(sign)
        self.say_copy("find", begin=True)
        self.post_message(self.ModeChanged(self))

    def action_copy_next(self, same_way: bool) -> None:
        self.say_copy("next", same_way=same_way)

    # Moving, selecting, copying

    def action_copy_move(self, way: str) -> None:
        self.say_copy("move", way=way)

    def action_copy_select(self, kind: str) -> None:
        self.say_copy("select", kind=kind)

    def action_copy_yank(self) -> None:
        self.say_copy("yank", leave=True)
        self._leave(is_told=True)

    def action_copy_leave(self) -> None:
        self._leave()

    def action_copy_open(self) -> None:
        self.say_copy("link")

    def action_copy_links(self) -> None:
        self.say_copy("links")

    def action_copy_log(self) -> None:
        self.post_message(self.LogRequested(self))

    # The mouse

    def press(self, x: int, y: int) -> None:
        """The mouse went down on a cell: perhaps a selection begins there."""
        self._end_soft()
        self._pressed = self._held_at = (x, y)
        self._is_dragged = False
        self.capture_mouse()

    def drag(self, x: int, y: int) -> bool:
        """The mouse moved; says whether it holds a selection."""
        if self._pressed is None:
            return False
        if not self._is_dragged:
            if (x, y) == self._pressed:
                return True
            self._is_dragged = True
            self._begin_by_mouse(*self._pressed, "cell")
        self._held_at = (x, y)
        self._drag_on()
        is_outside = not 0 <= y < self.size.height
        if is_outside and self._drag_timer is None:
            self._drag_timer = self.set_interval(OUTSIDE_S, self._drag_on)
        elif not is_outside and self._drag_timer is not None:
            self._drag_timer.stop()
            self._drag_timer = None
        return True

    def _drag_on(self) -> None:
        x, y = self._held_at
        self.say_copy("drag", x=x, y=y)

    def release(self) -> bool:
        """The mouse went up; says whether it held a selection."""
        if self._pressed is None:
            return False
        self._pressed = None
        self.release_mouse()
        if self._drag_timer is not None:
            self._drag_timer.stop()
            self._drag_timer = None
        if self._is_dragged:
            self._copy_seen()
        return True

    def click(self, x: int, y: int, chain: int) -> None:
        """A click ended on a cell: the second takes a word, the third a line."""
        unit = _UNITS.get(chain)
        if unit is not None and not self._is_dragged:
            self._begin_by_mouse(x, y, unit)
            self._copy_seen()

    def _begin_by_mouse(self, x: int, y: int, unit: str) -> None:
        if self._leave_timer is not None:
            self._leave_timer.stop()
            self._leave_timer = None
        if not self.is_copying:
            self.is_copying = self._by_mouse = True
            self.post_message(self.ModeChanged(self))
        self.say_copy("press", x=x, y=y, unit=unit)

    def _copy_seen(self) -> None:
        self.say_copy("yank", selected=True)
        if self._by_mouse:
            self._leave_timer = self.set_timer(SEEN_S, self._end_soft)
