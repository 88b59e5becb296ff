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
