"""How long a silence means that a customer has gone: the activity window, found in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.engine.seam import Engine, Frame

TOLERATED_SHARE = 0.05
"""At most this share of customers who were silent for the window may come back later."""


@dataclass(frozen=True, slots=True)
class ActivityWindow:
    """The window in force, and how many come back after it.

    Parameters
    ----------
    days : int
        Days of silence after which a customer counts as lapsed.
    automatic : bool
        True when it was found in the data, False when the firm gave it.
    returned, silent : int
        Customers who came back after a silence longer than the window, of all who were silent for
        longer than that at least once.
    sufficient : bool
        False when no window within the history keeps the share at or below 5 %, or nobody ever bought
        on a second day; `days` is then half
        of the history: what is measured with it holds for that window as it is named, and more of
        those it counts as lost will come back. Of a window that the firm gave, False when it is longer than half
        of the history.
    """

    days: int
    automatic: bool
    returned: int
    silent: int
    sufficient: bool

    @property
    def resurrection_share(self) -> float | None:
        """Share of the silent who came back, 0 to 1; None when nobody was silent for so long."""
        return self.returned / self.silent if self.silent else None


def silences(engine: Engine, active: Frame, as_of_day: int) -> Frame:
    """Return how many customers have which longest closed gap and which open silence.

    Parameters
    ----------
    engine : Engine
        Where the frame lives.
    active : Frame
        Columns ``customer_id``, ``day``, ``previous_day``.
    as_of_day : int
        Day number of the last day observed.

    Returns
    -------
    Frame
        Columns ``longest_gap_days`` (0 when there is no closed gap), ``open_days``, ``customers``.
    """
    F = engine.F
    gap = F.coalesce(F.col("day") - F.col("previous_day"), F.lit(0))
    each = active.groupBy("customer_id").agg(
        F.max(gap).cast("int").alias("longest_gap_days"),
        (F.lit(as_of_day) - F.max("day")).cast("int").alias("open_days"),
    )
    return each.groupBy("longest_gap_days", "open_days").agg(F.count("customer_id").alias("customers"))


def find_window(silence: pa.Table, history_days: int, given_days: int | None = None) -> ActivityWindow:
    """Return the shortest window after which at most 5 % of the silent ever come back.

    Only windows up to half the history are tried: a longer silence could not yet have been followed
    by a return of equal length.

    Parameters
    ----------
    silence : pyarrow.Table
        What :func:`silences` reduces to.
    history_days : int
        Days from the first to the last day observed.
    given_days : int, optional
        A window chosen by the firm; its share of returns is reported all the same.

    Returns
    -------
    ActivityWindow
        The window and its share of customers who came back.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"longest_gap_days": [10, 40, 0], "open_days": [5, 5, 100],
    ...                   "customers": [90, 6, 100]})
    >>> found = find_window(table, history_days=365)
    >>> found.days, found.returned, found.silent
    (40, 0, 100)
    """
    gap = numbers(silence["longest_gap_days"])
    longest = np.maximum(gap, numbers(silence["open_days"]))
    count = numbers(silence["customers"])
    size = max(int(longest.max(initial=0)), given_days or 0, history_days) + 2
    # Counts of customers whose longest silence is more than d days, for every d at once.
    returned = count.sum() - np.cumsum(np.bincount(gap, count, size))
    silent = count.sum() - np.cumsum(np.bincount(longest, count, size))
    limit = max(history_days // 2, 1)
    days = given_days
    # A window given by the firm is what it is; beyond the limit nobody has seen yet who comes back after it.
    sufficient = days is None or days <= limit
    if days is None:
        shares = np.divide(returned, silent, out=np.zeros(size), where=silent > 0)
        # From this window on the share stays tolerable; a dip before a later rise would mislead.
        above = np.flatnonzero(shares[1 : limit + 1] > TOLERATED_SHARE)
        days = int(above[-1]) + 2 if above.size else 1
        # Where nobody ever came back, every window would do and none has been seen to hold.
        sufficient = days <= limit and bool(gap.any())
        days = min(days, limit) if gap.any() else limit
    return ActivityWindow(
        days=days,
        automatic=given_days is None,
        returned=int(returned[days]),
        silent=int(silent[days]),
        sufficient=sufficient,
    )
