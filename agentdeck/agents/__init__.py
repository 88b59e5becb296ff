"""What each agent CLI needs: its command line and the signs it gives."""

from __future__ import annotations
