"""Variants: one task for several sessions, and what is different about each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from agentdeck.core.errors import UsageError
from agentdeck.core.slugs import slug_from

MAX_VARIANTS = 20
_KEYS = {
    "agent": "agent",
    "model": "model",
    "mode": "mode",
    "custom": "custom",
    "role": "custom",
    "note": "note",
}
_PAIR = re.compile(rf"(?:^|,)\s*({'|'.join(_KEYS)})\s*=")


@dataclass(frozen=True, slots=True)
class Variation:
    """What one variant has in place of what all have. Empty stands for the same."""

    agent: str = ""
    model: str = ""
    mode: str = ""
    custom: str = ""
    note: str = ""
    """An approach, such as "GraphQL", that its agent is told at the end of the task."""

    @property
    def label(self) -> str:
        """What is different, in a few words; empty where nothing is."""
        values = (getattr(self, field.name) for field in fields(self))
        named = (value.rpartition("/")[2] for value in values if value)
        return " · ".join(" ".join(value.split())[:60] for value in named)


def variation_from(given: str) -> Variation:
    """A variation from `agent=codex,model=gpt`, or from a note alone.

    Raises:
        UsageError: If a key is there twice, has no value, or is none.
    """
    starts = list(_PAIR.finditer(given))
    if not starts:
        key, equals, _ = given.partition("=")
        if equals and re.fullmatch(r"\s*[a-z]+\s*", key):
            raise UsageError(
                f"A variant has no {key.strip()!r}. There are agent, model, mode, "
                "custom and note; anything with other signs is a note."
            )
        if not given.strip():
            raise UsageError("A variant needs something that is different about it.")
        return Variation(note=given.strip())
    if given[: starts[0].start()].strip():
        raise UsageError(f"{given!r}: a note beside others is written note=…")
    values: dict[str, str] = {}
    ends = [*(start.start() for start in starts[1:]), len(given)]
    for start, end in zip(starts, ends, strict=True):
        name, value = _KEYS[start[1]], given[start.end() : end].strip()
        if not value or name in values:
            why = "is given twice" if name in values else "has no value"
            raise UsageError(f"{given!r}: {start[1]} {why}.")
        values[name] = value
    return Variation(**values)


def group_name(text: str, token: str) -> str:
    """The name of a group of variants of one task."""
    return f"{slug_from(text)}-{token}"


def varied(
    order: Mapping[str, Any], variations: Sequence[Variation], group: str
) -> list[dict[str, Any]]:
    """One order for each variation of a task.

    Another agent takes neither the model nor the mode of the first along.

    Raises:
        UsageError: If there are fewer than two or too many.
    """
    if not 2 <= len(variations) <= MAX_VARIANTS:
        raise UsageError(f"Variants are 2 to {MAX_VARIANTS}, not {len(variations)}.")
    return [
        _varied(order, variation, group, number)
        for number, variation in enumerate(variations, 1)
    ]


def _varied(
    order: Mapping[str, Any], variation: Variation, group: str, number: int
) -> dict[str, Any]:
    new = {**order, "group": group, "number": number}
    if variation.agent and variation.agent != order.get("agent"):
        new |= {"model": None, "mode": None}
    for name in ("agent", "model", "mode", "custom"):
        if getattr(variation, name):
            new[name] = getattr(variation, name)
    if variation.note:
        new["prompt"] = f"{new['prompt']}\n\nApproach: {variation.note}"
    if order.get("name"):
        new["name"] = f"{order['name']}-{number}"
    new["variant"] = variation.label
    return new


def split_by_file(diff: str) -> dict[str, str]:
    """A git diff's text by the path of each file, in order."""
    files: dict[str, list[str]] = {}
    current: list[str] = []
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            current = files.setdefault(_path_in(line), [])
        current.append(line)
    return {path: "\n".join(lines).rstrip("\n") for path, lines in files.items()}


def _path_in(line: str) -> str:
    """The new path that the first line of a file's diff names."""
    names = line.removeprefix("diff --git ")
    quoted = re.search(r' "b/((?:[^"\\]|\\.)*)"$', names)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1])
    # Of a file that kept its path both halves are the same, whatever spaces it has.
    half = (len(names) - 1) // 2
    if names[2:half] == names[half + 3 :]:
        return names[2:half]
    return names.rpartition(" b/")[2]
