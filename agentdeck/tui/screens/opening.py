"""Actions that open a dialog: what is typed right behind their key goes to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual.screen import Screen

OPENS_WITHIN_S = 0.5
LOOK_EVERY_S = 0.005

P = ParamSpec("P")
S = TypeVar("S", bound=Screen[Any])


def opens_dialog(
    method: Callable[Concatenate[S, P], Awaitable[None]],
) -> Callable[Concatenate[S, P], Awaitable[None]]:
    """Make a method an action that runs as a worker, once its dialog is there.

    Over a slow line two keys come in one piece. The second waits until the first has
    opened its dialog, or is over: otherwise the `y` of `x y` would not answer what
    the dialog asks, but approve what the session asks.
    """

    async def action(screen: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        worker = screen.run_worker(
            method(screen, *args, **kwargs),
            name=method.__name__,
            group="dialog",
            exit_on_error=False,
        )
        waited_s = 0.0
        while waited_s < OPENS_WITHIN_S and not worker.is_finished:
            if screen.app.screen is not screen:
                return
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S

    action.__name__ = method.__name__
    return action
