from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentdeck.runner.osc99 import Osc99Scanner

STREAM = (
    b"before \x1b]99;;Hello\x1b\\ between \x1b]9 no \x1b]99;i=1:d=0;Title\x07"
    b"\x1b]99;i=1:p=body;Body\x07\x1b]99;e=1;SGk=\x1b\\\x1b]99;p=icon;x\x07 after"
)
NOTES = [("Hello", ""), ("Title", "Body"), ("Hi", "")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_notifications_are_found_at_every_split(cuts: list[int]) -> None:
    scanner = Osc99Scanner()
    cuts = sorted(cuts)
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True):
        found += scanner.feed(STREAM[start:end])
    assert found == NOTES


def test_an_endless_notification_is_forgotten() -> None:
    scanner = Osc99Scanner()
    assert scanner.feed(b"\x1b]99;;") == []
    for _ in range(1000):
        assert scanner.feed(b"x" * 1000) == []
    assert len(scanner._carry) < 20_000
    assert scanner.feed(b"\x07\x1b]99;;next\x07")[-1:] == [("next", "")]
