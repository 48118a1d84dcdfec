"""Sentences of the cycle that more than one place says."""

from __future__ import annotations

from typing import Final

from treue.kernel.language import message

NOTHING_HERE: Final = message("There is neither a purchase nor a contract yet; bring in a file first.")
OVERTAKEN: Final = message("A newer daily cycle has taken over; this one stops.")
RUNNING_ALREADY: Final = message("The daily cycle is running already; its figures will be there soon")
TAKEN_OVER: Final = "It ended without a word, or a newer run took its place."
"""For whoever looks into the table of runs; no page says it."""
