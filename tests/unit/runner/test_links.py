"""What in an agent's output leads somewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.runner.copy_links import link_of, links_of
from agentdeck.runner.links import link_at, links_in
from agentdeck.runner.screen import Screen


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("see https://example.org/a?b=c#d.", ["https://example.org/a?b=c#d"]),
        ("(https://example.org/x_(y)), then", ["https://example.org/x_(y)"]),
        ("<http://a.b/c> 'https://d.e'", ["http://a.b/c", "https://d.e"]),
        ("mailto:me@example.org!", ["mailto:me@example.org"]),
        ("https:// and http://", []),
        ("javascript:alert(1) file:///etc/passwd", []),
        ("src/app.py:12:5: error", ["src/app.py:12:5"]),
        ("at ./a-b/c.ts:7, and", ["./a-b/c.ts:7"]),
        ("/abs/path.rs:3", ["/abs/path.rs:3"]),
        ("Makefile:3 has no slash and no dot", []),
        ("at 12:30:45 on 10.0.0.1 localhost:8080", []),
        ('  File "src/x y.py", line 9, in f', ["src/x y.py:9"]),
        ("http://localhost:8080/a.py:3", ["http://localhost:8080/a.py:3"]),
        ("a.py:0 a.py: a.py:x", []),
    ],
)
def test_links_of_a_line(text: str, targets: list[str]) -> None:
    found = [
        ":".join([link.target, *(str(n) for n in (link.line, link.column) if n)])
        for link in links_in(text)
    ]
    assert found == targets


def test_the_link_at_a_place() -> None:
    text = "see src/a.py:12 there"
    assert link_at(text, 3) is None
    for offset in (4, 14):
        link = link_at(text, offset)
        assert link is not None
        assert (link.target, link.line) == ("src/a.py", 12)
    assert link_at(text, 15) is None


@given(st.text(alphabet="ab/.:0129@-~()\"' httpsFile,line", max_size=200))
def test_links_lie_in_the_text_one_after_the_other(text: str) -> None:
    end = 0
    for link in links_in(text):
        assert end <= link.start < link.end <= len(text)
        end = link.end


def test_a_long_line_takes_no_long_time() -> None:
    assert list(links_in("a/" * 500_000 + ":")) == []
    assert list(links_in('File "' * 200_000)) == []


def test_links_that_the_agent_has_set_and_those_across_the_margin() -> None:
    screen = Screen(20, 6)
    screen.feed(
        b"see \x1b]8;;https://hidden.example/x\x1b\\the \xe5\xae\xb6 docs\x1b]8;;\x1b\\ now\r\n"
        b"https://example.org/a-long-path\r\n"
        b"again https://example.org/a-long-path"
    )
    still = screen.still()
    assert [(each["target"], each["text"]) for each in links_of(still, 0)] == [
        ("https://hidden.example/x", "the 家 docs"),
        ("https://example.org/a-long-path", "https://example.org/a-long-path"),
    ]
    assert link_of(still, (3, 0)) is None
    hidden = link_of(still, (5, 0))
    assert hidden is not None
    assert hidden["target"] == "https://hidden.example/x"
    for place in ((0, 1), (19, 1), (2, 2)):
        link = link_of(still, place)
        assert link is not None, place
        assert link["target"] == "https://example.org/a-long-path"
    assert link_of(still, (18, 2)) is None
    assert link_of(still, (99, 99)) is None


def test_links_are_kept_in_what_has_scrolled_off() -> None:
    screen = Screen(20, 3)
    screen.feed(
        b"\x1b]8;;https://a.example/\x1b\\link\x1b]8;;\x1b\\\r\n" + b"x\r\n" * 900
    )
    still = screen.still()
    assert [each["target"] for each in links_of(still, 0)] == ["https://a.example/"]
