"""What a printed figure is, for a program: its measure and place, and the numbers as they were computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure

Mark = dict[str, str | float]
"""Names of attributes of an element and what is in them; empty where an element prints no figure."""


def mark_of(figure: Figure, silence_days: int | None = None) -> Mark:
    """Return the attributes of the element that prints a figure.

    Parameters
    ----------
    figure : Figure
        What is printed.
    silence_days : int, optional
        The activity window, where figures under several of them stand beside one another.

    Returns
    -------
    dict
        Names that begin with ``data-``; without what the figure does not have.

    Examples
    --------
    >>> from datetime import date
    >>> from treue.kernel.estimate import proportion
    >>> figure = proportion("retention_rate", 180, 200, window="2011-01-01/2011-02-01",
    ...                     as_of=date(2011, 1, 31), version="1", period="2011-01")
    >>> mark = mark_of(figure, 90)
    >>> mark["data-figure"], mark["data-period"], mark["data-value"], mark["data-n"], "data-segment" in mark
    ('retention_rate', '2011-01', 0.9, 200, False)
    """
    known: dict[str, str | float | None] = {
        "data-figure": figure.id,
        "data-window": figure.window,
        "data-period": figure.period,
        "data-segment": figure.segment,
        "data-silence-days": silence_days,
        "data-value": figure.value,
        "data-low": figure.ci_low,
        "data-high": figure.ci_high,
        "data-n": figure.n,
    }
    return {name: one for name, one in known.items() if one is not None}
