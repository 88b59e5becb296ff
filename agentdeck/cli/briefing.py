"""What `run --brief` and `--limit` make of a brief and of limits on a command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from agentdeck.cli import report
from agentdeck.config.brief_files import parse_brief, read_brief
from agentdeck.core.brief_quality import findings_of, is_worth_asking
from agentdeck.core.briefs import Limits, Parsed, limit_number, order_of, prompt_of
from agentdeck.core.errors import UsageError

_NAMES = {"minutes": "minutes", "tokens": "tokens", "cost": "cost_usd"}


def brief_of(source: str) -> Parsed:
    """The brief in a file, or on standard input for `-`.

    Raises:
        UsageError: If it cannot be read at all.
    """
    if source != "-":
        return read_brief(Path(source))
    try:
        return parse_brief(sys.stdin.read(), "standard input")
    except UnicodeDecodeError as error:
        raise UsageError("The brief on standard input is not UTF-8 text.") from error


def checked_order(parsed: Parsed) -> dict[str, Any]:
    """The parameters of `session.create` that a brief gives; says what it is missing.

    Raises:
        UsageError: If anything in it could not be read, or it says nothing to do.
    """
    if parsed.problems:
        told = "; ".join(f"{each.key} {each.text}" for each in parsed.problems)
        raise UsageError(f"The brief: {told}")
    if not prompt_of(parsed.brief):
        raise UsageError("The brief says nothing to do: it needs a goal.")
    findings = findings_of(parsed.brief)
    if is_worth_asking(findings):
        missing = ", ".join(finding.what for finding in findings)
        report.say(f"The brief has {missing}; `agentdeck brief check` says why.")
    return order_of(parsed.brief)


def limits_from(given: list[str]) -> Limits:
    """Limits from `minutes=30`, `tokens=200k`, `cost=2.50`.

    Raises:
        UsageError: If one is none of these.
    """
    values: dict[str, Any] = {}
    for each in given:
        name, _, number = each.partition("=")
        if name not in _NAMES:
            raise UsageError(f"--limit {each!r} is not minutes=N, tokens=N or cost=N.")
        try:
            values[_NAMES[name]] = limit_number(number, whole=name == "tokens")
        except ValueError as error:
            raise UsageError(f"--limit {name} {error}") from error
    return Limits(**values)


def merged(order: dict[str, Any], brief: dict[str, Any]) -> dict[str, Any]:
    """An order with a brief below it: what the command line says wins, lists add."""
    joined = {**brief, **{k: v for k, v in order.items() if v not in (None, [])}}
    for key in ("images", "checks"):
        joined[key] = list(
            dict.fromkeys([*brief.get(key, []), *(order.get(key) or [])])
        )
    return {**order, **joined}
