"""Runs one runner in the foreground: `python -m agentdeck.runner --dir D --socket S`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agentdeck.runner.process import run


def main() -> int:
    """Parse the command line and run the session to its end."""
    parser = argparse.ArgumentParser(prog="python -m agentdeck.runner")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    arguments = parser.parse_args()
    return run(arguments.dir, arguments.socket)


if __name__ == "__main__":
    sys.exit(main())
