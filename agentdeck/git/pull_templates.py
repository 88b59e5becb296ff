"""The repository's own template for pull requests, as a branch has it."""

from __future__ import annotations

import re

from agentdeck.git import commands
from agentdeck.git.repository import Repository

FOLDERS = (".github/", "", "docs/")
MAX_TEMPLATE = 60_000
_NAME = re.compile(r"(?:^|/)pull_request_template(?:\.md|\.txt)?$", re.IGNORECASE)


def pull_template(repo: Repository, revision: str) -> str:
    """The template, looked for where GitHub looks; empty if there is none.

    Args:
        repo: The repository.
        revision: A commit or the full name of a ref.

    Raises:
        GitError: If there is no such revision.
    """
    listed = commands.read(
        repo.root, "ls-tree", "-z", revision, ".github/", "./", "docs/"
    )
    found: dict[str, str] = {}
    for record in listed.records():
        about, _, path = record.partition("\t")
        mode, kind, blob = about.split(" ")
        if kind == "blob" and mode != "120000" and _NAME.search(path):
            found.setdefault(path[: path.rfind("/") + 1], blob)
    for folder in FOLDERS:
        if folder in found:
            data, _ = commands.read_up_to(
                repo.root, "cat-file", "blob", found[folder], limit=MAX_TEMPLATE
            )
            return data.decode("utf-8", "replace")
    return ""
