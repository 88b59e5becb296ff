"""Briefs: what an agent has to do, written down so that it can be judged.

A brief is Markdown with front matter. This module knows what the fields mean, what a
good brief has, and how it is told to an agent; the file's format is split elsewhere.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a session may use; None is no limit."""

    minutes: float | None = None
    """While its agent runs."""
    tokens: int | None = None
    """In and out, by the agent's own record."""
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What a brief says. Empty stands for what it does not say."""

    title: str = ""
    goal: str = ""
    context: str = ""
    acceptance: tuple[str, ...] = ()
    scope_in: tuple[str, ...] = ()
    scope_out: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    non_goals: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    """Commands for the shell that succeed when the work is right."""
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    agent: str = ""
    model: str = ""
    mode: str = ""
    custom: str = ""
    base: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a brief that could not be used, and where it stands."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A brief as far as it could be read, and what could not."""

    brief: Brief
    problems: tuple[Problem, ...] = ()


_TEXTS = ("title", "goal", "context", "agent", "model", "mode", "custom", "base")
_LISTS = ("acceptance", "constraints", "non_goals", "verify", "links", "images")
_LIMITS = {"minutes": "minutes", "tokens": "tokens", "cost": "cost_usd"}
_KEYS = (
    *(name.replace("_", "-") for name in (*_TEXTS, *_LISTS)),
    "scope",
    "out-of-scope",
    "limits",
)
_ALIASES = {
    "acceptance-criteria": "acceptance",
    "criteria": "acceptance",
    "verification": "verify",
    "checks": "verify",
    "in-scope": "scope",
    "scope-in": "scope",
    "scope-out": "out-of-scope",
    "non-goal": "non-goals",
    "nongoals": "non-goals",
    "constraint": "constraints",
    "custom-agent": "custom",
    "role": "custom",
    "background": "context",
    "link": "links",
    "image": "images",
}
_HEADING = re.compile(r"#{1,6}\s+(?P<title>.+?)\s*#*\s*")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(?P<text>.+)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_EMPTY = frozenset({"-", "*", "+", "- [ ]"})
"""Items that wait to be written."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PROSE = frozenset({"title", "goal", "context"})


def brief_from(front: Mapping[Any, Any], body: str) -> Parsed:
    """Read a brief from its front matter and the Markdown below.

    Each key may stand in the front matter or be a heading with text or a list below.
    What stands below no heading is context, or the goal where none is given. What
    cannot be used is named and left out; the rest counts.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for given, value in front.items():
        key = _key(str(given))
        if key is None:
            problems.append(Problem(str(given) or "''", _unknown(str(given))))
        elif value is not None:
            _take(values, problems, key, value)
    for key, value in _sections(body).items():
        _take(values, problems, key, value)
    brief = Brief(**values)
    if not brief.goal and brief.context and "context" not in front:
        goal, _, rest = brief.context.partition("\n\n")
        brief = replace(brief, goal=goal.strip(), context=rest.strip())
    return Parsed(brief, tuple(problems))


def _key(given: str) -> str | None:
    key = "-".join(given.strip().casefold().replace("_", " ").replace("-", " ").split())
    key = _ALIASES.get(key, key)
    return key if key in _KEYS else None


def _unknown(given: str) -> str:
    close = difflib.get_close_matches(given.casefold(), _KEYS, 1)
    hint = f" Did you mean {close[0]}?" if close else f" There are {', '.join(_KEYS)}."
    return f"is not a field of a brief.{hint}"


def _take(
    values: dict[str, Any], problems: list[Problem], key: str, value: Any
) -> None:
    try:
        match key:
            case "scope":
                _take_scope(values, value)
            case "out-of-scope":
                _add(values, "scope_out", _list(value))
            case "limits":
                values["limits"] = _limits(value, problems)
            case _ if key.replace("-", "_") in _LISTS:
                _add(values, key.replace("-", "_"), _list(value))
            case _:
                values[key] = _text(value, is_prose=key in _PROSE)
    except ValueError as error:
        problems.append(Problem(key, str(error)))


def _take_scope(values: dict[str, Any], value: Any) -> None:
    if not isinstance(value, Mapping):
        _add(values, "scope_in", _list(value))
        return
    # YAML reads `in` and `out` as texts; anything else is a mistake to name.
    strange = [str(key) for key in value if str(key) not in ("in", "out")]
    if strange:
        raise ValueError(f"has {strange[0]!r} where only in and out can be")
    _add(values, "scope_in", _list(value.get("in")))
    _add(values, "scope_out", _list(value.get("out")))


def _add(values: dict[str, Any], name: str, more: tuple[str, ...]) -> None:
    values[name] = tuple(dict.fromkeys((*values.get(name, ()), *more)))


def _text(value: Any, *, is_prose: bool) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("is not a text")  # noqa: TRY004 - named to a person, not typed
    text = _cleaned(str(value))
    return text if is_prose else " ".join(text.split())


def _list(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else str(value).splitlines()
    if isinstance(value, Mapping) or any(isinstance(i, (dict, list)) for i in items):
        raise ValueError("is not a list of texts; a text with `: ` in it needs quotes")
    texts = (" ".join(_cleaned(str(i)).split()) for i in items if i is not None)
    return tuple(text for text in texts if text)


def _cleaned(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or c >= " ").strip()


def _limits(value: Any, problems: list[Problem]) -> Limits:
    if not isinstance(value, Mapping):
        raise ValueError("is not minutes, tokens and cost, each with a number")  # noqa: TRY004 - as above
    given: dict[str, Any] = {}
    for key, number in value.items():
        name = _LIMITS.get(str(key))
        if name is None:
            problems.append(Problem(f"limits.{key}", "is not minutes, tokens or cost."))
        elif number is not None:
            try:
                given[name] = limit_number(number, whole=name == "tokens")
            except ValueError as error:
                problems.append(Problem(f"limits.{key}", str(error)))
    return Limits(**given)


def limit_number(value: Any, *, whole: bool) -> Any:
    """A limit as a number above 0; a whole one may end with `k` or `m`.

    Raises:
        ValueError: If it is none.
    """
    text = str(value).strip().lower().lstrip("$").replace("_", "")
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([km]?)", text)
    if isinstance(value, bool) or match is None or (match[2] and not whole):
        raise ValueError(f"is {value!r}, not a number above 0.")
    number = float(match[1]) * {"": 1, "k": 1000, "m": 1_000_000}[match[2]]
    if number <= 0:
        raise ValueError(f"is {value!r}, not a number above 0.")
    return int(number) if whole else number


def _sections(body: str) -> dict[str, Any]:
    """The text below each heading that is a key; other headings stay in their text."""
    found: dict[str, list[str]] = {}
    current, in_fence, top = "context", False, True
    for line in _COMMENT.sub("", body).splitlines():
        if _FENCE.match(line):
            in_fence = not in_fence
        heading = None if in_fence else _HEADING.fullmatch(line)
        key = _key(heading["title"]) if heading else None
        if heading and key is None and top and line.startswith("# "):
            found["title"] = [heading["title"]]
        elif key is not None and key != "limits":
            current = key
        else:
            found.setdefault(current, []).append(line)
        top = top and not line.strip()
    texts = {key: "\n".join(lines).strip() for key, lines in found.items()}
    return {
        key: text if key in _PROSE else _items(text)
        for key, text in texts.items()
        if text
    }


def _items(text: str) -> list[str]:
    """The items of a list with what is indented below them; without one, the lines."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [ln for ln in lines if not _FENCE.match(ln) and ln.strip() not in _EMPTY]
    if not any(_ITEM.fullmatch(line) for line in lines):
        return [line.strip() for line in lines]
    items: list[str] = []
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match and not line[:1].isspace():
            items.append(match["text"])
        elif items:
            items[-1] += f" {line.strip()}"
        else:
            items.append(line.strip())
    return [_unquoted(item) for item in items]


def _unquoted(item: str) -> str:
    """A command that stands alone between backticks, without them."""
    match = re.fullmatch(r"`([^`]+)`", item.strip())
    return match[1] if match else item


Section = tuple[str, Callable[[Brief], "str | tuple[str, ...]"]]
_SECTIONS: tuple[Section, ...] = (
    ("Goal", lambda b: b.goal),
    ("Context", lambda b: b.context),
    ("Acceptance", lambda b: b.acceptance),
    ("Scope", lambda b: b.scope_in),
    ("Out of scope", lambda b: b.scope_out),
    ("Constraints", lambda b: b.constraints),
    ("Non-goals", lambda b: b.non_goals),
)


def prompt_of(brief: Brief) -> str:
    """What an agent is told: all that is about the work, nothing about the session."""
    parts = [f"# {brief.title}"] if brief.title else []
    parts += _prose(brief)
    if brief.verify:
        commands = "\n".join(f"- `{command}`" for command in brief.verify)
        parts.append(f"## Verification\n\nThese have to succeed:\n\n{commands}")
    if brief.links:
        parts.append("## Links\n\n" + "\n".join(f"- {link}" for link in brief.links))
    return "\n\n".join(parts)


def title_of(brief: Brief) -> str:
    """A line for people."""
    first = brief.goal.splitlines()[0] if brief.goal else ""
    return brief.title or first[:120]


def _prose(brief: Brief) -> list[str]:
    parts = []
    for heading, value_of in _SECTIONS:
        value = value_of(brief)
        text = value if isinstance(value, str) else "\n".join(f"- {v}" for v in value)
        if text:
            parts.append(f"## {heading}\n\n{text}")
    return parts


def front_of(brief: Brief) -> dict[str, Any]:
    """What stands in the front matter of a rendered brief: what is for the machine."""
    names = ("title", "agent", "model", "mode", "custom", "base")
    front: dict[str, Any] = {n: getattr(brief, n) for n in names if getattr(brief, n)}
    front |= {
        n: list(v) for n in ("verify", "links", "images") if (v := getattr(brief, n))
    }
    limits = {
        key: getattr(brief.limits, name)
        for key, name in _LIMITS.items()
        if getattr(brief.limits, name) is not None
    }
    return {**front, **({"limits": limits} if limits else {})}


def body_of(brief: Brief) -> str:
    """The Markdown below the front matter of a rendered brief."""
    return "\n\n".join(_prose(brief))


def brief_to_wire(brief: Brief) -> dict[str, Any]:
    """A brief as JSON."""
    values: dict[str, Any] = {}
    for each in fields(brief):
        value = getattr(brief, each.name)
        values[each.name] = list(value) if isinstance(value, tuple) else value
    values["limits"] = {f.name: getattr(brief.limits, f.name) for f in fields(Limits)}
    return values


def limits_to_order(limits: Limits) -> dict[str, Any]:
    """The limits that there are, as `session.create` takes them."""
    named = {f"limit_{f.name}": getattr(limits, f.name) for f in fields(limits)}
    return {name: value for name, value in named.items() if value is not None}


def order_of(brief: Brief) -> dict[str, Any]:
    """The parameters of `session.create` that a brief gives; None where it says nothing."""
    names = ("agent", "model", "mode", "custom", "base")
    return {
        "prompt": prompt_of(brief),
        "title": title_of(brief) or None,
        **{name: getattr(brief, name) or None for name in names},
        "images": list(brief.images),
        "checks": list(brief.verify),
        **limits_to_order(brief.limits),
    }
