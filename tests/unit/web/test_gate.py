from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.web.gate import Gate, is_of_this_machine, is_same_origin


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8100", True),
        ("localhost:9000", True),
        ("LocalHost:9000", True),
        ("[::1]:9000", True),
        (None, False),
        ("", False),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8100", False),
        ("localhost.evil.example", False),
        ("evil.example:127.0.0.1", False),
        ("127.0.0.1@evil.example", False),
        ("evil@127.0.0.1", False),
        ("127.0.0.1:8100 evil.example", False),
        ("127.0.0.1:8100\nevil.example", False),
        ("127.0.0.1:", False),
        ("127.0.0.2", False),
        ("0.0.0.0:8100", False),
        ("127.1:8100", False),
    ],
)
def test_only_names_of_this_machine_are_answered(
    host: str | None, expected: bool
) -> None:
    assert is_of_this_machine(host) is expected


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://127.0.0.1:8100", "127.0.0.1:8100", True),
        ("http://localhost:9000", "localhost:9000", True),
        ("HTTP://LOCALHOST:9000", "localhost:9000", True),
        (None, "127.0.0.1:8100", False),
        ("http://127.0.0.1:8100", None, False),
        ("null", "127.0.0.1:8100", False),
        ("", "", False),
        ("http://127.0.0.1:3000", "127.0.0.1:8100", False),
        ("http://localhost:8100", "127.0.0.1:8100", False),
        ("https://127.0.0.1:8100", "127.0.0.1:8100", False),
        ("http://127.0.0.1:8100.evil.example", "127.0.0.1:8100", False),
        ("http://evil.example", "127.0.0.1:8100", False),
    ],
)
def test_a_websocket_is_for_the_servers_own_page(
    origin: str | None, host: str | None, expected: bool
) -> None:
    assert is_same_origin(origin, host) is expected


@given(st.text())
def test_no_other_text_is_the_token(given_text: str) -> None:
    gate = Gate()
    assert gate.opens(gate.token)
    assert gate.opens(given_text) is (given_text == gate.token)
    assert not gate.opens(gate.token[:-1])
    assert not gate.opens(None)


def test_each_start_has_a_token_that_nobody_guesses_and_no_log_shows() -> None:
    gates = [Gate() for _ in range(50)]
    assert len({gate.token for gate in gates}) == len(gates)
    assert all(len(gate.token) >= 40 for gate in gates)
    assert gates[0].token not in repr(gates[0])
