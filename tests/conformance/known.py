"""Where our pane and tmux differ on purpose, what ours shows, and why.

The engine follows xterm, the VT manuals and Ghostty; tmux simplifies here and
there. Each row is tested: should ours change, its test fails; should tmux's become
as ours, the row's reason says of which tmux it speaks.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.cases import FULL, LINES, REGION, SHORT, WIDE

ROWS = LINES.split("\r\n")
PENDING = "tmux has the cursor beyond the last column there, a VT on it"
HALVES = "tmux leaves half of a wide character that was written over; a VT neither"
REPEAT = "tmux repeats only what was written just before, and no wide character"
REFLOW = "tmux keeps the cursor's line at the top; ours the text that was seen"


@dataclass(frozen=True, slots=True)
class Known:
    """One difference."""

    data: str
    shown: list[str]
    reason: str
    size: tuple[int, int] | None = None
    after: str = ""


KNOWN = {
    "back from a full row": Known(f"{FULL}\x1b[D|", [f"{'x' * 18}|x"], PENDING),
    "backspace from a full row": Known(f"{FULL}\b|", [f"{'x' * 18}|x"], PENDING),
    "erase in a full row": Known(f"{FULL}\x1b[K|", [f"{'x' * 19}|"], PENDING),
    "erase below a full row": Known(f"{FULL}\x1b[J|", [f"{'x' * 19}|"], PENDING),
    "insert in a full row": Known(f"{FULL}\x1b[@|", [f"{'x' * 19}|"], PENDING),
    "delete in a full row": Known(f"{FULL}\x1b[P|", [f"{'x' * 19}|"], PENDING),
    "line feed from a full row": Known(f"{FULL}\n|", [FULL, f"{' ' * 19}|"], PENDING),
    "back by tab from a full row": Known(f"{FULL}\x1b[Z|", [FULL, "|"], PENDING),
    "a saved full row": Known(
        f"{FULL}\x1b7\x1b[H\x1b8|",
        [FULL, "|"],
        "a VT saves that the next character wraps; tmux does not",
    ),
    "no wrapping after a full row": Known(
        f"{FULL}\x1b[?7l|", [f"{'x' * 19}|"], PENDING
    ),
    "repeat in a full row": Known(f"{FULL}\x1b[2b", [FULL, "xx"], REPEAT),
    "repeat a wide one": Known("日\x1b[3b", ["日日日日"], REPEAT),
    "repeat after a move": Known("abc\x1b[H\x1b[2b", ["ccc"], REPEAT),
    "insert a line in the middle of one": Known(
        f"{REGION}\x1b[3;3H\x1b[L*",
        [*ROWS[:2], "*", ROWS[2], *ROWS[4:]],
        "on a VT inserting and deleting lines takes the cursor to the left edge",
    ),
    "insert a line above the region": Known(
        f"{REGION}\x1b[1;1H\x1b[L*",
        ["*" + ROWS[0][1:], *ROWS[1:]],
        "outside the region lines are neither inserted nor deleted; tmux does",
    ),
    "a region in origin mode": Known(
        "\x1b[?6h\x1b[2;3rx", ["", "x"], "home is the region's; tmux takes the screen's"
    ),
    "insert too many characters": Known(
        f"{LINES}\x1b[3;3H\x1b[99@*",
        [*ROWS[:2], "li*", *ROWS[3:]],
        "tmux inserts nothing when asked for more than there is room for",
    ),
    "wrapping again": Known(
        "\x1b[?7l" + "abcdefghijklmnopqrstuvwxyz\x1b[?7hA",
        ["abcdefghijklmnopqrsz", "A"],
        "the engine knows of the full row also while nothing is to be wrapped",
    ),
    "repeat over the edge": Known("abc\x1b[30b", [f"ab{'c' * 18}", "c" * 13], REPEAT),
    "wide to the edge": Known("日" * 10, ["日" * 10], PENDING),
    "not UTF-8": Known(
        "a\udcffb\udce2\udc82c", ["a\ufffdb\ufffdc"], "tmux shows nothing of it"
    ),
    "on by tabs": Known("a\x1b[2Ib", ["a" + " " * 15 + "b"], "tmux has no CHT"),
    "right by a": Known("\x1b[3ax", ["   x"], "tmux has no HPR"),
    "down by e": Known("\x1b[2ex", ["", "", "x"], "tmux has no VPR"),
    "line feed mode": Known("\x1b[20hab\ncd", ["ab", "cd"], "tmux has no LNM"),
    "save by 1048": Known(
        "ma\x1b[?1048hin\x1b[2;2H\x1b[?1048lz", ["mazn"], "tmux has no mode 1048"
    ),
    "over the second half": Known(f"{WIDE}\x1b[2Gx", [" x本"], HALVES),
    "delete the second half": Known(f"{WIDE}\x1b[2G\x1b[P", [" 本"], HALVES),
    "insert in the middle": Known(f"{WIDE}x\x1b[2G\x1b[@", ["   本x"], HALVES),
    "erase the second half": Known(f"{WIDE}x\x1b[2G\x1b[X", ["  本x"], HALVES),
    "erase from the second half": Known(f"{WIDE}x\x1b[4G\x1b[K", ["日"], HALVES),
    "erase to the first half": Known(f"{WIDE}x\x1b[3G\x1b[1K", ["    x"], HALVES),
    "push half a wide one off the edge": Known(
        f"{'日' * 10}\x1b[1G\x1b[@", [f" {'日' * 9}"], HALVES
    ),
    "a heart by a selector": Known(
        "\u2764\ufe0f|", ["\u2764\ufe0f|"], "two cells by Unicode; one in old tmux"
    ),
    "a thumb of some colour": Known(
        "\U0001f44d\U0001f3fd|",
        ["\U0001f44d\U0001f3fd|"],
        "one character by Unicode; two in old tmux",
    ),
    "overline": Known("\x1b[53mx", ["x"], "tmux does not capture overlines"),
    "a colour cut short": Known(
        "\x1b[38;5mx", ["x"], "the engine takes what is left for attributes"
    ),
    "an empty last attribute": Known(
        "\x1b[1;mx", ["x"], "the engine leaves it out; for xterm it is a reset"
    ),
    "a colour out of range": Known(
        "\x1b[48;2;300;1;1mx", ["x"], "the engine takes it modulo 256"
    ),
    "a tab cleared by default": Known(
        "\x1b[1;9H\x1b[g\r\tx", ["        x"], "the engine wants the parameter 0"
    ),
    "boxes while letters are boxes": Known(
        "\x1b(0┌─┐|", ["   ≠"], "the engine shows blanks; for xterm they are themselves"
    ),
    "restored after a visit": Known(
        "ab\x1b[2;2H\x1b[?1049h\x1b[H\x1b[?1049l\x1b[H\x1b8x",
        ["ab", " x"],
        "for xterm a visit saves the cursor as ESC 7 does; tmux saves it apart",
    ),
    "back without having been there": Known(
        "ab\r\nc\x1b[?1049lx", ["xb", "c"], "xterm restores the cursor; tmux does not"
    ),
    "a batch that is open": Known(
        "ab\x1b[?2026hcd", [], "older tmux has no synchronised output"
    ),
    "a wrapped line made narrower": Known(
        "x" * 30, ["x" * 10, "x" * 10, "x" * 10, "*"], REFLOW, (10, 6), "*"
    ),
    "a line made narrower": Known("x" * 15, ["x" * 10, "xxxxx*"], REFLOW, (10, 6), "*"),
    "a wide line made narrower": Known(
        WIDE * 3, ["日本日本日", "本*"], REFLOW, (11, 6), "*"
    ),
    "the alternate screen made lower": Known(
        f"\x1b[?1049h{SHORT}\x1b[H",
        ["*ine 2", "line 3", "line 4"],
        "rows are taken from the top; tmux takes them from the bottom",
        (20, 3),
        "*",
    ),
    "the alternate screen made narrower": Known(
        f"\x1b[?1049h{SHORT}",
        ["line", "line", "line", "lin*"],
        "tmux puts a cursor that is cut off on the left edge",
        (4, 4),
        "*",
    ),
}
