"""AgentDeck's own themes. Textual's others can be chosen in the command palette."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="agentdeck-dark",
    primary="#7aa7f7",
    secondary="#8b93a7",
    accent="#56cfc1",
    warning="#f2b65a",
    error="#f0717a",
    success="#84d18c",
    foreground="#d5d9e3",
    background="#10131a",
    surface="#151922",
    panel="#1d222d",
    boost="#232936",
    dark=True,
    variables={
        "border": "#56cfc1",
        "border-blurred": "#2c3342",
        "block-cursor-background": "#28344c",
        "block-cursor-foreground": "#eef1f7",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#d5d9e3",
        "input-selection-background": "#7aa7f7 30%",
        "scrollbar": "#2c3342",
        "scrollbar-hover": "#3a4357",
        "scrollbar-active": "#7aa7f7",
        "scrollbar-background": "#10131a",
        "scrollbar-background-hover": "#10131a",
        "scrollbar-background-active": "#10131a",
        "scrollbar-corner-color": "#10131a",
        "button-color-foreground": "#10131a",
        "button-focus-text-style": "bold",
    },
)

LIGHT = Theme(
    name="agentdeck-light",
    primary="#2459c7",
    secondary="#5d6573",
    accent="#0a7d74",
    warning="#9a5b00",
    error="#c02f3b",
    success="#23763b",
    foreground="#23272f",
    background="#fafaf7",
    surface="#f2f2ee",
    panel="#e7e8e3",
    boost="#dfe1db",
    dark=False,
    variables={
        "border": "#0a7d74",
        "border-blurred": "#cfd2cb",
        "block-cursor-background": "#d6e2f7",
        "block-cursor-foreground": "#12161d",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#23272f",
        "input-selection-background": "#2459c7 22%",
        "scrollbar": "#cfd2cb",
        "scrollbar-hover": "#b4b8b0",
        "scrollbar-active": "#2459c7",
        "scrollbar-background": "#fafaf7",
        "scrollbar-background-hover": "#fafaf7",
        "scrollbar-background-active": "#fafaf7",
        "scrollbar-corner-color": "#fafaf7",
        "button-color-foreground": "#fafaf7",
        "button-focus-text-style": "bold",
    },
)

OWN_THEMES = (DARK, LIGHT)
