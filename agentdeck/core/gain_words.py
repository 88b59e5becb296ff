"""The measured gain in words: spans, ratios and shares, as short as they can be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from agentdeck.core.gain import By, Totals

NONE = "–"
"""What stands for a figure that there is not."""


def span_words(ms: int) -> str:
    """A span of time: `0`, `45s`, `12m`, `1h05`, `123h`."""
    seconds = round(ms / 1000)
    if seconds < 60:
        return f"{seconds}s" if seconds else "0"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    return f"{hours}h{rest:02}" if hours < 100 else f"{hours}h"


def gain_words(totals: Totals) -> str:
    """How much autonomous time there is for each minute of a person's: `1 : 5.3`."""
    if totals.gain is None:
        return (
            f"0 : {span_words(totals.autonomous_ms)}" if totals.autonomous_ms else NONE
        )
    return f"1 : {_number(totals.gain)}"


def parallelism_words(totals: Totals) -> str:
    """How many worked at once."""
    return NONE if totals.parallelism is None else _number(totals.parallelism)


def answered_words(totals: Totals) -> str:
    """The share of questions that were answered within a minute."""
    share = totals.answered_share
    return NONE if share is None else f"{share * 100:.0f}%"


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


Column = tuple[str, Callable[[Totals], str]]

COLUMNS: tuple[Column, ...] = (
    ("supervised", lambda t: span_words(t.supervised_ms)),
    ("autonomous", lambda t: span_words(t.autonomous_ms)),
    ("gain", gain_words),
    ("waiting", lambda t: span_words(t.waiting_ms)),
    ("in 1 min", answered_words),
    ("parallel", parallelism_words),
    ("sessions", lambda t: str(t.sessions)),
    ("merged", lambda t: str(t.merges)),
    ("discarded", lambda t: str(t.discards)),
    ("rework", lambda t: str(t.rework)),
    ("queued", lambda t: span_words(t.queued_ms)),
)
"""The columns of a table of rows, the most telling first."""


def key_words(by: By, key: str) -> str:
    """What a row is called: of a repository its folder's name."""
    if by is By.REPOSITORY:
        return PurePath(key).name or key
    return key or "(none)"
