"""The registry of what a person can do: keys, names and help, in one place.

Bindings, footer, help screen and command palette are all made from these rows.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, format_key


class Scope(StrEnum):
    """Where keys hold."""

    APP = "everywhere"
    LIST = "moving and choosing"
    GROUP = "on a group's header"
    SESSION = "sessions"
    VIEW = "filter and view"
    COPY = "copying from a pane"
    LINKS = "choosing a link"
    PEEK = "peeking at a session"
    REVIEW = "reviewing what a session changed"
    OUTPUT = "reading checks or a setup"
    READER = "reading a reason"
    LOG = "reading a log"
    FIND = "finding in all logs"
    REPLAY = "replaying a recording"
    FILTERS = "saved filters"
    MESSAGES = "messages that wait"
    NOTICES = "reading notices"
    RESULTS = "what could not be done"
    TURNS = "the turns of a session"
    FINDINGS = "reviews by agents"
    MATRIX = "overlaps between sessions"
    COMPOSER = "starting a session"
    COMPARE = "comparing variants"
    HANDOFF = "handing a session off"
    PIPELINES = "choosing a pipeline"
    RUN = "a pipeline's run"
    PULLS = "pull requests"
    METRICS = "reading the measured gain"


ANSWER = "session.answer"
PEEK_CHOICE = "peek.choose"
RECALL = "view.recall"
USE_FILTER = "filters.recall"
BY_DIGIT = frozenset({ANSWER, PEEK_CHOICE, RECALL, USE_FILTER})
"""Actions of which the digit of each key says which choice it stands for."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `rank` is its place in the footer; 0 keeps it out."""

    id: str
    scope: Scope
    keys: str
    action: str
    title: str
    help: str
    rank: int = 0


_ROWS = (
    ("list.down", Scope.LIST, "down,j", "cursor_down", "down", "Go to the next session"),
    ("list.up", Scope.LIST, "up,k", "cursor_up", "up", "Go to the session before"),
    ("list.top", Scope.LIST, "g,home", "cursor_top", "top", "Go to the first session"),
    ("list.end", Scope.LIST, "G,end", "cursor_end", "end", "Go to the last session"),
    ("list.page-down", Scope.LIST, "pagedown,ctrl+d", "page_down", "page down", "Go a page down"),
    ("list.page-up", Scope.LIST, "pageup,ctrl+u", "page_up", "page up", "Go a page up"),
    ("list.mark", Scope.LIST, "v", "toggle_mark", "mark", "Mark the session, or take its mark away", 7),
    ("list.mark-down", Scope.LIST, "shift+down,J", "mark_down", "mark down", "Mark on while going down"),
    ("list.mark-up", Scope.LIST, "shift+up,K", "mark_up", "mark up", "Mark on while going up"),
    ("list.mark-all", Scope.LIST, "a", "mark_all", "mark all", "Mark all that the filter lets through"),
    ("list.clear", Scope.LIST, "A,escape", "clear_marks", "clear", "Take all marks away, then the filter"),
    ("list.invert", Scope.LIST, "i", "invert_marks", "invert", "Mark what is not marked, and only that"),
    ("group.mark", Scope.GROUP, "enter,space", "mark_group", "mark group", "Mark the whole group, or none of it; show what is folded away", 1),
    ("group.close", Scope.GROUP, "left", "turn_group(False)", "collapse", "Show the header of the group alone", 2),
    ("group.open", Scope.GROUP, "right", "turn_group(True)", "expand", "Show the sessions of the group again", 3),
    ("session.type", Scope.SESSION, "enter,tab", "type_into", "type", "Type into the session; the release key gives the list back", 1),
    ("session.answer", Scope.SESSION, "1,2,3,4,5,6,7,8,9", "answer", "answer", "Answer with the choice of that number"),
    ("session.peek", Scope.SESSION, "space", "peek", "peek", "See what it asks and did last, and answer; arrows go on", 7),
    ("session.approve", Scope.SESSION, "y", "approve", "approve", "Say yes to what it asks; of several, what each gets is shown first", 18),
    ("session.deny", Scope.SESSION, "D", "deny", "deny", "Say no to what it asks", 19),
    ("session.reply", Scope.SESSION, "R", "reply", "reply", "Send a line of text, to one or to all marked", 9),
    ("session.messages", Scope.SESSION, "H", "show_messages", "messages", "See and change the messages that wait for the end of its turn"),
    ("session.rules", Scope.SESSION, "o", "switch_rules", "rules", "Let the settings' rules answer its permissions, or not"),
    ("session.diff", Scope.SESSION, "d", "show_diff", "diff", "Review what the session changed: read, comment, mark as read", 3),
    ("session.new", Scope.SESSION, "n,colon", "new_session", "new", "Start a session", 2),
    ("session.compare", Scope.SESSION, "ctrl+k", "compare", "compare", "Compare the variants of the session's group side by side"),
    ("session.hand-off", Scope.SESSION, "h", "hand_off", "hand off", "Continue the session as another type or agent, with all it has; also fork it"),
    ("session.linked", Scope.SESSION, "tilde", "follow_link", "linked", "Go to the session that it continues, or that continues it"),
    ("session.pipelines", Scope.SESSION, "ampersand", "show_pipelines", "pipelines", "Start another session once this is green, merged or over; see and start pipelines"),
    ("session.merge", Scope.SESSION, "m", "merge", "merge", "Merge into the base branch", 4),
    ("session.pulls", Scope.SESSION, "O", "show_pulls", "pull request", "Open, follow and merge pull requests on GitHub, by gh"),
    ("session.stop", Scope.SESSION, "s", "stop", "stop", "Stop the agent; branch and worktree stay", 5),
    ("session.discard", Scope.SESSION, "x", "discard", "discard", "Remove session, branch and worktree; kept for 30 days", 6),
    ("session.undo", Scope.SESSION, "ctrl+z", "undo", "undo", "Take back the last merge, discard or going back to a turn"),
    ("session.trash", Scope.SESSION, "X", "show_trash", "trash", "Bring back a discarded session"),
    ("session.overlaps", Scope.SESSION, "M", "show_overlaps", "overlaps", "See which sessions change the same lines, and where"),
    ("session.turns", Scope.SESSION, "T", "show_turns", "turns", "Go back to a turn, or forth; what is left behind is kept"),
    ("session.resume", Scope.SESSION, "r", "resume", "resume", "Start the agent again where it was", 11),
    ("session.read", Scope.SESSION, "u", "toggle_unread", "read/unread", "Mark as read, or as unread", 14),
    ("session.explain", Scope.SESSION, "e", "explain", "why", "Say why the session has its status", 12),
    ("session.log", Scope.SESSION, "l", "show_log", "log", "Read all that the agent printed", 13),
    ("session.check", Scope.SESSION, "C", "run_checks", "check", "Run the checks, or read what they printed"),
    ("session.reviews", Scope.SESSION, "at", "show_reviews", "reviews", "See what reviewing agents found, or have the session reviewed now"),
    ("session.setup", Scope.SESSION, "I", "show_setup", "setup", "Read how the worktree was set up, or do it again", 2),
    ("session.timeline", Scope.SESSION, "Q", "show_timeline", "timeline", "See what happened: prompts, tools, answers, commits, checks"),
    ("session.replay", Scope.SESSION, "V", "show_replay", "replay", "Replay the session's recording"),
    ("session.edit", Scope.SESSION, "E", "open_editor", "editor", "Open the session's worktree in $VISUAL or $EDITOR"),
    ("session.shell", Scope.SESSION, "S", "open_shell", "shell", "Open a shell in the session's worktree"),
    ("session.top", Scope.SESSION, "asterisk", "pin_rows", "pin on top", "Keep sessions on top of the list, or let them go"),
    ("session.rename", Scope.SESSION, "semicolon", "rename", "rename", "Give the session another title"),
    ("session.folder", Scope.SESSION, "apostrophe", "file_rows", "folder", "Put sessions into a folder of the list"),
    ("session.archive", Scope.SESSION, "underscore", "archive_rows", "archive", "Put ended sessions out of sight, or back; is:archived shows them"),
    ("session.earlier", Scope.SESSION, "ctrl+up", "move_row(-1)", "move up", "Move the session up; one that waits starts earlier"),
    ("session.later", Scope.SESSION, "ctrl+down", "move_row(1)", "move down", "Move the session down; one that waits starts later"),
    ("session.next", Scope.SESSION, "full_stop", "next_waiting", "next", "Go to the next session that needs you, oldest first", 8),
    ("view.filter", Scope.VIEW, "slash", "filter", "filter", "Filter: words, s:idle, is:unread, agent:codex, ahead:>3", 10),
    ("view.saved", Scope.VIEW, "equals_sign", "saved_filters", "saved filters", "Use, save or remove a filter that has a name"),
    ("view.recall", Scope.VIEW, "alt+1,alt+2,alt+3,alt+4,alt+5,alt+6,alt+7,alt+8,alt+9", "recall_filter", "recall", "Filter by what is saved under that number; again for all"),
    ("view.arrange", Scope.VIEW, "comma", "arrange", "group and sort", "Choose groups, order and height of the rows"),
    ("view.density", Scope.VIEW, "Y", "toggle_density", "one line or two", "Give each session one line, or two"),
    ("view.metrics", Scope.VIEW, "dollar_sign", "show_metrics", "gain", "See what the agents gain you: time, waiting, merges, rework"),
    ("view.find", Scope.VIEW, "ctrl+f", "find", "find", "Find words in all sessions' logs, prompts and titles"),
    ("view.progress", Scope.VIEW, "P", "quick('PROGRESS')", "in progress", "Show only sessions in progress; again for all"),
    ("view.unread", Scope.VIEW, "U", "quick('UNREAD')", "unread", "Show only unread sessions; again for all"),
    ("view.attention", Scope.VIEW, "N", "quick('ATTENTION')", "need you", "Show only sessions that need you; again for all"),
    ("view.panes", Scope.VIEW, "w", "watch", "panes", "Show the marked side by side; with none, more panes", 15),
    ("view.one-pane", Scope.VIEW, "W", "watch_one", "one pane", "Show one pane, which follows the cursor"),
    ("view.pin", Scope.VIEW, "t", "pin", "pin", "Pin the session to its pane, or let it go"),
    ("view.next-pane", Scope.VIEW, "right", "next_pane(1)", "next pane", "Go to the session in the next pane"),
    ("view.pane-before", Scope.VIEW, "left", "next_pane(-1)", "pane before", "Go to the session in the pane before"),
    ("view.older", Scope.VIEW, "shift+pageup,b", "scroll_pane('up')", "older", "Show older output in the pane; also while typing, by shift+pageup"),
    ("view.newer", Scope.VIEW, "shift+pagedown,f", "scroll_pane('down')", "newer", "Show newer output in the pane"),
    ("view.oldest", Scope.VIEW, "shift+home,B", "scroll_pane('top')", "oldest", "Show the oldest output that the pane keeps; the log has all"),
    ("view.newest", Scope.VIEW, "shift+end,F", "scroll_pane('bottom')", "newest", "Follow the agent's output again"),
    ("view.copy", Scope.VIEW, "c", "copy_mode", "copy", "Select, search and copy in the pane; while typing by ctrl+shift+c or the mouse", 16),
    ("view.next-tab", Scope.VIEW, "backslash", "next_tab(1)", "next tab", "Show the session's log, diff, commits, checks, brief, timeline or settings in its pane"),
    ("view.tab-before", Scope.VIEW, "vertical_line", "next_tab(-1)", "tab before", "Show the tab before, such as the terminal again"),
    ("view.zoom", Scope.VIEW, "z", "zoom", "zoom", "Show the session's pane alone, or all again", 15),
    ("view.list-alone", Scope.VIEW, "ctrl+l", "list_alone", "list alone", "Show the list without the panes, or both again"),
    ("view.layout", Scope.VIEW, "L", "toggle_layout", "stacked", "Put the list above the panes, or beside them"),
    ("view.hide-list", Scope.VIEW, "Z", "hide_list", "hide list", "Show the panes without the list, or both again"),
    ("view.pane-wider", Scope.VIEW, "right_curly_bracket", "enlarge(4, 0)", "wider pane", "Make the pane wider"),
    ("view.pane-narrower", Scope.VIEW, "left_curly_bracket", "enlarge(-4, 0)", "narrower pane", "Make the pane narrower"),
    ("view.pane-taller", Scope.VIEW, "plus", "enlarge(0, 2)", "taller pane", "Make the pane taller"),
    ("view.pane-lower", Scope.VIEW, "minus", "enlarge(0, -2)", "lower pane", "Make the pane lower"),
    ("view.narrower", Scope.VIEW, "less_than_sign,left_square_bracket", "resize_split(-4)", "narrower", "Make the list smaller: narrower, or lower above the panes"),
    ("view.wider", Scope.VIEW, "greater_than_sign,right_square_bracket", "resize_split(4)", "wider", "Make the list larger: wider, or higher above the panes"),
    ("pool.pause", Scope.VIEW, "p", "toggle_pool", "pause pool", "Start no more queued sessions, or go on"),
    ("copy.left", Scope.COPY, "left,h", "copy_move('left')", "left", "Go left"),
    ("copy.down", Scope.COPY, "down,j", "copy_move('down')", "down", "Go down, past the end to what came since"),
    ("copy.up", Scope.COPY, "up,k", "copy_move('up')", "up", "Go up, past the top into the recording"),
    ("copy.right", Scope.COPY, "right,l", "copy_move('right')", "right", "Go right"),
    ("copy.word", Scope.COPY, "w", "copy_move('word')", "next word", "Go to the next word"),
    ("copy.word-back", Scope.COPY, "b", "copy_move('word_back')", "word before", "Go to the word before"),
    ("copy.word-end", Scope.COPY, "e", "copy_move('word_end')", "word's end", "Go to the end of the word"),
    ("copy.begin", Scope.COPY, "0,home", "copy_move('begin')", "row's begin", "Go to the begin of the row"),
    ("copy.text", Scope.COPY, "circumflex_accent", "copy_move('text')", "row's text", "Go to the first text of the row"),
    ("copy.end", Scope.COPY, "dollar_sign,end", "copy_move('end')", "row's end", "Go to the end of the row"),
    ("copy.top", Scope.COPY, "g", "copy_move('top')", "top", "Go to the oldest row"),
    ("copy.bottom", Scope.COPY, "G", "copy_move('bottom')", "bottom", "Go to the newest row"),
    ("copy.page-up", Scope.COPY, "pageup,ctrl+b,shift+pageup", "copy_move('page_up')", "page up", "Go a page up"),
    ("copy.page-down", Scope.COPY, "pagedown,ctrl+f,shift+pagedown", "copy_move('page_down')", "page down", "Go a page down"),
    ("copy.half-up", Scope.COPY, "ctrl+u", "copy_move('half_up')", "half up", "Go half a page up"),
    ("copy.half-down", Scope.COPY, "ctrl+d", "copy_move('half_down')", "half down", "Go half a page down"),
    ("copy.select", Scope.COPY, "v,space", "copy_select('text')", "select", "Select text from here; again for none", 1),
    ("copy.lines", Scope.COPY, "V", "copy_select('lines')", "lines", "Select whole lines", 2),
    ("copy.block", Scope.COPY, "ctrl+v", "copy_select('block')", "block", "Select a block of columns", 3),
    ("copy.yank", Scope.COPY, "y,enter", "copy_yank", "copy", "Copy what is selected, or the line, and leave", 4),
    ("copy.search", Scope.COPY, "slash", "copy_search('/')", "search", "Search down; capital letters count if you type one", 5),
    ("copy.search-up", Scope.COPY, "question_mark", "copy_search('?')", "search up", "Search up", 6),
    ("copy.next", Scope.COPY, "n", "copy_next(True)", "next match", "Go to the next match", 7),
    ("copy.before", Scope.COPY, "N", "copy_next(False)", "match before", "Go to the match before", 8),
    ("copy.open", Scope.COPY, "o", "copy_open", "open link", "Open the link under the cursor; ctrl+click opens one at any time", 9),
    ("copy.links", Scope.COPY, "L", "copy_links", "links", "List the links that are shown, to open or copy one", 10),
    ("copy.log", Scope.COPY, "ctrl+l", "copy_log", "log", "Read the log, which has what is older than all rows"),
    ("copy.leave", Scope.COPY, "escape,q", "copy_leave", "leave", "Leave copy mode", 11),
    ("links.open", Scope.LINKS, "enter", "open_link", "open", "Open the link"),
    ("links.copy", Scope.LINKS, "y,c", "copy_link", "copy", "Copy where it leads"),
    ("links.down", Scope.LINKS, "down,j", "go(1)", "down", "Go to the next link"),
    ("links.up", Scope.LINKS, "up,k", "go(-1)", "up", "Go to the link before"),
    ("links.close", Scope.LINKS, "escape,q,L", "close", "close", "Close the list"),
    ("peek.close", Scope.PEEK, "escape,space,q", "close_peek", "close", "Close the panel", 1),
    ("peek.down", Scope.PEEK, "down,j", "peek_by(1)", "next", "Go to the next session", 2),
    ("peek.up", Scope.PEEK, "up,k", "peek_by(-1)", "before", "Go to the session before", 3),
    ("peek.choose", Scope.PEEK, "1,2,3,4,5,6,7,8,9", "peek_choose", "choose", "Answer with the choice of that number"),
    ("peek.approve", Scope.PEEK, "y", "peek_say('approve')", "approve", "Say yes", 4),
    ("peek.deny", Scope.PEEK, "D,n", "peek_say('deny')", "deny", "Say no", 5),
    ("peek.reply", Scope.PEEK, "r,R,enter", "peek_reply", "reply", "Reply with a text: an answer, or at the end of its turn", 6),
    ("review.close", Scope.REVIEW, "escape,q", "close", "back", "Let a selection go; else go back to the sessions", 1),
    ("review.down", Scope.REVIEW, "down,j", "step(1)", "down", "Go down a line, or a file in the tree"),
    ("review.up", Scope.REVIEW, "up,k", "step(-1)", "up", "Go up a line, or a file in the tree"),
    ("review.page-down", Scope.REVIEW, "pagedown,ctrl+d", "page(1)", "page down", "Go down a page"),
    ("review.page-up", Scope.REVIEW, "pageup,ctrl+u", "page(-1)", "page up", "Go up a page"),
    ("review.top", Scope.REVIEW, "home,g", "go_to_end(-1)", "top", "Go to the top"),
    ("review.end", Scope.REVIEW, "end,G", "go_to_end(1)", "end", "Go to the end"),
    ("review.left", Scope.REVIEW, "left,h", "sideways(-1)", "left", "Scroll long lines back"),
    ("review.right", Scope.REVIEW, "right,l", "sideways(1)", "right", "Scroll long lines on"),
    ("review.mark", Scope.REVIEW, "space,m", "mark_reviewed", "reviewed", "Mark the file as reviewed and go to the next; again takes it back", 2),
    ("review.next-hunk", Scope.REVIEW, "n", "to_hunk(1)", "next hunk", "Go to the next change", 3),
    ("review.hunk-before", Scope.REVIEW, "p,N", "to_hunk(-1)", "hunk before", "Go to the change before"),
    ("review.next-file", Scope.REVIEW, "right_square_bracket", "to_file(1)", "next file", "Go to the next file", 4),
    ("review.file-before", Scope.REVIEW, "left_square_bracket", "to_file(-1)", "file before", "Go to the file before"),
    ("review.comment", Scope.REVIEW, "c", "comment", "comment", "Comment on the line, the selected lines, or the file", 5),
    ("review.select", Scope.REVIEW, "v", "select", "select", "Begin to select lines, or let them go", 6),
    ("review.send", Scope.REVIEW, "s", "send", "send", "Send all comments that are not sent yet to the agent", 7),
    ("review.edit-comment", Scope.REVIEW, "e", "edit_comment", "edit", "Edit the comment under the cursor"),
    ("review.resolve", Scope.REVIEW, "x", "resolve", "resolve", "Mark the comment as resolved, or not; dismiss a finding"),
    ("review.delete", Scope.REVIEW, "d,delete", "delete_comment", "delete", "Delete the comment"),
    ("review.next-comment", Scope.REVIEW, "full_stop", "to_comment(1)", "next comment", "Go to the next comment"),
    ("review.comment-before", Scope.REVIEW, "comma", "to_comment(-1)", "comment before", "Go to the comment before"),
    ("review.next-finding", Scope.REVIEW, "f", "to_finding(1)", "next finding", "Go to the next finding of a reviewing agent"),
    ("review.finding-before", Scope.REVIEW, "F", "to_finding(-1)", "finding before", "Go to the finding before"),
    ("review.send-findings", Scope.REVIEW, "a", "send_findings", "send findings", "Send all findings that are open to the agent"),
    ("review.send-finding", Scope.REVIEW, "y", "send_finding", "send finding", "Send the finding under the cursor to the agent"),
    ("review.dismiss", Scope.REVIEW, "D", "dismiss_finding", "dismiss", "Dismiss the finding with a reason, or take that back"),
    ("review.open", Scope.REVIEW, "enter,o", "toggle_open", "open/close", "Open or close the file or folder", 8),
    ("review.all", Scope.REVIEW, "z", "toggle_all", "all", "Close all files, or open all"),
    ("review.compare", Scope.REVIEW, "b", "compare", "compare", "Choose what is compared: all, a commit, a turn, another session", 9),
    ("review.split", Scope.REVIEW, "u", "toggle_split", "unified/split", "Show the sides beside or under each other", 10),
    ("review.space", Scope.REVIEW, "w", "toggle_space", "white space", "Pass over changes of white space, or show them", 11),
    ("review.more", Scope.REVIEW, "plus", "context(1)", "more", "Show more lines around the changes"),
    ("review.less", Scope.REVIEW, "minus", "context(-1)", "less", "Show fewer lines around the changes"),
    ("review.tree", Scope.REVIEW, "t", "toggle_tree", "files", "Show or hide the tree of files", 12),
    ("review.switch", Scope.REVIEW, "tab,shift+tab", "switch", "tree/diff", "Go from the tree to the diff, or back"),
    ("review.reload", Scope.REVIEW, "r", "reload", "reload", "Read again what has changed since"),
    ("review.editor", Scope.REVIEW, "E", "open_editor", "editor", "Open the file at the line in $VISUAL or $EDITOR", 13),
    ("review.shell", Scope.REVIEW, "S", "open_shell", "shell", "Open a shell in the session's worktree"),
    ("reader.close", Scope.READER, "escape,q", "close", "back", "Go back to the sessions", 1),
    ("reader.down", Scope.READER, "down,j", "scroll_down", "down", "Go down a line", 2),
    ("reader.up", Scope.READER, "up,k", "scroll_up", "up", "Go up a line", 3),
    ("reader.page-down", Scope.READER, "pagedown,space,ctrl+d", "page_down", "page down", "Go down a page", 4),
    ("reader.page-up", Scope.READER, "pageup,b,ctrl+u", "page_up", "page up", "Go up a page"),
    ("reader.top", Scope.READER, "home,g", "scroll_home", "top", "Go to the top"),
    ("reader.end", Scope.READER, "end,G", "scroll_end", "end", "Go to the end", 6),
    ("reader.left", Scope.READER, "left,h", "scroll_left", "left", "Move to the left"),
    ("reader.right", Scope.READER, "right,l", "scroll_right", "right", "Move to the right"),
    ("reader.next", Scope.READER, "n,right_square_bracket", "next_part", "next file", "Go to the next file", 5),
    ("reader.before", Scope.READER, "N,left_square_bracket", "part_before", "file before", "Go to the file before"),
    ("output.again", Scope.OUTPUT, "r", "run_again", "run again", "Run it again from the begin", 2),
    ("output.stop", Scope.OUTPUT, "x", "stop_run", "stop", "Stop what runs", 3),
    ("log.close", Scope.LOG, "escape,q", "close", "back", "End the search, then go back to the sessions", 1),
    ("log.search", Scope.LOG, "slash", "search", "search", "Search; an upper-case letter makes its case count", 2),
    ("log.next-hit", Scope.LOG, "n", "hit(True)", "next hit", "Go to the next hit; after the last to the first", 3),
    ("log.hit-before", Scope.LOG, "N", "hit(False)", "hit before", "Go to the hit before"),
    ("log.next-mark", Scope.LOG, "right_square_bracket", "mark(True)", "next mark", "Go to the next prompt, question, answer, commit or check", 4),
    ("log.mark-before", Scope.LOG, "left_square_bracket", "mark(False)", "mark before", "Go to the mark before", 5),
    ("log.source", Scope.LOG, "c", "switch_source", "switch", "Show the conversation or the terminal; of a timeline the next view", 6),
    ("log.open", Scope.LOG, "l", "open_log", "log", "From a timeline, read the log at this moment", 6),
    ("log.fold", Scope.LOG, "enter,o", "fold", "unfold", "Show a long result whole or folded; elsewhere replay this moment", 8),
    ("log.replay", Scope.LOG, "V", "replay", "replay", "Replay from the moment of the line", 7),
    ("log.select", Scope.LOG, "v", "select", "select", "Select lines from here on; again for none", 10),
    ("log.copy", Scope.LOG, "y", "copy", "copy", "Copy the selected lines, or the line, to the clipboard", 11),
    ("log.down", Scope.LOG, "down,j", "go_by(1)", "down", "Go down a line"),
    ("log.up", Scope.LOG, "up,k", "go_by(-1)", "up", "Go up a line"),
    ("log.page-down", Scope.LOG, "pagedown,space,ctrl+d", "page(1)", "page down", "Go down a page"),
    ("log.page-up", Scope.LOG, "pageup,b,ctrl+u", "page(-1)", "page up", "Go up a page"),
    ("log.top", Scope.LOG, "home,g", "top", "top", "Go to the begin"),
    ("log.end", Scope.LOG, "G,end", "end", "end", "Go to the end and follow what is added", 9),
    ("find.close", Scope.FIND, "escape", "close", "back", "Go back to the sessions", 1),
    ("find.open", Scope.FIND, "enter", "open", "open", "Open the log at the line", 2),
    ("find.down", Scope.FIND, "down", "go_by(1)", "next", "Go to the next line", 3),
    ("find.up", Scope.FIND, "up", "go_by(-1)", "before", "Go to the line before", 4),
    ("find.page-down", Scope.FIND, "pagedown", "page(1)", "page down", "Go a page down"),
    ("find.page-up", Scope.FIND, "pageup", "page(-1)", "page up", "Go a page up"),
    ("replay.close", Scope.REPLAY, "escape,q", "close", "back", "Go back to the sessions", 1),
    ("replay.play", Scope.REPLAY, "space", "toggle_play", "play/pause", "Play the recording, or pause it", 2),
    ("replay.back", Scope.REPLAY, "left,h", "seek_by(-5)", "-5 s", "Go back five seconds", 3),
    ("replay.forward", Scope.REPLAY, "right,l", "seek_by(5)", "+5 s", "Go on five seconds", 4),
    ("replay.far-back", Scope.REPLAY, "shift+left,ctrl+left,H", "seek_by(-60)", "-1 min", "Go back a minute"),
    ("replay.far-forward", Scope.REPLAY, "shift+right,ctrl+right,L", "seek_by(60)", "+1 min", "Go on a minute"),
    ("replay.slower", Scope.REPLAY, "less_than_sign", "change_speed(-1)", "slower", "Play at half the speed", 5),
    ("replay.faster", Scope.REPLAY, "greater_than_sign", "change_speed(1)", "faster", "Play at twice the speed, up to 64 times", 6),
    ("replay.next", Scope.REPLAY, "n", "next_mark", "next mark", "Go to the next prompt, commit, pause or end", 7),
    ("replay.before", Scope.REPLAY, "p,N", "mark_before", "mark before", "Go to the mark before", 8),
    ("replay.start", Scope.REPLAY, "home,g", "seek_start", "start", "Go to the begin of the recording"),
    ("replay.end", Scope.REPLAY, "end,G", "seek_end", "end", "Go to its end, or to now"),
    ("pipelines.down", Scope.PIPELINES, "j", "go(1)", "down", "Go to the next line"),
    ("pipelines.up", Scope.PIPELINES, "k", "go(-1)", "up", "Go to the line before"),
    ("pipelines.close", Scope.PIPELINES, "escape,q,ampersand", "close", "close", "Close the list of pipelines"),
    ("run.close", Scope.RUN, "escape,q,ampersand", "close", "back", "Go back to the sessions", 1),
    ("run.approve", Scope.RUN, "y", "approve", "approve", "Let the step begin; a note is told to its agent", 2),
    ("run.deny", Scope.RUN, "D", "deny", "deny", "Do not let the step begin; it counts as failed", 3),
    ("run.retry", Scope.RUN, "r", "retry", "retry", "Try a failed step again: red checks go to its agent, else anew", 4),
    ("run.open", Scope.RUN, "enter", "open_session", "session", "Go to the step's session", 5),
    ("run.skip", Scope.RUN, "s", "skip", "skip", "Go on as if the step were not there", 6),
    ("run.cancel", Scope.RUN, "x", "cancel", "cancel run", "Begin no more steps; agents go on or stop, as you choose", 7),
    ("run.next", Scope.RUN, "n,full_stop", "next_need", "next", "Go to the next step that needs you", 8),
    ("run.left", Scope.RUN, "left,h", "go(-1, 0)", "left", "Go to the step before"),
    ("run.right", Scope.RUN, "right,l", "go(1, 0)", "right", "Go to the step after"),
    ("run.up", Scope.RUN, "up,k", "go(0, -1)", "up", "Go to the step above"),
    ("run.down", Scope.RUN, "down,j", "go(0, 1)", "down", "Go to the step below"),
    ("filters.recall", Scope.FILTERS, "1,2,3,4,5,6,7,8,9", "recall", "use", "Use the saved filter of that number"),
    ("filters.save", Scope.FILTERS, "s", "save", "save", "Save the filter that holds now"),
    ("filters.remove", Scope.FILTERS, "x,delete", "remove", "remove", "Forget the filter"),
    ("filters.down", Scope.FILTERS, "j", "go(1)", "down", "Go to the next filter"),
    ("filters.up", Scope.FILTERS, "k", "go(-1)", "up", "Go to the filter before"),
    ("filters.close", Scope.FILTERS, "escape,q,equals_sign", "close", "close", "Close the list of saved filters"),
    ("messages.add", Scope.MESSAGES, "a", "add", "add", "Write one more message"),
    ("messages.keep", Scope.MESSAGES, "ctrl+s", "keep", "keep", "Keep the message as it is written; an empty one is removed"),
    ("messages.later", Scope.MESSAGES, "J", "move(1)", "later", "Send the message later"),
    ("messages.sooner", Scope.MESSAGES, "K", "move(-1)", "sooner", "Send the message sooner"),
    ("messages.remove", Scope.MESSAGES, "x,delete", "remove", "remove", "Do not send the message"),
    ("messages.down", Scope.MESSAGES, "j", "go(1)", "down", "Go to the next message"),
    ("messages.up", Scope.MESSAGES, "k", "go(-1)", "up", "Go to the message before"),
    ("messages.close", Scope.MESSAGES, "escape,q,H", "close", "close", "Leave the message as it was, then close the list"),
    ("notices.down", Scope.NOTICES, "j", "go(1)", "down", "Go to an older notice"),
    ("notices.up", Scope.NOTICES, "k", "go(-1)", "up", "Go to a newer notice"),
    ("notices.close", Scope.NOTICES, "escape,q,exclamation_mark", "close", "close", "Close the log of notices"),
    ("results.retry", Scope.RESULTS, "r", "retry", "retry", "Try those sessions again that failed"),
    ("results.close", Scope.RESULTS, "escape,q", "close", "close", "Leave it at that"),
    ("app.notices", Scope.APP, "exclamation_mark", "app.show_notices", "notices", "Read what was said in the corner, with details"),
    ("turns.down", Scope.TURNS, "j", "go(1)", "down", "Go to the next turn"),
    ("turns.up", Scope.TURNS, "k", "go(-1)", "up", "Go to the turn before"),
    ("turns.switch", Scope.TURNS, "a", "switch", "auto-commit", "Commit what is uncommitted at the end of each turn, or not"),
    ("turns.force", Scope.TURNS, "f", "force", "force", "Go to the turn though the agent is at work"),
    ("turns.close", Scope.TURNS, "escape,q,T", "close", "close", "Go back to the sessions"),
    ("findings.pick", Scope.FINDINGS, "space", "pick", "pick", "Pick the finding, or let it go"),
    ("findings.send", Scope.FINDINGS, "s", "send", "send", "Send the picked findings, or all open ones, to the agent"),
    ("findings.dismiss", Scope.FINDINGS, "x,delete", "dismiss_found", "dismiss", "Dismiss with a reason, or take that back"),
    ("findings.post", Scope.FINDINGS, "p", "post", "post", "Post the picked findings, or all, to the pull request"),
    ("findings.review", Scope.FINDINGS, "n", "review", "review now", "Have the session reviewed now, by a rule, a role or an agent"),
    ("findings.down", Scope.FINDINGS, "j", "go(1)", "down", "Go to the next finding"),
    ("findings.up", Scope.FINDINGS, "k", "go(-1)", "up", "Go to the finding before"),
    ("findings.close", Scope.FINDINGS, "escape,q,at", "close", "close", "Go back to the sessions"),
    ("metrics.close", Scope.METRICS, "escape,q,dollar_sign", "close", "back", "Go back to the sessions", 1),
    ("metrics.by", Scope.METRICS, "g,tab", "group(1)", "group", "Group the rows by day, repository, agent or brief", 2),
    ("metrics.by-before", Scope.METRICS, "G,shift+tab", "group(-1)", "group before", "Group the rows by what came before"),
    ("metrics.range", Scope.METRICS, "r,right", "range(1)", "range", "Measure a longer time: today, 7 days, 30 days, 13 weeks", 3),
    ("metrics.range-before", Scope.METRICS, "R,left", "range(-1)", "shorter", "Measure a shorter time"),
    ("metrics.define", Scope.METRICS, "d", "define", "definitions", "Say what each figure means, and back", 4),
    ("metrics.down", Scope.METRICS, "down,j", "scroll_rows(1)", "down", "Go down a row"),
    ("metrics.up", Scope.METRICS, "up,k", "scroll_rows(-1)", "up", "Go up a row"),
    ("metrics.page-down", Scope.METRICS, "pagedown,ctrl+d", "scroll_rows(10)", "page down", "Go down ten rows"),
    ("metrics.page-up", Scope.METRICS, "pageup,ctrl+u", "scroll_rows(-10)", "page up", "Go up ten rows"),
    ("handoff.start", Scope.HANDOFF, "ctrl+s", "start", "start", "Start the session that goes on, also while writing the brief", 1),
    ("handoff.next", Scope.HANDOFF, "right,l,space", "change(1)", "next choice", "Take the next choice of the row", 2),
    ("handoff.before", Scope.HANDOFF, "left,h", "change(-1)", "choice before", "Take the choice before"),
    ("handoff.down", Scope.HANDOFF, "j", "go(1)", "down", "Go to the row below"),
    ("handoff.up", Scope.HANDOFF, "k", "go(-1)", "up", "Go to the row above"),
    ("handoff.switch", Scope.HANDOFF, "tab,shift+tab", "switch", "brief", "Go to the brief, or back to the choices", 3),
    ("handoff.edit", Scope.HANDOFF, "ctrl+g", "edit_outside", "editor", "Write the brief in $VISUAL or $EDITOR", 4),
    ("handoff.model", Scope.HANDOFF, "m", "name_model", "model", "Type the model's name"),
    ("handoff.fork", Scope.HANDOFF, "f", "fork", "fork", "Choose a plain fork: the same agent goes on from here and waits for you"),
    ("handoff.wait", Scope.HANDOFF, "w", "busy('wait')", "wait", "In the middle of a turn: start when it is over"),
    ("handoff.interrupt", Scope.HANDOFF, "i", "busy('interrupt')", "interrupt", "In the middle of a turn: interrupt it, then start"),
    ("handoff.now", Scope.HANDOFF, "o", "busy('now')", "now", "In the middle of a turn: start with what is there now"),
    ("handoff.close", Scope.HANDOFF, "escape,q", "close", "close", "Leave the brief, then go back to the sessions"),
    ("matrix.close", Scope.MATRIX, "escape,q,M", "close", "back", "Go back to the sessions", 1),
    ("matrix.down", Scope.MATRIX, "down,j", "go(1, 0)", "down", "Go to the session below", 2),
    ("matrix.up", Scope.MATRIX, "up,k", "go(-1, 0)", "up", "Go to the session above"),
    ("matrix.left", Scope.MATRIX, "left,h", "go(0, -1)", "left", "Go to the one on the left"),
    ("matrix.right", Scope.MATRIX, "right,l", "go(0, 1)", "right", "Go to the one on the right", 3),
    ("matrix.next", Scope.MATRIX, "n,tab", "next_clash", "next", "Go to the next two that collide", 4),
    ("matrix.text", Scope.MATRIX, "d", "show_text", "conflict", "Read the conflict, as git would leave it", 5),
    ("matrix.resolve", Scope.MATRIX, "r", "resolve", "resolve", "Have its agent settle its conflicts with the base", 6),
    ("matrix.update", Scope.MATRIX, "u", "update", "update", "Bring the session up to its base", 7),
    ("matrix.open", Scope.MATRIX, "enter", "open_session", "go to", "Go to the session of the row", 8),
    ("pulls.create", Scope.PULLS, "c", "create", "open or push", "Push the branch and open its pull request, or push what is new"),
    ("pulls.create-all", Scope.PULLS, "C", "create_all", "all", "The same for all that are listed"),
    ("pulls.edit", Scope.PULLS, "e", "edit", "text", "Edit title and text before it is opened"),
    ("pulls.edit-outside", Scope.PULLS, "E", "edit_outside", "editor", "Edit them in $VISUAL or $EDITOR"),
    ("pulls.merge", Scope.PULLS, "m", "merge", "merge", "Merge it on GitHub; asks first"),
    ("pulls.merge-all", Scope.PULLS, "M", "merge(True)", "merge all", "Merge all open ones that are listed; asks first"),
    ("pulls.strategy", Scope.PULLS, "s", "next_strategy", "how", "Merge commit, squash or rebase"),
    ("pulls.when-ready", Scope.PULLS, "w", "flip('when_ready')", "when ready", "Have GitHub merge once its checks pass, or at once"),
    ("pulls.branch", Scope.PULLS, "b", "flip('delete_branch')", "branch", "Remove the remote's branch after the merge, or keep it"),
    ("pulls.draft", Scope.PULLS, "d", "flip('draft')", "draft", "Open them as drafts, or ready"),
    ("pulls.ready", Scope.PULLS, "R", "ready", "ready", "Make the draft ready to be reviewed"),
    ("pulls.page", Scope.PULLS, "o,enter", "open_page", "page", "Open its page in the browser, or copy the address"),
    ("pulls.refresh", Scope.PULLS, "r", "refresh", "refresh", "Ask GitHub how they stand"),
    ("pulls.replace", Scope.PULLS, "f", "replace", "replace", "Replace other commits on the remote's branch; asks first"),
    ("pulls.clean", Scope.PULLS, "x", "clean_up", "clean up", "Discard the sessions that are merged and over; asks first"),
    ("pulls.down", Scope.PULLS, "j", "go(1)", "down", "Go to the next session"),
    ("pulls.up", Scope.PULLS, "k", "go(-1)", "up", "Go to the session before"),
    ("pulls.close", Scope.PULLS, "escape,q,O", "close", "close", "Go back to the sessions"),
    ("compare.close", Scope.COMPARE, "escape,q", "close", "back", "Go back to the sessions", 1),
    ("compare.pick", Scope.COMPARE, "p,enter", "pick", "pick", "Merge the variant under the cursor, discard the others", 2),
    ("compare.down", Scope.COMPARE, "down,j", "go(1)", "next variant", "Show the next variant at the right", 3),
    ("compare.up", Scope.COMPARE, "up,k", "go(-1)", "before", "Show the variant before at the right"),
    ("compare.left", Scope.COMPARE, "space", "put_left", "put left", "Show the variant under the cursor at the left", 4),
    ("compare.swap", Scope.COMPARE, "x", "swap", "swap", "Swap left and right", 7),
    ("compare.next", Scope.COMPARE, "n,right_square_bracket", "file(1)", "next file", "Show the next file", 5),
    ("compare.before", Scope.COMPARE, "N,left_square_bracket", "file(-1)", "file before", "Show the file before"),
    ("compare.take", Scope.COMPARE, "t", "take_file", "take file", "Take the left's file into the variant at the right", 6),
    ("compare.take-hunk", Scope.COMPARE, "T", "take_hunk", "take lines", "Take some lines of the left's file into the variant at the right", 8),
    ("compare.scroll-down", Scope.COMPARE, "J,shift+down", "scroll_both(3)", "down", "Scroll both down"),
    ("compare.scroll-up", Scope.COMPARE, "K,shift+up", "scroll_both(-3)", "up", "Scroll both up"),
    ("compare.page-down", Scope.COMPARE, "pagedown,ctrl+d", "page(1)", "page down", "Scroll both a page down"),
    ("compare.page-up", Scope.COMPARE, "pageup,ctrl+u", "page(-1)", "page up", "Scroll both a page up"),
    ("compare.right", Scope.COMPARE, "right,l", "scroll_both(0, 8)", "right", "Move both to the right"),
    ("compare.to-left", Scope.COMPARE, "left,h", "scroll_both(0, -8)", "left", "Move both to the left"),
    ("compose.start", Scope.COMPOSER, "enter", "start", "start", "Start it and stay in the list", 1),
    ("compose.newline", Scope.COMPOSER, "ctrl+j,shift+enter", "newline", "new line", "Begin a new line", 2),
    ("compose.attach", Scope.COMPOSER, "alt+enter,ctrl+enter,ctrl+s", "start(True)", "start and type", "Start it and type into it", 3),
    ("compose.chips", Scope.COMPOSER, "tab,shift+tab", "chips", "choices", "Go to the choices and back; of a list, take what is highlighted", 4),
    ("compose.close", Scope.COMPOSER, "escape", "close", "keep for later", "Put the composer away; the draft stays", 5),
    ("compose.edit", Scope.COMPOSER, "ctrl+g", "edit_outside", "editor", "Write the prompt in $VISUAL or $EDITOR", 6),
    ("compose.brief", Scope.COMPOSER, "alt+i", "write_brief", "brief", "Make a brief of the prompt, from the repository's template", 7),
    ("compose.agent", Scope.COMPOSER, "alt+a", "choose('agent')", "agent", "Choose the agent: type to narrow, or a digit"),
    ("compose.model", Scope.COMPOSER, "alt+m", "choose('model')", "model", "Choose or type the model"),
    ("compose.mode", Scope.COMPOSER, "alt+o", "choose('mode')", "mode", "Choose what it may do without asking"),
    ("compose.role", Scope.COMPOSER, "alt+r", "choose('custom')", "role", "Choose the custom agent that it plays"),
    ("compose.repository", Scope.COMPOSER, "alt+p", "choose('repo')", "repository", "Choose the repository, or type a path"),
    ("compose.base", Scope.COMPOSER, "alt+s", "choose('base')", "base", "Choose or type where to branch off"),
    ("compose.count", Scope.COMPOSER, "alt+v", "choose('count')", "variants", "Choose how many sessions start"),
    ("compose.type", Scope.COMPOSER, "alt+t", "choose('type')", "type", "Choose whether it works by itself, or with you, also in your own checkout"),
    ("compose.name", Scope.COMPOSER, "alt+n", "choose('name')", "name", "Type the name of session and branch"),
    ("compose.check", Scope.COMPOSER, "alt+k", "choose('check')", "check", "Type a command that says whether the work is right; again for one more"),
    ("compose.commit", Scope.COMPOSER, "alt+c", "choose('commit')", "commit", "Choose whether what is uncommitted at a turn's end is committed"),
    ("compose.detach", Scope.COMPOSER, "alt+x", "detach", "detach", "Take the last image away"),
    ("compose.older", Scope.COMPOSER, "up", "older", "older prompt", "In the first line: the prompt before; in a list: up"),
    ("compose.newer", Scope.COMPOSER, "down", "newer", "newer prompt", "In the last line: the prompt after; in a list: down"),
    ("app.help", Scope.APP, "question_mark,f1", "app.help", "help", "Show all keys", 16),
    ("app.palette", Scope.APP, "ctrl+p", "app.command_palette", "palette", "Search all that can be done"),
    ("app.quit", Scope.APP, "q,ctrl+q", "app.leave", "quit", "Close AgentDeck; the agents go on", 17),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = tuple(Action(*row) for row in _ROWS)


def actions_of(*scopes: Scope) -> tuple[Action, ...]:
    """The rows of some scopes, in the registry's order."""
    return tuple(action for action in ACTIONS if action.scope in scopes)


def bindings_for(*scopes: Scope) -> list[BindingType]:
    """The bindings of some scopes. None has priority: a focused session gets all."""
    bindings: list[BindingType] = []
    for action in actions_of(*scopes):
        if action.id in BY_DIGIT:
            bindings += [
                Binding(key, f"{action.action}({key[-1]})", action.title, show=False)
                for key in action.keys.split(",")
            ]
        else:
            show = action.rank > 0
            bindings.append(
                Binding(
                    action.keys, action.action, action.title, id=action.id, show=show
                )
            )
    return bindings


def keys_of(action: Action) -> list[str]:
    """The keys of a row, by Textual's names."""
    return [key_name(key) for key in action.keys.split(",")]


def choice_keys(count: int) -> str:
    """The digits that answer a question with so many choices: `1`, `1-3`."""
    return f"1-{min(count, 9)}" if count > 1 else "1"


def shown_key(key: str) -> str:
    """A key as a person knows it: `^p`, `⏎`, `?`."""
    *modifiers, last = key.split("+")
    shown = format_key(last)
    named = {"ctrl": "ctrl+", "shift": "shift+", "alt": "alt+"}
    return "".join(named.get(each, f"{each}+") for each in modifiers) + shown


def plain_key(shown: str) -> str:
    """A shown key in ASCII: its arrows and its return in words."""
    for sign, word in _IN_WORDS.items():
        shown = shown.replace(sign, word)
    return shown


_IN_WORDS = {"⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right"}


def key_name(key: str) -> str:
    """Textual's name of a key that a person wrote, such as `ctrl+]`."""
    *modifiers, last = key.strip().split("+") if key.strip() != "+" else ("+",)
    if len(last) == 1 and not last.isalnum():
        name = unicodedata.name(last, last).lower().replace("-", "_").replace(" ", "_")
        last = KEY_NAME_REPLACEMENTS.get(name, name)
    return "+".join((*modifiers, last))
