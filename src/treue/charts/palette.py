"""Colours by meaning. In a specification they are stand-ins; in the page they are CSS variables.

A drawing therefore follows the page into dark mode, and no chart has a colour of its own.
"""

from __future__ import annotations

from typing import Final

INK: Final = "#010101"
SOFT: Final = "#020202"
LINE: Final = "#030303"
ACCENT: Final = "#040404"
ACCENT_SOFT: Final = "#050505"
WARN: Final = "#060606"
PAPER: Final = "#070707"
HATCH: Final = "#080808"

VARIABLES: Final = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    ACCENT_SOFT: "var(--accent-soft)",
    WARN: "var(--warn)",
    PAPER: "var(--paper)",
}
"""Stand-in to CSS variable; `HATCH` becomes a pattern, see :mod:`treue.charts.drawing`."""

HEAT_LIMIT: Final = 0.45
"""Strongest accent behind a number, so that ink stays readable on it in both schemes."""
