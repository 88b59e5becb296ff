"""`agentdeck bindings`: the app's keys as they are set, with the ids to set them by."""

from __future__ import annotations

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson
from agentdeck.cli.table import Column, fitted
from agentdeck.config.paths import paths_from_environment


@verb("bindings", "bindings --json")
def bindings(as_json: AsJson = False) -> None:
    """List the app's actions, their keys and the ids that [app.keys] sets them by."""
    # The registry comes with Textual, which nothing else of the command line needs.
    from agentdeck.config.settings import read_settings
    from agentdeck.tui.actions import ACTIONS, shown_key
    from agentdeck.tui.keymap import keymap_from

    settings = read_settings(paths_from_environment().settings_file)
    keymap = keymap_from(settings.app.keys)
    if as_json:
        rows = [
            {
                "id": action.id,
                "keys": keymap.keys_of(action),
                "default": action.keys.split(","),
                "where": action.scope.value,
                "what": action.help,
            }
            for action in ACTIONS
        ]
        report.out_json(rows)
        return
    shown = [" ".join(map(shown_key, keymap.keys_of(action))) for action in ACTIONS]
    table = [
        Column("ID", [action.id for action in ACTIONS]),
        Column("KEYS", [report.plain(keys) for keys in shown]),
        Column("WHERE", [action.scope.value for action in ACTIONS]),
        Column("WHAT", [action.help for action in ACTIONS]),
    ]
    for line in fitted(table, report.width()):
        report.out(line)
    for problem in (*keymap.problems, *keymap.notes):
        report.say(f"[app.keys] {problem}")
