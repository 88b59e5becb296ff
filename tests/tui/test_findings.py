"""What reviewing agents found: in the row, on the diff, and in its own dialog."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static

from agentdeck.core.checks import CheckState
from agentdeck.core.comments import Place
from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Activity
from agentdeck.tui.look import ASCII, UNICODE
from agentdeck.tui.row_words import finding_marks, marks_of
from agentdeck.tui.screens.commenting import SendScreen
from agentdeck.tui.screens.findings import FindingsScreen
from agentdeck.tui.screens.naming import NameScreen
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.screens.review_choice import ReviewChoiceScreen
from agentdeck.tui.widgets.session_list import SessionList
from tests.fakes.fake_client import FakeLink, a_session
from tests.fakes.fake_review import FakeReview, a_finding
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app
from tests.tui.test_review import reviewing, row_with, rows, title

RULES = [
    {"name": "enforcer", "on": ["idle-green"], "agent": "codex", "custom": "strict"},
    {"name": "[red]", "on": ["manual"], "agent": "", "custom": ""},
]
REVIEW = {
    "id": "v1",
    "session": "id-fix-login",
    "name": "fix-login",
    "rule": "enforcer",
    "key": "k",
    "commit": "c" * 40,
    "tree": "t" * 40,
    "at": "2026-05-04T11:58:00+00:00",
    "state": "done",
    "found": 2,
}


def a_fake(*found: Any, **values: Any) -> FakeReview:
    fake = FakeReview(FakeLink(a_session("fix-login", ahead=2, **values)))
    fake.findings = list(found)
    fake.link.answer("reviews.list", {"rules": RULES, "reviews": [REVIEW]})
    fake.link.answer("agents.list", {"agents": [], "custom": [{"name": "strict"}]})
    fake.link.answer("reviews.start", fake.link.each_done)
    return fake


SCENES: dict[str, tuple[tuple[int, int], dict[str, Any], tuple[str, ...]]] = {
    "dialog-120x40": ((120, 40), {}, ("at", "space")),
    "dialog-80x24": ((80, 24), {}, ("at", "j")),
    "dialog-ascii-80x24": ((80, 24), {"ascii": True}, ("at",)),
    "choice-80x24": ((80, 24), {}, ("at", "n")),
    "rows-120x40": ((120, 40), {}, ()),
    "rows-40x12": ((40, 12), {}, ()),
}


@pytest.mark.parametrize("name", SCENES)
def test_scene(snap_compare: Any, name: str) -> None:
    size, settings, keys = SCENES[name]
    fake = a_scene(**settings)
    app = an_app(fake.link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, fake.link, pilot)
        await deck.until(lambda: deck.main.query(SessionList) and deck.rows.order)
        await deck.go_to_row("fix-login")
        for key in keys:
            before = app.screen
            await deck.press(key)
            if key in ("at", "n"):
                await deck.until(lambda before=before: app.screen is not before)
                await deck.until(lambda: is_filled(app.screen))
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)


def is_filled(screen: Screen[Any]) -> bool:
    if not isinstance(screen, FindingsScreen):
        return True
    return screen.query_one("#found", OptionList).option_count > 0


def a_scene(**app: Any) -> FakeReview:
    counts = {"finding_errors": 1, "finding_warnings": 2, "finding_notes": 1}
    link = FakeLink(
        a_session(
            "fix-login",
            title="Fix the login redirect loop on expired sessions",
            activity=Activity.IDLE,
            check=CheckState.PASSED,
            ahead=2,
            added=48,
            removed=12,
            age_s=1,
            **counts,
        ),
        a_session(
            "review-fix-login-enforcer",
            title="Review by enforcer: Fix the login redirect loop",
            review="v2",
            reviews="id-fix-login",
            agent="codex",
            last_line="Reading orchard/login.py",
        ),
        a_session("search", title="Fold accents in the search", finding_notes=3),
        **app,
    )
    fake = FakeReview(link)
    told = "The tokens are compared as bytes, and nobody encodes them before."
    fake.findings = [
        a_finding("f1", message=told, suggestion="Encode both as UTF-8."),
        a_finding("f2", 8, severity="warning", message="Say why.", sent_at="t"),
        a_finding("f3", 3, severity="note", rule="", message="Unused before."),
        a_finding("f4", 4, dismissed_at="t", reason="as meant", message="Old."),
        a_finding("f5", 0, path="", severity="warning", message="No test came."),
    ]
    failed = {**REVIEW, "id": "v0", "state": "failed", "note": "it wrote no findings"}
    clean = {**REVIEW, "id": "v3", "state": "done", "found": 0, "rule": "licences"}
    begun = {**REVIEW, "id": "v2", "state": "under way", "round": 2}
    rows = [failed, clean, REVIEW, begun]
    link.answer("reviews.list", {"rules": RULES, "reviews": rows})
    link.answer("agents.list", {"agents": [], "custom": [{"name": "strict"}]})
    return fake


def shown(deck: Deck, name: str) -> str:
    return str(deck.app.screen.query_one(name, Static).render())


def test_the_row_counts_by_severity_and_gives_way() -> None:
    session = a_session("a", finding_errors=2, finding_warnings=1, finding_notes=10_000)
    assert finding_marks(session, UNICODE) == [
        ("⚑2", "error"),
        ("·1", "warning"),
        ("·10k", "faint"),
    ]
    assert finding_marks(session, ASCII)[0] == ("&2", "error")
    only = a_session("a", finding_notes=1)
    assert marks_of(only, UNICODE) == [("⚑1", "faint")]
    assert marks_of(a_session("a"), UNICODE) == []


async def test_findings_stand_below_their_lines_and_are_gone_to() -> None:
    fake = a_fake(
        a_finding("one", suggestion="Do it right."),
        a_finding("note", 3, severity="note", texts=("import hmac",), rule=""),
        a_finding("gone", gone_in="c2"),
        a_finding("whole", 0, path="", severity="warning"),
        a_finding("hostile", message="[red]m[/]\x1b[31m\u202e", rule="[b]"),
    )
    fake.places["note"] = Place(3, 3, is_outdated=True)
    async with reviewing(fake=fake) as (deck, _, view):
        await deck.until(lambda: "4 findings" in title(deck))
        text = rows(view)
        at = row_with(view, "The message of one.")
        assert "hmac.compare_digest" in text[at - 2]
        assert "error  constant-time · line 9 · by enforcer" in text[at - 1]
        assert "Try: Do it right." in text[at + 1]
        assert any("note" in row and "outdated" in row for row in text)
        assert any("the change as a whole" in row for row in text)
        assert not any("message of gone" in row for row in text)
        assert any("[red]m[/]" in row for row in text)
        assert "\x1b" not in "".join(text)
        await deck.press("f")
        assert "note" in rows(view)[view.cursor]
        await deck.press("f")
        assert "error" in rows(view)[view.cursor]
        await deck.press("F")
        assert "note" in rows(view)[view.cursor]
        await deck.press("full_stop")
        assert "No further comment" in deck.toasts()[-1]
        await deck.press("e")
        assert "That is a finding" in deck.toasts()[-1]


async def test_a_finding_is_dismissed_with_a_reason_and_taken_back() -> None:
    async with reviewing(fake=a_fake(a_finding("one"))) as (deck, fake, view):
        await deck.until(lambda: "1 finding" in title(deck))
        await deck.press("D")
        assert "No finding is under" in deck.toasts()[-1]
        await deck.press("f", "D")
        await deck.until(lambda: isinstance(deck.app.screen, NameScreen))
        await deck.press("enter")
        assert isinstance(deck.app.screen, NameScreen), "a reason is needed"
        deck.app.screen.query_one(Input).value = "as meant"
        await deck.press("enter")
        await deck.until(lambda: any("as meant" in row for row in rows(view)))
        assert fake.link.calls_of("findings.dismiss")[0]["reason"] == "as meant"
        assert "1 finding" not in title(deck)
        await deck.press("x")
        await deck.until(lambda: any("message of one" in row for row in rows(view)))
        assert fake.link.calls_of("findings.reopen")


async def test_findings_are_sent_all_or_one() -> None:
    fake = a_fake(a_finding("one"), a_finding("two", message="Other."))
    async with reviewing(fake=fake) as (deck, _, view):
        await deck.until(lambda: "2 findings" in title(deck))
        await deck.press("f", "y")
        await deck.until(lambda: isinstance(deck.app.screen, SendScreen))
        await deck.press("y")
        await deck.until(lambda: "1 finding sent; they wait" in "".join(deck.toasts()))
        await deck.until(lambda: any("  sent" in row for row in rows(view)))
        await deck.press("a")
        await deck.until(lambda: isinstance(deck.app.screen, SendScreen))
        await deck.press("i")
        await deck.until(lambda: len(deck.toasts()) > 1)
        sent = [c for c in fake.link.calls_of("findings.send") if "when" in c]
        assert [(c["findings"], c["when"]) for c in sent] == [
            (["one"], "queue"),
            (["two"], "interrupt"),
        ]
        await deck.press("a")
        await deck.until(lambda: "no finding that is not sent" in deck.toasts()[-1])


async def test_the_dialog_lists_picks_sends_and_dismisses() -> None:
    fake = a_fake(
        a_finding("one"),
        a_finding("two", 3, severity="warning", message="[red]Two[/]"),
        a_finding("no", dismissed_at="t", reason="as meant"),
    )
    async with running(fake.link) as deck:
        await deck.press("at")
        screen = deck.app.screen
        assert isinstance(screen, FindingsScreen)
        listed = screen.query_one("#found", OptionList)
        await deck.until(lambda: listed.option_count == 3)
        lines = [str(listed.get_option_at_index(n).prompt) for n in range(3)]
        assert "error   orchard/login.py:9  The message of one." in lines[0]
        assert "[red]Two[/]" in lines[1]
        assert "dismissed" in lines[2], "what was dismissed comes last"
        assert "enforcer  cccccccc  round 1  found 2" in shown(deck, "#reviews")
        assert "error (constant-time): The message of one." in shown(deck, "#message")
        await deck.press("j", "space")
        await deck.until(lambda: "✔" in str(listed.get_option_at_index(1).prompt))
        await deck.press("s")
        await deck.until(lambda: isinstance(deck.app.screen, SendScreen))
        await deck.press("y")
        await deck.until(lambda: "sent" in str(listed.get_option_at_index(1).prompt))
        await deck.press("G", "k", "k", "x")
        await deck.until(lambda: isinstance(deck.app.screen, NameScreen))
        deck.app.screen.query_one(Input).value = "why"
        await deck.press("enter")
        await deck.until(lambda: fake.link.calls_of("findings.dismiss"))
        await deck.until(lambda: deck.app.screen is screen)
        fake.link.answer("findings.send", refuse)
        await deck.press("s")
        await deck.until(lambda: "Not now." in shown(deck, ".problem"))
        await deck.press("escape")
        assert deck.app.screen is deck.main


def refuse(_: dict[str, Any]) -> dict[str, Any]:
    raise RefusedError("Not now.")


async def test_a_finding_of_the_dialog_is_shown_on_the_diff() -> None:
    fake = a_fake(a_finding("one"), a_finding("two", 3, texts=("import hmac",)))
    async with running(fake.link) as deck:
        await deck.press("at")
        listed = deck.app.screen.query_one("#found", OptionList)
        await deck.until(lambda: listed.option_count == 2)
        await deck.press("j", "enter")
        await deck.until(lambda: isinstance(deck.app.screen, ReviewScreen))
        screen = deck.app.screen
        assert isinstance(screen, ReviewScreen)
        await deck.until(lambda: not screen.wanted_finding)
        await deck.settle()
        view = screen.view
        _, row = view.model.at(view.cursor)
        assert row.comment == "finding-two"


async def test_a_review_is_started_by_rule_role_or_agent() -> None:
    fake = a_fake()
    fake.link.answer("reviews.list", {"rules": RULES, "reviews": []})
    async with running(fake.link) as deck:
        await deck.press("at")
        await deck.until(lambda: "No agent has reviewed" in shown(deck, "#nothing"))
        await deck.press("n")
        await deck.until(lambda: isinstance(deck.app.screen, ReviewChoiceScreen))
        choices = deck.app.screen.query_one("#choices", OptionList)
        lines = [
            str(choices.get_option_at_index(n).prompt)
            for n in range(choices.option_count)
        ]
        assert lines[0] == "rule   enforcer  codex as strict, on idle-green"
        assert lines[1].startswith("rule   [red]")
        assert lines[2] == "role   strict"
        assert lines[3].startswith("agent")
        await deck.press("enter")
        await deck.until(lambda: fake.link.calls_of("reviews.start"))
        (call,) = fake.link.calls_of("reviews.start")
        assert (call["rule"], call["ids"]) == ("enforcer", ["id-fix-login"])
        await deck.until(lambda: "A review starts of fix-login" in deck.toasts())


async def test_of_several_only_who_reviews_is_asked() -> None:
    link = FakeLink(a_session("a"), a_session("b"))
    link.answer("reviews.list", {"rules": [], "reviews": []})
    link.answer("agents.list", {"agents": [], "custom": []})
    link.answer("reviews.start", link.each_done)
    async with running(link) as deck:
        await deck.press("a", "at")
        await deck.until(lambda: isinstance(deck.app.screen, ReviewChoiceScreen))
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("reviews.start"))
        (call,) = link.calls_of("reviews.start")
        assert sorted(call["ids"]) == ["id-a", "id-b"]


async def test_from_a_review_the_key_goes_to_what_it_reviews() -> None:
    review = a_session("review-a", review="v1", reviews="id-a", age_s=1)
    link = FakeLink(a_session("a"), review)
    async with running(link) as deck:
        await deck.go_to_row("review-a")
        await deck.press("at")
        await deck.until(lambda: deck.rows.cursor == "id-a")
