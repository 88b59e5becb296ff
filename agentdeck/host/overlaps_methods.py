"""The methods about overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.host.method import Method
from agentdeck.host.overlaps import Pair
from agentdeck.rpc import overlaps_messages as o

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class OverlapsMethods:
    """Says what overlaps, and how."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "overlaps.list": Method(o.ListOverlaps, self._list),
            "overlaps.text": Method(o.ReadOverlap, self._text),
        }

    async def _list(self, params: o.ListOverlaps) -> dict[str, Any]:
        radar = self._host.radar
        sessions = radar.sessions(params.repo)
        return {
            "sessions": [
                {"id": s.id, "name": s.name, "repo": s.repo, "base": s.base}
                for s in sessions
            ],
            "pairs": [pair_to_wire(pair) for pair in radar.pairs(params.repo)],
        }

    async def _text(self, params: o.ReadOverlap) -> dict[str, Any]:
        sessions = self._host.sessions
        ours = sessions.session(params.ours)
        theirs = sessions.session(params.theirs) if params.theirs else None
        return {"text": await self._host.radar.text(ours, theirs)}


def pair_to_wire(pair: Pair) -> dict[str, Any]:
    """A pair as clients see it; `theirs` is null where it is the base."""
    theirs = pair.theirs
    return {
        "ours": {"id": pair.ours.id, "name": pair.ours.name},
        "theirs": {"id": theirs.id, "name": theirs.name} if theirs else None,
        "base": pair.ours.base,
        "conflicts": [
            {
                "path": clash.path,
                "lines": [
                    {"ours": list(each.ours), "theirs": list(each.theirs)}
                    for each in clash.lines
                ],
            }
            for clash in pair.overlap.clashes
        ],
        "same": list(pair.overlap.same),
    }
