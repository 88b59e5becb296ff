"""Typer groups whose verbs are imported when they run.

`agentdeck ls` has to start as fast as a shell expects, so no verb's module, no rich
and no pydantic is imported before it is needed.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


def new_app(**settings: Any) -> typer.Typer:
    """A Typer app that prints plain text, so that rich is not imported."""
    settings.setdefault("add_completion", False)
    return typer.Typer(
        rich_markup_mode=None, pretty_exceptions_enable=False, **settings
    )


def examples(*commands: str) -> str:
    """The examples at the end of a verb's help, a line for each."""
    word = "Example" if len(commands) == 1 else "Examples"
    lines = "\n".join(f"  agentdeck {command}" for command in commands)
    return f"\b\n{word}:\n{lines}"


def verb(
    *commands: str, cls: type[TyperCommand] = TyperCommand
) -> Callable[[Callable[..., None]], typer.Typer]:
    """Make a function a verb, with examples for its help."""

    def decorate(function: Callable[..., None]) -> typer.Typer:
        app = new_app()
        app.command(epilog=examples(*commands), cls=cls)(function)
        return app

    return decorate


class LazyGroup(TyperGroup):
    """A group over a table of verb → `module:attribute`, a Typer app."""

    verbs: Mapping[str, str] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs in the order of the table."""
        return list(self.verbs)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb as a command, its module imported only now."""
        if cmd_name not in self.verbs:
            return None
        if cmd_name not in self.commands:
            module_name, _, attribute = self.verbs[cmd_name].partition(":")
            app = getattr(importlib.import_module(module_name), attribute)
            command = typer.main.get_command(app)
            command.name = cmd_name
            self.commands[cmd_name] = command
            for part in (command, *getattr(command, "commands", {}).values()):
                spare_validation(part)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb; for a typo, name the nearest."""
        typed = args[0]
        if typed not in self.verbs and not typed.startswith("-"):
            nearest = difflib.get_close_matches(typed, self.verbs, n=1, cutoff=0.5)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            ctx.fail(f"There is no verb {typed!r}.{hint}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options before the verb."""
        spare_validation(self)
        return super().parse_args(ctx, args)


def spare_validation(command: Any) -> None:
    """Have a command's plain parameters read without pydantic.

    Typer from 0.2x on imports pydantic for the value of every parameter, which
    costs more than all else that `agentdeck ls` does. Delete this once Typer
    converts str, int and bool by itself; a test watches over it.
    """
    for parameter in command.params:
        descriptor: Any = getattr(parameter, "type_descriptor", None)
        annotation = getattr(descriptor, "annotation", None)
        if annotation in _READERS:
            reader = _Reader(_READERS[annotation])
            vars(parameter)["get_runtime_param"] = lambda reader=reader: reader


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("1", "true")


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: str,
    int: int,
    bool: _flag,
    list[str]: lambda values: [str(value) for value in values],
}


class _Reader:
    """Reads a parameter's value in place of Typer's own reader."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the verb wants it."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            return self._read(value)
        except ValueError:
            message = f"{value!r} is not a whole number."
            raise typer.BadParameter(message, ctx=ctx, param=param) from None
