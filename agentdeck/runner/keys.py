"""Turns keys, pastes, mouse and focus events into what an agent reads.

The engine's own encoders do the work, in the modes that the agent's terminal
is in at that moment.
"""

from __future__ import annotations

from typing import Any

from agentdeck.runner.errors import RunnerError
from agentdeck.runner.native import CELL_HEIGHT_PX, CELL_WIDTH_PX, check, ffi, lib
from agentdeck.runner.screen import Screen

_MODIFIERS = {"shift": 1, "ctrl": 2, "alt": 4, "meta": 4, "super": 8}
_NAMED_KEYS = {
    "enter": "ENTER",
    "return": "ENTER",
    "tab": "TAB",
    "escape": "ESCAPE",
    "esc": "ESCAPE",
    "backspace": "BACKSPACE",
    "delete": "DELETE",
    "insert": "INSERT",
    "home": "HOME",
    "end": "END",
    "pageup": "PAGE_UP",
    "pagedown": "PAGE_DOWN",
    "up": "ARROW_UP",
    "down": "ARROW_DOWN",
    "left": "ARROW_LEFT",
    "right": "ARROW_RIGHT",
    "kp_begin": "NUMPAD_BEGIN",
    **{f"f{number}": f"F{number}" for number in range(1, 26)},
}
_NAMED_CHARACTERS = {
    "space": " ",
    "at": "@",
    "exclamation_mark": "!",
    "quotation_mark": '"',
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "ampersand": "&",
    "apostrophe": "'",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "asterisk": "*",
    "plus": "+",
    "comma": ",",
    "minus": "-",
    "full_stop": ".",
    "slash": "/",
    "colon": ":",
    "semicolon": ";",
    "less_than_sign": "<",
    "equals_sign": "=",
    "greater_than_sign": ">",
    "question_mark": "?",
    "left_square_bracket": "[",
    "backslash": "\\",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
    "grave_accent": "`",
    "left_curly_bracket": "{",
    "vertical_line": "|",
    "right_curly_bracket": "}",
    "tilde": "~",
}
_CHARACTER_KEYS = {
    " ": "SPACE",
    "`": "BACKQUOTE",
    "\\": "BACKSLASH",
    "[": "BRACKET_LEFT",
    "]": "BRACKET_RIGHT",
    ",": "COMMA",
    "=": "EQUAL",
    "-": "MINUS",
    ".": "PERIOD",
    "'": "QUOTE",
    ";": "SEMICOLON",
    "/": "SLASH",
}
# What Ctrl with a character sends on terminals of old where no key of that
# name exists to give to the encoder.
_OLD_CONTROLS = {
    "@": 0,
    "[": 0x1B,
    "\\": 0x1C,
    "]": 0x1D,
    "^": 0x1E,
    "_": 0x1F,
    "-": 0x1F,
    "?": 0x7F,
}
_MOUSE_ACTIONS = {"press": 0, "release": 1, "motion": 2}
_MOUSE_BUTTONS = {
    "left": 1,
    "right": 2,
    "middle": 3,
    "scroll_up": 4,
    "scroll_down": 5,
    "scroll_left": 6,
    "scroll_right": 7,
}
_PASTE_END = "\x1b[201~"


class UnknownKeyError(RunnerError):
    """A key's name means nothing to the runner."""


class InputEncoder:
    """Encodes input for the agent behind one screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._buffer = ffi.new("char[]", 256)
        self._size = ffi.new("size_t*")
        self._keys = _new("ghostty_key_encoder", "GhosttyKeyEncoder")
        self._key = _new("ghostty_key_event", "GhosttyKeyEvent")
        self._mice = _new("ghostty_mouse_encoder", "GhosttyMouseEncoder")
        self._mouse = _new("ghostty_mouse_event", "GhosttyMouseEvent")

    def key(self, name: str, text: str | None = None) -> bytes:
        """Return what a key sends.

        Args:
            name: As Textual names keys: `a`, `A`, `enter`, `ctrl+c`, `alt+left`.
            text: The character that the key stands for, where the caller knows.

        Raises:
            UnknownKeyError: If there is no such key.
        """
        modifiers, last = _split(name)
        if last in _NAMED_KEYS:
            return self._encoded(_NAMED_KEYS[last], modifiers, "", 0)
        character = _NAMED_CHARACTERS.get(last, last)
        if len(character) != 1:
            if text and not modifiers & ~_MODIFIERS["shift"]:
                return text.encode("utf-8", "replace")
            raise UnknownKeyError(f"There is no key called {name!r}.")
        return self._character(character, modifiers, text)

    def paste(self, text: str) -> bytes:
        """Return what pasting a text sends: marked if the agent asked for that."""
        while _PASTE_END in text:
            text = text.replace(_PASTE_END, "")
        bracketed = self._screen.bracketed_paste
        if not bracketed:
            text = text.replace("\r\n", "\n")
        data = text.encode("utf-8", "replace")
        source = ffi.new("char[]", data)
        room = len(data) + 16
        target = ffi.new("char[]", room)
        encode = lib.ghostty_paste_encode
        check(encode(source, len(data), bracketed, target, room, self._size), "a paste")
        return bytes(ffi.buffer(target, self._size[0])[:])

    def focus(self, *, gained: bool) -> bytes:
        """Return what a change of focus sends; nothing unless it was asked for."""
        if not self._screen.wants_focus:
            return b""
        return b"\x1b[I" if gained else b"\x1b[O"

    def mouse(self, event: dict[str, Any]) -> bytes:
        """Return what a mouse event sends; nothing unless it was asked for.

        Args:
            event: `action` (press, release, motion), `button` (left, middle,
                right, scroll_up, scroll_down, ... or None), cell `x` and `y`
                from 0, and `modifiers`, a list of shift, ctrl, alt.
        """
        if not self._screen.mouse:
            return b""
        action = _MOUSE_ACTIONS.get(str(event.get("action")))
        if action is None:
            raise UnknownKeyError(f"No mouse action is called {event.get('action')!r}.")
        self._set_geometry()
        button = _MOUSE_BUTTONS.get(str(event.get("button")))
        mouse = self._mouse
        lib.ghostty_mouse_event_set_action(mouse, action)
        if button is None:
            lib.ghostty_mouse_event_clear_button(mouse)
        else:
            lib.ghostty_mouse_event_set_button(mouse, button)
        named = event.get("modifiers") or []
        lib.ghostty_mouse_event_set_mods(
            mouse, sum({_MODIFIERS.get(str(name), 0) for name in named})
        )
        x, y = int(event.get("x", 0)), int(event.get("y", 0))
        position = ffi.new("GhosttyMousePosition*")
        position.x = (x + 0.5) * CELL_WIDTH_PX
        position.y = (y + 0.5) * CELL_HEIGHT_PX
        lib.ghostty_mouse_event_set_position(mouse, position[0])
        pressed = ffi.new("bool*", button is not None and action != 1)
        option = lib.GHOSTTY_MOUSE_ENCODER_OPT_ANY_BUTTON_PRESSED
        lib.ghostty_mouse_encoder_setopt(self._mice, option, pressed)
        return self._filled(lib.ghostty_mouse_encoder_encode, self._mice, mouse)

    def _set_geometry(self) -> None:
        terminal = self._screen.engine.terminal
        lib.ghostty_mouse_encoder_setopt_from_terminal(self._mice, terminal)
        size = ffi.new("GhosttyMouseEncoderSize*")
        size.size = ffi.sizeof("GhosttyMouseEncoderSize")
        size.screen_width = self._screen.cols * CELL_WIDTH_PX
        size.screen_height = self._screen.rows_count * CELL_HEIGHT_PX
        size.cell_width, size.cell_height = CELL_WIDTH_PX, CELL_HEIGHT_PX
        option = lib.GHOSTTY_MOUSE_ENCODER_OPT_SIZE
        lib.ghostty_mouse_encoder_setopt(self._mice, option, size)

    def _character(self, character: str, modifiers: int, text: str | None) -> bytes:
        if not self._screen.kitty_flags:
            if not modifiers & ~_MODIFIERS["shift"]:
                typed = text or (character.upper() if modifiers else character)
                return typed.encode("utf-8", "replace")
            if modifiers & _MODIFIERS["super"]:
                return b""
            without_shift = modifiers & ~_MODIFIERS["shift"]
            if without_shift == _MODIFIERS["ctrl"] and character in _OLD_CONTROLS:
                return bytes([_OLD_CONTROLS[character]])
            if modifiers == _MODIFIERS["alt"] | _MODIFIERS["shift"]:
                return b"\x1b" + character.upper().encode("utf-8", "replace")
        lower = character.lower()
        if len(lower) != 1:
            # Lower case of a few letters is two characters, and no key's name.
            lower = character
        if character != lower:
            modifiers |= _MODIFIERS["shift"]
        return self._encoded(_key_of(lower), modifiers, text or character, ord(lower))

    def _encoded(self, key: str, modifiers: int, text: str, codepoint: int) -> bytes:
        event = self._key
        terminal = self._screen.engine.terminal
        lib.ghostty_key_encoder_setopt_from_terminal(self._keys, terminal)
        lib.ghostty_key_event_set_action(event, lib.GHOSTTY_KEY_ACTION_PRESS)
        lib.ghostty_key_event_set_key(event, getattr(lib, f"GHOSTTY_KEY_{key}"))
        lib.ghostty_key_event_set_mods(event, modifiers)
        consumed = modifiers & _MODIFIERS["shift"] if text else 0
        lib.ghostty_key_event_set_consumed_mods(event, consumed)
        lib.ghostty_key_event_set_unshifted_codepoint(event, codepoint)
        if text and ord(text[0]) < 32:
            text = ""
        raw = text.encode("utf-8", "replace")
        utf8 = ffi.new("char[]", raw)
        lib.ghostty_key_event_set_utf8(event, utf8 if raw else ffi.NULL, len(raw))
        return self._filled(lib.ghostty_key_encoder_encode, self._keys, event)

    def _filled(self, encode: Any, encoder: Any, event: Any) -> bytes:
        size = len(self._buffer)
        check(encode(encoder, event, self._buffer, size, self._size), "an input event")
        return bytes(ffi.buffer(self._buffer, self._size[0])[:])


def _split(name: str) -> tuple[int, str]:
    modifiers = 0
    rest = name
    while "+" in rest[:-1]:
        word, _, after = rest.partition("+")
        if word.lower() not in _MODIFIERS:
            break
        modifiers |= _MODIFIERS[word.lower()]
        rest = after
    return modifiers, rest if len(rest) == 1 else rest.lower()


def _key_of(character: str) -> str:
    if "a" <= character <= "z":
        return character.upper()
    if "0" <= character <= "9":
        return f"DIGIT_{character}"
    return _CHARACTER_KEYS.get(character, "UNIDENTIFIED")


def _new(prefix: str, ctype: str) -> Any:
    holder = ffi.new(f"{ctype}*")
    check(getattr(lib, f"{prefix}_new")(ffi.NULL, holder), f"{prefix}_new")
    return ffi.gc(holder[0], getattr(lib, f"{prefix}_free"))
