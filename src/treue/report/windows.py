"""How much retention depends on how long a silence counts as a loss: the same figures under other windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from treue.kernel.units import grain_of
from treue.measures.activity import resurrection_share
from treue.measures.retention import retention_rate

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.history.window import ActivityWindow
    from treue.kernel.estimate import Figure

ROUND_DAYS: Final = (7, 14, 30, 60, 90, 180, 365, 730)
"""Windows that people think of."""

EACH_WAY: Final = 3
"""So many shorter and so many longer windows stand beside the one in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChoice:
    """Retention under one activity window.

    Parameters
    ----------
    window : ActivityWindow
        The window, and how many come back after it.
    in_force : bool
        Whether every other figure counts with it.
    back : Figure
        The share of those silent for longer than it who came back.
    now : Figure
        The retention rate under it, in the period that stands for now under the window in force.
    series : tuple of Figure
        The retention rate in each period of the same length.
    """

    window: ActivityWindow
    in_force: bool
    back: Figure
    now: Figure
    series: tuple[Figure, ...]


def window_choices(history: History) -> tuple[WindowChoice, ...]:
    """Return the retention rate under the window in force and under shorter and longer ones.

    Windows up to half of the history are tried, for a longer one cannot be judged by who comes back.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    tuple of WindowChoice
        From the shortest to the longest, at most seven; none where silence is not what ends a customer.

    Raises
    ------
    NotEnoughData
        When no order was kept.
    """
    if history.activity != "window" or not history.has("purchases"):
        return ()
    now = retention_rate(history)[-1]
    found = [_choice(history, now, in_force=True)]
    for days in near_windows(history.window_days, history.observed_days // 2):
        with history.under_window(days) as other:
            found.append(_choice(other, now, in_force=False))
    return tuple(sorted(found, key=lambda one: one.window.days))


def near_windows(days: int, longest: int) -> tuple[int, ...]:
    """Return round windows beside one, three shorter and three longer where there are as many.

    Parameters
    ----------
    days : int
        The window in force.
    longest : int
        No window is longer than this.

    Returns
    -------
    tuple of int
        In order, without `days` itself.

    Examples
    --------
    >>> near_windows(273, 273)
    (60, 90, 180)
    >>> near_windows(60, 365)
    (7, 14, 30, 90, 180, 365)
    """
    possible = [one for one in ROUND_DAYS if one != days and one <= longest]
    shorter = [one for one in possible if one < days]
    longer = [one for one in possible if one > days]
    return (*shorter[-EACH_WAY:], *longer[:EACH_WAY])


def _choice(history: History, now: Figure, *, in_force: bool) -> WindowChoice:
    series = tuple(retention_rate(history, grain_of(now.period)))
    return WindowChoice(
        window=history.window,
        in_force=in_force,
        back=resurrection_share(history)[0],
        # Under a short window a quarter may begin with nobody; another one in its place could not be compared.
        now=next(one for one in series if one.period == now.period),
        series=series,
    )
