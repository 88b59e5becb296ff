"""What a reviewing agent found: reading its file, and what becomes of each finding.

The file is SARIF 2.1.0 or a small JSON of our own. Its author is a program that may
write anything, so whatever it holds is read within bounds: what can be used is, the
rest is counted with the reason, and only a file that is neither format is an error.
"""

from __future__ import annotations

import hashlib
import json
import math
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from agentdeck.core import sarif
from agentdeck.core.comments import Anchor, Place
from agentdeck.core.errors import AgentDeckError

MAX_BYTES = 4 * 1024 * 1024
MAX_FINDINGS = 500
"""Of one review; more are counted and left out."""
MAX_PATH = 1024
MAX_RULE = 120
MAX_MESSAGE = 4000
MAX_LINE = 10_000_000
MAX_TOLD = 300
"""Of a message, to the reviewer that comes after."""
MAX_REASONS = 8
"""So many reasons are told why something was left out."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


class FindingsError(AgentDeckError):
    """A file of findings that is none."""


class Severity(StrEnum):
    """How grave a finding is, in SARIF's words; the gravest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(
        ("error", "critical", "blocker", "high", "major", "severe"), Severity.ERROR
    ),
    **dict.fromkeys(("warning", "warn", "medium", "moderate"), Severity.WARNING),
    **dict.fromkeys(
        ("note", "none", "info", "information", "low", "minor", "nit", "style", "hint"),
        Severity.NOTE,
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reviewer says of a file's lines."""

    path: str
    """From the top of the worktree; empty for the change as a whole."""
    line: int
    """The first line, from 1; 0 for the whole file."""
    end: int
    severity: Severity
    rule: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file of findings holds."""

    findings: tuple[Finding, ...] = ()
    left_out: int = 0
    reasons: tuple[str, ...] = ()
    """Why some were left out; the first few."""


@dataclass(slots=True)
class _Sink:
    """Takes findings in as far as there is room."""

    root: str
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0
    reasons: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        self.left_out += 1
        if reason not in self.reasons and len(self.reasons) < MAX_REASONS:
            self.reasons.append(reason)

    def take(self, raw: Mapping[str, Any]) -> None:
        """Take one in, from `file`, `line`, `end`, `severity`, `rule` and texts."""
        if len(self.findings) >= MAX_FINDINGS:
            self.refuse(f"there are more than {MAX_FINDINGS}")
            return
        message = text_of(raw.get("message"), MAX_MESSAGE)
        if not message:
            self.refuse("one has no message")
            return
        path = path_within(raw.get("file"), self.root)
        if path is None:
            self.refuse("one is about a file outside of the worktree")
            return
        line = _number(raw.get("line"))
        end = max(line, _number(raw.get("end")))
        self.findings.append(
            Finding(
                path,
                line if path else 0,
                end if path and line else 0,
                severity_of(raw.get("severity")),
                " ".join(text_of(raw.get("rule"), MAX_RULE).split()),
                message,
                text_of(raw.get("suggestion"), MAX_MESSAGE),
            )
        )


def read_findings(data: bytes, root: str = "") -> Reading:
    """Read a file of findings, whatever it holds.

    Args:
        data: The bytes of the file, of which `MAX_BYTES` are looked at at most.
        root: The reviewer's worktree: an absolute path below it is one in it.

    Raises:
        FindingsError: If it is neither SARIF 2.1 nor our JSON; says what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise FindingsError(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FindingsError("it is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FindingsError(f"it is no JSON: {error.msg} in {where}") from error
    except (RecursionError, ValueError) as error:
        # Brackets without end, or a number with thousands of digits.
        raise FindingsError("it is no JSON that can be read") from error
    sink = _Sink(root)
    if isinstance(value, dict) and "runs" in value:
        _take_sarif(value, sink)
    else:
        _take_own(value, sink)
    return Reading(tuple(sink.findings), sink.left_out, tuple(sink.reasons))


def _take_own(value: Any, sink: _Sink) -> None:
    listed = value.get("findings") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise FindingsError(
            'it has neither a list of "findings" nor, as SARIF, a list of "runs"'
        )
    for each in listed:
        if isinstance(each, dict):
            sink.take(_own(each))
        else:
            sink.refuse("one is no object")


def _own(each: Mapping[str, Any]) -> dict[str, Any]:
    def first(*names: str) -> Any:
        found = (each[name] for name in names if each.get(name) is not None)
        return next(found, None)

    return {
        "file": first("file", "path"),
        "line": first("line", "start_line", "startLine"),
        "end": first("end", "end_line", "endLine"),
        "severity": first("severity", "level"),
        "rule": first("rule", "ruleId"),
        "message": first("message", "text"),
        "suggestion": first("suggestion", "fix"),
    }


def _take_sarif(value: Mapping[str, Any], sink: _Sink) -> None:
    version = value.get("version")
    if not isinstance(version, str) or not version.startswith("2.1"):
        shown = text_of(version, 20) or "none"
        raise FindingsError(f"it is SARIF of version {shown}, not 2.1.0")
    if not isinstance(value["runs"], list):
        raise FindingsError('its "runs" are no list')
    for raw in sarif.results_of(value["runs"]):
        if isinstance(raw, str):
            sink.refuse(raw)
        else:
            sink.take(raw)


def text_of(value: Any, most: int) -> str:
    """A text without what a terminal or a page would act on, within bounds."""
    if not isinstance(value, str):
        return ""
    clean = _UNSAFE.sub("", value[: most * 2].replace("\r\n", "\n")).strip()
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def severity_of(value: Any) -> Severity:
    """A severity by any of its usual names; a warning where it has none of them."""
    if not isinstance(value, str):
        return Severity.WARNING
    return _SEVERITIES.get(value[:20].strip().casefold(), Severity.WARNING)


def path_within(value: Any, root: str) -> str | None:
    """A path from the top of the worktree; None if it leads out of it."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > MAX_PATH or _UNSAFE.search(value):
        return None
    if "\n" in value or "\t" in value:
        return None
    path = value
    if path.startswith("/"):
        top = root.rstrip("/") + "/"
        if not root or not path.startswith(top):
            return None
        path = path[len(top) :]
    path = posixpath.normpath(path) if path else "."
    if path.startswith(("/", "../")) or path in (".", ".."):
        return None
    return None if path == ".git" or path.startswith(".git/") else path


def _number(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    return int(value) if 0 < value <= MAX_LINE else 0


class FindingState(StrEnum):
    """What has become of a finding."""

    OPEN = "open"
    SENT = "sent"
    """Its author's agent was told, and no later review says that it is gone."""
    DISMISSED = "dismissed"
    GONE = "gone"
    """A later review by the same rule did not find it again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding as it is kept with the reviewed session. Times are ISO 8601."""

    id: str
    finding: Finding
    anchor: Anchor
    review: str
    """The id of the review that found it last."""
    by: str
    """The rule or agent of that review."""
    reviewer: str
    """The name of the reviewing session."""
    commit: str
    at: str
    hunk: str = ""
    sent_at: str = ""
    dismissed_at: str = ""
    reason: str = ""
    """Why it was dismissed."""
    gone_in: str = ""
    """The commit of the review that did not find it again."""
    posted_at: str = ""

    @property
    def state(self) -> FindingState:
        """What has become of it."""
        if self.dismissed_at:
            return FindingState.DISMISSED
        if self.gone_in:
            return FindingState.GONE
        return FindingState.SENT if self.sent_at else FindingState.OPEN

    @property
    def stands(self) -> bool:
        """Whether it still asks for something."""
        return self.state in (FindingState.OPEN, FindingState.SENT)


def finding_id(by: str, finding: Finding, texts: Sequence[str], nth: int) -> str:
    """What a finding is known by from one review to the next.

    Its lines' text counts and not their numbers, so that it is the same one after
    lines were added above.
    """
    parts = (by, finding.path, finding.rule, " ".join(finding.message.split()))
    digest = hashlib.sha256("\0".join((*parts, *texts, str(nth))).encode())
    return digest.hexdigest()[:10]


def after_review(
    kept: Iterable[Kept], found: Iterable[Kept], *, by: str, review: str, commit: str
) -> tuple[Kept, ...]:
    """The findings of a session once a review by a rule is done.

    What is found again keeps that it was dismissed; what was sent and is found again
    can be sent again. What the rule had found and does not find any more is gone.
    """
    new = {each.id: each for each in found}
    result: list[Kept] = []
    for old in kept:
        again = new.pop(old.id, None)
        if again is not None:
            result.append(_found_again(old, again))
        elif old.by == by and old.review != review and old.stands:
            result.append(replace(old, gone_in=commit))
        elif old.review != review or not old.stands:
            result.append(old)
    return (*result, *new.values())


def _found_again(old: Kept, again: Kept) -> Kept:
    same = old.review == again.review
    return replace(
        again,
        at=old.at,
        sent_at=old.sent_at if same else "",
        posted_at=old.posted_at,
        dismissed_at=old.dismissed_at,
        reason=old.reason,
    )


def counts_of(kept: Iterable[Kept]) -> tuple[int, int, int]:
    """How many errors, warnings and notes still stand."""
    standing = [each.finding.severity for each in kept if each.stands]
    errors, warnings, notes = (standing.count(severity) for severity in Severity)
    return errors, warnings, notes


def in_order(kept: Iterable[Kept]) -> list[Kept]:
    """Findings by file and line, in a file the gravest of a line first."""
    grave = list(Severity)
    return sorted(
        kept,
        key=lambda k: (
            k.anchor.path,
            k.anchor.line,
            grave.index(k.finding.severity),
            k.id,
        ),
    )


def comment_text(kept: Kept) -> str:
    """A finding as a comment reads: severity, rule, message, suggestion."""
    finding = kept.finding
    rule = f" ({finding.rule})" if finding.rule else ""
    text = f"{finding.severity.value}{rule}: {finding.message}"
    if finding.suggestion:
        text = f"{text}\nSuggestion: {finding.suggestion}"
    return text


def told_again(kept: Kept) -> str:
    """A finding in a line, for the reviewer that comes after."""
    finding = kept.finding
    where = (
        f"{finding.path or 'the change'}{f':{finding.line}' if finding.line else ''}"
    )
    rule = f" ({finding.rule})" if finding.rule else ""
    message = " ".join(finding.message.split())[:MAX_TOLD]
    return f"{where} {finding.severity.value}{rule}: {message}"


def kept_to_wire(kept: Kept, place: Place | None = None) -> dict[str, Any]:
    """A finding as `agentdeck findings --json` shows it."""
    finding, anchor = kept.finding, kept.anchor
    values: dict[str, Any] = {
        "id": kept.id,
        "file": finding.path,
        "line": finding.line,
        "end": finding.end,
        "severity": finding.severity.value,
        "rule": finding.rule,
        "message": finding.message,
        "suggestion": finding.suggestion,
        "state": kept.state.value,
        "texts": list(anchor.texts),
        "before": list(anchor.before),
        "after": list(anchor.after),
        "anchor_line": anchor.line,
        "hunk": kept.hunk,
        "review": kept.review,
        "by": kept.by,
        "reviewer": kept.reviewer,
        "commit": kept.commit,
        "at": kept.at,
        "sent_at": kept.sent_at,
        "dismissed_at": kept.dismissed_at,
        "reason": kept.reason,
        "gone_in": kept.gone_in,
        "posted_at": kept.posted_at,
    }
    if place is not None:
        values["place"] = {
            "line": place.line,
            "end": place.end,
            "is_outdated": place.is_outdated,
        }
    return values


_TEXTS = ("review", "by", "reviewer", "commit", "at", "hunk", "sent_at")
_MORE = ("dismissed_at", "reason", "gone_in", "posted_at")


def kept_from_wire(values: Mapping[str, Any]) -> Kept:
    """A finding from its JSON object."""
    finding = Finding(
        str(values["file"]),
        int(values["line"]),
        int(values["end"]),
        Severity(values["severity"]),
        str(values.get("rule") or ""),
        str(values["message"]),
        str(values.get("suggestion") or ""),
    )
    anchor = Anchor(
        finding.path,
        "new",
        int(values.get("anchor_line", finding.line)),
        tuple(str(each) for each in values.get("texts") or ()),
        tuple(str(each) for each in values.get("before") or ()),
        tuple(str(each) for each in values.get("after") or ()),
    )
    texts = {name: str(values.get(name) or "") for name in (*_TEXTS, *_MORE)}
    return Kept(str(values["id"]), finding, anchor, **texts)
