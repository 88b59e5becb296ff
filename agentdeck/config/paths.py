"""Where AgentDeck keeps things on disk.

`AGENTDECK_HOME=/dir` puts everything under one folder, so that any number of
isolated AgentDecks run at once. Without it, the platform's folders are used. Cheap
to import: the command line needs it before anything else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.errors import AgentDeckError

HOME_VARIABLE = "AGENTDECK_HOME"
MAX_SOCKET_PATH = 90
"""A Unix socket's path holds 104 bytes on macOS, 108 on Linux; some are kept for
the file's name."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders and files of one AgentDeck."""

    state: Path
    config: Path
    runtime: Path

    @property
    def settings_file(self) -> Path:
        """The person's settings."""
        return self.config / "config.toml"

    @property
    def database(self) -> Path:
        """Sessions and the event log."""
        return self.state / "agentdeck.db"

    @property
    def log_file(self) -> Path:
        """What the host logs."""
        return self.state / "host.log"

    @property
    def host_socket(self) -> Path:
        """Where clients reach the host."""
        return self.runtime / "host.sock"

    @property
    def host_lock(self) -> Path:
        """Held by the host as long as it lives."""
        return self.state / "host.lock"

    def session_dir(self, session_id: str) -> Path:
        """The folder with a session's recording, exit status and inbox."""
        return self.state / "sessions" / session_id

    def runner_socket(self, session_id: str) -> Path:
        """Where the host reaches a session's runner."""
        return self.runtime / f"r-{session_id}.sock"

    def prepare(self) -> None:
        """Make the folders, for this user's eyes only.

        Raises:
            AgentDeckError: If a folder cannot be made, or the runtime folder
                belongs to somebody else.
        """
        for folder in (self.state, self.state / "sessions", self.config, self.runtime):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise AgentDeckError(
                    f"Cannot make the folder {folder}: {error.strerror}. Free some "
                    f"room or set {HOME_VARIABLE} to a folder that you can write to."
                ) from error
        _check_private(self.runtime)

    def tidy(self) -> None:
        """Remove the folder of sockets if nothing listens there any more."""
        with contextlib.suppress(OSError):
            self.runtime.rmdir()


def _check_private(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise AgentDeckError(
            f"{folder} is not a folder of yours, so AgentDeck will not put its sockets "
            f"there. Remove it, or set {HOME_VARIABLE} to another folder."
        )
    if status.st_mode & 0o077:
        folder.chmod(0o700)


def paths_from_environment() -> Paths:
    """The paths that the environment asks for."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(root / "state", root / "config", _socket_folder(root / "run"))
    import platformdirs

    dirs = platformdirs.PlatformDirs("agentdeck", appauthor=False)
    state = dirs.user_state_path
    runtime = state / "run"
    if os.environ.get("XDG_RUNTIME_DIR"):
        runtime = dirs.user_runtime_path
    return Paths(state, dirs.user_config_path, _socket_folder(runtime))


def _socket_folder(wanted: Path) -> Path:
    """The wanted folder, or a short one where its path is too long for a socket."""
    if len(os.fsencode(wanted)) <= MAX_SOCKET_PATH - len("/r-0123456789ab.sock"):
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"agentdeck-{os.getuid()}-{digest}"
