"""Links of a pane: what is opened, what is only copied, and how one is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events

from agentdeck.tui.opening import (
    Copied,
    File,
    Link,
    Page,
    destination,
    has_browser,
)
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link
from tests.tui.test_copying import asked, begin, mouse, subtitle
from tests.tui.test_copying import copying as a_copy_frame

HERE = {"DISPLAY": ":0"}
AFAR = {"SSH_CONNECTION": "1 2 3 4"}


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a b.py").write_text("x")
    (root / "-rf").write_text("x")
    (tmp_path / "secret").write_text("x")
    (root / "out").symlink_to(tmp_path / "secret")
    return root


@pytest.mark.parametrize(
    ("target", "line", "expected"),
    [
        ("https://example.org/x?y#z", 0, Page("https://example.org/x?y#z")),
        ("mailto:me@example.org", 0, Page("mailto:me@example.org")),
        ("src/a b.py", 12, File(Path("src/a b.py"), 12)),
        ("./src/../src/a b.py", 3, File(Path("src/a b.py"), 3)),
        ("-rf", 1, File(Path("-rf"), 1)),
        ("javascript:alert(1)", 0, "javascript: links are not opened"),
        ("vscode://open?x", 0, "vscode: links are not opened"),
        ("ssh://-oProxyCommand=x/", 0, "ssh: links are not opened"),
        ("https://", 0, "it is no web link"),
        ("https://a.b/\x1b]52;c;x\x07", 0, "it is no web link"),
        ("https://a.b/ --flag", 0, "it is no web link"),
        ("https://a.b/" + "x" * 5000, 0, "it is no web link"),
        ("http://[bad", 0, "it is no web link"),
        ("../secret", 1, "it is not in the session's worktree"),
        ("/etc/passwd", 1, "it is not in the session's worktree"),
        ("out", 1, "it is not in the session's worktree"),
        ("file:///etc/passwd", 0, "it is not in the session's worktree"),
        ("src/none.py", 1, "there is no such file"),
        ("src", 1, "there is no such file"),
        ("a\x00b", 1, "there is no such file"),
    ],
)
def test_where_a_link_leads(
    worktree: Path, target: str, line: int, expected: Page | File | str
) -> None:
    found = destination(Link("", target, line), worktree, HERE)
    if isinstance(expected, str):
        assert isinstance(found, Copied)
        assert found.why == expected
    else:
        assert found == expected


def test_a_file_url_within_the_worktree_is_a_file(worktree: Path) -> None:
    url = f"file://host{worktree}/src/a%20b.py"
    assert destination(Link("", url), worktree, HERE) == File(Path("src/a b.py"), None)


def test_without_a_browser_a_page_is_copied(worktree: Path) -> None:
    found = destination(Link("", "https://a.b/"), worktree, AFAR)
    assert found == Copied("https://a.b/", "there is no browser here")


@pytest.mark.parametrize(
    ("environ", "platform", "has"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "w"}, "linux", True),
        ({}, "darwin", True),
        (AFAR, "darwin", False),
        ({**AFAR, "BROWSER": "w3m"}, "linux", True),
    ],
)
def test_when_there_is_a_browser(
    environ: dict[str, str], platform: str, has: bool
) -> None:
    assert has_browser(environ, platform) is has


def links(purpose: str, *found: tuple[str, int]) -> dict[str, Any]:
    made = [{"text": t, "target": t, "line": n, "column": 0} for t, n in found]
    return {"t": "links", "for": purpose, "links": made}


async def opened(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    urls: list[str] = []
    monkeypatch.setattr(deck.app, "open_url", urls.append)
    monkeypatch.setitem(deck.app.deck.environ, "DISPLAY", ":0")  # type: ignore[arg-type]
    return urls


async def test_o_opens_the_link_under_the_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(few_link(), environ={"LANG": "C.UTF-8"}) as deck:
        urls = await opened(deck, monkeypatch)
        await begin(deck)
        deck.link.send_frame(a_copy_frame(link="https://example.org/"))
        await deck.until(lambda: "o opens https://example.org/" in subtitle(deck))
        await deck.press("o")
        await deck.until(lambda: asked(deck)[-1:] == [{"do": "link"}])
        deck.link.send_frame(links("open", ("https://example.org/", 0)))
        await deck.until(lambda: urls == ["https://example.org/"])
        deck.link.send_frame(links("open", ("javascript:alert(1)", 0)))
        await deck.until(lambda: deck.app.clipboard == "javascript:alert(1)")
        await deck.until(lambda: "links are not opened" in "".join(deck.toasts()))
        deck.link.send_frame(links("open"))
        await deck.until(lambda: "There is no link here." in deck.toasts())
        assert len(urls) == 1


async def test_a_link_is_chosen_from_the_list_and_opened_or_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(few_link(), environ={"LANG": "C.UTF-8"}) as deck:
        urls = await opened(deck, monkeypatch)
        await begin(deck)
        await deck.press("L")
        await deck.until(lambda: asked(deck)[-1] == {"do": "links"})
        found = links("list", ("https://a.example/", 0), ("[red]src/b.py", 7))
        deck.link.send_frame(found)
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("y")
        await deck.until(lambda: deck.app.clipboard == "[red]src/b.py:7")
        deck.link.send_frame(found)
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("k", "enter")
        await deck.until(lambda: urls == ["https://a.example/"])
        deck.link.send_frame(links("list"))
        await deck.until(lambda: deck.toasts()[-1] == "No links are shown.")


async def test_a_click_with_ctrl_asks_for_the_link_of_a_cell() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        click = mouse(deck, events.Click, 4, 1, ctrl=True, chain=1)
        deck.terminal.post_message(click)
        await deck.until(lambda: asked(deck) == [{"do": "link_at", "x": 4, "y": 1}])


async def test_a_paste_that_no_runner_would_take_is_not_sent() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        deck.terminal.post_message(events.Paste("x" * (7 * 1024 * 1024)))
        await deck.until(deck.toasts)
        assert "too long" in deck.toasts()[0]
        assert all(t["kind"] != "paste" for t in deck.link.told_of("screen.input"))
