"""The rows of a review: each place is found again, whatever is opened or shown."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.comments import Anchor, Comment, Place
from agentdeck.core.diff_rows import RowKind
from agentdeck.tui.review_model import (
    MAX_AT_ONCE,
    MAX_READ_AHEAD,
    ReviewModel,
    Said,
)
from tests.fakes.fake_client import FakeLink
from tests.fakes.fake_review import FakeReview

FAKE = FakeReview(FakeLink())
STEPS = st.sampled_from(
    ["split", "unified", "close", "open", "comment", "mark", "wide"]
)


def a_model() -> ReviewModel:
    model = ReviewModel(FAKE.files)
    numbers = [file.number for file in FAKE.files]
    model.take(model.read(numbers, "".join(FAKE.texts)))
    return model


def a_comment(line: int) -> Said:
    anchor = Anchor("orchard/login.py", "new", line, ("x",))
    comment = Comment(f"c{line}", anchor, "a word " * 40, "2026-01-01T00:00:00+00:00")
    return Said(comment, Place(line, line, is_outdated=False))


def apply(model: ReviewModel, step: str) -> None:
    match step:
        case "split" | "unified":
            model.show(is_split=step == "split", width=model.width)
        case "close" | "open":
            model.set_open(0, is_open=step == "open")
        case "comment":
            model.take_comments([a_comment(8), a_comment(42), a_comment(999)])
        case "mark":
            model.mark([1], is_reviewed=not model.sections[1].file.is_reviewed)
        case _:
            model.show(is_split=model.is_split, width=200 - model.width)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=8), st.integers(0, 200))
def test_the_same_line_is_found_after_any_steps(steps: list[str], at: int) -> None:
    model = a_model()
    y = at % model.row_count
    section, row = model.at(y)
    spot = model.spot(y)
    for step in steps:
        apply(model, step)
        assert model.row_count == sum(len(s.rows) for s in model.sections)
    found = model.find(spot)
    assert found is not None
    there, now = model.at(found)
    assert there.file.path == section.file.path
    if there.is_open and row.kind is RowKind.LINE:
        mine = {line.text for line in (row.left, row.right) if line is not None}
        others = {line.text for line in (now.left, now.right) if line is not None}
        assert mine & others


@settings(deadline=None)
@given(st.lists(st.integers(1, MAX_AT_ONCE + 5), max_size=60))
def test_every_file_is_in_one_page_and_none_is_too_large(counts: list[int]) -> None:
    files = [
        replace(FAKE.files[0], number=n, path=f"{n}", added=count, removed=0)
        for n, count in enumerate(counts)
    ]
    model = ReviewModel(files)
    pages = model.pages(first=True)
    asked = [number for page in pages for number in page]
    wanted = [n for n, count in enumerate(counts) if count <= MAX_AT_ONCE]
    assert asked == wanted[: len(asked)]
    ahead = sum(counts[n] for n in asked)
    assert ahead <= MAX_READ_AHEAD
    assert asked == wanted or ahead + counts[wanted[len(asked)]] > MAX_READ_AHEAD
    assert all(pages)
    for number in wanted[len(asked) :]:
        assert model.page_from(number)[0] == number
