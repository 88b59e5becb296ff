"""What a session changed, as a coloured diff with its files counted."""

from __future__ import annotations

from typing import Any

from rich.style import Style
from textual import work
from textual.content import Content

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.reader import ReaderScreen

MAX_FILES_NAMED = 8
NAME_WIDTH = 56
GRAPH_WIDTH = 24


def diff_style(line: str, look: Look) -> Style:
    """The style of a diff's line."""
    if line.startswith(("+++", "---")):
        return look.style("muted")
    if line.startswith("+"):
        return look.style("success")
    if line.startswith("-"):
        return look.style("error")
    if line.startswith("@@"):
        return look.style("accent")
    if line.startswith("diff "):
        return look.style("primary", bold=True)
    if line.startswith(
        ("index ", "new file", "deleted file", "similarity ", "rename ")
    ):
        return look.style("faint")
    return look.style("text")


class DiffScreen(ReaderScreen):
    """The diff of one session against the base that it forked from."""

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__(deck, lambda line: diff_style(line, deck.look))
        self._session = session
        self._starts: list[int] = []

    @property
    def has_parts(self) -> bool:
        """A diff has files."""
        return True

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(("diff ", "$primary"), one_line(self._session.title))
        self._load_diff()

    def part_starts(self) -> list[int]:
        return self._starts

    @work(exclusive=True, group="diff", exit_on_error=False)
    async def _load_diff(self) -> None:
        try:
            answer = await self.deck.link.call("session.diff", id=self._session.id)
        except AgentDeckError as error:
            self.show_summary(Content.styled(one_line(error.message), "$error"))
            return
        self._show(answer)

    def _show(self, answer: dict[str, Any]) -> None:
        files = answer.get("files") or []
        added = sum(int(file["added"] or 0) for file in files)
        removed = sum(int(file["removed"] or 0) for file in files)
        minus = self.deck.look.glyphs.minus
        noun = "file" if len(files) == 1 else "files"
        self.show_title(
            ("diff  ", "$primary"),
            one_line(self._session.title),
            (f"   {len(files)} {noun}", "not bold $foreground 60%"),
            (f"  +{added}", "not bold $success"),
            (f" {minus}{removed}", "not bold $error"),
            (
                f"  against {one_line(str(answer.get('base') or ''))[:40]}",
                "not bold $foreground 60%",
            ),
        )
        if files:
            self.show_summary(self._file_lines(files))
        else:
            self.show_summary(Content("Nothing is changed against the base."))
        lines = str(answer.get("text") or "").split("\n")
        self._starts = [n for n, line in enumerate(lines) if line.startswith("diff ")]
        self.lines.show_lines(lines)

    def _file_lines(self, files: list[dict[str, Any]]) -> Content:
        parts: list[str | tuple[str, str]] = []
        minus = self.deck.look.glyphs.minus
        most = max(int(f["added"] or 0) + int(f["removed"] or 0) for f in files) or 1
        for file in files[:MAX_FILES_NAMED]:
            added, removed = int(file["added"] or 0), int(file["removed"] or 0)
            name = cut(one_line(str(file["path"])), NAME_WIDTH)
            scale = min(1.0, GRAPH_WIDTH / most)
            parts += [
                (f"{name:<{NAME_WIDTH}} ", "$foreground"),
                (f"{added + removed:>5} ", "$foreground 60%"),
                ("+" * round(added * scale), "$success"),
                (minus * round(removed * scale), "$error"),
                "\n",
            ]
        if len(files) > MAX_FILES_NAMED:
            parts.append(
                (f"and {len(files) - MAX_FILES_NAMED} more files\n", "$foreground 60%")
            )
        return Content.assemble(*parts)
