"""The pure decisions: status, schedule, filter, names."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.errors import NoSuchSessionError, UsageError
from agentdeck.core.indicator import indicator_of
from agentdeck.core.naming import session_named, sessions_named
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.core.schedule import next_to_start
from agentdeck.core.session import Needs, NeedsKind, Phase, SessionType
from agentdeck.core.slugs import MAX_SLUG_LENGTH, is_slug, slug_from, unique_slug
from agentdeck.rpc.wire import session_from_wire, session_to_wire
from tests.fakes.fake_link import NOW, a_session, few_sessions

ASKS = Needs(NeedsKind.PERMISSION, "Allow it?", ("Yes", "No"))


@given(
    st.lists(st.sampled_from(list(Phase)), max_size=40),
    st.integers(1, 10),
    st.booleans(),
)
def test_the_pool_is_never_overfull_and_starts_the_first_first(
    phases: list[Phase], limit: int, paused: bool
) -> None:
    sessions = [
        a_session(f"s{n}", phase=phase, position=n) for n, phase in enumerate(phases)
    ]
    chosen = next_to_start(reversed(sessions), limit, paused=paused)
    live = sum(session.is_live for session in sessions)
    queued = [session for session in sessions if session.phase is Phase.QUEUED]
    assert chosen == ([] if paused else queued[: max(0, limit - live)])


def test_local_sessions_start_beside_the_pool_and_take_no_place() -> None:
    local = SessionType.LOCAL
    sessions = [
        a_session("sits", phase=Phase.RUNNING, type=local, position=0),
        a_session("waits", phase=Phase.QUEUED, position=1),
        a_session("mine", phase=Phase.QUEUED, type=local, position=2),
    ]
    chosen = [session.name for session in next_to_start(sessions, 1)]
    assert chosen == ["mine", "waits"]
    paused = next_to_start(sessions, 1, paused=True)
    assert [session.name for session in paused] == ["mine"]
    full = next_to_start([*sessions, a_session("works", phase=Phase.RUNNING)], 1)
    assert [session.name for session in full] == ["mine"]


@given(st.text(max_size=200))
def test_every_prompt_has_a_fitting_slug(text: str) -> None:
    slug = slug_from(text)
    assert is_slug(slug)
    assert len(slug) <= MAX_SLUG_LENGTH


def test_a_taken_slug_gets_a_number() -> None:
    taken = {"fix", "fix-2"}
    assert unique_slug("fix", taken.__contains__) == "fix-3"


def test_names_ids_and_prefixes() -> None:
    sessions = few_sessions()
    assert session_named("upgrade", sessions).name == "upgrade"
    assert session_named("id-tidy-up", sessions).name == "tidy-up"
    assert [s.name for s in sessions_named(["fix", "fix-login"], sessions)] == [
        "fix-login"
    ]
    with pytest.raises(NoSuchSessionError):
        session_named("nobody", sessions)
    with pytest.raises(UsageError):
        session_named("id-", sessions)


def test_the_indicator_counts_each_once() -> None:
    counts = indicator_of(few_sessions())
    assert (counts.in_progress, counts.unread, counts.attention) == (1, 1, 1)


@pytest.mark.parametrize("session", few_sessions(), ids=lambda s: s.name)
def test_a_session_survives_the_wire(session: object) -> None:
    assert session_from_wire(session_to_wire(session)) == session  # type: ignore[arg-type]


def test_a_pull_request_survives_the_wire_and_the_disk() -> None:
    pull = PullRequest(
        7, "https://x/7", PullState.DRAFT, PullChecks.FAILED, PullReview.CHANGES
    )
    session = replace(a_session("a"), pull=pull)
    kept = json.loads(json.dumps(session_to_wire(session)))
    assert session_from_wire(kept) == session
    kept["pull"] = {"number": 8, "url": "https://x/8", "from_the_future": 1}
    assert session_from_wire(kept).pull == PullRequest(8, "https://x/8")


def test_a_newer_hosts_session_is_read() -> None:
    wire = session_to_wire(replace(a_session("a"), created_at=NOW - timedelta(days=2)))
    assert session_from_wire(wire | {"from_the_future": 1}).name == "a"
