from __future__ import annotations

import pytest

from agentdeck.runner.keys import InputEncoder, UnknownKeyError
from agentdeck.runner.screen import Screen


@pytest.fixture
def screen() -> Screen:
    return Screen(80, 24)


@pytest.fixture
def encoder(screen: Screen) -> InputEncoder:
    return InputEncoder(screen)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a", b"a"),
        ("A", b"A"),
        ("shift+a", b"A"),
        ("é", "é".encode()),
        ("enter", b"\r"),
        ("tab", b"\t"),
        ("shift+tab", b"\x1b[Z"),
        ("escape", b"\x1b"),
        ("backspace", b"\x7f"),
        ("delete", b"\x1b[3~"),
        ("ctrl+c", b"\x03"),
        ("ctrl+z", b"\x1a"),
        ("ctrl+space", b"\x00"),
        ("ctrl+left_square_bracket", b"\x1b"),
        ("ctrl+underscore", b"\x1f"),
        ("alt+a", b"\x1ba"),
        ("alt+left", b"\x1b[1;3D"),
        ("ctrl+right", b"\x1b[1;5C"),
        ("up", b"\x1b[A"),
        ("home", b"\x1b[H"),
        ("pageup", b"\x1b[5~"),
        ("f1", b"\x1bOP"),
        ("f5", b"\x1b[15~"),
        ("space", b" "),
        ("question_mark", b"?"),
        ("plus", b"+"),
        ("+", b"+"),
    ],
)
def test_keys(encoder: InputEncoder, name: str, sent: bytes) -> None:
    assert encoder.key(name) == sent


def test_keys_follow_the_modes_of_the_terminal(
    screen: Screen, encoder: InputEncoder
) -> None:
    screen.feed(b"\x1b[?1h")
    assert encoder.key("up") == b"\x1bOA"
    screen.feed(b"\x1b[>1u")
    assert encoder.key("ctrl+c") == b"\x1b[99;5u"
    assert encoder.key("escape") == b"\x1b[27u"
    assert encoder.key("shift+enter") == b"\x1b[13;2u"
    assert encoder.key("a") == b"a"


def test_text_stands_for_a_key_without_a_known_name(encoder: InputEncoder) -> None:
    assert encoder.key("euro_sign", "€") == "€".encode()
    with pytest.raises(UnknownKeyError, match="ctrl\\+nonsense"):
        encoder.key("ctrl+nonsense")


def test_a_paste_is_marked_only_where_it_was_asked_for(
    screen: Screen, encoder: InputEncoder
) -> None:
    assert encoder.paste("a\r\nb\nc") == b"a\rb\rc"
    screen.feed(b"\x1b[?2004h")
    assert encoder.paste("a\nb") == b"\x1b[200~a\nb\x1b[201~"


@pytest.mark.parametrize(
    "text", ["\x1b[201~rm", "\x1b[20\x1b[201~1~rm", "\x1b[\x1b[201~201~rm"]
)
def test_a_paste_cannot_end_itself(
    screen: Screen, encoder: InputEncoder, text: str
) -> None:
    screen.feed(b"\x1b[?2004h")
    sent = encoder.paste(text)
    assert sent.count(b"\x1b[201~") == 1
    assert sent.endswith(b"\x1b[201~")


def test_mouse_events_are_sent_only_where_they_were_asked_for(
    screen: Screen, encoder: InputEncoder
) -> None:
    press = {"action": "press", "button": "left", "x": 3, "y": 4}
    assert encoder.mouse(press) == b""
    screen.feed(b"\x1b[?1002h\x1b[?1006h")
    assert encoder.mouse(press) == b"\x1b[<0;4;5M"
    assert encoder.mouse({**press, "modifiers": ["ctrl"]}) == b"\x1b[<16;4;5M"
    assert encoder.mouse({**press, "button": "scroll_up"}) == b"\x1b[<64;4;5M"
    assert encoder.mouse({**press, "action": "motion", "x": 5}) == b"\x1b[<32;6;5M"
    assert encoder.mouse({**press, "action": "release"}) == b"\x1b[<0;4;5m"


def test_focus_events_are_sent_only_where_they_were_asked_for(
    screen: Screen, encoder: InputEncoder
) -> None:
    assert encoder.focus(gained=True) == b""
    screen.feed(b"\x1b[?1004h")
    assert encoder.focus(gained=True) == b"\x1b[I"
    assert encoder.focus(gained=False) == b"\x1b[O"
