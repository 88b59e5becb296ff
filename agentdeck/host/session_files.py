"""What the host keeps in a session's folder, beside what the runner writes there.

`session.json` lets the sessions be found again without the state file;
`env.json` and `launch.json` hold the agent's environment, so they are for this
user's eyes only; `discarded.json` marks a folder that may go after 30 days.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.rpc.wire import session_from_wire, session_to_wire
from agentdeck.runner.launch_file import TAKEN

BRIEF = "brief.md"
"""What its agent was asked to do, as a file that it can be told to read."""
KEPT_DISCARDED_S = 30 * 86400


def write_json(file: Path, value: object) -> None:
    """Write a file for this user's eyes only, wholly or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    write_text(file, json.dumps(value))


def write_text(file: Path, text: str) -> None:
    """Write a text for this user's eyes only, wholly or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)


def read_json(file: Path) -> dict[str, Any] | None:
    """The object in a file, or None where there is no readable one."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def make_session_folder(paths: Paths, session: Session, env: Mapping[str, str]) -> None:
    """Make the folder of a new session, with its inbox.

    Raises:
        AgentDeckError: If the disk is full or cannot be written.
    """
    folder = paths.session_dir(session.id)
    try:
        folder.mkdir(mode=0o700)
        inbox_of(paths, session.id).mkdir(mode=0o700, parents=True)
        write_json(folder / "env.json", dict(env))
        write_json(folder / "session.json", session_to_wire(session))
        if session.prompt:
            write_text(folder / BRIEF, session.prompt)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(inbox_of(paths, session.id), ignore_errors=True)
        raise AgentDeckError(
            f"The session's folder {folder} cannot be written: {error.strerror}. "
            "Free some room on that disk."
        ) from error


def remove_session_folder(paths: Paths, session_id: str) -> None:
    """Remove all that is kept of a session that never started."""
    shutil.rmtree(paths.session_dir(session_id), ignore_errors=True)
    shutil.rmtree(inbox_of(paths, session_id), ignore_errors=True)


def was_run(folder: Path) -> bool:
    """Whether a session's agent was ever started."""
    marks = (TAKEN, "exit.json", "runner.json", "recording.cast")
    is_launched = (folder / "launch.json").exists()
    return is_launched and any((folder / mark).exists() for mark in marks)


def is_on_its_way(folder: Path, socket: Path) -> bool:
    """Whether a runner is there already, or will be in a moment.

    It was asked for by a host that was killed before it could know.
    """
    if not (folder / TAKEN).exists() or (folder / "exit.json").exists():
        return False
    return socket.exists() or not (folder / "runner.json").exists()


def was_taken_since(folder: Path, since: datetime | None) -> bool:
    """Whether a runner took the launch of a preparation that began then."""
    try:
        taken_at = (folder / TAKEN).stat().st_mtime
    except OSError:
        return False
    return since is not None and taken_at >= since.timestamp()


def inboxes(paths: Paths) -> Path:
    """The folder of all inboxes: one to watch, apart from the busy recordings."""
    return paths.state / "inboxes"


def inbox_of(paths: Paths, session_id: str) -> Path:
    """The folder into which an agent's hooks write."""
    return inboxes(paths) / session_id


def mark_discarded(paths: Paths, session: Session, kept_ref: str, group: str) -> None:
    """Note that a session was discarded, and where its work is kept."""
    folder = paths.session_dir(session.id)
    if folder.is_dir():
        write_json(folder / "session.json", session_to_wire(session))
        noted = {"at": time.time(), "kept": kept_ref, "group": group}
        write_json(folder / "discarded.json", noted)
    shutil.rmtree(inbox_of(paths, session.id), ignore_errors=True)


def sessions_from_folders(paths: Paths) -> tuple[Session, ...]:
    """The sessions whose folders are there, for when the state file is lost."""
    found: list[Session] = []
    for file in (paths.state / "sessions").glob("*/session.json"):
        values = read_json(file)
        if values is None or (file.parent / "discarded.json").exists():
            continue
        try:
            found.append(session_from_wire(values))
        except (KeyError, ValueError, TypeError):
            continue
    return tuple(sorted(found, key=lambda s: (s.position, s.id)))
