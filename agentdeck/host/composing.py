"""What the host knows for the composer: earlier prompts, choices, pasted images."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from agentdeck.config.paths import Paths
from agentdeck.core.composing import suffix_of
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.host.session_files import KEPT_DISCARDED_S
from agentdeck.host.store import Store

T = TypeVar("T")
MAX_PROMPTS = 200
MAX_REPOSITORIES = 100


class Composing:
    """The memory of the composer."""

    def __init__(
        self,
        paths: Paths,
        store: Store,
        prompts: Mapping[str, str],
        choices: Mapping[str, str],
    ) -> None:
        self._store = store
        self._prompts = dict(prompts)
        self._choices: dict[str, dict[str, str]] = {
            repo: json.loads(data) for repo, data in choices.items()
        }
        self._images = paths.state / "pasted"

    def prompts(self) -> list[str]:
        """The earlier prompts, the newest first."""
        return list(reversed(self._prompts.values()))

    def repositories(self) -> list[str]:
        """Where something was started, the newest first."""
        return list(reversed(self._choices))

    def choice(self, repo: str) -> dict[str, str]:
        """What was last chosen in a repository, or anywhere if nothing was."""
        if repo in self._choices:
            return self._choices[repo]
        newest = next(reversed(self._choices.values()), {})
        # A branch or a custom agent of another repository means nothing here.
        return {k: v for k, v in newest.items() if k not in ("base", "custom")}

    async def keep(self, repo: str, prompt: str, choice: dict[str, str]) -> None:
        """Remember a prompt and what was chosen with it.

        Raises:
            StoreError: If the disk refuses.
        """
        if prompt.strip():
            key = hashlib.sha256(prompt.encode()).hexdigest()
            _put_last(self._prompts, key, prompt, MAX_PROMPTS)
            await self._store.save_composed("prompts", key, prompt, keep=MAX_PROMPTS)
        _put_last(self._choices, repo, choice, MAX_REPOSITORIES)
        data = json.dumps(choice)
        await self._store.save_composed("choices", repo, data, keep=MAX_REPOSITORIES)

    async def keep_image(self, encoded: str) -> str:
        """Keep an image that was pasted; gives its path.

        Raises:
            UsageError: If it is no image.
            AgentDeckError: If the disk refuses.
        """
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UsageError("What was pasted is not an image.") from error
        suffix = suffix_of(data)
        if suffix is None:
            raise UsageError("What was pasted is not a PNG, JPEG, GIF or WebP image.")
        return await asyncio.to_thread(self._write_image, data, suffix)

    def _write_image(self, data: bytes, suffix: str) -> str:
        file = self._images / f"{uuid.uuid4().hex}{suffix}"
        try:
            self._images.mkdir(mode=0o700, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(data)
        except OSError as error:
            file.unlink(missing_ok=True)
            raise AgentDeckError(
                f"The image could not be kept in {self._images}: {error.strerror}."
            ) from error
        return str(file)

    async def expire_images(self, used: Iterable[str]) -> None:
        """Remove images that no session uses and that were pasted long ago."""
        await asyncio.to_thread(self._expire_images, frozenset(used))

    def _expire_images(self, used: frozenset[str]) -> None:
        if not self._images.is_dir():
            return
        limit = time.time() - KEPT_DISCARDED_S
        with contextlib.suppress(OSError):
            for file in self._images.iterdir():
                if str(file) not in used and file.stat().st_mtime < limit:
                    file.unlink(missing_ok=True)


def _put_last(kept: dict[str, T], key: str, value: T, most: int) -> None:
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]


def folders_like(typed: str, limit: int) -> list[tuple[str, bool]]:
    """The folders whose path begins like what was typed, repositories first. Blocks.

    Each is given with whether it is the top of a repository.
    """
    path = Path(typed or "~").expanduser()
    parent, begun = (path, "") if typed.endswith("/") else (path.parent, path.name)
    if not path.is_absolute():
        return []
    try:
        found = [
            each
            for each in parent.iterdir()
            if each.name.casefold().startswith(begun.casefold())
            and (not each.name.startswith(".") or begun.startswith("."))
            and each.is_dir()
        ]
    except OSError:
        return []
    rows = [(str(each), (each / ".git").exists()) for each in found]
    return sorted(rows, key=lambda row: (not row[1], row[0]))[:limit]
