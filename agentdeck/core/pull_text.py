"""What a pull request says at first, and what is said of one in a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentdeck.core.briefs import Brief, brief_from
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview

MAX_TITLE = 256
"""What GitHub takes."""
MAX_BODY = 60_000


def pull_title(session_title: str, subjects: Sequence[str]) -> str:
    """The subject of the only commit, or else what the session is called."""
    title = subjects[0] if len(subjects) == 1 else session_title
    return " ".join((title or "".join(subjects[:1])).split())[:MAX_TITLE]


def pull_body(prompt: str, subjects: Sequence[str], template: str = "") -> str:
    """What the pull request says at first.

    The goal and the acceptance criteria of a brief, then the commits; a prompt that
    is no brief is between the person and the agent, and is left out. In a template
    of the repository it stands below the first heading that asks for it, or else on
    top.

    Args:
        prompt: What the agent was told.
        subjects: Of the commits, the oldest first.
        template: The repository's own, if there is one.
    """
    summary = _summary(brief_from({}, prompt).brief, prompt, subjects)
    if not template.strip():
        return summary[:MAX_BODY]
    template = template.replace("\r\n", "\n").strip("\n")
    heading = _ASKS.search(template)
    if heading is None:
        return f"{summary}\n\n{template}"[:MAX_BODY]
    before, after = template[: heading.end()], template[heading.end() :]
    return f"{before}\n\n{summary}\n{after}"[:MAX_BODY]


_ASKS = re.compile(
    r"^#{1,6}[^\n]*\b(?:summary|description|what|changes?|overview|purpose)\b[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def _summary(brief: Brief, prompt: str, subjects: Sequence[str]) -> str:
    parts = []
    # What stands below no heading is no goal that was written as one.
    if brief.goal and re.search(r"^#+ *goal\s*$", prompt, re.IGNORECASE | re.MULTILINE):
        parts.append(brief.goal)
    if brief.acceptance:
        parts.append("\n".join(f"- [ ] {each}" for each in brief.acceptance))
    parts.append("\n".join(f"- {inert(subject)}" for subject in subjects))
    return "\n\n".join(part for part in parts if part)


def inert(subject: str) -> str:
    """A subject that calls nobody and closes no issue: `@name` and `#12` stay words."""
    return re.sub(r"(?<![\w`])([@#])(?=\w)", "\\1\u2060", subject)


def one_text(title: str, body: str) -> str:
    """Title and body as a text to edit: the title, an empty line, the body."""
    return f"{title}\n\n{body}".rstrip() + "\n"


def title_and_body(text: str) -> tuple[str, str]:
    """The title and the body of a text that was edited; the title may be empty."""
    title, _, body = text.replace("\r\n", "\n").strip().partition("\n")
    return " ".join(title.lstrip("# ").split())[:MAX_TITLE], body.strip()


def pull_words(pull: PullRequest) -> str:
    """A pull request in a line: `#12 open, checks passed, approved`."""
    words = [f"#{pull.number} {pull.state.value}"]
    if not pull.is_open:
        return words[0]
    if pull.conflicts:
        words.append(f"conflicts with {pull.base}")
    if pull.checks is not PullChecks.NONE:
        words.append(f"checks {pull.checks.value}")
    words += _REVIEW_WORDS.get(pull.review, ())
    return ", ".join(words)


_REVIEW_WORDS = {
    PullReview.REQUIRED: ("review required",),
    PullReview.APPROVED: ("approved",),
    PullReview.CHANGES: ("changes requested",),
}
