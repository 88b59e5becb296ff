"""Pipelines' files: read, or refused with the file, the step and the cause."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.config.pipeline_files import (
    check_pipeline,
    known_pipelines,
    load_pipeline,
    shipped_names,
)
from agentdeck.core.errors import UsageError
from agentdeck.core.pipeline_graph import before, depths, in_order, problems_of
from agentdeck.core.pipeline_prompts import (
    filled,
    literal,
    used_in,
    values_for,
    wanted_by,
)
from agentdeck.core.pipeline_wire import pipeline_from_wire, pipeline_to_wire
from agentdeck.core.pipelines import (
    Edge,
    Join,
    OnConflict,
    Pipeline,
    Start,
    Step,
    When,
    read_pipeline,
)

WHOLE = """
name = "release"
title = "Release {version}"
[variables]
version = ""
channel = "beta"
[defaults]
agent = "claude"
retries = 2
[[step]]
name = "build"
prompt = "Build {version} for {channel}: {prompt}"
checks = ["make"]
limits = {minutes = 30, cost = 2.5}
[[step]]
name = "try"
run = "make try"
after = "build"
when = "ended"
from = "base"
[[step]]
name = "announce"
prompt = "{before} {branch.build} {{version}}"
agent = "codex"
after = ["build", {step = "try", when = "merged"}]
join = "any"
approval = true
keep = true
on-conflict = "stop"
retries = 0
retry_prompt = "{output}"
variant = "loud"
auto-commit = false
"""


def read(text: str) -> list[str]:
    """The problems of a file's text."""
    pipeline, problems = read_pipeline(tomllib.loads(text), "x", {})
    return [str(each) for each in problems or problems_of(pipeline)]


def steps(*texts: str) -> str:
    return "".join(f'[[step]]\nprompt = "do"\n{text}\n' for text in texts)


def test_all_keys_are_read() -> None:
    pipeline, problems = read_pipeline(tomllib.loads(WHOLE), "x", {})
    assert not problems
    assert not problems_of(pipeline)
    build, attempt, announce = pipeline.steps
    assert (pipeline.name, dict(pipeline.variables)) == (
        "release",
        {"version": "", "channel": "beta"},
    )
    assert (build.agent, build.retries, build.checks) == ("claude", 2, ("make",))
    assert (build.limits.minutes, build.limits.cost_usd) == (30, 2.5)
    assert attempt.after == (Edge("build", When.ENDED),)
    assert (attempt.agent, attempt.retries, attempt.start) == ("", 0, Start.BASE)
    assert announce.after == (Edge("build"), Edge("try", When.MERGED))
    assert (announce.join, announce.on_conflict) == (Join.ANY, OnConflict.STOP)
    assert announce.approval
    assert announce.keep
    assert not announce.auto_commit
    assert wanted_by(pipeline) == ("prompt", "version")
    wire = json.loads(json.dumps(pipeline_to_wire(pipeline)))
    assert pipeline_from_wire(wire) == pipeline


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file: has no [[step]]"),
        ("[[step]]\nprompt='x'", "step 1: has no name"),
        ("[[step]]\nname='a'", "step 'a': has nothing to do"),
        (steps("name='A b'"), "step 'A b': the name is not"),
        (steps("name='a'\nwehn='idle'"), "step 'a': has no key 'wehn'; did you mean"),
        (steps("name='a'\nwhen='idle'"), "step 'a': has when but is after no step"),
        (
            steps("name='a'", "name='b'\nafter='a'\nwhen='done'"),
            "when is 'done'; it is",
        ),
        (steps("name='a'\nretries=-1"), "step 'a': retries is -1"),
        (steps("name='a'\nretries=true"), "retries is not a whole number"),
        (steps("name='a'\napproval=1"), "step 'a': approval is not true or false"),
        (steps("name='a'\nchecks=[1]"), "step 'a': checks is not a list of texts"),
        (steps("name='a'\nrun='x'"), "step 'a': has a command to run and a prompt"),
        (
            "[[step]]\nname='a'\nrun='x'\nagent='c'",
            "runs a command, so it has no agent",
        ),
        (steps("name='a'\nlimits={minutes=0}"), "step 'a': limits: minutes is 0"),
        (steps("name='a'\nlimits={hours=1}"), "step 'a', limits: has no key 'hours'"),
        (steps("name='a'", "name='a'"), "step 'a': 2 steps have this name"),
        (steps("name='a'\nafter='a'"), "step 'a': is after itself"),
        (
            steps("name='tests'\nafter='test'"),
            "after 'test', which is no step; did you",
        ),
        (
            steps("name='a'", "name='b'\nafter=['a','a']"),
            "step 'b': is after 'a' 2 times",
        ),
        (
            steps(
                "name='x'",
                "name='a'\nafter='c'",
                "name='b'\nafter='a'",
                "name='c'\nafter='b'",
            ),
            "waits for itself: ",
        ),
        (
            steps(
                "name='a'",
                "name='b'\nafter='a'",
                "name='c'\nafter=['b', {step='a', when='failed'}]",
            ),
            "step 'c': can never begin: it needs 'a' both green and failed",
        ),
        (
            steps("name='a'", "name='b'\nafter='a'\njoin='any'"),
            "step 'b': join = \"any\" needs several",
        ),
        ("step = 1", "the file: has no [[step]]"),
        ("[[step]]\nname='a'\nprompt=3", "step 'a': prompt is not a text"),
        ("variables=1\n" + steps("name='a'"), "variables: is not a table"),
        ("steps=1\n" + steps("name='a'"), "the file: has no key 'steps'; did you mean"),
    ],
)
def test_each_mistake_is_named_with_its_step(text: str, said: str) -> None:
    problems = read(text)
    assert any(said in each for each in problems), problems


def test_a_circle_is_told_in_the_order_of_its_steps() -> None:
    (told,) = read(
        steps("name='a'\nafter='c'", "name='b'\nafter='a'", "name='c'\nafter='b'")
    )
    assert "a → b → c → a" in told or "b → c → a → b" in told or "c → a → b → c" in told


def test_either_of_two_ways_may_be_joined() -> None:
    text = steps(
        "name='a'",
        "name='mend'\nafter={step='a', when='failed'}",
        "name='ship'\nafter=['a', 'mend']\njoin='any'",
    )
    assert not read(text)


def test_steps_are_put_in_order() -> None:
    text = steps("name='c'\nafter=['a','b']", "name='b'\nafter='a'", "name='a'")
    pipeline, _ = read_pipeline(tomllib.loads(text), "x", {})
    ordered = in_order(pipeline)
    assert [step.name for step in ordered.steps] == ["a", "b", "c"]
    assert depths(ordered) == {"a": 0, "b": 1, "c": 2}
    assert before(ordered, "c") == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("do {prompt} now", {"prompt": "it"}, "do it now"),
        ("{prompt}", {"prompt": "{other}", "other": "no"}, "{other}"),
        ("{{prompt}} {x}", {"prompt": "it"}, "{prompt} {x}"),
        ('{"a": 1} {} { prompt }', {"prompt": "it"}, '{"a": 1} {} { prompt }'),
        ("git show {branch.one}", {"branch.one": "b/one"}, "git show b/one"),
        (
            "{0} {prompt!r} {prompt.__class__}",
            {"prompt": "it"},
            "{0} {prompt!r} {prompt.__class__}",
        ),
    ],
)
def test_variables_are_put_in_once(
    text: str, values: dict[str, str], expected: str
) -> None:
    assert filled(text, values) == expected


@given(st.text(alphabet="{}ab.: \n", max_size=40))
def test_a_literal_text_comes_out_as_it_was(text: str) -> None:
    known = dict.fromkeys(("a", "b", "ab", "ba", "aa", "a.b"), "!")
    assert filled(literal(text), known) == text
    assert not used_in(literal(text))


def test_variables_of_a_run_are_checked() -> None:
    step = Step("a", prompt="{prompt} {ticket} {kind}")
    pipeline = Pipeline("p", (step,), variables={"ticket": "", "kind": "bug"})
    with pytest.raises(UsageError, match=r"needs \{prompt\}: give it by --prompt"):
        values_for(pipeline, {})
    with pytest.raises(UsageError, match="--set ticket=TEXT"):
        values_for(pipeline, {"prompt": "x", "ticket": " "})
    with pytest.raises(UsageError, match="no variable 'colour'"):
        values_for(pipeline, {"prompt": "x", "colour": "red"})
    values = values_for(pipeline, {"prompt": "x", "ticket": "7"})
    assert values == {"prompt": "x", "ticket": "7", "kind": "bug"}


def test_files_are_found_and_their_mistakes_told_with_the_file(tmp_path: Path) -> None:
    folder = tmp_path / ".agentdeck/pipelines"
    folder.mkdir(parents=True)
    (folder / "ship.toml").write_text(steps("name='a'"))
    (folder / "tournament.toml").write_text(steps("name='mine'"))
    (folder / "broken.toml").write_text("[[step]\n")
    (folder / "typo.toml").write_text('[[step]]\nname="a"\nprompt="{promt} {branch.a}"')
    known = {each.name: each for each in known_pipelines(tmp_path)}
    assert known["ship"].where == "repository"
    assert known["tournament"].steps == ("mine",)
    assert known["feature-trio"].where == "shipped"
    assert "not TOML" in known["broken"].problem
    assert load_pipeline(str(folder / "ship.toml"), None).name == "ship"
    with pytest.raises(UsageError) as raised:
        load_pipeline("typo", tmp_path)
    first, second = raised.value.message.splitlines()
    assert first.startswith(
        ".agentdeck/pipelines/typo.toml: step 'a': the variable {promt}"
    )
    assert "did you mean {prompt}" in first
    assert "{branch.a} is unknown" in second
    with pytest.raises(UsageError, match=r"there are broken, ship.*feature-trio"):
        load_pipeline("shop", tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        load_pipeline(str(tmp_path / "none.toml"), None)


def test_a_step_can_have_a_brief(tmp_path: Path) -> None:
    briefs = tmp_path / ".agentdeck/briefs"
    briefs.mkdir(parents=True)
    text = "---\nagent: codex\nverify: [make]\nlimits: {minutes: 5}\n---\n## Goal\n\n{prompt}\n"
    (briefs / "usual.md").write_text(text)
    (tmp_path / "own.md").write_text("## Goal\n\nDocument it.\n")
    file = tmp_path / "p.toml"
    file.write_text(
        '[[step]]\nname="a"\nbrief="usual"\nchecks=["lint"]\n'
        '[[step]]\nname="b"\nbrief="own.md"\nagent="claude"\nafter="a"\n'
    )
    one, two = load_pipeline(str(file), tmp_path).steps
    assert (one.agent, one.checks, one.limits.minutes) == ("codex", ("make", "lint"), 5)
    assert "{prompt}" in one.prompt
    assert (two.agent, "Document it." in two.prompt) == ("claude", True)
    file.write_text('[[step]]\nname="a"\nbrief="gone"\n')
    (problem, *_) = check_pipeline(str(file), tmp_path).problems
    assert "step 'a'" in str(problem)


@pytest.mark.parametrize("name", ["feature-trio", "tournament"])
def test_what_is_shipped_is_right(name: str) -> None:
    assert name in shipped_names()
    pipeline = load_pipeline(name, None)
    assert wanted_by(pipeline) == ("prompt",)
    assert pipeline.title
    assert pipeline.description
