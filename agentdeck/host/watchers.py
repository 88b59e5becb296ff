"""Watches git directories and inboxes with watchfiles; never whole worktrees.

One watcher serves all. What it says is a hint: the truth is read again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from watchfiles import Change, awatch

from agentdeck.config.paths import Paths
from agentdeck.git.repository import Repository
from agentdeck.git.watching import affected, watch_paths
from agentdeck.host.review_guard import findings_root
from agentdeck.host.session_files import inboxes

logger = logging.getLogger(__name__)

STEP_MS = 40
"""Changes are told once none came for this long. The watching library looks at this
pace; it is the only regular wake-up of an idle host."""
LONGEST_MS = 200
"""Changes are told after this long even if more keep coming."""
MAX_REPORT_BYTES = 1024 * 1024

ReportHandler = Callable[[str, dict[str, Any]], bool]
"""Called with a session's id and a report; says whether it could be taken yet."""
FindingsHandler = Callable[[str], None]
"""Called with the id of a session that has written findings."""
RefsHandler = Callable[[Path, set[str]], None]
"""Called with a git directory and its changed branches; none named means all."""


class Watchers:
    """Tells about moved refs and about reports in inboxes."""

    def __init__(
        self, paths: Paths, on_report: ReportHandler, on_refs: RefsHandler
    ) -> None:
        self._inboxes = inboxes(paths)
        self._findings = findings_root(paths)
        self.on_findings: FindingsHandler = lambda _: None
        self._on_report = on_report
        self._on_refs = on_refs
        self._repositories: dict[Path, Repository] = {}
        self._again = asyncio.Event()
        self.written: Callable[[], Awaitable[None]] = _at_once
        """Waits until what reports changed is on disk."""
        self._taken: set[Path] = set()
        """Reports that were taken, and lie there until that is on disk: a host that
        dies before finds them again."""
        self._clearing: asyncio.Task[None] | None = None

    def add_repository(self, repository: Repository) -> None:
        """Watch the refs of one more repository."""
        if repository.git_dir not in self._repositories:
            self._repositories[repository.git_dir] = repository
            self._again.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        self._inboxes.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._findings.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            await self._watch()
        finally:
            if self._clearing is not None:
                self._clearing.cancel()
                await asyncio.gather(self._clearing, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self._again.clear()
            folders = [self._inboxes, self._findings, *self._ref_folders()]
            self._look_at_everything()
            async for changes in awatch(
                *folders,
                step=STEP_MS,
                debounce=LONGEST_MS,
                stop_event=self._again,
                watch_filter=_is_of_interest,
                recursive=True,
                raise_interrupt=False,
            ):
                await self._deal_with(changes)
            if not self._again.is_set():
                return

    def _ref_folders(self) -> list[Path]:
        found = [watch_paths(each).recursive for each in self._repositories.values()]
        return [folder for folders in found for folder in folders if folder.is_dir()]

    def _look_at_everything(self) -> None:
        for git_dir in self._repositories:
            self._on_refs(git_dir, set())
        for inbox in self._inboxes.iterdir():
            self._read_inbox(inbox)

    async def _deal_with(self, changes: set[tuple[Change, str]]) -> None:
        boxes: set[Path] = set()
        writers: set[str] = set()
        refs: dict[Path, set[str]] = {}
        for _, name in changes:
            path = Path(name)
            if path.is_relative_to(self._findings):
                writers.update(path.relative_to(self._findings).parts[:1])
            elif path.is_relative_to(self._inboxes):
                parts = path.relative_to(self._inboxes).parts
                if parts:
                    boxes.add(self._inboxes / parts[0])
            else:
                self._note_ref(path, refs)
        for inbox in boxes:
            self._read_inbox(inbox)
        for session_id in writers:
            self.on_findings(session_id)
        for git_dir, branches in refs.items():
            self._on_refs(git_dir, branches)

    def _note_ref(self, path: Path, refs: dict[Path, set[str]]) -> None:
        for git_dir, repository in self._repositories.items():
            if not path.is_relative_to(git_dir):
                continue
            change = affected(repository, path)
            if change is not None and change.branch is not None:
                refs.setdefault(git_dir, set()).add(change.branch)

    def read_inbox(self, session_id: str) -> None:
        """Take the reports that came before their session was listened to."""
        self._read_inbox(self._inboxes / session_id)

    def _read_inbox(self, inbox: Path) -> None:
        try:
            files = sorted(inbox.glob("[!.]*.json"))
        except OSError:
            return
        for file in files:
            if file in self._taken:
                continue
            report = _report_in(file)
            try:
                if report is not None and not self._on_report(inbox.name, report):
                    return
            except (ValueError, KeyError, TypeError) as error:
                logger.warning("report_not_understood: %s", error)
            self._taken.add(file)
            if self._clearing is None or self._clearing.done():
                self._clearing = asyncio.create_task(self._clear(), name="inboxes")

    async def _clear(self) -> None:
        """Remove the reports whose news are on disk."""
        while self._taken:
            taken = tuple(self._taken)
            await self.written()
            for file in taken:
                file.unlink(missing_ok=True)
                self._taken.discard(file)


async def _at_once() -> None:
    """Nothing has to be waited for."""


def _report_in(file: Path) -> dict[str, Any] | None:
    try:
        if file.is_symlink() or file.stat().st_size > MAX_REPORT_BYTES:
            return None
        report = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def _is_of_interest(_: Change, path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return not name.startswith(".") and not name.endswith(".lock")
