"""The folder in which a demo lives, apart from the person's own AgentDeck."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentdeck.config.paths import HOME_VARIABLE, Paths, paths_from_environment
from agentdeck.core.errors import AgentDeckError

_POOL_LIMIT = 4
"""One of the six sessions has to wait in the queue."""
_PREFIX = "agentdeck-demo-"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A demo's folder, with an AgentDeck of its own in `home`."""

    folder: Path

    @property
    def home(self) -> Path:
        """What `AGENTDECK_HOME` is for this demo."""
        return self.folder / "home"

    @property
    def paths(self) -> Paths:
        """Where the demo's AgentDeck keeps things. Needs `enter` first."""
        return paths_from_environment()

    def enter(self) -> None:
        """Make this process, and a host that it starts, work in the demo."""
        os.environ[HOME_VARIABLE] = str(self.home)

    @contextmanager
    def set_state_aside(self) -> Iterator[None]:
        """Have the state under another name, for good unless the body fails.

        An app that is still open starts no host where there is no state.
        """
        state = self.paths.state
        aside = state.with_name(f"{state.name}.gone")
        state.rename(aside)
        try:
            yield
        except BaseException:
            aside.rename(state)
            raise

    def delete(self) -> None:
        """Remove all that the demo made, the sockets' folder included."""
        self.enter()
        runtime = self.paths.runtime
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)
        if self.folder.exists():
            raise AgentDeckError(f"Cannot remove {self.folder}. Remove it by hand.")


def make_demo() -> DemoFolder:
    """A new folder with the demo's settings.

    Raises:
        AgentDeckError: If it cannot be made.
    """
    try:
        demo = DemoFolder(Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve())
        config = demo.home / "config"
        config.mkdir(mode=0o700, parents=True)
        settings = f"[pool]\nlimit = {_POOL_LIMIT}\n"
        (config / "config.toml").write_text(settings, encoding="utf-8")
    except OSError as error:
        raise AgentDeckError(
            f"Cannot make a folder for the demo: {error}. Free some room, or set "
            "TMPDIR to a folder that you can write to."
        ) from error
    return demo


def living_demo(person: Paths) -> DemoFolder | None:
    """The demo that was started and not stopped, if its folder is still there."""
    try:
        noted = json.loads(_pointer(person).read_text("utf-8"))
        folder = Path(noted["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_ours = folder.name.startswith(_PREFIX) and (folder / "home").is_dir()
    return DemoFolder(folder) if is_ours else None


def remember(person: Paths, demo: DemoFolder) -> None:
    """Note where the demo is, for the next `agentdeck demo`."""
    person.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    pointer = _pointer(person)
    draft = pointer.with_suffix(".new")
    draft.write_text(json.dumps({"folder": str(demo.folder)}), encoding="utf-8")
    draft.replace(pointer)


def remove(person: Paths, demo: DemoFolder) -> None:
    """Remove a stopped demo and the note of it."""
    demo.delete()
    _pointer(person).unlink(missing_ok=True)


def _pointer(person: Paths) -> Path:
    return person.state / "demo.json"
