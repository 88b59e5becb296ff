"""Names of branches and folders: templates, and what git would not take."""

from __future__ import annotations

import re
from pathlib import Path

from agentdeck.git.errors import InvalidNameError

DEFAULT_WORKTREE_TEMPLATE = "{repo}.worktrees/{slug}"
DEFAULT_BRANCH_TEMPLATE = "agentdeck/{slug}"
MAX_COMPONENT_BYTES = 250
"""File systems take 255 bytes; git needs five more for `.lock`."""

_UNFIT_PARTS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")


def worktree_path(template: str | None, repo_root: Path, slug: str) -> Path:
    """Where the worktree of a session belongs.

    A template may use `{repo}` (the repository's path), `{name}` (its folder's
    name) and `{slug}`; a relative one starts beside the repository.

    Raises:
        InvalidNameError: If the template has no `{slug}` or an unknown field.
    """
    fields = {"repo": str(repo_root), "name": repo_root.name, "slug": slug}
    filled = _filled(template or DEFAULT_WORKTREE_TEMPLATE, fields, "worktree_path")
    return repo_root.parent / Path(filled).expanduser()


def branch_name(template: str | None, slug: str) -> str:
    """The branch of a session; a template may use `{slug}`.

    Raises:
        InvalidNameError: If the template or the name it gives is of no use.
    """
    name = _filled(template or DEFAULT_BRANCH_TEMPLATE, {"slug": slug}, "branch")
    return checked_branch(name)


def checked_branch(name: str) -> str:
    """The name itself, if git takes it for a branch.

    Raises:
        InvalidNameError: If it does not.
    """
    reason = _unfitness(name)
    if reason is None:
        return name
    shown = name if len(name) <= 60 else f"{name[:59]}…"
    raise InvalidNameError(
        f"{shown!r} cannot be a branch name: {reason}. Choose another name.", name=name
    )


def full_ref(branch: str) -> str:
    """The branch's full ref name, which no tag or option can be taken for."""
    return f"refs/heads/{branch}"


def _unfitness(name: str) -> str | None:
    if not name or name in ("@", "HEAD"):
        return "it means something else to git"
    if name.startswith("-"):
        return "it starts with '-'"
    if name.startswith(("/", ".")) or name.endswith(("/", ".")):
        return "it starts or ends with '/' or '.'"
    found = _UNFIT_PARTS.search(name)
    if found is not None:
        return f"git does not allow {found.group()!r} there"
    if any(
        len(part.encode(errors="surrogateescape")) > MAX_COMPONENT_BYTES
        for part in name.split("/")
    ):
        return f"a part of it is longer than {MAX_COMPONENT_BYTES} bytes"
    return None


def _filled(template: str, fields: dict[str, str], setting: str) -> str:
    unknown = [f for f in re.findall(r"\{(\w*)\}", template) if f not in fields]
    if unknown or "{slug}" not in template:
        known = ", ".join(f"{{{field}}}" for field in fields)
        raise InvalidNameError(
            f"The template {template!r} for {setting} needs {{slug}} and may use only"
            f" {known}. Correct it in the settings.",
            template=template,
        )
    return re.sub(r"\{(\w+)\}", lambda found: fields[found.group(1)], template)
