"""Keys, from the bytes of a person's terminal to the bytes that the agent reads.

The whole chain but the wires: Textual's parser, our pane, the runner's encoder.
"""

from __future__ import annotations

import itertools

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from agentdeck.runner.keys import InputEncoder, UnknownKeyError
from agentdeck.runner.screen import Screen
from agentdeck.tui.compat import know_alt_keys
from agentdeck.tui.widgets.terminal import key_message

SIGNS = "!\"#$%&'()*+,-./:;<=>?@\\`{|}~ "
MODIFIED = range(2, 9)
SAME = [
    *(chr(byte) for byte in range(1, 128) if byte != 8),
    *(f"\x1b{c}" for c in "0123456789acdeghijklmnopqrstuvwxyzACEGHIMQRW"),
    *(f"\x1b{sign}" for sign in SIGNS),
    *(f"\x1b{chr(byte)}" for byte in range(1, 27) if byte not in (8, 9)),
    *(f"\x1b[{k}" for k in "ABCDHF"),
    *(f"\x1b[1;{m}{k}" for m, k in itertools.product(MODIFIED, "ABCDHFPQS")),
    *(f"\x1bO{k}" for k in "PQRS"),
    *(f"\x1b[{n}~" for n in (2, 3, 5, 6, 15, 17, 18, 19, 20, 21, 23, 24)),
    *(
        f"\x1b[{n};{m}~"
        for n, m in itertools.product((2, 3, 5, 6, 15, 20, 24), MODIFIED)
    ),
    "\x1b[Z",
    *("é", "日", "ß", "Ж", "€", "\u0301", "İ", "\U0001f600"),
    "\U0001f469\u200d\U0001f467",
]
"""What xterm and tmux send, and what an agent gets that has set no mode."""
KITTY = {
    "a": ("\x1b[97;;97u", "a"),
    "shift": ("\x1b[97;2;65u", "A"),
    "ctrl": ("\x1b[97;5u", "\x01"),
    "alt": ("\x1b[97;3u", "\x1ba"),
    "alt and shift": ("\x1b[97;4u", "\x1bA"),
    "alt and ctrl": ("\x1b[97;7u", "\x1b\x01"),
    "enter": ("\x1b[13u", "\r"),
    "alt+enter": ("\x1b[13;3u", "\x1b\r"),
    "tab": ("\x1b[9u", "\t"),
    "shift+tab": ("\x1b[9;2u", "\x1b[Z"),
    "escape": ("\x1b[27u", "\x1b"),
    "backspace": ("\x1b[127u", "\x7f"),
    "alt+backspace": ("\x1b[127;3u", "\x1b\x7f"),
    "ctrl+backspace": ("\x1b[127;5u", "\x08"),
    "space": ("\x1b[32;;32u", " "),
    "ctrl+space": ("\x1b[32;5u", "\x00"),
    "ctrl+slash": ("\x1b[47;5u", "\x1f"),
    "ctrl+underscore": ("\x1b[45;6u", "\x1f"),
    "ctrl+minus": ("\x1b[45;5u", "\x1f"),
    "ctrl+backslash": ("\x1b[92;5u", "\x1c"),
    "alt+digit": ("\x1b[49;3u", "\x1b1"),
    "f1": ("\x1b[P", "\x1bOP"),
    "f3": ("\x1b[13~", "\x1bOR"),
    "num lock and up": ("\x1b[1;129A", "\x1b[A"),
    "keypad digit": ("\x1b[57404;;53u", "5"),
    "keypad enter": ("\x1b[57414u", "\r"),
    "keypad plus": ("\x1b[57413;;43u", "+"),
    "keypad home": ("\x1b[57423u", "\x1b[H"),
    "keypad middle": ("\x1b[E", "\x1b[E"),
    "a dead key": ("\x1b[101;;233u", "é"),
    "altgr": ("\x1b[113;;64u", "@"),
    "an input method": ("\x1b[0;;26085u", "日"),
    "an emoji of parts": ("\x1b[0;;128105:8205:128103u", "\U0001f469\u200d\U0001f467"),
    "super": ("\x1b[97;9u", ""),
}
"""What kitty sends to Textual, and what an agent gets that has set no mode."""
IN_KITTY = {
    "shift+enter": ("\x1b[13;2u", "\x1b[13;2u"),
    "ctrl+c": ("\x1b[99;5u", "\x1b[99;5u"),
    "escape": ("\x1b[27u", "\x1b[27u"),
    "alt+enter": ("\x1b\r", "\x1b[13;3u"),
    "text": ("\x1b[97;;97u", "a"),
    "a letter without a small one": ("İ", "İ"),
    "super": ("\x1b[97;9u", "\x1b[97;9u"),
}


@pytest.fixture(autouse=True)
def _alt_keys() -> None:
    know_alt_keys()


def sent(typed: str, modes: bytes = b"") -> str:
    """What the agent gets when a terminal sends `typed`."""
    parser = XTermParser()
    found = list(parser.feed(typed))
    # Only time tells an escape, or Alt with a letter, from a longer sequence.
    while parser._timeout_time is not None:
        found += parser.tick()
    screen = Screen(80, 24)
    screen.feed(modes)
    encoder = InputEncoder(screen)
    data = b""
    for event in found:
        assert isinstance(event, events.Key), event
        message = key_message(event)
        data += encoder.key(message["key"], message.get("text"))
    return data.decode()


@pytest.mark.parametrize("typed", SAME, ids=ascii)
def test_an_agent_gets_what_a_plain_terminal_sends(typed: str) -> None:
    assert sent(typed) == typed


@pytest.mark.parametrize(("typed", "data"), KITTY.values(), ids=KITTY)
def test_keys_of_the_kitty_protocol_for_a_plain_agent(typed: str, data: str) -> None:
    assert sent(typed) == data


@pytest.mark.parametrize(("typed", "data"), IN_KITTY.values(), ids=IN_KITTY)
def test_keys_for_an_agent_that_speaks_the_kitty_protocol(
    typed: str, data: str
) -> None:
    assert sent(typed, b"\x1b[>1u") == data


@pytest.mark.parametrize("typed", ["\x1b[A", "\x1bOA"])
def test_arrows_follow_the_agents_mode(typed: str) -> None:
    assert sent(typed) == "\x1b[A"
    assert sent(typed, b"\x1b[?1h") == "\x1bOA"


@pytest.mark.parametrize("typed", ["\x1b[57441;2u", "\x1b[57358;65u", "\x1b[57439u"])
def test_keys_that_type_nothing_are_refused_and_type_nothing(typed: str) -> None:
    with pytest.raises(UnknownKeyError):
        sent(typed)
