"""Which graphs of steps are refused, and the order in which the others stand."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from agentdeck.core.pipelines import (
    FAILURES,
    Join,
    Pipeline,
    Problem,
    Step,
    When,
)

_Needs = frozenset[tuple[str, bool]]
"""What has to have happened before a step begins: steps that are green, or failed."""


def problems_of(pipeline: Pipeline) -> tuple[Problem, ...]:
    """Why a pipeline's graph cannot run, step by step."""
    names = [step.name for step in pipeline.steps]
    problems = [
        Problem(_where(name), f"{count} steps have this name")
        for name, count in Counter(names).items()
        if count > 1
    ]
    for step in pipeline.steps:
        problems += _edge_problems(step, names)
    if problems:
        return tuple(problems)
    circle = _circle(pipeline)
    if circle:
        path = " → ".join([*circle, circle[0]])
        return (Problem(_where(circle[0]), f"waits for itself: {path}"),)
    return tuple(_unreachable(pipeline))


def in_order(pipeline: Pipeline) -> Pipeline:
    """The same pipeline, each step behind those that it is after."""
    left = list(pipeline.steps)
    done: list[Step] = []
    placed: set[str] = set()
    while left:
        ready = next(s for s in left if all(e.step in placed for e in s.after))
        left.remove(ready)
        done.append(ready)
        placed.add(ready.name)
    return replace(pipeline, steps=tuple(done))


def depths(pipeline: Pipeline) -> dict[str, int]:
    """How many steps at most stand before each; the steps are in order."""
    found: dict[str, int] = {}
    for step in pipeline.steps:
        found[step.name] = 1 + max((found[e.step] for e in step.after), default=-1)
    return found


def before(pipeline: Pipeline, name: str) -> frozenset[str]:
    """All steps that stand before a step, near or far."""
    found: set[str] = set()
    wanted = [edge.step for edge in pipeline.step(name).after]
    while wanted:
        each = wanted.pop()
        if each not in found:
            found.add(each)
            wanted += [edge.step for edge in pipeline.step(each).after]
    return frozenset(found)


def _where(name: str) -> str:
    return f"step {name!r}"


def _edge_problems(step: Step, names: list[str]) -> list[Problem]:
    where = _where(step.name)
    problems = []
    for edge in step.after:
        if edge.step == step.name:
            problems.append(Problem(where, "is after itself"))
        elif edge.step not in names:
            near = difflib.get_close_matches(edge.step, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(
                Problem(where, f"is after {edge.step!r}, which is no step{hint}")
            )
    counts = Counter(edge.step for edge in step.after)
    problems += [
        Problem(where, f"is after {name!r} {count} times; once is enough")
        for name, count in counts.items()
        if count > 1 and name != step.name
    ]
    if step.join is Join.ANY and len(step.after) < 2:
        problems.append(Problem(where, 'join = "any" needs several steps before it'))
    return problems


def _circle(pipeline: Pipeline) -> list[str]:
    """Steps that wait for each other, in the order in which they do; or none."""
    edges = {step.name: [e.step for e in step.after] for step in pipeline.steps}
    left = dict(edges)
    while free := [n for n, after in left.items() if not any(a in left for a in after)]:
        for name in free:
            del left[name]
    if not left:
        return []
    path = [next(iter(left))]
    while True:
        following = next(name for name in edges[path[-1]] if name in left)
        if following in path:
            circle = path[path.index(following) :]
            # What comes first is named first.
            return circle[::-1]
        path.append(following)


def _unreachable(pipeline: Pipeline) -> list[Problem]:
    """Steps that need another both green and failed."""
    needs: dict[str, _Needs] = {}
    problems = []
    for step in in_order(pipeline).steps:
        needs[step.name] = _needs(step, needs)
        torn = next(
            (n for n, ok in needs[step.name] if (n, not ok) in needs[step.name]), None
        )
        if torn is not None:
            text = f"can never begin: it needs {torn!r} both green and failed"
            problems.append(Problem(_where(step.name), text))
            needs[step.name] = frozenset()
    return problems


def _needs(step: Step, known: Mapping[str, _Needs]) -> _Needs:
    each = [known[edge.step] | _need(edge.step, edge.when) for edge in step.after]
    if not each:
        return frozenset()
    if step.join is Join.ANY:
        return frozenset.intersection(*each)
    return frozenset.union(*each)


def _need(name: str, when: When) -> _Needs:
    if when in FAILURES:
        return frozenset({(name, False)})
    if when is When.IDLE_GREEN:
        return frozenset({(name, True)})
    return frozenset()
