from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.cli.task_lists import read_tasks, tasks_in
from agentdeck.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- one\n- two\n", ["one", "two"]),
        ("1. one\n2) two\n10. ten", ["one", "two", "ten"]),
        ("# Tasks\n\nWhat to do:\n\n* one\n+ two", ["one", "two"]),
        ("- [ ] open\n- [x] done", ["open", "done"]),
        (
            "- one\n  more of it\n\n  and more\n- two",
            ["one\nmore of it\n\nand more", "two"],
        ),
        ("- one\n  - deeper\n    deepest\n- two", ["one\n- deeper\n  deepest", "two"]),
        ("- one\nnot part of it\n- two", ["one", "two"]),
        ("  - one\n  - two", ["one", "two"]),
        ("one\ntwo\n", ["one", "two"]),
        ("# Head\none\ntwo", ["one", "two"]),
        ("first\nparagraph\n\n\nsecond\n", ["first\nparagraph", "second"]),
        ("\n\n", []),
        ("-\n- \n", []),
        ("-5 is a number\nnext", ["-5 is a number", "next"]),
    ],
)
def test_tasks_in(text: str, expected: list[str]) -> None:
    assert tasks_in(text) == expected


@given(st.text())
def test_any_text_gives_tasks_that_say_something(text: str) -> None:
    assert all(task.strip() for task in tasks_in(text))


@given(st.lists(st.from_regex(r"[a-z][a-z ]{0,20}[a-z]", fullmatch=True), min_size=1))
def test_a_list_gives_back_its_items(items: list[str]) -> None:
    assert tasks_in("".join(f"- {item}\n" for item in items)) == items


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.md"):
        read_tasks(str(tmp_path / "missing.md"), None)


def test_no_task_says_how_to_write_one() -> None:
    with pytest.raises(UsageError, match="standard input"):
        read_tasks("-", "# only a heading\n")
