"""The console script: `agentdeck`, and `python -m agentdeck`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status.

    Args:
        arguments: What follows the program's name; by default what was typed.
    """
    os.environ.setdefault("TYPER_USE_RICH", "0")
    from agentdeck.cli import report
    from agentdeck.core.errors import AgentDeckError

    typed = sys.argv[1:] if arguments is None else list(arguments)
    try:
        _run(typed)
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    except AgentDeckError as error:
        status = report.report_error(error)
    except KeyboardInterrupt:
        status = report.INTERRUPTED
    except BrokenPipeError:
        report.silence()
        status = 1
    except Exception as error:  # noqa: BLE001 - the outermost frame of the process
        status = report.report_crash(error, _log_file())
    return status if report.flush() else 1


def _run(typed: list[str]) -> None:
    # The app alone needs no verbs, and to read them is a tenth of its start.
    # A shell that completes asks with no words, by a variable.
    if not typed and "_AGENTDECK_COMPLETE" not in os.environ:
        from agentdeck.cli.open_app import open_app

        open_app()
        return
    from agentdeck.cli.app import command

    command().main(args=typed, prog_name="agentdeck")


def _log_file() -> Path:
    from agentdeck.config.paths import paths_from_environment

    return paths_from_environment().state / "cli.log"


if __name__ == "__main__":
    sys.exit(main())
