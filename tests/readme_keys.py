"""The README's table of keys, made from the registry of actions.

`python -m tests.readme_keys` writes it; a test fails while it is another.
"""

from __future__ import annotations

from pathlib import Path

from agentdeck.tui.actions import ACTIONS, Action, Scope, keys_of, shown_key

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- keys: python -m tests.readme_keys -->", "<!-- end of keys -->"


def table() -> str:
    """All actions as a table, scope by scope."""
    lines = ["| keys | what it does | id |", "| --- | --- | --- |"]
    for scope in Scope:
        rows = [action for action in ACTIONS if action.scope is scope]
        if rows:
            lines.append(f"| **{scope.value}** | | |")
        lines += [_line(action) for action in rows]
    return "\n".join(lines)


def _line(action: Action) -> str:
    keys = [shown_key(key) for key in keys_of(action)]
    shown = [f"{keys[0]}-{keys[-1]}"] if len(keys) > 4 else keys
    cells = " ".join(f"`{key}`".replace("|", "\\|") for key in shown)
    return f"| {cells} | {action.help.replace('|', chr(92) + '|')} | `{action.id}` |"


def with_table(text: str) -> str:
    """The README with the table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
