"""Reading the records that agents keep of their own conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_TRANSCRIPT_BYTES = 256 * 1024 * 1024


def json_lines(file: Path, holding: str = "") -> Iterator[dict[str, Any]]:
    """The objects of a file with one a line; lines that are none are passed over.

    Args:
        file: A file that its agent may be writing to; one that is not there is empty.
        holding: Only lines with this text are read, which spares much time.
    """
    try:
        if file.stat().st_size > MAX_TRANSCRIPT_BYTES:
            return
        with file.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if holding and holding not in line:
                    continue
                try:
                    value = json.loads(line)
                except ValueError:
                    continue
                if isinstance(value, dict):
                    yield value
    except OSError:
        return


def newest_lines(
    file: Path, most_bytes: int, end: int | None = None
) -> Iterator[dict[str, Any]]:
    """The objects of the end of a file with one a line, however large the file is.

    A line that is still being written, or that begins before the end that is read, is
    passed over, as is one that is no object.

    Args:
        file: The record.
        most_bytes: So much of it is read.
        end: Where it ends, in bytes, if not where the file does.

    Raises:
        OSError: If it cannot be read.
    """
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        size = size if end is None else min(size, end)
        stream.seek(max(0, size - most_bytes))
        if size > most_bytes:
            stream.readline()
        while stream.tell() < size:
            line = stream.readline()
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value
