"""Takes back what was done last: merges, a discard, or going back to a turn."""

from __future__ import annotations

from typing import Any

from agentdeck.core.errors import RefusedError
from agentdeck.host.batches import Batches
from agentdeck.host.landing import Landing
from agentdeck.host.trash import Trash
from agentdeck.host.turns import Turns


async def undo_last(
    batches: Batches, landing: Landing, trash: Trash, turns: Turns
) -> dict[str, Any]:
    """Undo the newest of them; gives what it was and of which sessions.

    Raises:
        RefusedError: If there is nothing to undo, or it cannot be undone any more.
    """
    record, discarded = batches.newest(), await trash.listed()
    rewound = await turns.newest_rewind()
    others = [record.at] if record is not None else []
    others += [discarded[0].at] if discarded else []
    if rewound is not None and all(rewound[1].at > at for at in others):
        return await turns.undo(*rewound)
    if discarded and (record is None or discarded[0].at > record.at):
        group = [each for each in discarded if each.group == discarded[0].group]
        names = []
        for entry in reversed(group):
            await trash.restore(entry.session.id)
            names.append(entry.session.name)
        return {"undone": "discard", "names": names}
    if record is None:
        raise RefusedError("There is no merge or discard to undo, and no rewind.")
    return await landing.undo(record)
