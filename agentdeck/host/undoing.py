"""Takes back what was done last: a batch of merges, or a discard."""

from __future__ import annotations

from typing import Any

from agentdeck.core.errors import RefusedError
from agentdeck.host.batches import Batches
from agentdeck.host.landing import Landing
from agentdeck.host.trash import Trash


async def undo_last(batches: Batches, landing: Landing, trash: Trash) -> dict[str, Any]:
    """Undo the newest merge or discard; gives what it was and of which sessions.

    Raises:
        RefusedError: If there is nothing to undo, or it cannot be undone any more.
    """
    record, discarded = batches.newest(), await trash.listed()
    if discarded and (record is None or discarded[0].at > record.at):
        group = [each for each in discarded if each.group == discarded[0].group]
        names = []
        for entry in reversed(group):
            await trash.restore(entry.session.id)
            names.append(entry.session.name)
        return {"undone": "discard", "names": names}
    if record is None:
        raise RefusedError("There is no merge or discard to undo.")
    return await landing.undo(record)
