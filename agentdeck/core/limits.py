"""When a usage limit ends, read from the words in which an agent says so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"(\d+)\s*(day|hour|minute|second|d|h|m|s)(?:s|\b)", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:resets?|again|until|after)\s+(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*([ap]m)?"
    r"(?:\s*\(([A-Za-z_]+(?:/[A-Za-z_]+)*)\))?",
    re.IGNORECASE,
)
_IN = re.compile(
    r"(?:again|resets?|retry|wait)[^.\n]*?\b(?:in|for|after)\s+(.+)", re.IGNORECASE
)
_UNIT_S = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def limit_ends_at(text: str, now: datetime) -> datetime | None:
    """The time that a text names, such as "resets 3pm" or "try again in 2 hours".

    A time of day is the next one from now on, in the zone that the text names, or in
    that of `now`. A text that names no time gives None.
    """
    span = _IN.search(text)
    if span is not None:
        seconds = sum(
            int(n) * _UNIT_S[unit[0].lower()] for n, unit in _SPAN.findall(span[1])
        )
        if seconds:
            return now + timedelta(seconds=min(seconds, 366 * 86400))
    clock = _CLOCK.search(text)
    return _next_time(clock, now) if clock is not None else None


def _next_time(clock: re.Match[str], now: datetime) -> datetime | None:
    hour, minute, half, zone = int(clock[1]), int(clock[2] or 0), clock[3], clock[4]
    if not half and clock[2] is None:
        return None
    if half:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    if hour > 23 or minute > 59:
        return None
    here = now
    if zone:
        try:
            here = now.astimezone(ZoneInfo(zone))
        except (KeyError, ValueError, OSError):
            return None
    at = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if at > here else at + timedelta(days=1)
