"""What a witness makes of signs that say the same, one after the other."""

from __future__ import annotations

from typing import Any

from agentdeck.agents.gemini import GEMINI
from agentdeck.core.session import Activity, Phase
from agentdeck.host.evidence import TITLE_LOOK_S, Witness
from agentdeck.host.journal import Journal
from agentdeck.host.sessions import Sessions
from tests.fakes.fake_client import a_session

ASKS_BY_TITLE = "✋  Action Required (it)"


def watching() -> tuple[Witness, Sessions, list[float]]:
    """A witness of one session of Gemini CLI, and when it wants to look again."""
    session = a_session("it", phase=Phase.RUNNING)
    no_store: Any = None
    sessions = Sessions(Journal(no_store, 0), (session,))
    witness, doubts = Witness(sessions, session.id, GEMINI), list[float]()
    witness.on_doubt = doubts.append
    return witness, sessions, doubts


def test_a_title_alone_says_that_something_is_asked() -> None:
    witness, sessions, _ = watching()
    witness.titled(ASKS_BY_TITLE)
    (session,) = sessions
    assert session.activity is Activity.NEEDS_INPUT


def test_where_hooks_speak_a_title_waits_for_theirs() -> None:
    witness, sessions, doubts = watching()
    witness.hook({"activity": "working", "detail": "a turn began"})
    witness.titled(ASKS_BY_TITLE)
    (session,) = sessions
    assert (session.activity, session.needs) == (Activity.WORKING, None)
    assert doubts == [TITLE_LOOK_S], "a hook that is lost is made good by the screen"
    asked = {"kind": "permission", "text": "Shell(touch a)"}
    witness.hook({"activity": "needs-input", "detail": "asks", "needs": asked})
    (session,) = sessions
    assert session.needs is not None
    assert session.needs.text == "Shell(touch a)"
