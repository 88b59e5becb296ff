"""Acting on many sessions at once: select, ask, call, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentdeck.cli import report
from agentdeck.cli.selection import check_selection, select
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus
from agentdeck.core.session import Session

_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of the host, and what to say of it."""

    method: str
    done: str
    """Said of each that worked."""
    params: Mapping[str, Any] = field(default_factory=dict)
    question: str = ""
    """Asked once before, with `{names}`; empty asks nothing."""
    fits: Callable[[Session], bool] = lambda _: True
    """Which of those that a query or `--all` selects have a use for it."""


async def act_on_many(
    request: Request,
    names: Sequence[str] | None,
    query: str | None,
    *,
    everything: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Do something to the sessions that a person means; gives the exit status.

    Nothing is done when a name means no session or the person says no.
    """
    from agentdeck.rpc.client import connected

    check_selection(names, query, everything=everything)
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        if not names:
            sessions = [each for each in sessions if request.fits(each)]
        if not sessions:
            if as_json:
                report.out_json([])
            report.say("No session matches, so nothing was done.")
            return ExitStatus.DONE
        question = request.question.format(names=_listed([s.name for s in sessions]))
        if question and not report.agreed(question, skip=yes):
            report.say("Nothing was done.")
            return ExitStatus.FAILED
        ids = [session.id for session in sessions]
        answer = await client.call(request.method, ids=ids, **request.params)
    return report.report_results(answer["results"], request.done, as_json=as_json)


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(names)} sessions ({shown}{rest})"
