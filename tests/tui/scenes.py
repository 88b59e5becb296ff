"""Scenes for the app's tests and snapshots: what the host shows, always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentdeck.core.session import Activity, NeedsKind, Phase, Session
from agentdeck.tui.app import AgentDeckApp
from tests.fakes.fake_client import NOW, FakeLink, a_frame, a_session, asking

UTF8 = {"LC_ALL": "C.UTF-8", "PATH": "/bin", "AGENTDECK_AGENT": "x"}


def an_app(link: FakeLink, **values: Any) -> AgentDeckApp:
    """The app on a fake link, with a clock that stands."""
    return AgentDeckApp(
        link,
        environ=values.pop("environ", UTF8),
        clock=lambda: NOW,
        cwd=values.pop("cwd", Path("/home/ada/orchard")),
        **values,
    )


def permission() -> Session:
    return asking(
        "fix-login-redirect",
        "Allow Bash to run `pip install argon2-cffi`?",
        "Yes",
        "Yes, and do not ask again for pip install",
        "No, and tell Claude what to do instead",
        kind=NeedsKind.PERMISSION,
        title="Fix the login redirect loop on expired sessions",
        unread=True,
        ahead=2,
        added=48,
        removed=12,
        age_s=200,
    )


def question() -> Session:
    return asking(
        "offer-catalogue-api",
        "Which kind of API shall it be?",
        "REST with OpenAPI",
        "GraphQL",
        title="Offer the catalogue as an API",
        agent="codex",
        age_s=70,
    )


def working() -> Session:
    return a_session(
        "bulk-discounts",
        title="Give bulk discounts in the cart",
        last_line="Running tests: 118 passed, 2 to go",
        ahead=3,
        behind=1,
        added=212,
        removed=37,
        dirty=True,
        age_s=4,
        position=1,
    )


def another_working() -> Session:
    return a_session(
        "search-folding",
        title="Make the search ignore case and accents",
        last_line="Editing orchard/search.py",
        agent="gemini",
        added=6,
        age_s=31,
        position=2,
    )


def ready() -> Session:
    return a_session(
        "typed-settings",
        title="Give every setting a type",
        activity=Activity.IDLE,
        last_commit="Validate settings at the edge",
        unread=True,
        ahead=5,
        added=340,
        removed=121,
        age_s=900,
    )


def queued() -> Session:
    return a_session(
        "contributor-guide",
        title="Write a guide for new contributors",
        phase=Phase.QUEUED,
        prompt="Write CONTRIBUTING.md from what is in the repository",
        age_s=120,
    )


def failed() -> Session:
    return a_session(
        "upgrade-payments",
        title="Upgrade the payment client",
        phase=Phase.FAILED,
        exit_code=3,
        reason="The agent ended with status 3 after 12 s.",
        agent="codex",
        age_s=4000,
    )


def merged() -> Session:
    return a_session(
        "dark-mode",
        title="Dark mode for the storefront",
        phase=Phase.ENDED,
        exit_code=0,
        merged_into="main",
        merged_commit="0a1b2c3d",
        age_s=90_000,
    )


def few() -> list[Session]:
    return [
        permission(),
        question(),
        working(),
        another_working(),
        ready(),
        queued(),
        failed(),
        merged(),
    ]


def hostile() -> list[Session]:
    return [
        asking(
            "markup",
            "[bold red]Run[/] \x1b[31mrm -rf /\x1b[0m [@click=app.quit]x[/]?",
            "[b]Yes[/b]",
            "\x07No\u202e",
            title="[red]not red[/red] [link=x]",
            unread=True,
        ),
        a_session(
            "wide",
            title="修复登录重定向循环 👩‍👩‍👧 é" * 3,
            last_line="日本語のテキスト" * 10,
            added=99_999,
            removed=12_345,
            ahead=120,
            behind=45,
            dirty=True,
        ),
        a_session("long", title="endless " * 38, last_line="x" * 5000),
        a_session("control", title="a\tb\r\nc\x00d\x9b31m", last_line="\x1b]0;t\x07"),
        a_session("unclosed", title="[/] [[ ]] \\[", last_line="[/not-open]"),
    ]


SCREEN = (
    ("✻ Claude Code", 1),
    ("  ~/orchard.worktrees/fix-login-redirect", 2),
    ("", 0),
    ("● I'll compare the passwords in constant time.", 0),
    ("", 0),
    ("● Update(orchard/login.py)", 3),
    ("  ⎿  12  -    if given == stored:", 4),
    ("     12  +    if hmac.compare_digest(given, stored):", 5),
    ("", 0),
    ("● Bash(pip install argon2-cffi)", 3),
    ("  ⎿  Waiting for permission…", 2),
    ("", 0),
    ("╭──────────────────────────────────────────────╮", 6),
    ("│ Do you want to proceed?                      │", 6),
    ("│ ❯ 1. Yes                                     │", 6),
    ("│   2. Yes, and do not ask again               │", 6),
    ("│   3. No                                      │", 6),
    ("╰──────────────────────────────────────────────╯", 6),
)

STYLES = [
    [None, None, 0],
    [208, None, 1],
    [None, None, 2],
    [None, None, 1],
    [1, None, 0],
    [2, None, 0],
    ["#7aa7f7", None, 0],
]


def claude_screen(cols: int = 72, rows: int = 26) -> dict[str, Any]:
    """A frame as Claude Code would give it."""
    changed = {
        str(y): [[text, style]] for y, (text, style) in enumerate(SCREEN) if text
    }
    return a_frame(
        cols=cols,
        rows=rows,
        styles=STYLES,
        rows_changed=changed,
        cursor=[2, 14, True, 0],
    )


def few_link(**app: Any) -> FakeLink:
    """The usual host with its screens."""
    link = FakeLink(*few(), **app)
    link.frame = lambda _: claude_screen()
    return link
