"""Variables in the prompts of a pipeline: which there are, and what takes their place.

`{name}` is a variable, `{{name}}` the text `{name}`; other braces are what they are.
What takes a variable's place is never read for variables again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from agentdeck.core.errors import UsageError
from agentdeck.core.pipeline_graph import before
from agentdeck.core.pipelines import Pipeline, Problem, Step

PROMPT = "prompt"
"""The variable that every pipeline has."""
_OF_RUN = ("run", "step", "base", "before")
"""Known once a step begins: names, the base, and the steps before with branches."""
_VARIABLE = re.compile(
    r"\{\{(?P<braced>[a-z][a-z0-9_.-]*)\}\}|\{(?P<name>[a-z][a-z0-9_]*(?:\.[a-z0-9-]+)?)\}"
)

_NAMED = re.compile(r"\{[a-z][a-z0-9_.-]*\}")


def used_in(text: str) -> tuple[str, ...]:
    """The variables of a text, each once."""
    found = (match["name"] for match in _VARIABLE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with values for its variables; those without one stay as they are."""

    def value(match: re.Match[str]) -> str:
        if match["braced"]:
            return f"{{{match['braced']}}}"
        return values.get(match["name"], match[0])

    return _VARIABLE.sub(value, text)


def literal(text: str) -> str:
    """A text written so that nothing in it is a variable: `filled` gives it back."""
    return _NAMED.sub(lambda match: f"{{{match[0]}}}", text)


def texts_of(step: Step) -> tuple[str, ...]:
    """The texts of a step in which variables count."""
    return (step.title, step.prompt, step.retry_prompt, step.variant)


def variable_problems(pipeline: Pipeline) -> tuple[Problem, ...]:
    """The variables that nothing stands for; the graph has no problems."""
    problems = []
    for step in pipeline.steps:
        known = {PROMPT, *pipeline.variables, *_OF_RUN}
        known |= {f"branch.{name}" for name in before(pipeline, step.name)}
        for name in _unknown(texts_of(step), known | {"output"}):
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {{{near[0]}}}?" if near else ""
            problems.append(
                Problem(
                    f"step {step.name!r}",
                    f"the variable {{{name}}} is unknown{hint} (write {{{{{name}}}}} "
                    "for the text itself)",
                )
            )
    reserved = [name for name in (PROMPT, *_OF_RUN) if name in pipeline.variables]
    problems += [
        Problem("variables", f"{name!r} is there by itself") for name in reserved
    ]
    return tuple(problems)


def _unknown(texts: Iterable[str], known: set[str]) -> tuple[str, ...]:
    names = (name for text in texts for name in used_in(text))
    return tuple(dict.fromkeys(name for name in names if name not in known))


def wanted_by(pipeline: Pipeline) -> tuple[str, ...]:
    """The variables that have to be given when it starts."""
    used = {
        n for step in pipeline.steps for text in texts_of(step) for n in used_in(text)
    }
    declared = (name for name, default in pipeline.variables.items() if not default)
    return tuple(name for name in (PROMPT, *declared) if name in used)


def values_for(pipeline: Pipeline, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a run.

    Raises:
        UsageError: If one is missing, or is none of the pipeline's.
    """
    known = {PROMPT, *pipeline.variables}
    strange = [name for name in given if name not in known]
    if strange:
        there = ", ".join(sorted(known))
        raise UsageError(
            f"{pipeline.name} has no variable {strange[0]!r}. There are: {there}."
        )
    missing = [n for n in wanted_by(pipeline) if not given.get(n, "").strip()]
    if missing:
        how = "--prompt TEXT" if missing[0] == PROMPT else f"--set {missing[0]}=TEXT"
        raise UsageError(f"{pipeline.name} needs {{{missing[0]}}}: give it by {how}.")
    return {PROMPT: "", **pipeline.variables, **given}
