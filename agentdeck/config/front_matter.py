"""Splits a Markdown file into its front matter and the text below."""

from __future__ import annotations

from typing import Any

from agentdeck.core.errors import UsageError


def front_matter(name: str, text: str) -> tuple[dict[str, Any], str]:
    """The fields above, empty where there are none, and the text below.

    Args:
        name: What the errors call the file.
        text: All of it.

    Raises:
        UsageError: If the front matter is not YAML, or is no list of fields.
    """
    import yaml  # slow to load, so only for these files
    from frontmatter.default_handlers import YAMLHandler

    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        front, body = handler.split(text)
        fields = handler.load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        why = str(getattr(error, "problem", None) or "it is not YAML")
        raise UsageError(f"{name}: its front matter{line}: {why}.") from error
    except (RecursionError, ValueError) as error:
        raise UsageError(
            f"{name}: its front matter does not end, or is no YAML."
        ) from error
    if fields is None:
        return {}, body
    if not isinstance(fields, dict):
        raise UsageError(f"{name}: its front matter is not a list of fields.")
    return fields, body
