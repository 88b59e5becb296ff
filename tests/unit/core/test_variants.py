"""Variants: what is different, and the diff of each file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.errors import UsageError
from agentdeck.core.variants import (
    Variation,
    group_name,
    split_by_file,
    variation_from,
    varied,
)

READ = [
    ("agent=codex", Variation(agent="codex")),
    ("agent=codex,model=gpt-5", Variation(agent="codex", model="gpt-5")),
    ("role=careful", Variation(custom="careful")),
    ("GraphQL", Variation(note="GraphQL")),
    (
        "note=GraphQL, with a schema first",
        Variation(note="GraphQL, with a schema first"),
    ),
    ("model=opus, note=a=b, c", Variation(model="opus", note="a=b, c")),
    ("use x == 3", Variation(note="use x == 3")),
]


@pytest.mark.parametrize(("text", "variation"), READ)
def test_what_is_different_is_read(text: str, variation: Variation) -> None:
    assert variation_from(text) == variation


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("agnet=codex", "'agnet'"),
        ("agent=", "no value"),
        ("agent=a,agent=b", "twice"),
        ("GraphQL,agent=a", "note="),
        ("  ", "different"),
    ],
)
def test_a_mistake_is_named(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        variation_from(text)


ORDER: dict[str, Any] = {
    "prompt": "Offer an API",
    "agent": "claude",
    "model": "opus",
    "mode": "plan",
    "custom": None,
    "name": None,
}


def test_each_variant_has_its_own_and_the_rest_in_common() -> None:
    variations = [
        Variation(),
        Variation(note="GraphQL"),
        Variation(agent="codex"),
        Variation(agent="codex", model="gpt", custom="/r/careful.agent.md"),
    ]
    same, note, agent, all_of_it = varied(ORDER, variations, "g-1")
    assert (same["prompt"], same["variant"], same["number"]) == ("Offer an API", "", 1)
    assert note["prompt"] == "Offer an API\n\nApproach: GraphQL"
    assert (note["variant"], note["model"]) == ("GraphQL", "opus")
    assert (agent["agent"], agent["model"], agent["mode"]) == ("codex", None, None)
    assert all_of_it["model"] == "gpt"
    assert all_of_it["variant"] == "codex · gpt · careful.agent.md"
    assert {each["group"] for each in (same, note, agent, all_of_it)} == {"g-1"}


def test_names_end_in_their_number_and_one_is_no_variant() -> None:
    named = varied({**ORDER, "name": "api"}, [Variation()] * 2, "g")
    assert [each["name"] for each in named] == ["api-1", "api-2"]
    for count in (1, 21):
        with pytest.raises(UsageError, match="2 to 20"):
            varied(ORDER, [Variation()] * count, "g")
    assert group_name("Offer the API", "3f2a") == "offer-api-3f2a"


DIFF = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1 +1 @@
-old
+diff --git inside
diff --git a/my file b/my file
new file mode 100644
diff --git a/old b/new
similarity index 100%
diff --git "a/t\\303\\251" "b/q\\"t"
x"""


def test_a_diff_is_split_by_file() -> None:
    files = split_by_file(DIFF)
    assert list(files) == ["a.py", "my file", "new", 'q"t']
    assert files["a.py"].endswith("+diff --git inside")
    assert "\n".join(files.values()) == DIFF
    assert split_by_file("") == {}


@given(st.text(max_size=200))
def test_any_text_is_split(text: str) -> None:
    split_by_file(text)
    split_by_file(f"diff --git {text}")
