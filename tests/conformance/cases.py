"""Bytes of which every terminal should make the same picture.

Each group is `id: what the program writes`; all on a screen of 20 by 6, on which
`LINES` fills every row.
"""

from __future__ import annotations

COLS, ROWS = 20, 6
LINES = "\r\n".join(f"line {y} abcdefghi{y}" for y in range(ROWS))
FULL = "x" * COLS
WIDE = "日本"
REGION = f"{LINES}\x1b[2;4r"

MOVING = {
    "home": "ab\x1b[Hc",
    "to a place": "\x1b[3;5Hx",
    "to a place by f": "\x1b[2;3fx",
    "to a row only": "\x1b[5Hx",
    "to a column only": "\x1b[;5Hx",
    "row without column": "\x1b[5;Hx",
    "to zero": "\x1b[3;3H\x1b[0;0Hx",
    "up and left past the edge": "\x1b[3;3H\x1b[99A\x1b[99Dx",
    "down past the edge": "\x1b[99Bx",
    "right past the edge": "\x1b[99Cx",
    "next and previous line": "\x1b[3Ex\x1b[2Fy",
    "to a row by d": "ab\x1b[5dx",
    "to a column by G": "ab\x1b[7Gx",
    "to a column by backtick": "\x1b[7`x",
    "carriage return and line feed": "ab\rc\nd",
    "vertical tab and form feed": "a\x0bb\x0cc",
    "backspace": "abc\b\bX",
    "backspace at the left edge": "\r\b\bX",
    "bell and null": "a\x07b\x00c",
    "controls within a sequence": "ab\x1b[\r2Cx",
    "a cancelled sequence": "a\x1b[3\x18b",
    "an escape within a sequence": "a\x1b[3\x1b[2Gb",
    "hidden cursor": "ab\x1b[?25l",
    "shown cursor": "\x1b[?25lab\x1b[?25h",
}
SCROLLING = {
    "line feeds at the bottom": f"{LINES}\r\n*",
    "many line feeds": LINES + "\r\n" * 9 + "*",
    "index at the bottom": "\x1b[6;1H\x1bD*",
    "next line at the bottom": "\x1b[6;5H\x1bE*",
    "reverse index": f"{LINES}\x1b[3;4H\x1bM*",
    "reverse index at the top": f"{LINES}\x1b[H\x1bM*",
    "line feed at the region's bottom": f"{REGION}\x1b[4;1H\n\n*",
    "line feed below the region": f"{REGION}\x1b[6;1H\n\n*",
    "line feed above the region": f"{REGION}\x1b[1;1H\n\n\n\n\n*",
    "reverse index at the region's top": f"{REGION}\x1b[2;1H\x1bM\x1bM*",
    "reverse index above the region": f"{REGION}\x1b[1;3H\x1bM*",
    "scroll up": f"{LINES}\x1b[3S*",
    "scroll down": f"{LINES}\x1b[3T*",
    "scroll up in a region": f"{REGION}\x1b[2S*",
    "scroll down in a region": f"{REGION}\x1b[2T*",
    "scroll up by too many": f"{LINES}\x1b[99S*",
    "scroll up in colour": f"{LINES}\x1b[44m\x1b[2S*",
    "a region of one row is none": f"{LINES}\x1b[2;2r*",
    "a region upside down is none": f"{LINES}\x1b[5;2r*",
    "the region's end": f"{REGION}\x1b[r\x1b[6;1H\n*",
    "long text in a region": f"{REGION}\x1b[4;10H{FULL}{FULL}",
    "origin mode": f"{REGION}\x1b[?6h\x1b[1;1Htop\x1b[9;1Hbot",
    "origin mode's end": f"{REGION}\x1b[?6h\x1b[2;2H*\x1b[?6l+",
    "origin mode and rows by d": f"{REGION}\x1b[?6h\x1b[2d*",
    "origin mode is kept with the cursor": (
        f"{REGION}\x1b[?6h\x1b7\x1b[?6l\x1b8\x1b[1;1H*"
    ),
}
EDITING = {
    "insert a line": f"{LINES}\x1b[3;1H\x1b[L*",
    "insert many lines": f"{LINES}\x1b[3;1H\x1b[99L*",
    "delete a line": f"{LINES}\x1b[3;1H\x1b[M*",
    "delete many lines": f"{LINES}\x1b[3;1H\x1b[99M*",
    "insert lines in a region": f"{REGION}\x1b[3;1H\x1b[2L*",
    "delete lines in a region": f"{REGION}\x1b[3;1H\x1b[2M*",
    "insert a line below the region": f"{REGION}\x1b[6;3H\x1b[L*",
    "insert lines in colour": f"{LINES}\x1b[3;1H\x1b[42m\x1b[2L\x1b[0m\x1b[20Gz",
    "insert characters": f"{LINES}\x1b[3;3H\x1b[4@*",
    "delete characters": f"{LINES}\x1b[3;3H\x1b[4P*",
    "delete too many characters": f"{LINES}\x1b[3;3H\x1b[99P*",
    "delete characters in colour": f"{FULL}\x1b[1;3H\x1b[41m\x1b[2P\x1b[0m",
    "erase characters": f"{LINES}\x1b[3;3H\x1b[4X*",
    "erase characters in colour": f"{LINES}\x1b[3;3H\x1b[45m\x1b[4X\x1b[0m",
    "erase to the end of the line": "abcdef\x1b[3G\x1b[K*",
    "erase to the start of the line": "abcdef\x1b[3G\x1b[1K*",
    "erase the line": "abcdef\x1b[3G\x1b[2K*",
    "erase a line in colour": "abc\x1b[44m\x1b[2K\x1b[0m\x1b[20Gz",
    "erase below": f"{LINES}\x1b[3;3H\x1b[J*",
    "erase above": f"{LINES}\x1b[3;3H\x1b[1J*",
    "erase all": f"{LINES}\x1b[3;3H\x1b[2J*",
    "erase all in colour": "\x1b[41m\x1b[2J\x1b[0m"
    + "".join(f"\x1b[{y};20Hz" for y in range(1, 7)),
    "erase the scrollback": f"{LINES}\x1b[3J*",
    "insert mode": "\x1b[4habc\x1b[1Gxyz",
    "insert mode's end": "\x1b[4habc\x1b[1Gxyz\x1b[4lq",
    "insert mode pushes off the edge": f"{FULL}\x1b[4h\x1b[1Gab",
    "selective attributes stay": "\x1b[31mab\x1b[1G\x1b[Kcd",
    "alignment pattern": "\x1b#8",
    "soft reset": "a\x1b[31;1;4mb\x1b[!pc",
    "full reset": f"{REGION}\x1b[?6h\x1b[31mabc\x1bcd",
}
TABS = {
    "tabs": "a\tb\tc\td\te",
    "a tab to the edge stays there": "\t\t\t\t\tx",
    "back by tabs": "a\t\tb\x1b[2Zc",
    "back by too many tabs": "a\x1b[9Zb",
    "a tab of one's own": "\x1b[1;5H\x1bH\r\tx\ty",
    "a tab cleared": "\x1b[1;9H\x1b[0g\r\tx\ty",
    "all tabs cleared": "\x1b[3g\tx",
    "a tab over text": "abcdefghij\r\tX",
}
WRAPPING = {
    "a full row waits": FULL,
    "the next character wraps": f"{FULL}y",
    "two rows": f"{FULL}{FULL}ab",
    "wrapping at the bottom scrolls": f"{LINES}\x1b[6;15Habcdefghi",
    "carriage return after a full row": f"{FULL}\r\ny",
    "moving right after a full row": f"{FULL}\x1b[Cy",
    "a tab after a full row": f"{FULL}\ty",
    "to a place after a full row": f"{FULL}\x1b[1;20Hy|z",
    "to a column after a full row": f"{FULL}\x1b[20Gy|z",
    "a colour after a full row": f"{FULL}\x1b[31my",
    "a question after a full row": f"{FULL}\x1b[6ny",
    "up after a full row": f"{FULL}\x1b[Ay",
    "reverse index after a full row": f"{FULL}\x1bMy",
    "next line after a full row": f"{FULL}\x1bEy",
    "no wrapping": "\x1b[?7labcdefghijklmnopqrstuvwxyz",
    "colours go on over the edge": "\x1b[44m" + "x" * 30,
    "repeat": "abc\x1b[5b",
    "repeat in colour": "\x1b[31ma\x1b[3b",
    "repeat nothing": "\x1b[200bx",
    "repeat once by default": "a\x1b[b",
}
ALTERNATE = {
    "there": "main\x1b[?1049habc",
    "and back": "main\x1b[?1049habc\x1b[?1049lz",
    "back with the main screen's look": "main\x1b[?1049h\x1b[31mabc\x1b[?1049lz",
    "twice there": "main\x1b[3;3H\x1b[?1049h\x1b[?1049h\x1b[H\x1b[?1049lz",
    "back without having been there": "\x1b[?1049habc\x1b[?1049l\x1b[?1049lx",
    "by 47": "main\x1b[?47habc\x1b[?47lz",
    "by 1047": "main\x1b[?1047habc\x1b[?1047lz",
    "scrolling there leaves no trace": f"main\x1b[?1049h{LINES}\r\n\r\n\x1b[?1049lz",
    "cleared each time": "\x1b[?1049habc\x1b[?1049l\x1b[?1049hx",
}
SAVING = {
    "save and restore": "\x1b7abc\x1b[31m\x1b[3;3Hx\x1b8y",
    "save and restore with a look": "\x1b[3;3H\x1b[1;32m\x1b7\x1b[0m\x1b[H\x1b8x",
    "save and restore by s and u": "\x1b[sabc\x1b[ux",
    "restore what was never saved": "abc\x1b8x",
    "save and restore a character set": "\x1b(0\x1b7\x1b(B\x1b8q",
    "restore twice": "ab\x1b7cd\x1b8X\x1b8Y",
}
LOOKS = {
    "the sixteen colours": "".join(
        f"\x1b[{code}mx"
        for code in (*range(30, 38), *range(90, 98), *range(40, 48), *range(100, 108))
    ),
    "the palette": "".join(f"\x1b[38;5;{n};48;5;{255 - n}mx" for n in range(0, 256, 9)),
    "true colours": "\x1b[38;2;1;2;3;48;2;250;128;0mx\x1b[39my\x1b[49mz",
    "true colours by colons": "\x1b[38:2::9:8:7mx\x1b[48:5:77my",
    "bold, italic, blink, strike": "\x1b[1ma\x1b[3mb\x1b[5mc\x1b[9md\x1b[0me",
    "faint": "\x1b[2ma\x1b[31mb\x1b[42mc\x1b[22md",
    "reverse": "\x1b[7ma\x1b[31mb\x1b[42mc\x1b[27md",
    "hidden": "\x1b[8ma\x1b[42mb\x1b[28mc",
    "reverse and faint": "\x1b[7;2ma\x1b[31;44mb",
    "underlines": "\x1b[4ma\x1b[4:0mb\x1b[4:1mc\x1b[24md\x1b[21me\x1b[4:3mf",
    "an underline's colour": "\x1b[4;58;5;9ma\x1b[59mb",
    "all off again": "\x1b[1;22;3;23;4;24;5;25;7;27;8;28;9;29mx",
    "no parameter resets": "\x1b[1;31mx\x1b[my",
    "unknown attributes": "\x1b[999mx\x1b[1;999my",
    "spaces carry their look": "\x1b[4m  \x1b[44m  \x1b[0m|",
    "line drawing": "\x1b(0lqqk\x1b(B\r\n\x1b(0x`afgx\x1b(B",
    "line drawing by shift out": "\x1b)0\x0elqk\x0flqk",
    "a link": "\x1b]8;;http://localhost/x\x07link\x1b]8;;\x07 no link",
}
WIDTHS = {
    "wide characters": f"{WIDE}x",
    "wide over the edge": f"{'日' * 12}x",
    "wide does not fit the last cell": "\x1b[1;20H日x",
    "wide in the last two cells": "\x1b[1;19H日x",
    "wide in the last cell without wrapping": "\x1b[?7l\x1b[1;20H日x",
    "wide in the last two without wrapping": "\x1b[?7l\x1b[1;19H日x",
    "written over its first half": f"{WIDE}\x1b[1Gx",
    "written over a second one": f"{WIDE}\x1b[3Gx",
    "wide over narrow": f"abcd\x1b[2G{WIDE}",
    "wide over the halves of two": f"{WIDE}語\x1b[3G本",
    "insert before wide": f"{WIDE}x\x1b[1G\x1b[@",
    "delete wide": f"{WIDE}x\x1b[1G\x1b[2P",
    "erase from a wide one on": f"{WIDE}x\x1b[3G\x1b[K",
    "erase to the end of a wide one": f"{WIDE}x\x1b[4G\x1b[1K",
    "wide in colour": f"\x1b[41m{WIDE}\x1b[0mx",
    "a mark": "e\u0301x",
    "a mark on a wide one": "日\u0301x",
    "many marks": "e\u0301\u0302\u0303x",
    "a mark at the edge": f"{'x' * 19}e\u0301y",
    "a mark first": "\u0301x",
    "an emoji": "\U0001f600x",
    "a family": "\U0001f469\u200d\U0001f469\u200d\U0001f467x",
    "a flag": "\U0001f1e9\U0001f1eax",
    "hangul by parts": "\u1100\u1161x",
    "boxes and blocks": "┌─┬─┐█▓▒░▀▄⣿│",
    "powerline": "\ue0b0\ue0b2x",
}
STRINGS = {
    "titles": "\x1b]0;a title\x07x\x1b]2;other\x1b\\y",
    "device control": "a\x1bP$qm\x1b\\b",
    "a picture by kitty": "a\x1b_Gi=1,a=q;AAAA\x1b\\b",
    "a private message": "a\x1b^pm\x1b\\b",
    "a string": "a\x1bXsos\x1b\\b",
    "keyboard protocols": "a\x1b[>4;2m\x1b[=5u\x1b[>1u\x1b[<ub",
    "cursor shapes": "a\x1b[5 qb",
    "modes nobody knows": "a\x1b[?9999hb\x1b[?9999l\x1b[9999hc",
    "questions": "a\x1b[c\x1b[>c\x1b[6n\x1b[?2026$pb",
    "a batch": "\x1b[?2026habc\x1b[?2026l",
}
GROUPS = {
    "moving": MOVING,
    "scrolling": SCROLLING,
    "editing": EDITING,
    "tabs": TABS,
    "wrapping": WRAPPING,
    "alternate screen": ALTERNATE,
    "saving": SAVING,
    "looks": LOOKS,
    "widths": WIDTHS,
    "strings": STRINGS,
}
CASES = {
    f"{group}: {name}": data.encode()
    for group, cases in GROUPS.items()
    for name, data in cases.items()
}

SHORT = "\r\n".join(f"line {y}" for y in range(5))
RESIZES: dict[str, tuple[str, tuple[int, int], str]] = {
    "larger": (SHORT, (30, 8), "*"),
    "narrower than no line": (SHORT, (10, 8), "*"),
    "lower": (SHORT, (20, 3), "*"),
    "lower with room below": ("ab", (20, 3), "*"),
    "lower with the cursor below": ("ab\x1b[5;1H", (20, 3), "*"),
    "very small": ("\x1b[31mab\x1b[0m", (5, 2), "*"),
    "a full row made wider": (FULL, (30, 6), "|"),
    "the region ends": (f"{SHORT}\x1b[2;3r", (20, 8), "\x1b[8;1H\n*"),
    "alternate, larger": (f"\x1b[?1049h{SHORT}", (30, 8), "*"),
    "alternate, smaller": (f"\x1b[?1049h{SHORT}", (10, 4), "*"),
    "tabs in a narrower one": ("", (5, 5), "\tx\ty"),
    "tabs in a wider one": ("", (40, 5), "\tx\ty\tz\ta"),
    "there and back in the alternate one": (
        f"{SHORT}\x1b[?1049hother",
        (30, 8),
        "\x1b[?1049l*",
    ),
}
"""What is written, the new size, and what is written then."""
