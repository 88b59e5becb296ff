"""Printing what a setup or checks print, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentdeck.cli import report

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

_WAIT_S = 30


async def follow_output(
    client: HostClient, session_id: str, kind: str, *, follow: bool
) -> None:
    """Print an output from its begin, to its end or to what there is now."""
    position: str | None = None
    while True:
        answer = await client.call(
            "session.output",
            id=session_id,
            kind=kind,
            position=position,
            wait_s=_WAIT_S if follow else 0,
        )
        position = answer["position"]
        if answer["data"]:
            report.out_text(report.plain(answer["data"], lines=True))
        if answer["end"] or not (follow or answer["data"]):
            return
