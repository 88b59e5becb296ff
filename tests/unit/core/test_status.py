"""Status from evidence: a table of what was seen, and what is to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.session import Activity, Needs, NeedsKind, Phase, Why
from agentdeck.core.status import (
    ANSWERED_DOUBT_S,
    Evidence,
    Source,
    Verdict,
    weigh,
    with_status,
)
from tests.fakes.fake_link import NOW, a_session

WORKING, IDLE, ASKS = Activity.WORKING, Activity.IDLE, Activity.NEEDS_INPUT
HOOK, ANSWER, SCREEN, TITLE = Source.HOOK, Source.ANSWER, Source.SCREEN, Source.TITLE
OUTPUT, PROCESS, SIGNAL = Source.OUTPUT, Source.PROCESS, Source.SIGNAL


@dataclass(frozen=True)
class Sign:
    """One sign of a row: who, what, when, about which question, printing since when."""

    source: Source
    activity: Activity
    at_s: float
    asks: str = "Bash(npm test)"
    choices: tuple[str, ...] = ()
    since_s: float | None = None


def evidence(*signs: Sign) -> dict[Source, Evidence]:
    """The newest sign of each source, as the host keeps them; given in order."""
    kept: dict[Source, Evidence] = {}
    for order, sign in enumerate(signs):
        asked = sign.activity is ASKS or (sign.source is ANSWER and sign.asks)
        needs = Needs(NeedsKind.PERMISSION, sign.asks, sign.choices) if asked else None
        since = None if sign.since_s is None else NOW + timedelta(seconds=sign.since_s)
        at = NOW + timedelta(seconds=sign.at_s)
        kept[sign.source] = Evidence(
            sign.source, sign.activity, order, at, "a sign", needs, since
        )
    return kept


ROWS: list[tuple[str, list[Sign], Source, bool]] = [
    ("output alone is work", [Sign(OUTPUT, WORKING, 0)], OUTPUT, False),
    (
        "a redraw while a hook's question waits changes nothing",
        [Sign(HOOK, ASKS, 0), Sign(OUTPUT, WORKING, 5, since_s=1)],
        HOOK,
        False,
    ),
    (
        "an answer ends the question until the next word",
        [Sign(HOOK, ASKS, 0), Sign(ANSWER, WORKING, 2)],
        ANSWER,
        False,
    ),
    (
        "a question after an answer is a new one",
        [Sign(ANSWER, WORKING, 0), Sign(HOOK, ASKS, 1)],
        HOOK,
        False,
    ),
    (
        "the hook's work goes on although a person pressed Enter",
        [Sign(HOOK, WORKING, 0), Sign(ANSWER, WORKING, 1)],
        HOOK,
        False,
    ),
    (
        "the answered question still on the screen is held back, and looked at again",
        [Sign(HOOK, ASKS, 0), Sign(ANSWER, WORKING, 2), Sign(SCREEN, ASKS, 2.2)],
        ANSWER,
        True,
    ),
    (
        "if it is still there long after it the answer took none",
        [Sign(HOOK, ASKS, 0), Sign(ANSWER, WORKING, 2), Sign(SCREEN, ASKS, 4.6)],
        SCREEN,
        False,
    ),
    (
        "another question right after the answer counts at once",
        [
            Sign(HOOK, ASKS, 0),
            Sign(ANSWER, WORKING, 2),
            Sign(SCREEN, ASKS, 2.2, "Write(b.txt)"),
        ],
        SCREEN,
        False,
    ),
    (
        "the answered question is the same in the words and choices of the screen",
        [
            Sign(HOOK, ASKS, 0),
            Sign(ANSWER, WORKING, 0.1),
            Sign(SCREEN, ASKS, 0.3, "Run this command?", ("Yes", "No")),
        ],
        ANSWER,
        True,
    ),
    (
        "it stays answered though a hook says work before the dialog is gone",
        [
            Sign(HOOK, ASKS, 0),
            Sign(ANSWER, WORKING, 0.1),
            Sign(HOOK, WORKING, 0.2),
            Sign(SCREEN, ASKS, 0.3, "Run this command?", ("Yes", "No")),
        ],
        HOOK,
        True,
    ),
    (
        "work told by a hook after an answer does not hide what is asked much later",
        [
            Sign(HOOK, ASKS, 0),
            Sign(ANSWER, WORKING, 0.1),
            Sign(HOOK, WORKING, 0.2),
            Sign(SCREEN, ASKS, 4.3, "Run this command?", ("Yes", "No")),
        ],
        SCREEN,
        False,
    ),
    (
        "a title that is late after an answer asks nothing new",
        [
            Sign(SCREEN, ASKS, 0, "Run this command?", ("Yes", "No")),
            Sign(ANSWER, WORKING, 1, "Run this command?", ("Yes", "No")),
            Sign(TITLE, ASKS, 1.8, "Action Required"),
        ],
        ANSWER,
        True,
    ),
    (
        "a question with other choices than the answered one counts at once",
        [
            Sign(SCREEN, ASKS, 0, "Run this command?", ("Yes", "No")),
            Sign(ANSWER, WORKING, 2, "Run this command?", ("Yes", "No")),
            Sign(SCREEN, ASKS, 2.2, "Make this edit?", ("Yes", "All", "No")),
        ],
        SCREEN,
        False,
    ),
    (
        "a dialog that has no hook counts at once, while a hook says work",
        [Sign(HOOK, WORKING, 0), Sign(SCREEN, ASKS, 0.3, "Trust this folder?")],
        SCREEN,
        False,
    ),
    (
        "an idle screen right after the hook's work is doubted",
        [Sign(HOOK, WORKING, 0), Sign(SCREEN, IDLE, 0.3)],
        HOOK,
        True,
    ),
    (
        "an idle screen long after it is an interruption without a hook",
        [Sign(HOOK, WORKING, 0), Sign(SCREEN, IDLE, 4)],
        SCREEN,
        False,
    ),
    (
        "a denial ends the turn without a hook",
        [Sign(HOOK, ASKS, 0), Sign(ANSWER, WORKING, 2), Sign(SCREEN, IDLE, 3.2)],
        SCREEN,
        False,
    ),
    (
        "the next turn's hook beats the old idle screen",
        [Sign(SCREEN, IDLE, 0), Sign(HOOK, WORKING, 0.1)],
        HOOK,
        False,
    ),
    (
        "a bell of an agent with hooks says nothing new",
        [Sign(HOOK, IDLE, 0), Sign(SIGNAL, ASKS, 9)],
        HOOK,
        False,
    ),
    (
        "an agent with hooks always waits at its terminal",
        [Sign(HOOK, WORKING, 0), Sign(PROCESS, ASKS, 9)],
        HOOK,
        False,
    ),
    (
        "a bell calls where there are no hooks",
        [Sign(OUTPUT, WORKING, 0), Sign(SIGNAL, ASKS, 1)],
        SIGNAL,
        False,
    ),
    (
        "a short redraw does not end what a bell called for",
        [Sign(SIGNAL, ASKS, 0), Sign(OUTPUT, WORKING, 3, since_s=2.8)],
        SIGNAL,
        False,
    ),
    (
        "output that lasts does",
        [Sign(SIGNAL, ASKS, 0), Sign(OUTPUT, WORKING, 4, since_s=2.8)],
        OUTPUT,
        False,
    ),
    (
        "the newer of two signs that were only seen",
        [Sign(TITLE, WORKING, 0), Sign(SCREEN, IDLE, 0.3)],
        SCREEN,
        False,
    ),
    (
        "a title that says work while the hook said idle is doubted",
        [Sign(HOOK, IDLE, 0), Sign(TITLE, WORKING, 0.1)],
        HOOK,
        True,
    ),
    (
        "an idle screen right after an answer is doubted where there are no hooks",
        [Sign(SCREEN, IDLE, 0), Sign(ANSWER, WORKING, 5, ""), Sign(SCREEN, IDLE, 5.3)],
        ANSWER,
        True,
    ),
]


@pytest.mark.parametrize(
    ("signs", "believed", "looks_again"),
    [row[1:] for row in ROWS],
    ids=[row[0].replace(" ", "-") for row in ROWS],
)
def test_what_is_believed(
    signs: list[Sign], believed: Source, looks_again: bool
) -> None:
    verdict = weigh(evidence(*signs))
    assert verdict.sign is not None
    assert verdict.sign.source is believed
    assert (verdict.look_again_s is not None) is looks_again
    assert verdict.look_again_s is None or 0 < verdict.look_again_s <= ANSWERED_DOUBT_S


def test_a_question_has_the_hooks_words_and_the_screens_choices() -> None:
    asked = Sign(HOOK, ASKS, 0)
    shown = Sign(SCREEN, ASKS, 0.3, "Do you want to proceed?", ("Yes", "No"))
    sign = weigh(evidence(asked, shown)).sign
    assert sign is not None
    assert sign.source is HOOK
    assert sign.needs == Needs(NeedsKind.PERMISSION, "Bash(npm test)", ("Yes", "No"))


def test_the_echo_of_typing_is_no_work() -> None:
    kept = evidence(Sign(SCREEN, IDLE, 0), Sign(OUTPUT, WORKING, 6, since_s=4))
    assert weigh(kept).sign is kept[OUTPUT]
    typed_at = NOW + timedelta(seconds=5.8)
    assert weigh(kept, typed_at).sign is kept[SCREEN]


sources = st.sampled_from(list(Source))
activities = st.sampled_from(list(Activity))
some_signs = st.lists(
    st.builds(Sign, sources, activities, st.floats(0, 60)), min_size=1, max_size=12
)


@given(some_signs)
def test_something_is_always_believed_and_doubt_ends(signs: list[Sign]) -> None:
    kept = evidence(*sorted(signs, key=lambda sign: sign.at_s))
    verdict = weigh(kept)
    assert verdict.sign is not None
    if verdict.look_again_s is None:
        return
    # What is doubted is the newest sign; seen once more in time, it is believed.
    newest = max(kept.values(), key=lambda sign: sign.order)
    later = newest.at + timedelta(seconds=verdict.look_again_s + 0.001)
    kept[newest.source] = Evidence(
        newest.source, newest.activity, newest.order + 1, later, "", newest.needs
    )
    again: Verdict = weigh(kept)
    assert again.look_again_s is None
    assert again.sign is not None
    assert again.sign.activity is newest.activity


def asking(text: str, choices: tuple[str, ...] = (), at_s: float = 0) -> Evidence:
    return weigh(evidence(Sign(HOOK, ASKS, at_s, text, choices))).sign  # type: ignore[return-value]


def test_a_new_question_makes_unread_and_the_same_again_changes_nothing() -> None:
    session = a_session("a")
    asked = with_status(session, asking("Bash(ls)"), NOW)
    assert asked.unread
    assert asked.needs_since == NOW
    assert with_status(asked, asking("Bash(ls)", at_s=9), NOW) is asked


def test_choices_that_come_later_belong_to_the_same_question() -> None:
    asked = with_status(a_session("a"), asking("Bash(ls)"), NOW)
    read = with_status(asked, asking("Bash(ls)", ("Yes", "No"), 1), NOW)
    assert read.needs is not None
    assert read.needs.choices == ("Yes", "No")
    assert read.needs_since == asked.needs_since


def test_a_second_question_in_the_same_words_is_another_one() -> None:
    asked = with_status(a_session("a"), asking("Bash(ls)"), NOW)
    working = weigh(evidence(Sign(HOOK, WORKING, 1))).sign
    assert working is not None
    again = with_status(
        with_status(asked, working, NOW), asking("Bash(ls)", (), 2), NOW
    )
    assert again.needs_since == NOW + timedelta(seconds=2)


def test_a_call_by_title_and_its_words_are_one_question() -> None:
    provisional = Needs(NeedsKind.INPUT, "Action Required")
    session = a_session(
        "a",
        activity=ASKS,
        needs=provisional,
        needs_since=NOW,
        why=Why("title", "", NOW),
    )
    told = with_status(session, asking("Shell(ls)", at_s=1), NOW)
    assert told.needs_since == NOW


def test_only_a_running_session_has_an_activity() -> None:
    session = a_session("a", phase=Phase.STOPPING, activity=None)
    assert with_status(session, asking("x"), NOW) is session


def test_an_end_of_turn_is_news_but_no_need() -> None:
    idle = weigh(evidence(Sign(HOOK, IDLE, 0))).sign
    assert idle is not None
    session = with_status(a_session("a"), idle, NOW)
    assert session.unread
    assert not session.needs_attention
