"""Sentences of the cycle that more than one place says."""

from __future__ import annotations

from typing import Final

from treue.kernel.language import message

NOTHING_HERE: Final = message("There is neither a purchase nor a contract yet; bring in a file first.")
