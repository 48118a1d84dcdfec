"""Several groups looked at together: shares drawn toward the whole, p-values held against their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def shrunken_shares(events: Sequence[int], totals: Sequence[int]) -> list[float | None]:
    """Return the share of each group, drawn toward the share of all by as much as chance is to blame.

    A small group is at the head or the foot of a list by chance more often than a large one. The shares
    of the groups are taken to follow a beta distribution whose spread is what is left of their
    differences once chance is taken off; where nothing is left, every group gets the share of all.

    Parameters
    ----------
    events, totals : sequence of int
        Customers with the event and customers in all, one pair per group, 0 <= events <= totals.

    Returns
    -------
    list of float or None
        0 to 1 in the order of the groups; None for all when nobody is in any group.

    References
    ----------
    Kleinman (1973), JASA 68, 46-54 (the spread from moments); Efron & Morris (1975), JASA 70, 311-319.

    Examples
    --------
    Two of three is no better than 800 of 1,000, it is only less certain:

    >>> [round(share, 3) for share in shrunken_shares([2, 800, 700], [3, 1000, 1000])]
    [0.744, 0.798, 0.702]
    """
    x, n = np.asarray(events, dtype=float), np.asarray(totals, dtype=float)
    whole = n.sum()
    if not whole:
        return [None] * len(n)
    p = x.sum() / whole
    here = n > 0
    chance = p * (1 - p)
    freedom = here.sum() - 1
    room = whole - (n**2).sum() / whole - freedom
    apart = float((n[here] * (x[here] / n[here] - p) ** 2).sum())
    alike = (apart - chance * freedom) / (chance * room) if chance and room > 0 else 0.0
    if alike <= 0:
        return [float(p)] * len(n)
    weight = (1 - min(alike, 1.0)) / min(alike, 1.0)
    # Only a group without anybody can have no weight at all.
    return [
        float((own + weight * p) / (size + weight)) if size + weight else float(p)
        for own, size in zip(x, n, strict=True)
    ]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for the number of tests, so that few of those below 5 % are false alarms.

    Parameters
    ----------
    p_values : sequence of float
        One per test made, 0 to 1.

    Returns
    -------
    list of float
        Adjusted values in the same order, at most 1; empty without tests.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57, 289-300.

    Examples
    --------
    >>> [round(value, 4) for value in benjamini_hochberg([0.001, 0.012, 0.014, 0.039, 0.300])]
    [0.005, 0.0233, 0.0233, 0.0488, 0.3]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[::-1]
    rank = np.arange(p.size, 0, -1)
    adjusted = np.minimum.accumulate(p[order] * p.size / rank)
    found = np.empty(p.size)
    found[order] = np.minimum(adjusted, 1.0)
    return [float(value) for value in found]
