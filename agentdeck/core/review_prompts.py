"""What a reviewing agent is told: what to look at, and how to write what it finds."""

from __future__ import annotations

_FORM = """\
{"version": 1, "findings": [{"file": "src/a.py", "line": 12, "end": 14,
  "severity": "error", "rule": "short-name", "message": "What is wrong, and why.",
  "suggestion": "What to do instead."}]}"""


def review_prompt(
    *,
    branch: str,
    title: str,
    commit: str,
    start: str,
    path: str,
    more: str = "",
    earlier: tuple[str, ...] = (),
    dismissed: tuple[str, ...] = (),
) -> str:
    """The whole prompt of a reviewer.

    No line begins with what stands for a path or a name, as some agents take a `/` at
    the begin of a line for a command.

    Args:
        branch: The branch that is reviewed.
        title: What its session is about.
        commit: The commit that is checked out.
        start: Where the change begins.
        path: Where the findings belong.
        more: What the rule adds.
        earlier: What reviews before this one found and still stands.
        dismissed: What a person dismissed of it.
    """
    title = " ".join(title.split())
    parts = [
        f"Review a change that another agent made: {title}\n"
        f"It is checked out here as {commit[:12]}, from the branch {branch}. See it "
        f"with: git diff {start[:12]} {commit[:12]}",
        "Look for mistakes, missed cases, broken promises and missing tests. Report "
        "only what you are sure of and what matters. Read all that you need and run "
        "what helps, but change nothing: this worktree is for reading, git moves no "
        "branch in it, and nothing from it is merged.",
        f"Write what you find as JSON to the file {path} (its path is also in "
        "$AGENTDECK_FINDINGS). Paths are from the top of the worktree, lines are "
        "those of the files as they are now, and severity is error, warning or note. "
        "SARIF 2.1.0 is read too. The form is:",
        _FORM,
        "If you find nothing, write an empty list of findings. Write that file at the "
        "end, once, and say in a sentence what you found.",
    ]
    if earlier:
        told = "\n".join(f"- {line}" for line in earlier)
        parts.append(
            "Reviews before this one found the following. Report again, with the same "
            f"words, what still holds:\n{told}"
        )
    if dismissed:
        told = "\n".join(f"- {line}" for line in dismissed)
        parts.append(f"A person dismissed these; do not report them again:\n{told}")
    if more.strip():
        parts.append(more.strip())
    return "\n\n".join(parts)
