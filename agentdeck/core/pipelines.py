"""Pipelines: steps that begin when others are where they should be.

A pipeline is TOML. This module knows what its keys mean; `pipeline_graph` knows which
graphs are refused, and `pipeline_runs` what happens next in one that runs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agentdeck.core.briefs import Brief, Limits, limit_number, prompt_of

MAX_STEPS = 60
MAX_RETRIES = 20
STEP_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?")
VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class When(StrEnum):
    """Where a step has to be for the next one to begin."""

    IDLE_GREEN = "idle-green"
    """It rests or has ended, and its checks are green; without checks they are."""
    IDLE = "idle"
    """It rests or has ended, whatever its checks say."""
    ENDED = "ended"
    """Its agent is over."""
    MERGED = "merged"
    """Its branch has landed."""
    FAILED = "failed"
    """It failed for good: its agent, or its checks after all retries."""
    RED = "red"
    """Its checks stayed red after all retries."""


FAILURES = frozenset({When.FAILED, When.RED})


class Join(StrEnum):
    """How many of the steps before have to be where they should be."""

    ALL = "all"
    ANY = "any"
    """All are decided, and at least one is; the others are left out."""


class Start(StrEnum):
    """Where a step's branch begins."""

    BEFORE = "before"
    """At the branches of the steps before, merged where they are several."""
    BASE = "base"
    """At the base of the run."""


class OnConflict(StrEnum):
    """What happens to a step whose steps before changed the same lines."""

    AGENT = "agent"
    """Its agent gets the merge as the first part of its task."""
    STOP = "stop"
    """It fails, and says why."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step before, and where it has to be."""

    step: str
    when: When = When.IDLE_GREEN


@dataclass(frozen=True, slots=True)
class Step:
    """One session of a pipeline."""

    name: str
    title: str = ""
    prompt: str = ""
    run: str = ""
    """A command for the shell, in place of an agent."""
    agent: str = ""
    model: str = ""
    mode: str = ""
    custom: str = ""
    after: tuple[Edge, ...] = ()
    join: Join = Join.ALL
    start: Start = Start.BEFORE
    on_conflict: OnConflict = OnConflict.AGENT
    retries: int = 0
    retry_prompt: str = ""
    """What its agent is told when its checks are red, in place of our words."""
    approval: bool = False
    """Whether a person has to agree before it begins."""
    keep: bool = False
    """Whether its agent goes on once the steps after it have begun."""
    auto_commit: bool = True
    variant: str = ""
    """What is different about it among the variants of the run."""
    checks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    session: str = ""
    """The session that it is, where there was one before the run; never in a file."""

    @property
    def is_adopted(self) -> bool:
        """Whether its session was there before the run."""
        return bool(self.session)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps in an order in which each stands behind those that it is after."""

    name: str
    steps: tuple[Step, ...]
    title: str = ""
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Those it declares, with what stands for them by default; "" has to be given."""

    def step(self, name: str) -> Step:
        """The step of that name, which is there."""
        return next(each for each in self.steps if each.name == name)

    def after(self, name: str) -> tuple[tuple[Step, Edge], ...]:
        """The steps that come after a step, each with its edge from there."""
        return tuple(
            (step, edge)
            for step in self.steps
            for edge in step.after
            if edge.step == name
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a pipeline's file that cannot be, and where it stands."""

    where: str
    """`step "tests"`, a key, or the file."""
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


_TOP = {"name", "title", "description", "variables", "defaults", "step"}
_DEFAULTS = {"agent", "model", "mode", "custom", "retries", "checks"}
_TEXTS = ("title", "prompt", "run", "agent", "model", "mode", "custom")
_MORE_TEXTS = ("retry_prompt", "variant")
_FLAGS = ("approval", "keep", "auto_commit")
_KEYS = {
    "name",
    "brief",
    "after",
    "when",
    "join",
    "from",
    "on_conflict",
    "retries",
    "checks",
    "limits",
    *_TEXTS,
    *_MORE_TEXTS,
    *_FLAGS,
}
_LIMITS = {"minutes": "minutes", "tokens": "tokens", "cost": "cost_usd"}


class _Reader:
    """Reads tables; what cannot be is noted under where it stands."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, text: str) -> None:
        self.problems.append(Problem(where, text))

    def table(self, where: str, value: Any, known: set[str]) -> dict[str, Any]:
        """The keys of a table that are known, with `_` for `-`."""
        if not isinstance(value, Mapping):
            self.wrong(where, "is not a table")
            return {}
        found = {}
        for given, each in value.items():
            key = str(given).replace("-", "_")
            if key in known:
                found[key] = each
            else:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"; did you mean {near[0].replace('_', '-')!r}?" if near else ""
                self.wrong(where, f"has no key {str(given)!r}{hint}")
        return found

    def text(self, where: str, values: Mapping[str, Any], key: str) -> str:
        value = values.get(key, "")
        shown = key.replace("_", "-")
        if not isinstance(value, str):
            self.wrong(where, f"{shown} is not a text")
            return ""
        if "\0" in value or len(value) > 200_000:
            self.wrong(where, f"{shown} cannot be read as a text")
            return ""
        return value if key.endswith("prompt") else value.strip()

    def flag(self, where: str, values: Mapping[str, Any], key: str) -> bool:
        value = values[key]
        if not isinstance(value, bool):
            self.wrong(where, f"{key.replace('_', '-')} is not true or false")
            return False
        return value

    def texts(self, where: str, values: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = values.get(key, [])
        value = [value] if isinstance(value, str) else value
        is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not is_list or any(not v.strip() or "\0" in v for v in value):
            self.wrong(where, f"{key} is not a list of texts")
            return ()
        return tuple(v.strip() for v in value)

    def retries(self, where: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(where, "retries is not a whole number")
        elif not 0 <= value <= MAX_RETRIES:
            self.wrong(where, f"retries is {value}; it is 0 to {MAX_RETRIES}")
        else:
            return value
        return 0

    def one_of(self, where: str, key: str, value: Any, kind: type[StrEnum]) -> Any:
        """A value of an enumeration, or its first where it is none."""
        known = [str(each) for each in kind]
        if isinstance(value, str) and value in known:
            return kind(value)
        self.wrong(where, f"{key} is {value!r}; it is one of {', '.join(known)}")
        return next(iter(kind))

    def limits(self, where: str, value: Any) -> Limits:
        given: dict[str, Any] = {}
        for key, number in self.table(f"{where}, limits", value, set(_LIMITS)).items():
            try:
                given[_LIMITS[key]] = limit_number(number, whole=key == "tokens")
            except ValueError as error:
                self.wrong(where, f"limits: {key} {str(error).rstrip('.')}")
        return Limits(**given)


def read_pipeline(
    values: Mapping[str, Any], stem: str, briefs: Mapping[str, Brief]
) -> tuple[Pipeline, tuple[Problem, ...]]:
    """A pipeline from the tables of its file, and what in it cannot be.

    Args:
        values: What the TOML says.
        stem: The name where it gives none.
        briefs: The briefs that steps name, by the name that they use.
    """
    reader = _Reader()
    top = reader.table("the file", values, _TOP)
    defaults = reader.table("defaults", top.get("defaults", {}), _DEFAULTS)
    tables = top.get("step", [])
    if not isinstance(tables, list) or not tables:
        reader.wrong("the file", "has no [[step]]")
        tables = []
    if len(tables) > MAX_STEPS:
        reader.wrong("the file", f"has {len(tables)} steps; {MAX_STEPS} are the most")
        tables = tables[:MAX_STEPS]
    steps = tuple(
        _step(reader, number, table, defaults, briefs)
        for number, table in enumerate(tables, 1)
    )
    pipeline = Pipeline(
        name=reader.text("the file", top, "name") or stem,
        steps=steps,
        title=reader.text("the file", top, "title"),
        description=reader.text("the file", top, "description"),
        variables=_variables(reader, top.get("variables", {})),
    )
    return pipeline, tuple(reader.problems)


def _variables(reader: _Reader, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        reader.wrong("variables", "is not a table")
        return {}
    found = {}
    for name, default in value.items():
        if not VARIABLE_NAME.fullmatch(str(name)):
            reader.wrong("variables", f"{str(name)!r} is no name: use a-z, 0-9 and _")
        elif not isinstance(default, str):
            reader.wrong("variables", f"{name} is not a text")
        else:
            found[str(name)] = default
    return found


def _step(
    reader: _Reader,
    number: int,
    value: Any,
    defaults: Mapping[str, Any],
    briefs: Mapping[str, Brief],
) -> Step:
    given = value.get("name") if isinstance(value, Mapping) else None
    is_name = isinstance(given, str) and STEP_NAME.fullmatch(given) is not None
    where = f"step {given!r}" if isinstance(given, str) else f"step {number}"
    own = reader.table(where, value, _KEYS)
    if given is None:
        reader.wrong(where, "has no name")
    elif not is_name:
        reader.wrong(
            where, "the name is not up to 24 of a-z, 0-9 and '-', with none at its ends"
        )
    brief = _brief(reader, where, own, briefs)
    has_run = bool(own.get("run"))
    values = own if has_run else {**defaults, **_of_brief(brief), **own}
    texts: dict[str, Any] = {
        key: reader.text(where, values, key) for key in (*_TEXTS, *_MORE_TEXTS)
    }
    flags: dict[str, Any] = {
        key: reader.flag(where, own, key) for key in _FLAGS if key in own
    }
    step = Step(
        name=given if isinstance(given, str) else f"{number}",
        **texts,
        after=_edges(reader, where, own),
        join=reader.one_of(where, "join", own.get("join", "all"), Join),
        start=reader.one_of(where, "from", own.get("from", "before"), Start),
        on_conflict=reader.one_of(
            where, "on-conflict", own.get("on_conflict", "agent"), OnConflict
        ),
        retries=reader.retries(where, values.get("retries", 0)),
        checks=(
            *(brief.verify if brief else ()),
            *reader.texts(where, values, "checks"),
        ),
        images=brief.images if brief else (),
        limits=reader.limits(where, own["limits"])
        if "limits" in own
        else (brief.limits if brief else Limits()),
        **flags,
    )
    _check_task(reader, where, step)
    return step


def _brief(
    reader: _Reader,
    where: str,
    own: Mapping[str, Any],
    briefs: Mapping[str, Brief],
) -> Brief | None:
    if "brief" not in own:
        return None
    name = reader.text(where, own, "brief")
    if name and own.get("prompt"):
        reader.wrong(where, "has a brief and a prompt; give one of them")
    return briefs.get(name)


def _of_brief(brief: Brief | None) -> dict[str, str]:
    if brief is None:
        return {}
    names = ("title", "agent", "model", "mode", "custom")
    found = {name: getattr(brief, name) for name in names if getattr(brief, name)}
    return {**found, "prompt": prompt_of(brief)}


def _check_task(reader: _Reader, where: str, step: Step) -> None:
    if step.run and step.prompt:
        reader.wrong(where, "has a command to run and a prompt; give one of them")
    elif not step.run and not step.prompt.strip():
        reader.wrong(where, "has nothing to do: give a prompt, a brief or run")
    if step.run and step.agent:
        reader.wrong(where, "runs a command, so it has no agent")
    if step.run and step.retry_prompt:
        reader.wrong(where, "runs a command, which takes no retry-prompt")


def _edges(reader: _Reader, where: str, own: Mapping[str, Any]) -> tuple[Edge, ...]:
    usual = reader.one_of(where, "when", own.get("when", "idle-green"), When)
    given = own.get("after", [])
    given = [given] if isinstance(given, (str, Mapping)) else given
    if not isinstance(given, list):
        reader.wrong(where, "after is not a list of steps")
        return ()
    if "when" in own and not given:
        reader.wrong(where, "has when but is after no step")
    edges = []
    for each in given:
        if isinstance(each, str):
            edges.append(Edge(each, usual))
            continue
        values = reader.table(f"{where}, after", each, {"step", "when"})
        name = values.get("step")
        if not isinstance(name, str):
            reader.wrong(where, "after has something that names no step")
            continue
        when = values.get("when", usual.value)
        edges.append(Edge(name, reader.one_of(where, "when", when, When)))
    return tuple(edges)
