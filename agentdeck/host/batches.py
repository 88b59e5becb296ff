"""The record of batches that landed, kept so that a crash or a person can undo one.

A record is on disk before the base moves; a host that starts finds out from the
base itself whether it did.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agentdeck.core.errors import AgentDeckError
from agentdeck.git.journal import recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.merge_trees import is_ancestor, tips_of
from agentdeck.git.repository import open_repository
from agentdeck.host.store import Store

logger = logging.getLogger(__name__)

MAX_BATCHES = 50


class Landed(BaseModel):
    """A session of a batch: where its branch was, and the base after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session_id: str
    name: str
    head: str
    commit: str


class Record(BaseModel):
    """A batch whose base is about to move, or has moved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    id: str
    at: float
    repo: str
    into: str
    previous: str
    final: str
    items: tuple[Landed, ...]
    is_done: bool = False
    """The base has moved and the sessions say so."""


class Batches:
    """The records, the newest last."""

    def __init__(self, store: Store, saved: Mapping[str, str]) -> None:
        self._store = store
        self._records = {key: _read(data) for key, data in saved.items()}

    def __iter__(self) -> Iterator[Record]:
        return iter([each for each in self._records.values() if each is not None])

    def newest(self) -> Record | None:
        """The batch that landed last and was not taken back."""
        done = [record for record in self if record.is_done]
        return max(done, key=lambda record: record.at, default=None)

    async def keep(self, record: Record) -> None:
        """Keep a record; the oldest beyond the limit goes.

        Raises:
            StoreError: If the disk refuses.
        """
        await self._store.save_batch(
            record.id, json.dumps(record.model_dump()), keep=MAX_BATCHES
        )
        self._records.pop(record.id, None)
        self._records[record.id] = record
        while len(self._records) > MAX_BATCHES:
            del self._records[next(iter(self._records))]

    async def drop(self, record: Record) -> None:
        """Forget a record."""
        await self._store.drop_batch(record.id)
        self._records.pop(record.id, None)


def has_landed(record: Record) -> bool:
    """Whether the base has a batch, after settling what a kill left half done.

    Blocks. A repository that is gone has nothing.
    """
    try:
        repository = open_repository(Path(record.repo))
        with merges_locked(repository.git_dir):
            recover(repository)
            tip = tips_of(repository, [record.into]).get(record.into)
            return tip is not None and is_ancestor(repository, record.final, tip)
    except AgentDeckError as error:
        logger.warning("batch_not_settled: %s", error)
        return False


def _read(data: str) -> Record | None:
    try:
        return Record.model_validate_json(data)
    except ValueError:
        logger.warning("batch_unreadable")
        return None
