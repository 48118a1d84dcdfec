"""The thin scale under every figure: the interval as a thick stroke, the value as a dot."""

from __future__ import annotations

import math
from html import escape

Range = tuple[float, float]


def share_range(low: float, high: float, other: float | None = None) -> Range:
    """Return the ends of a scale for shares: 0 to 1, or a stretch of it where all would be one dot.

    Parameters
    ----------
    low, high : float
        Limits of the interval, 0 to 1.
    other : float, optional
        A value to compare with.

    Returns
    -------
    tuple of float
        Ends on whole multiples of 5 %.

    Examples
    --------
    >>> share_range(0.38, 0.49), share_range(0.814, 0.848, 0.82)
    ((0.0, 1.0), (0.75, 0.9))
    """
    marks = [low, high] if other is None else [low, high, other]
    first, last = min(marks), max(marks)
    if last - first >= 0.1:
        return 0.0, 1.0
    air = max(0.04, last - first)
    return (
        max(0.0, math.floor(round((first - air) * 20, 6)) / 20),
        min(1.0, math.ceil(round((last + air) * 20, 6)) / 20),
    )


def open_range(low: float, high: float, other: float | None = None) -> Range:
    """Return the ends of a scale for money, days and counts, on round numbers.

    Examples
    --------
    >>> open_range(34.2, 37.9)
    (30.0, 42.0)
    """
    marks = [low, high] if other is None else [low, high, other]
    first, last = min(marks), max(marks)
    air = max(last - first, abs(last) * 0.1, 1e-9)
    power = 10.0 ** math.floor(math.log10(air))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= air / 2)
    lower = math.floor((first - air) / step) * step
    return (max(0.0, lower) if first >= 0 else lower), math.ceil((last + air) / step) * step


def figure_scale(
    value: float | None,
    low: float | None,
    high: float | None,
    ends: Range,
    *,
    end_labels: tuple[str, str],
    label: str,
    other: float | None = None,
    firm: bool = True,
) -> str:
    """Return the scale of one figure as inline SVG.

    Parameters
    ----------
    value, low, high : float or None
        The figure and its interval; without a value only the empty scale is drawn.
    ends : tuple of float
        First and last value of the scale.
    end_labels : tuple of str
        What stands at the two ends.
    label : str
        The drawing in words.
    other : float, optional
        A value to compare with, drawn as a dashed mark.
    firm : bool
        False draws the interval thin and the dot open: too few, or not final.

    Returns
    -------
    str
        One ``<svg>`` element as wide as its place.
    """

    def place(number: float) -> str:
        share = (number - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5
        # Dots of 5 units stay whole at the ends.
        return f"{100 * min(max(share, 0.0), 1.0):.2f}%"

    parts = ['<line x1="0" x2="100%" y1="12" y2="12" stroke="var(--rule)"/>']
    if other is not None:
        parts.append(
            f'<line x1="{place(other)}" x2="{place(other)}" y1="2" y2="21" stroke="var(--ink)" '
            'stroke-width="1.5" stroke-dasharray="3 2"/>'
        )
    if low is not None and high is not None:
        width, dash = ("5", "") if firm else ("1.5", ' stroke-dasharray="4 3"')
        parts.append(
            f'<line x1="{place(low)}" x2="{place(high)}" y1="12" y2="12" stroke="var(--accent)" '
            f'stroke-width="{width}"{dash}/>'
        )
    if value is not None:
        fill = "var(--accent)" if firm else "var(--paper)"
        parts.append(
            f'<circle cx="{place(value)}" cy="12" r="5" fill="{fill}" stroke="var(--accent)" stroke-width="1.5"/>'
        )
    parts.append(
        f'<text x="0" y="33">{escape(end_labels[0])}</text>'
        f'<text x="100%" y="33" text-anchor="end">{escape(end_labels[1])}</text>'
    )
    return (
        f'<svg class="scale" height="36" role="img" aria-label="{escape(label, quote=True)}" focusable="false">'
        + "".join(parts)
        + "</svg>"
    )
