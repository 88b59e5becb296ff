"""Reviews and findings on disk, and in memory as they are there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from agentdeck.core.findings import Kept, kept_from_wire, kept_to_wire
from agentdeck.core.review_rules import Review, review_from_wire, review_to_wire
from agentdeck.host.store import Store

KEPT_REVIEWS = 5000
"""Older ones that are over are forgotten."""
KEPT_FINDINGS = 2000
"""Of one session; those that are gone are forgotten first."""


class ReviewStore:
    """What is kept of reviews. A change is on disk before it counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reviews: dict[str, Review] = {}
        self._findings: dict[str, tuple[Kept, ...]] = {}
        self._seen: dict[str, str] = {}

    async def load(self) -> None:
        """Read all of it.

        Raises:
            StoreError: If it cannot be read.
        """
        self._reviews, self._findings, self._seen = await self._store.with_database(
            _loaded
        )

    @property
    def reviews(self) -> list[Review]:
        """All reviews, the oldest first."""
        return sorted(self._reviews.values(), key=lambda review: review.at)

    def review(self, review_id: str) -> Review | None:
        """A review by its id."""
        return self._reviews.get(review_id)

    async def keep(self, review: Review) -> None:
        """Keep a review as it is now.

        Raises:
            StoreError: If it could not be written; nothing changed then.
        """
        data = json.dumps(review_to_wire(review))
        others = [r for r in self.reviews if r.is_over and r.id != review.id]
        spare = [r.id for r in others[: max(0, len(others) + 1 - KEPT_REVIEWS)]]

        def write(database: sqlite3.Connection) -> None:
            row = (review.id, review.session, data)
            database.execute("INSERT OR REPLACE INTO reviews VALUES (?, ?, ?)", row)
            gone = [(each,) for each in spare]
            database.executemany("DELETE FROM reviews WHERE id = ?", gone)

        await self._store.with_database(write)
        self._reviews[review.id] = review
        for each in spare:
            self._reviews.pop(each, None)

    async def drop(self, review_id: str) -> None:
        """Forget a review that never began."""
        words = "DELETE FROM reviews WHERE id = ?"
        await self._store.with_database(lambda d: d.execute(words, (review_id,)))
        self._reviews.pop(review_id, None)

    def findings(self, session_id: str) -> tuple[Kept, ...]:
        """What was found in a session."""
        return self._findings.get(session_id, ())

    async def keep_findings(self, session_id: str, findings: Sequence[Kept]) -> None:
        """Keep these findings of a session in place of those that were kept.

        Raises:
            StoreError: If they could not be written; nothing changed then.
        """
        kept = tuple(_newest(findings))
        data = json.dumps([kept_to_wire(each) for each in kept])
        words = "INSERT OR REPLACE INTO findings VALUES (?, ?)"
        row = (session_id, data)
        await self._store.with_database(lambda d: d.execute(words, row))
        self._findings[session_id] = kept

    def seen_at(self, key: str) -> str:
        """When a rule was first seen; empty if it never was."""
        return self._seen.get(key, "")

    async def see(self, keys: Iterable[str]) -> None:
        """Note that rules are there."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        fresh = [(key, now) for key in dict.fromkeys(keys) if key not in self._seen]
        if fresh:
            words = "INSERT OR IGNORE INTO review_rules VALUES (?, ?)"
            await self._store.with_database(lambda d: d.executemany(words, fresh))
            self._seen.update(fresh)


_Loaded = tuple[dict[str, Review], dict[str, tuple[Kept, ...]], dict[str, str]]


def _loaded(database: sqlite3.Connection) -> _Loaded:
    rows = database.execute("SELECT id, data FROM reviews").fetchall()
    reviews = {name: review_from_wire(json.loads(data)) for name, data in rows}
    rows = database.execute("SELECT session_id, data FROM findings").fetchall()
    findings = {
        name: tuple(kept_from_wire(each) for each in json.loads(data))
        for name, data in rows
    }
    seen = dict(database.execute("SELECT key, seen_at FROM review_rules").fetchall())
    return reviews, findings, seen


def _newest(findings: Sequence[Kept]) -> Sequence[Kept]:
    if len(findings) <= KEPT_FINDINGS:
        return findings
    standing = [each for each in findings if each.stands]
    others = [each for each in findings if not each.stands]
    room = max(0, KEPT_FINDINGS - len(standing))
    return (others[-room:] if room else []) + standing[-KEPT_FINDINGS:]
