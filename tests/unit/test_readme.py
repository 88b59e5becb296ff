"""What the README says of keys is what the registry says."""

from __future__ import annotations

from tests.readme_keys import BEGIN, README, with_table


def test_the_table_of_keys_is_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == 1
    assert text == with_table(text), "run: python -m tests.readme_keys"
