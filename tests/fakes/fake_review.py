"""The host's half of a review for the app's tests: files, patches, notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentdeck.core.comments import Anchor, Comment, Place, comment_to_wire
from agentdeck.core.diff_text import LineKind, parse_diff
from agentdeck.core.errors import RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.findings import (
    Finding,
    Kept,
    Severity,
    comment_text,
    kept_to_wire,
)
from agentdeck.core.review import ReviewFile, file_to_wire
from tests.fakes.fake_client import FakeLink

LOGIN = """\
diff --git a/orchard/login.py b/orchard/login.py
--- a/orchard/login.py
+++ b/orchard/login.py
@@ -1,8 +1,10 @@
 \"\"\"Who may come in.\"\"\"
~
+import hmac
+
 from orchard.store import Store
~
~
-def check(given: str, stored: str) -> bool:
-    return given == stored
+def check(given: bytes, stored: bytes) -> bool:
+    return hmac.compare_digest(given, stored)
 # the end
@@ -40,3 +42,4 @@ class Session:
     def close(self) -> None:
-\tself.store.drop(self.token)
+\tself.store.drop(self.token)  # 漢字 \x1b[31m[red]
+        self.token = ""
     # done
""".replace("~", " ")
NOTES = """\
diff --git a/orchard/notes.txt b/orchard/notes.txt
new file mode 100644
--- /dev/null
+++ b/orchard/notes.txt
@@ -0,0 +1,2 @@
+first note
+second note without an end
\\ No newline at end of file
"""
OLD = """\
diff --git a/tests/test_old.py b/tests/test_old.py
deleted file mode 100644
--- a/tests/test_old.py
+++ /dev/null
@@ -1,2 +0,0 @@
-def test_old() -> None:
-    assert True
"""
LOCK = """\
diff --git a/uv.lock b/uv.lock
--- a/uv.lock
+++ b/uv.lock
@@ -1 +1 @@
-version = 1
+version = 2
"""


def a_file(number: int, path: str, status: str, **values: Any) -> ReviewFile:
    """A file of a listing."""
    fields = {"old_blob": f"o{path}", "new_blob": f"n{path}", **values}
    return ReviewFile(number, path, status, **fields)


def a_finding(name: str, line: int = 9, **values: Any) -> Kept:
    """A finding in the file `orchard/login.py`, on a line as it is there."""
    path = values.pop("path", "orchard/login.py")
    texts = values.pop("texts", ("    return hmac.compare_digest(given, stored)",))
    finding = Finding(
        path,
        line,
        line,
        Severity(values.pop("severity", "error")),
        values.pop("rule", "constant-time"),
        values.pop("message", f"The message of {name}."),
        values.pop("suggestion", ""),
    )
    anchor = Anchor(path, "new", line, tuple(texts) if line else ())
    fields: dict[str, Any] = {
        "review": "v1",
        "by": "enforcer",
        "reviewer": "review-fix-login",
        "commit": "c" * 40,
        "at": "2026-05-04T11:58:00+00:00",
        **values,
    }
    return Kept(name, finding, anchor, **fields)


class FakeReview:
    """Answers `review.*` of one session on a fake link."""

    def __init__(self, link: FakeLink, *texts: str) -> None:
        self.link = link
        self.texts = list(texts or (LOGIN, NOTES, OLD, LOCK))
        self.files = [self._file(n, text) for n, text in enumerate(self.texts)]
        self.listing = "listing-1"
        self.comments: list[Comment] = []
        self.marks: list[list[str]] = []
        self.commits: list[dict[str, Any]] = []
        self.cut_from = 10**9
        """Patches with more characters are cut."""
        for method, answer in (
            ("files", self._files),
            ("patches", self._patches),
            ("state", lambda _: {"listing": self.listing}),
            ("comments", self._comments),
            ("comment", self._add),
            ("edit", self._edit),
            ("mark", self._mark),
            ("send", self._send),
            ("targets", self._targets),
        ):
            link.answer(f"review.{method}", answer)
        self.findings: list[Kept] = []
        self.places: dict[str, Place] = {}
        for method, answer in (
            ("list", self._found),
            ("send", self._send_found),
            ("dismiss", self._dismiss),
            ("reopen", self._reopen),
        ):
            link.answer(f"findings.{method}", answer)

    @staticmethod
    def _file(number: int, text: str) -> ReviewFile:
        (patch,) = parse_diff(text)
        kinds = [line.kind for hunk in patch.hunks for line in hunk.lines]
        status = "A" if patch.old_path is None else "M" if patch.new_path else "D"
        return a_file(
            number,
            patch.path,
            status,
            added=kinds.count(LineKind.ADDED),
            removed=kinds.count(LineKind.REMOVED),
            is_generated=patch.path.endswith(".lock"),
        )

    def add_file(self, path: str, status: str, **values: Any) -> None:
        """Have one more file, of which there are no lines."""
        self.files.append(a_file(len(self.files), path, status, **values))
        self.texts.append("")

    def _files(self, _: dict[str, Any]) -> dict[str, Any]:
        files = [
            replace(f, is_reviewed=[f.path, f.old_blob, f.new_blob] in self.marks)
            for f in self.files
        ]
        wire = [file_to_wire(each) for each in files]
        return {"listing": self.listing, "base": "0" * 40, "head": None, "files": wire}

    def _patches(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["listing"] != self.listing:
            raise RefusedError("The files have changed since; read the list again.")
        text = "".join(self.texts[number] for number in params["files"])
        limit = min(self.cut_from, params["max_bytes"])
        return {"text": text[:limit], "is_cut": len(text) > limit}

    def _comments(self, _: dict[str, Any]) -> dict[str, Any]:
        wire = [comment_to_wire(comment) for comment in self.comments]
        return {"comments": wire, "marks": self.marks}

    def _add(self, params: dict[str, Any]) -> dict[str, Any]:
        anchor = Anchor(
            params["path"], params["side"], params["line"], tuple(params["texts"])
        )
        number = len(self.comments) + 1
        comment = Comment(
            f"c{number}", anchor, params["text"], "2026-05-04T11:58:00+00:00"
        )
        self.comments.append(comment)
        self._tell(params)
        return {"comment": comment_to_wire(comment)}

    def _edit(self, params: dict[str, Any]) -> dict[str, Any]:
        place = [c.id for c in self.comments].index(params["comment"])
        comment = self.comments.pop(place)
        if not params.get("delete"):
            values = {k: params[k] for k in ("text", "is_resolved") if k in params}
            comment = replace(comment, **values)
            self.comments.insert(place, comment)
        self._tell(params)
        return {"comment": comment_to_wire(comment)}

    def _mark(self, params: dict[str, Any]) -> dict[str, Any]:
        others = [mark for mark in self.marks if mark not in params["marks"]]
        self.marks = [*others, *(params["marks"] if params["on"] else ())]
        self._tell(params)
        return {}

    def _send(self, params: dict[str, Any]) -> dict[str, Any]:
        unsent = [c for c in self.comments if c.is_unsent]
        if not unsent:
            raise RefusedError("There is no comment that is not sent yet.")
        if not params.get("preview"):
            self.comments = [replace(c, sent_at="t") for c in self.comments]
        message = "\n".join(f"{c.anchor.path}: {c.text}" for c in unsent)
        return {"message": message, "ids": [c.id for c in unsent], "queued": 1}

    def _found(self, _: dict[str, Any]) -> dict[str, Any]:
        wire = [kept_to_wire(k, self.places.get(k.id)) for k in self.findings]
        return {"findings": wire}

    def _set_found(self, params: dict[str, Any], **values: str) -> dict[str, Any]:
        ids = params["findings"]
        changed = [replace(k, **values) if k.id in ids else k for k in self.findings]  # type: ignore[arg-type]
        self.findings = changed
        self._tell(params)
        return self._found(params)

    def _dismiss(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._set_found(params, dismissed_at="t", reason=params["reason"])

    def _reopen(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._set_found(params, dismissed_at="", reason="")

    def _send_found(self, params: dict[str, Any]) -> dict[str, Any]:
        ids = params["findings"]
        if ids is None:
            ids = [k.id for k in self.findings if k.state.value == "open"]
        if not ids:
            raise RefusedError("There is no finding that is not sent yet.")
        if not params.get("preview"):
            self._set_found({**params, "findings": ids}, sent_at="t")
        chosen = [comment_text(k) for k in self.findings if k.id in ids]
        return {"message": "\n".join(chosen), "ids": ids, "queued": 0}

    def _targets(self, _: dict[str, Any]) -> dict[str, Any]:
        sessions = [{"name": "two", "title": "Two", "branch": "agentdeck/two"}]
        return {"base": "main", "commits": self.commits, "sessions": sessions}

    def _tell(self, params: dict[str, Any]) -> None:
        self.link.emit(EventKind.REVIEW_CHANGED, params["id"], comments=1, unsent=1)
