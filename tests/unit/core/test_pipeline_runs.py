"""What is next in a run: a table of cases, and properties over any graph and any luck."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.checks import CheckState
from agentdeck.core.pipeline_graph import problems_of
from agentdeck.core.pipeline_runs import (
    SETTLED,
    Action,
    ActionKind,
    Doing,
    Hold,
    Light,
    Seen,
    State,
    StepState,
    Word,
    hold,
    joined,
    light_of,
    seen_of,
    sources,
    standings,
    what_next,
)
from agentdeck.core.pipelines import Edge, Join, Pipeline, Start, Step, When
from agentdeck.core.session import Activity, Phase, moved
from tests.fakes.fake_client import NOW, a_session

GREEN = Seen(Doing.RESTING, Light.GREEN)
RED = Seen(Doing.RESTING, Light.RED, check_note="make: exit 1")
OVER = Seen(Doing.ENDED, Light.GREEN)
WORKING = Seen(Doing.WORKING)


def trio(**values: object) -> Pipeline:
    """One step, three after it, and one after these."""
    first = replace(Step("feature", prompt="x"), **values)  # type: ignore[arg-type]
    three = [
        Step(n, prompt="x", after=(Edge("feature"),)) for n in ("one", "two", "three")
    ]
    last = Step("all", prompt="x", after=tuple(Edge(s.name) for s in three))
    return Pipeline("trio", (first, *three, last))


def two(when: When, **values: object) -> Pipeline:
    """A step after another."""
    second = replace(Step("b", prompt="x", after=(Edge("a", when),)), **values)  # type: ignore[arg-type]
    return Pipeline("two", (Step("a", prompt="x"), second))


def told(pipeline: Pipeline, state: State) -> list[str]:
    """What is next, as `begin a 0`."""
    return [
        f"{a.kind.value} {a.step or a.outcome} {a.tries}".strip()
        for a in what_next(pipeline, state)
    ]


def test_a_trio_fans_out_and_in() -> None:
    run = trio()
    assert told(run, State()) == ["begin feature 0"]
    assert told(run, State({"feature": WORKING})) == []
    assert told(run, State({"feature": GREEN})) == [
        f"begin {n} 0" for n in ("one", "two", "three")
    ]
    seen = {"feature": GREEN, "one": GREEN, "two": OVER, "three": WORKING}
    # Its agent rests, and nothing after it has to begin: it would hold a place.
    assert told(run, State(seen)) == ["stop feature 0"]
    assert told(run, State(seen | {"three": GREEN})) == [
        "begin all 0",
        "stop feature 0",
    ]
    every = dict.fromkeys(("feature", "one", "two", "three", "all"), OVER)
    assert told(run, State(every)) == ["end done 0"]


@pytest.mark.parametrize(
    ("when", "seen", "expected"),
    [
        (When.IDLE_GREEN, GREEN, Hold.YES),
        (When.IDLE_GREEN, Seen(Doing.RESTING), Hold.YES),
        (When.IDLE_GREEN, Seen(Doing.RESTING, Light.UNKNOWN), Hold.OPEN),
        (When.IDLE_GREEN, Seen(Doing.RESTING, Light.RUNNING), Hold.OPEN),
        (When.IDLE_GREEN, Seen(Doing.RESTING, Light.BARRED), Hold.OPEN),
        (When.IDLE_GREEN, RED, Hold.NO),
        (When.IDLE_GREEN, Seen(Doing.ASKING, Light.GREEN), Hold.OPEN),
        (When.IDLE_GREEN, Seen(Doing.STOPPED, Light.GREEN), Hold.NO),
        (When.IDLE, RED, Hold.YES),
        (When.IDLE, WORKING, Hold.OPEN),
        (When.IDLE, Seen(Doing.FAILED), Hold.NO),
        (When.ENDED, GREEN, Hold.OPEN),
        (When.ENDED, OVER, Hold.YES),
        (When.ENDED, Seen(Doing.STOPPED), Hold.YES),
        (When.ENDED, Seen(Doing.FAILED), Hold.NO),
        (When.ENDED, Seen(Doing.GONE, merged=True), Hold.YES),
        (When.MERGED, GREEN, Hold.OPEN),
        (When.MERGED, replace(GREEN, merged=True), Hold.YES),
        (When.MERGED, Seen(Doing.GONE), Hold.NO),
        (When.MERGED, Seen(Doing.GONE, merged=True), Hold.YES),
        (When.FAILED, GREEN, Hold.NO),
        (When.FAILED, WORKING, Hold.OPEN),
        (When.FAILED, Seen(Doing.FAILED), Hold.YES),
        (When.FAILED, Seen(Doing.GONE), Hold.YES),
        (When.RED, RED, Hold.YES),
        (When.RED, Seen(Doing.FAILED), Hold.NO),
        (When.RED, GREEN, Hold.NO),
    ],
)
def test_a_condition_holds_by_what_is_seen(
    when: When, seen: Seen, expected: Hold
) -> None:
    run = two(when)
    standing = standings(run, State({"a": seen}))["a"]
    assert hold(Edge("a", when), standing, seen) is expected


def test_red_checks_go_back_to_the_agent_and_then_fail() -> None:
    run = trio(retries=1)
    assert told(run, State({"feature": RED})) == ["send-back feature 1"]
    tried = State({"feature": replace(RED, tries=1)})
    now = standings(run, tried)
    assert now["feature"].state is StepState.FAILED
    assert now["feature"].reason == "checks: make: exit 1"
    assert {now[n].state for n in ("one", "two", "three", "all")} == {StepState.PASSED}
    assert told(run, tried) == ["end failed 0"]
    again = replace(tried, words={"feature": Word(again=2)})
    assert told(run, again) == ["send-back feature 2"]


@pytest.mark.parametrize(
    ("step", "seen", "expected"),
    [
        ({"retries": 1}, Seen(Doing.FAILED), ["begin a 1"]),
        ({"retries": 1, "prompt": "", "run": "make"}, RED, ["begin a 1"]),
        # A person stopped or discarded it: nothing is begun behind their back.
        ({"retries": 1}, Seen(Doing.STOPPED), ["end failed 0"]),
        ({"retries": 1}, Seen(Doing.GONE), ["end failed 0"]),
        ({"retries": 1, "session": "id"}, Seen(Doing.FAILED), ["end failed 0"]),
        ({}, Seen(Doing.RESTING, Light.UNKNOWN), ["check a 0"]),
        ({}, Seen(Doing.RESTING, Light.BARRED), []),
        ({}, replace(GREEN, owes="it has not merged b"), ["end failed 0"]),
        ({"retries": 1}, replace(GREEN, owes="it has not merged b"), ["send-back a 1"]),
    ],
)
def test_what_is_next_for_a_last_step(
    step: dict[str, object], seen: Seen, expected: list[str]
) -> None:
    run = Pipeline("p", (replace(Step("a", prompt="x"), **step),))  # type: ignore[arg-type]
    assert told(run, State({"a": seen})) == expected


def test_a_person_agrees_denies_and_skips() -> None:
    run = two(When.IDLE_GREEN, approval=True)
    waiting = State({"a": GREEN})
    assert standings(run, waiting)["b"].state is StepState.APPROVAL
    assert told(run, waiting) == []
    assert standings(run, State({"a": WORKING}))["b"].state is StepState.WAITING
    agreed = replace(waiting, words={"b": Word(approved=True)})
    assert told(run, agreed) == ["begin b 0"]
    denied = replace(waiting, words={"b": Word(approved=False, note="no")})
    assert standings(run, denied)["b"].reason == "denied: no"
    assert told(run, denied)[-1] == "end failed 0"
    skipped = replace(waiting, words={"b": Word(skipped=True)})
    assert told(run, skipped)[-1] == "end done 0"


def test_those_after_a_skipped_step_begin_where_it_would_have() -> None:
    run = Pipeline(
        "p",
        (
            Step("a", prompt="x"),
            Step("b", prompt="x", after=(Edge("a"),)),
            Step("c", prompt="x", after=(Edge("b"),)),
        ),
    )
    state = State({"a": GREEN, "b": RED}, {"b": Word(skipped=True)})
    assert "begin c 0" in told(run, state)
    assert sources(run, state, "c") == ("a",)
    judge = replace(run.steps[2], start=Start.BASE)
    assert sources(replace(run, steps=(*run.steps[:2], judge)), state, "c") == ()


def test_any_waits_until_all_are_decided_and_leaves_the_others_out() -> None:
    both = (Edge("a"), Edge("b"))
    last = Step("c", prompt="x", after=both, join=Join.ANY)
    run = Pipeline("p", (Step("a", prompt="x"), Step("b", prompt="x"), last))
    assert "begin c 0" not in told(run, State({"a": GREEN, "b": WORKING}))
    state = State({"a": Seen(Doing.FAILED), "b": GREEN})
    assert "begin c 0" in told(run, state)
    assert sources(run, state, "c") == ("b",)
    neither = State({"a": Seen(Doing.FAILED), "b": Seen(Doing.FAILED)})
    assert told(run, neither) == ["end failed 0"]


def test_a_failure_that_another_step_answers_is_none_of_the_run() -> None:
    run = two(When.FAILED)
    assert told(run, State({"a": Seen(Doing.FAILED)})) == ["begin b 0"]
    assert told(run, State({"a": Seen(Doing.FAILED), "b": OVER})) == ["end done 0"]
    assert told(run, State({"a": OVER})) == ["end done 0"]


def test_an_agent_that_rests_is_kept_where_it_is_wanted() -> None:
    begun = State({"a": GREEN, "b": WORKING})
    assert told(two(When.IDLE), begun) == ["stop a 0"]
    kept = two(When.IDLE)
    kept = replace(kept, steps=(replace(kept.steps[0], keep=True), kept.steps[1]))
    assert told(kept, begun) == []
    # What waits for a person's end of it is not set off by ours.
    assert told(two(When.ENDED), State({"a": GREEN})) == []


def test_a_cancelled_run_begins_nothing() -> None:
    seen = {"feature": OVER, "one": WORKING, "two": OVER}
    gone_on = State(seen, cancelled=True)
    assert told(trio(), gone_on) == ["end cancelled 0"]
    assert told(trio(), replace(gone_on, stops=True)) == ["stop one 0"]
    stopped = State({**seen, "one": Seen(Doing.STOPPED)}, cancelled=True, stops=True)
    assert told(trio(), stopped) == ["end cancelled 0"]


def test_a_problem_and_a_hold_up_wait_for_a_person() -> None:
    run = two(When.IDLE)
    stuck = State({"a": OVER}, {"b": Word(problem="no such agent")})
    assert standings(run, stuck)["b"].state is StepState.FAILED
    held = State({"a": OVER}, {"b": Word(held="a has changes")})
    assert standings(run, held)["b"].state is StepState.BLOCKED
    assert told(run, held) == []


def test_what_is_seen_of_a_session() -> None:
    working = a_session("a")
    resting = replace(working, activity=Activity.IDLE)
    stopping = moved(resting, Phase.STOPPING, NOW, "asked to stop")
    ended = moved(stopping, Phase.ENDED, NOW, "stopped")
    torn = moved(
        moved(working, Phase.STOPPING, NOW, "asked"), Phase.ENDED, NOW, "stopped"
    )
    well = replace(moved(working, Phase.ENDED, NOW, "ended"), exit_code=0)
    resumed = moved(moved(ended, Phase.QUEUED, NOW), Phase.RUNNING, NOW)
    rows = [
        (working, Doing.WORKING),
        (resting, Doing.RESTING),
        (replace(resting, queued=("go on",)), Doing.WORKING),
        (stopping, Doing.WORKING),
        (ended, Doing.ENDED),
        (torn, Doing.STOPPED),
        (well, Doing.ENDED),
        (replace(torn, exit_code=0), Doing.STOPPED),
        (moved(working, Phase.ENDED, NOW, "ended by reboot"), Doing.STOPPED),
        (moved(working, Phase.FAILED, NOW, "ended with status 3"), Doing.FAILED),
        (moved(torn, Phase.QUEUED, NOW), Doing.QUEUED),
        (replace(resumed, activity=Activity.NEEDS_INPUT), Doing.ASKING),
    ]
    for session, doing in rows:
        assert seen_of(session, Light.NONE, is_sending=False).doing is doing, session
    sent = seen_of(resting, Light.NONE, is_sending=True)
    assert sent.doing is Doing.WORKING
    assert not resumed.stopped_at_rest


def test_what_checks_say() -> None:
    session = a_session("a")

    def light(check: CheckState, note: str = "", *, has: bool = True) -> Light:
        checked = replace(session, check=check, check_note=note)
        return light_of(checked, has_checks=has, barred="" if has else "trust it")

    assert light(CheckState.STALE) is Light.UNKNOWN
    assert light(CheckState.INTERRUPTED, "the host ended") is Light.UNKNOWN
    assert light(CheckState.INTERRUPTED, "cancelled") is Light.BARRED
    assert light(CheckState.NONE, has=False) is Light.BARRED
    assert light_of(session, has_checks=False) is Light.NONE
    assert light(CheckState.PASSED) is Light.GREEN
    assert light(CheckState.FAILED) is Light.RED


# Any graph, any luck.

WHENS = st.sampled_from(When)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """A graph of up to seven steps that is not refused."""
    count = draw(st.integers(1, 7))
    steps: list[Step] = []
    for number in range(count):
        names = [step.name for step in steps]
        after = (
            draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
            if names
            else []
        )
        steps.append(
            Step(
                f"s{number}",
                prompt="x",
                after=tuple(Edge(name, draw(WHENS)) for name in after),
                join=draw(st.sampled_from(Join)) if len(after) > 1 else Join.ALL,
                retries=draw(st.integers(0, 2)),
                approval=draw(st.booleans()),
                keep=draw(st.booleans()),
                run=draw(st.sampled_from(["", "make"])),
            )
        )
    return Pipeline("any", tuple(steps))


@dataclass
class World:
    """Sessions that go as luck has it; refuses what must never be done."""

    pipeline: Pipeline
    seen: dict[str, Seen] = field(default_factory=dict)
    words: dict[str, Word] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)
    outcome: str = ""

    @property
    def state(self) -> State:
        return State(dict(self.seen), dict(self.words))

    def do(self, action: Action) -> None:
        step, before = action.step, self.seen.get(action.step)
        match action.kind:
            case ActionKind.BEGIN:
                assert (step, action.tries) not in self.begun
                self.begun.add((step, action.tries))
                if before is None:
                    self._require_conditions(step)
                else:
                    assert action.tries == before.tries + 1
                    assert before.doing in (Doing.FAILED, Doing.RESTING, Doing.ENDED)
                self.seen[step] = Seen(Doing.QUEUED, tries=action.tries)
            case ActionKind.SEND_BACK:
                assert before is not None
                assert before.light is Light.RED
                assert (
                    action.tries == before.tries + 1 <= self.pipeline.step(step).retries
                )
                self.seen[step] = Seen(Doing.WORKING, tries=action.tries)
            case ActionKind.CHECK:
                assert before is not None
                self.seen[step] = replace(before, light=Light.RUNNING)
            case ActionKind.STOP:
                assert before is not None
                assert before.doing is Doing.RESTING
                self.seen[step] = replace(before, doing=Doing.ENDED)
            case ActionKind.END:
                self.outcome = action.outcome

    def _require_conditions(self, name: str) -> None:
        step, now = self.pipeline.step(name), standings(self.pipeline, self.state)
        holds = {e: hold(e, now[e.step], self.seen.get(e.step)) for e in step.after}
        assert joined(step, holds) is Hold.YES
        assert not step.approval or self.words[name].approved

    def move(self, data: st.DataObject) -> bool:
        """Let one session or person do something; false if none can."""
        moves: list[tuple[str, Seen | Word]] = []
        for name, seen in sorted(self.seen.items()):
            moves += [(name, each) for each in _luck(seen)]
        for name, standing in standings(self.pipeline, self.state).items():
            if standing.state is StepState.APPROVAL:
                moves += [(name, Word(approved=True)), (name, Word(approved=False))]
        if not moves:
            return False
        name, new = data.draw(st.sampled_from(moves))
        if isinstance(new, Word):
            self.words[name] = new
        else:
            self.seen[name] = new
        return True


def _luck(seen: Seen) -> list[Seen]:
    """Where a session can go by itself; each way leads on."""
    if seen.light is Light.RUNNING:
        return [replace(seen, light=light) for light in (Light.GREEN, Light.RED)]
    match seen.doing:
        case Doing.QUEUED:
            return [replace(seen, doing=Doing.WORKING)]
        case Doing.WORKING:
            unknown = replace(seen, light=Light.UNKNOWN)
            ends = (Doing.RESTING, Doing.ENDED, Doing.STOPPED, Doing.FAILED, Doing.GONE)
            return [replace(unknown, doing=doing) for doing in ends]
        case Doing.RESTING:
            return [replace(seen, doing=Doing.ENDED)]
        case Doing.ENDED | Doing.STOPPED if not seen.merged:
            return [replace(seen, merged=True)]
        case _:
            return []


@settings(max_examples=300, deadline=None)
@given(pipelines(), st.data())
def test_a_run_ends_and_begins_each_try_once_and_never_too_early(
    pipeline: Pipeline, data: st.DataObject
) -> None:
    if problems_of(pipeline):
        return
    world = World(pipeline)
    for _ in range(400):
        actions = what_next(pipeline, world.state)
        assert len(set(actions)) == len(actions)
        if actions:
            # The host does them all, in no order of importance, as of one look.
            for action in data.draw(st.permutations(actions)):
                world.do(action)
            if world.outcome:
                break
        elif not world.move(data):
            break
    assert world.outcome in ("done", "failed")
    now = standings(pipeline, world.state)
    assert {standing.state for standing in now.values()} <= SETTLED


@settings(max_examples=200, deadline=None)
@given(pipelines(), st.data())
def test_what_is_next_does_not_depend_on_the_order_of_what_is_known(
    pipeline: Pipeline, data: st.DataObject
) -> None:
    names = [step.name for step in pipeline.steps]
    some = st.builds(
        Seen,
        st.sampled_from(Doing),
        st.sampled_from(Light),
        st.booleans(),
        st.integers(0, 2),
    )
    seen = data.draw(st.dictionaries(st.sampled_from(names), some))
    words = data.draw(
        st.dictionaries(
            st.sampled_from(names),
            st.builds(
                Word, st.sampled_from([None, True, False]), st.just(""), st.booleans()
            ),
        )
    )
    first = what_next(pipeline, State(seen, words))
    shuffled = dict(data.draw(st.permutations(list(seen.items()))))
    words_too = dict(data.draw(st.permutations(list(words.items()))))
    assert what_next(pipeline, State(shuffled, words_too)) == first
    begun = [action for action in first if action.kind is ActionKind.BEGIN]
    for action in begun:
        before = seen.get(action.step)
        assert before is None or action.tries > before.tries
