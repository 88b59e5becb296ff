"""Results of a SARIF 2.1.0 log as plain findings, whatever the log really holds.

Only what a reviewer needs is read: location, level, rule, message and a fix's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

MAX_RESULTS = 20_000
"""More are not looked at, however they may be meant."""
MAX_WORDS = 8000
"""Of a message; filling in arguments must not make it grow without end."""
MAX_ARGUMENT = 400

_SKIPPED_KINDS = frozenset({"pass", "notApplicable"})
_MILD_KINDS = frozenset({"informational", "open", "review"})
_PLACEHOLDER = re.compile(r"\{(\d{1,2})\}")


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a run, as results point to them by number or by name."""

    by_number: list[Mapping[str, Any]]
    by_name: Mapping[str, Mapping[str, Any]]


def results_of(runs: list[Any]) -> Iterator[dict[str, Any] | str]:
    """The results as `{file, line, end, severity, rule, message, suggestion}`.

    For one that cannot be used or is suppressed, the reason. Never raises.
    """
    left = MAX_RESULTS
    for run in runs:
        results = _listed(run, "results")
        rules = _rules(run)
        for result in results:
            if left <= 0:
                yield f"there are more than {MAX_RESULTS} results"
                return
            left -= 1
            found = _result(run, rules, result)
            if found is not None:
                yield found


def _result(run: Any, rules: _Rules, result: Any) -> dict[str, Any] | str | None:
    if not isinstance(result, dict):
        return "one is no object"
    kind = result.get("kind")
    if isinstance(kind, str) and kind in _SKIPPED_KINDS:
        return None
    if _is_suppressed(result):
        return "one is suppressed"
    rule = _rule_of(rules, result)
    level = result.get("level") or _inside(rule, "defaultConfiguration", "level")
    if isinstance(kind, str) and kind in _MILD_KINDS:
        level = "note"
    return {
        **_location(run, result),
        "severity": level,
        "rule": _first_text(
            result.get("ruleId"), _inside(result, "rule", "id"), rule.get("id")
        ),
        "message": _message(result.get("message"), rule),
        "suggestion": _fix(result),
    }


def _is_suppressed(result: Mapping[str, Any]) -> bool:
    given = _listed(result, "suppressions")
    states = [s.get("status", "accepted") for s in given if isinstance(s, dict)]
    return "accepted" in states


def _rules(run: Any) -> _Rules:
    # A rule that is no object keeps its place, as results point by number.
    found = _listed(_inside(run, "tool", "driver"), "rules")
    rules: list[Mapping[str, Any]] = [r if isinstance(r, dict) else {} for r in found]
    named = ((rule.get("id"), rule) for rule in reversed(rules))
    return _Rules(rules, {n: rule for n, rule in named if isinstance(n, str)})


def _rule_of(rules: _Rules, result: Mapping[str, Any]) -> Mapping[str, Any]:
    for number in (result.get("ruleIndex"), _inside(result, "rule", "index")):
        rule: Mapping[str, Any] | None = _at(rules.by_number, number)
        if rule is not None:
            return rule
    name = _first_text(result.get("ruleId"), _inside(result, "rule", "id"))
    return rules.by_name.get(name, {})


def _location(run: Any, result: Mapping[str, Any]) -> dict[str, Any]:
    location = next(iter(_listed(result, "locations")), None)
    physical = _inside(location, "physicalLocation")
    artifact = _inside(physical, "artifactLocation")
    uri = _inside(artifact, "uri")
    if uri is None:
        found = _at(_listed(run, "artifacts"), _inside(artifact, "index"))
        uri = _inside(found, "location", "uri")
    region = _inside(physical, "region")
    return {
        "file": _path(uri),
        "line": _inside(region, "startLine"),
        "end": _inside(region, "endLine"),
    }


def _path(uri: Any) -> Any:
    """The path of a URI; one that is of no file stays, and is refused as it is."""
    if not isinstance(uri, str):
        return uri
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "../"
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        return "../"
    return unquote(parts.path)


def _message(message: Any, rule: Mapping[str, Any]) -> str:
    text = _words(message)
    if not text:
        name = _inside(message, "id")
        strings = _inside(rule, "messageStrings")
        known = isinstance(strings, dict) and isinstance(name, str)
        text = _words(strings.get(name)) if known else ""
    if not text:
        text = _words(rule.get("shortDescription")) or _words(
            rule.get("fullDescription")
        )
    arguments = _listed(message, "arguments")

    def filled(match: re.Match[str]) -> str:
        number = int(match[1])
        is_given = number < len(arguments) and isinstance(arguments[number], str)
        return str(arguments[number])[:MAX_ARGUMENT] if is_given else match[0]

    return _PLACEHOLDER.sub(filled, text[:MAX_WORDS])


def _fix(result: Mapping[str, Any]) -> str:
    for fix in _listed(result, "fixes"):
        told = _words(_inside(fix, "description"))
        if told:
            return told
    return ""


def _words(message: Any) -> str:
    return _first_text(_inside(message, "text"), _inside(message, "markdown"))


def _first_text(*values: Any) -> str:
    return next((v for v in values if isinstance(v, str) and v.strip()), "")


def _at(values: list[Any], number: Any) -> Any:
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return values[number] if is_number and 0 <= number < len(values) else None


def _inside(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _listed(value: Any, name: str) -> list[Any]:
    found = _inside(value, name)
    return found if isinstance(found, list) else []
