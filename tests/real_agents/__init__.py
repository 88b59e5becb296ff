"""The real agent CLIs, run offline against the scripted model. Not in the usual run."""

from __future__ import annotations
