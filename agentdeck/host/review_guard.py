"""What keeps a reviewer from changing what it reviews, and where it writes instead.

Three things, none of which does harm: tracked files of its worktree cannot be written
to, git refuses to move any ref of the repository for what runs in its environment,
and its own CLI is told so where it takes rules. The branch never merges.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from pathlib import Path

from agentdeck.config.paths import Paths
from agentdeck.core.findings import MAX_BYTES, FindingsError
from agentdeck.core.session import Session
from agentdeck.git.repository import open_repository
from agentdeck.git.review_targets import make_read_only
from agentdeck.host.session_files import write_text

FILES = ("findings.json", "findings.sarif", "findings.sarif.json")
_OWN = "refs/bisect/*|refs/worktree/*|refs/rewritten/*"
"""Refs of the worktree alone, which may move."""
_HOOK = """\
#!/bin/sh
# Git runs this before it moves refs: a reviewer moves none of the repository's.
[ "$1" = prepared ] || exit 0
there=$(cd "$(git rev-parse --git-common-dir)" 2>/dev/null && pwd -P)
[ "$there" = {git_dir} ] || exit 0
while read -r _ _ ref; do
  case $ref in
    {own}) ;;
    refs/*) echo "AgentDeck: a reviewer moves no branch ($ref)." >&2; exit 1 ;;
  esac
done
"""
_PUSH = """\
#!/bin/sh
echo "AgentDeck: a reviewer pushes nothing." >&2
exit 1
"""


def findings_root(paths: Paths) -> Path:
    """The folder of all findings' folders: one to watch, apart from recordings."""
    return paths.state / "findings"


def findings_folder(paths: Paths, session_id: str) -> Path:
    """Where a reviewing session puts its findings."""
    return findings_root(paths) / session_id


def findings_file(paths: Paths, session_id: str) -> Path:
    """The file that a reviewer is told to write."""
    return findings_folder(paths, session_id) / FILES[0]


def guarded(paths: Paths, session: Session) -> dict[str, str]:
    """Prepare a reviewer's worktree; gives the variables of its agent. Blocks.

    Raises:
        OSError: If something cannot be written.
    """
    findings_folder(paths, session.id).mkdir(mode=0o700, parents=True, exist_ok=True)
    hooks = paths.session_dir(session.id) / "hooks"
    hooks.mkdir(mode=0o700, exist_ok=True)
    git_dir = open_repository(Path(session.repo)).git_dir.resolve()
    reference = _HOOK.format(git_dir=shlex.quote(str(git_dir)), own=_OWN)
    for name, text in (("reference-transaction", reference), ("pre-push", _PUSH)):
        write_text(hooks / name, text)
        (hooks / name).chmod(0o700)
    make_read_only(Path(session.worktree))
    return {
        "AGENTDECK_FINDINGS": str(findings_file(paths, session.id)),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(hooks),
    }


def written_findings(paths: Paths, session_id: str) -> list[tuple[str, bytes]]:
    """The files that a reviewer has written, by name; at most one byte too large each.

    Only regular files count, as a link or a pipe may lead anywhere. Blocks.

    Raises:
        FindingsError: If one is there that cannot be read.
    """
    found: list[tuple[str, bytes]] = []
    for name in FILES:
        file = findings_folder(paths, session_id) / name
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(file, flags)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise FindingsError(f"it cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FindingsError("it is no regular file")
            found.append((name, stream.read(MAX_BYTES + 1)))
    return found


def remove_left(paths: Paths) -> None:
    """Remove the findings' folders of sessions that are gone for good. Blocks."""
    root = findings_root(paths)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in root.iterdir():
        if not paths.session_dir(folder.name).is_dir():
            shutil.rmtree(folder, ignore_errors=True)
