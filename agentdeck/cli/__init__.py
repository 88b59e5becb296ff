"""The command line: thin verbs over rpc."""

from __future__ import annotations
