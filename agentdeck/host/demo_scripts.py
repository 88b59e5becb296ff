"""What the demo's agents work on, and the scripts that they play."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """One demo session."""

    title: str
    prompt: str
    """What a person would have asked for."""
    steps: str
    """What the scripted agent does, which nobody has to read."""


FILES = {
    "README.md": "# Orchard\n\nA small web shop that sells fruit by the crate.\n",
    "pyproject.toml": '[project]\nname = "orchard"\nversion = "1.4.0"\n',
    ".gitignore": "__pycache__/\n.venv/\n",
    "orchard/__init__.py": '"""A small web shop."""\n',
    "orchard/cart.py": (
        '"""The cart: crates and their prices."""\n\n\n'
        "def total(crates):\n"
        "    return sum(crate.price * crate.count for crate in crates)\n"
    ),
    "orchard/login.py": (
        '"""Signing in."""\n\nimport time\n\n\n'
        "def sign_in(name, password, users):\n"
        "    time.sleep(0.2)\n"
        "    return users.get(name) == password\n"
    ),
    "orchard/search.py": (
        '"""Finding fruit."""\n\n\n'
        "def find(word, fruits):\n"
        "    return [fruit for fruit in fruits if word in fruit.name]\n"
    ),
    "tests/test_cart.py": "def test_an_empty_cart_is_free():\n    assert True\n",
}

_FAILING = Script(
    "Upgrade the payment client to version 3",
    "Upgrade the payment client to version 3 and run its tests. Tell me if "
    "the new version needs anything that we do not have.",
    """/say I upgrade the payment client and run the tests.
/think 2 Reading orchard/payment
/say The client of version 3 needs a token that is not in the environment.
/fail 3 PaymentError: no PAYMENT_TOKEN; cannot go on
""",
)
_CART = Script(
    "Give bulk discounts in the cart",
    "Ten crates and more of a fruit should cost a tenth less. Use it in the "
    "cart, test it, and say so in the README.",
    """/say I'll add a discount for ten crates and more, with tests.
/think 3 Reading orchard/cart.py
/edit orchard/discounts.py def discount(count):\\n    return 0.9 if count >= 10 else 1.0
/think 4 Running the tests
/commit Add a discount for ten crates and more
/say Now the cart has to use it.
/think 5 Editing
/edit orchard/cart.py \\n\\ndef discounted(crates, discount):\\n    return total(crates) * discount
/edit tests/test_discounts.py def test_ten_crates_cost_a_tenth_less():\\n    assert 0.9 * 10 == 9
/think 5 Running the tests
/commit Use the discount in the cart, with a test
/think 4 Looking for other places that compute a price
/edit README.md \\nTen crates and more cost a tenth less.
/commit Say so in the README
/say Done: three commits, tests pass. Ready for review.
/idle
""",
)
_SEARCH = Script(
    "Make the search ignore case and accents",
    "A search for apfel should find Apfel and ÄPFEL too. Keep the folding in "
    "one place.",
    """/say The search compares raw strings. I'll fold case and accents first.
/think 4 Reading orchard/search.py
/edit orchard/folding.py import unicodedata\\n\\n\\ndef folded(text):\\n    plain = unicodedata.normalize("NFKD", text)\\n    return plain.casefold()
/think 6 Running the tests
/commit Fold case and accents in one place
/think 6 Editing
/edit orchard/search.py # folded() is applied to both sides
/think 8 Running the tests
/commit Search by folded names
/say Done: the search finds "Apfel" and "ÄPFEL" alike.
/idle
""",
)
_LOGIN = Script(
    "Fix the timing leak in login",
    "Passwords are compared with ==, which leaks their length by time. "
    "Compare them in constant time.",
    """/say Comparing passwords with == leaks their length by time.
/think 2 Reading orchard/login.py
/edit orchard/login.py # compare with hmac.compare_digest
/permission Allow `pip install argon2-cffi` to be run?
/think 6 Installing argon2-cffi
/commit Compare passwords in constant time
/say Done. The leak is closed.
/idle
""",
)
_API = Script(
    "Offer the catalogue as an API",
    "Other shops want to read our catalogue. Offer it as an API; ask me if "
    "there is more than one good way.",
    """/say There are two good ways to offer the catalogue.
/think 2 Comparing both on this code base
/question Which kind of API shall it be? | REST with OpenAPI | GraphQL | Both, REST first
/think 5 Writing the handlers
/edit orchard/api.py def catalogue():\\n    return []
/commit Offer the catalogue as an API
/say Done.
/idle
""",
)
_DOCS = Script(
    "Write a guide for new contributors",
    "Write CONTRIBUTING.md for people who are new here: how to set up, test "
    "and send a change.",
    """/say I'll write CONTRIBUTING.md from what is in the repository.
/think 6 Reading everything
/edit CONTRIBUTING.md # Contributing\\n\\nRun the tests with pytest.
/commit Add a guide for new contributors
/say Done.
/idle
""",
)

SCRIPTS = (_FAILING, _CART, _SEARCH, _LOGIN, _API, _DOCS)
"""In this order, so that with a pool of four the last one waits in the queue."""
