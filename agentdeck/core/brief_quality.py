"""What a brief is missing, how sure that is, and why it matters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agentdeck.core.briefs import Brief

WORTH_SAYING = 0.5
"""Findings that are less sure are listed, and stop nobody."""
_VAGUE = re.compile(
    r"\b(?:improve|better|clean ?up|tidy|nicer?|good|proper(?:ly)?|somehow|various|etc|"
    r"optimi[sz]e|refactor|modernis|moderniz|enhance|polish|fast(?:er)?|as needed|"
    r"where (?:possible|needed)|and so on|works? (?:well|fine|correctly)|robust|"
    r"user.friendly|appropriate(?:ly)?|stuff|things?)\b",
    re.IGNORECASE,
)
_EVERYTHING = re.compile(
    r"(?:everything|anything|all(?: (?:the )?(?:files|code))?|the (?:whole |entire )?"
    r"(?:code(?:base)?|repo(?:sitory)?|project|app)|code|\*+|\.|/|\./?|tbd|\?+)\.?",
    re.IGNORECASE,
)
_CONCRETE = re.compile(r"`[^`]+`|\d|[\w-]+\.\w{1,5}\b|/\w|\b[A-Z][a-z]+[A-Z]\w*|_")
_PLACEHOLDER = re.compile(r"<[a-z][^<>\n]{2,60}>|\bTODO\b|\bTBD\b|\bXXX\b")
_FEW_WORDS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a brief lacks. `confidence` is from 0 to 1."""

    key: str
    what: str
    reason: str
    confidence: float


def findings_of(brief: Brief) -> list[Finding]:
    """What a brief is missing, the surest first."""
    found = [finding for look in _LOOKS for finding in look(brief)]
    return sorted(found, key=lambda finding: -finding.confidence)


def is_worth_asking(findings: Iterable[Finding]) -> bool:
    """Whether a person should see the findings before a start."""
    return any(finding.confidence >= WORTH_SAYING for finding in findings)


def _goal(brief: Brief) -> Iterator[Finding]:
    goal, words = brief.goal, brief.goal.split()
    if not goal:
        reason = "Nothing says what should be different afterwards."
        yield Finding("goal", "no goal", reason, 1.0)
    elif _is_vague(goal):
        reason = f"{_vague_word(goal)!r} does not say what is different afterwards."
        yield Finding("goal", "a vague goal", reason, 0.6)
    elif len(words) < _FEW_WORDS and not brief.context and not _CONCRETE.search(goal):
        reason = f"{len(words)} words and no context leave much to be guessed."
        yield Finding("goal", "a short goal", reason, 0.5)


def _acceptance(brief: Brief) -> Iterator[Finding]:
    if not brief.acceptance:
        sure = 0.6 if brief.verify else 0.95
        reason = "Nobody can say when it is done."
        if brief.verify:
            reason = "Commands verify it, but nothing says what they should prove."
        yield Finding("acceptance", "no acceptance criterion", reason, sure)
        return
    vague = [each for each in brief.acceptance if _is_vague(each)]
    if vague:
        share = len(vague) / len(brief.acceptance)
        reason = f"{_cut(vague[0])!r} cannot be answered by yes or no."
        yield Finding(
            "acceptance", "a vague acceptance criterion", reason, 0.4 + 0.3 * share
        )


def _verification(brief: Brief) -> Iterator[Finding]:
    if brief.verify:
        return
    named = any("`" in each for each in brief.acceptance)
    reason = "No command shows that the work is right, so a person has to look."
    if named:
        reason = "The criteria name commands; under `verify` they run by themselves."
    yield Finding("verify", "no verification", reason, 0.5 if named else 0.9)


def _scope(brief: Brief) -> Iterator[Finding]:
    vague = [each for each in brief.scope_in if _EVERYTHING.fullmatch(each.strip())]
    if vague:
        reason = f"{vague[0]!r} lets it change any file."
        yield Finding("scope", "a vague scope", reason, 0.85)
    elif not brief.scope_in and not brief.scope_out:
        told = _CONCRETE.search(f"{brief.goal}\n{brief.context}") is not None
        reason = "Nothing says which files or parts it may change."
        if told:
            reason = "The goal names places, but nothing says that others are out."
        yield Finding("scope", "no scope", reason, 0.45 if told else 0.7)


def _non_goals(brief: Brief) -> Iterator[Finding]:
    if brief.non_goals:
        return
    reason = "Agents like to do more than is asked; say what not to do."
    sure = 0.35 if brief.scope_out or brief.constraints else 0.6
    yield Finding("non-goals", "no non-goals", reason, sure)


def _placeholders(brief: Brief) -> Iterator[Finding]:
    parts = (brief.goal, brief.context, *brief.acceptance, *brief.scope_in)
    for text in (*parts, *brief.scope_out, *brief.non_goals, *brief.verify):
        match = _PLACEHOLDER.search(text)
        if match is not None:
            reason = f"{match[0]!r} is still to be filled in."
            yield Finding("template", "a placeholder", reason, 0.9)
            return


_LOOKS: tuple[Callable[[Brief], Iterator[Finding]], ...] = (
    _goal,
    _acceptance,
    _verification,
    _scope,
    _non_goals,
    _placeholders,
)


def _is_vague(text: str) -> bool:
    return bool(_VAGUE.search(text)) and not _CONCRETE.search(text)


def _vague_word(text: str) -> str:
    match = _VAGUE.search(text)
    return match[0] if match else ""


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
