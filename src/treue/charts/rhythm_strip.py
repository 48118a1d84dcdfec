"""The rhythm of one customer: a tick per day of buying, the silence since, and today."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 208, 26
STRIP_DAYS = 730
"""Two years are shown; a younger history fills the strip as far as it goes."""


def rhythm_strip(
    purchases: Sequence[tuple[int, float]],
    today: int,
    *,
    habit_days: float | None,
    label: str,
    shown_days: int = STRIP_DAYS,
) -> str:
    """Return the strip of one customer as inline SVG.

    Parameters
    ----------
    purchases : sequence of (int, float)
        Day number and amount (any unit) of each day of buying.
    today : int
        Day number of the last day observed.
    habit_days : float or None
        The customer's usual gap; the silence is shaded from there on. None shades nothing.
    label : str
        The strip in words.
    shown_days : int
        How many days the strip covers, ending today.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    start = today - shown_days
    left, right = 2.0, WIDTH - 2.0

    def place(day: float) -> float:
        return round(left + (right - left) * (day - start) / shown_days, 1)

    seen = [(day, amount) for day, amount in purchases if start <= day <= today]
    largest = max((amount for _, amount in seen), default=0.0)
    parts = [f'<line x1="0" x2="{WIDTH}" y1="23.5" y2="23.5" stroke="var(--line)"/>']
    last = max((day for day, _ in purchases), default=None)
    if last is not None and habit_days is not None and last + habit_days < today:
        begin = place(max(last + habit_days, start))
        width = round(right - begin, 1)
        parts.append(f'<rect x="{begin}" y="3" width="{width}" height="20" fill="var(--warn-soft)"/>')
    ticks = []
    for day, amount in seen:
        # The root keeps one large order from making all others invisible.
        height = 6 + 14 * math.sqrt(max(amount, 0.0) / largest) if largest > 0 else 10.0
        ticks.append(f"M{place(day)} 23v{-height:.1f}")
    if ticks:
        parts.append(f'<path d="{"".join(ticks)}" stroke="var(--ink)" stroke-width="2" fill="none"/>')
    parts.append(f'<line x1="{right}" x2="{right}" y1="1" y2="25" stroke="var(--warn)" stroke-width="2"/>')
    return (
        f'<svg class="rhythm" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label, quote=True)}" focusable="false">' + "".join(parts) + "</svg>"
    )
