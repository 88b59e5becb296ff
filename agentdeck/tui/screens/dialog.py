"""What all dialogs are: a box in the middle, over the screen that asked."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """A box over the screen that asked, dressed by `dialog.tcss`.

    Its parts go into one container of the class `dialog`.
    """

    CSS_PATH = "dialog.tcss"
