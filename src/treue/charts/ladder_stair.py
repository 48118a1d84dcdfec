"""The loyalty ladder as a stair of people: height is the rung, dots are people, never a bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from treue.charts.drawing import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.charts.drawing import Size

MOST_DOTS = 100
"""More dots on one rung would pile up to a bar."""

GAP = 8.6
RISE = 44
INDENT = 14


@dataclass(frozen=True, slots=True)
class Step:
    """One rung as the stair shows it, all words already written.

    Parameters
    ----------
    count : int or None
        People on it; None where the history cannot show the rung.
    number, name : str
        The count (or that it cannot be told) and the name of the rung in words.
    notes : tuple of str
        Short lines: who came up, who went down.
    told : str
        The step in one sentence, for the pointer; empty where it says no more than what is written there.
    """

    count: int | None
    number: str
    name: str
    notes: tuple[str, ...] = ()
    told: str = ""


def people_per_dot(counts: Sequence[int], most: int) -> int:
    """Return how many people one dot stands for: 1, 2, 5, 10, 20, 50 and so on.

    Parameters
    ----------
    counts : sequence of int
        People on each rung.
    most : int
        Most dots on one rung.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> people_per_dot([7106, 3214, 86], most=90)
    100
    """
    largest, scale = max(counts, default=0), 1
    while True:
        for factor in (1, 2, 5):
            if largest <= factor * scale * most:
                return factor * scale
        scale *= 10


def ladder_stair(steps: Sequence[Step], *, per_dot: int, size: Size, label: str) -> str:
    """Return the stair as inline SVG, lowest rung first.

    Parameters
    ----------
    steps : sequence of Step
        Lowest rung first; a rung that cannot be shown is a dashed step.
    per_dot : int
        How many people one dot stands for, see :func:`people_per_dot`.
    size : {"wide", "narrow"}
        The stair rises to the right on a wide page and from below on a narrow one.
    label : str
        The drawing in words.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    width = WIDTHS[size]
    room = width / max(len(steps), 1) if size == "wide" else width - INDENT * len(steps)
    height, body = (_wide if size == "wide" else _narrow)(steps, per_dot, int((room - 16) / GAP))
    return (
        f'<svg class="stair" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label, quote=True)}" '
        f'focusable="false">{body}</svg>'
    )


def _whole(step: Step, body: str, box: tuple[float, float, float, float]) -> str:
    """Return a step as one thing that a pointer meets anywhere in its box (left, top, width, height)."""
    if not step.told:
        return body
    left, top, width, height = box
    told = escape(step.told, quote=True)
    field = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="transparent"/>'
    )
    return f'<g data-told="{told}"><title>{told}</title>{field}{body}</g>'


def _words(step: Step, x: float, y: float) -> str:
    size = "big" if step.count is not None else "soft"
    body = f'<text class="{size}" x="{x:.1f}" y="{y:.1f}">{escape(step.number)}</text>'
    body += f'<text x="{x:.1f}" y="{y + 20:.1f}">{escape(step.name)}</text>'
    for line, note in enumerate(step.notes):
        body += f'<text class="soft" x="{x:.1f}" y="{y + 39 + 17 * line:.1f}">{escape(note)}</text>'
    return body


def _tread(path: str, step: Step) -> str:
    dash = ' stroke-dasharray="5 4"' if step.count is None else ""
    colour = "var(--rule)" if step.count is None else "var(--accent)"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="3"{dash}/>'


def _wide(steps: Sequence[Step], per_dot: int, per_row: int) -> tuple[int, str]:
    run = WIDTHS["wide"] / max(len(steps), 1)
    above = _rows(steps[-1], per_dot, per_row) * GAP if steps else 0.0
    floor = 10 + above + RISE * (len(steps) - 1)
    # Piles on lower steps may be taller than the steps above them.
    for place, step in enumerate(steps):
        floor = max(floor, 10 + _rows(step, per_dot, per_row) * GAP + RISE * place)
    body = ""
    for place, step in enumerate(steps):
        left, top = place * run, floor - RISE * place
        riser = f"M{left:.1f} {top + RISE:.1f}V{top:.1f}" if place else f"M{left:.1f} {top:.1f}"
        one = _tread(f"{riser}h{run:.1f}", step)
        one += dots(step.count or 0, per_dot, left + 8, top - 8, per_row)
        one += _words(step, left + 4, top + 25)
        high = _rows(step, per_dot, per_row) * GAP + 8
        body += _whole(step, one, (left, top - high, run, high + 54 + 17 * len(step.notes)))
    notes = max((len(step.notes) for step in steps), default=0)
    return int(floor + 54 + 17 * notes), body


def _narrow(steps: Sequence[Step], per_dot: int, per_row: int) -> tuple[int, str]:
    body, y = "", 4.0
    for place, step in reversed(list(enumerate(steps))):
        left, rows = INDENT * place, _rows(step, per_dot, per_row)
        tall = 56 + 17 * len(step.notes) + rows * GAP
        # A riser on the left, shifted to the right for each rung: the stair seen from the side.
        one = _tread(f"M{left + 1.5} {y + tall:.1f}V{y:.1f}H{WIDTHS['narrow']}", step)
        one += _words(step, left + 10, y + 26)
        one += dots(step.count or 0, per_dot, left + 14, y + tall - 5, per_row)
        body += _whole(step, one, (left, y, WIDTHS["narrow"] - left, tall))
        y += tall + 2
    return int(y + 2), body


def _rows(step: Step, per_dot: int, per_row: int) -> int:
    shown = math.ceil((step.count or 0) / per_dot)
    return math.ceil(shown / per_row)


def dots(count: int, per_dot: int, left: float, bottom: float, per_row: int) -> str:
    """Return people as dots, row upon row from the lower left.

    Parameters
    ----------
    count : int
        People.
    per_dot : int
        How many one dot stands for; a remainder is a smaller dot, so nobody vanishes.
    left, bottom : float
        Centre of the first dot.
    per_row : int
        How many stand in a row.

    Returns
    -------
    str
        Circles.
    """
    whole, rest = divmod(count, per_dot)
    radii = [3.1] * whole + ([1.7] if rest else [])
    found = ""
    for place, radius in enumerate(radii):
        x = left + place % per_row * GAP
        y = bottom - place // per_row * GAP
        found += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="var(--accent)"/>'
    return found
