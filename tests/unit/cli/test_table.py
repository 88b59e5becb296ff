from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.cli import table
from agentdeck.rpc.wire import session_from_wire
from tests.fakes.fake_host import session_wire

NOW = datetime(2026, 1, 2, 4, 4, 5, tzinfo=UTC)


def _table(columns: int | None, **values: Any) -> list[str]:
    return table.session_table(
        [session_from_wire(session_wire("fix-login", **values))], NOW, columns
    )


@given(st.integers(20, 200), st.text(), st.text(max_size=60))
def test_no_line_is_wider_than_the_terminal(
    columns: int, text: str, agent: str
) -> None:
    for line in _table(columns, last_line=text, agent=agent):
        assert table.cells_wide(line) <= columns


def test_a_wide_table_has_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "is_unicode", lambda: True)
    head, line = _table(
        None, added=5, removed=2, ahead=3, behind=1, last_line="Writing tests"
    )
    assert head.split() == [
        *("STATUS", "NAME", "AGENT", "BRANCH", "LINES", "COMMITS", "AGE", "DOING")
    ]
    assert line == (
        "● working  fix-login  scripted  agentdeck/fix-login  +5 -2  ↑3 ↓1     1h  "
        "Writing tests"
    )


def test_ascii_without_a_unicode_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "is_unicode", lambda: False)
    assert all(line.isascii() for line in _table(60, ahead=3, last_line="x" * 200))


def test_a_question_is_shown_with_its_choices() -> None:
    needs = {"kind": "question", "text": "Which\x1b[2J?", "choices": ["a", "b"]}
    _, line = _table(None, activity="needs-input", needs=needs)
    assert "needs-input" in line
    assert line.endswith("Which[2J? [a / b]")


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"phase": "running", "activity": None}, "running"),
        ({"phase": "running", "activity": "idle"}, "idle"),
        ({"phase": "ended", "activity": None, "exit_code": 3}, "ended 3"),
        ({"phase": "ended", "activity": None, "exit_code": 0}, "ended"),
        ({"phase": "ended", "activity": None, "merged_into": "main"}, "merged"),
        ({"phase": "lost", "activity": None}, "lost"),
    ],
)
def test_the_status_in_a_word(values: dict[str, Any], word: str) -> None:
    session = session_from_wire(session_wire("x", **values))
    assert table.status_of(session)[2:] == word


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (200000, "2d")],
)
def test_age(seconds: int, expected: str) -> None:
    assert table.age(NOW - timedelta(seconds=seconds), NOW) == expected


def test_wide_characters_take_two_columns() -> None:
    assert table.cells_wide("日本e\u0301") == 5
    assert table.cells_wide(table.cut("日本語日本語", 7)) <= 7
