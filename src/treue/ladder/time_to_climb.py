"""How long the way up takes those who arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import DAYS_PER_YEAR
from treue.ladder.chain import percentile_limits
from treue.ladder.climb import Climb, climb_to
from treue.ladder.passage import passage
from treue.ladder.reaching import chain_status
from treue.ladder.rungs import RUNGS, below, move

if TYPE_CHECKING:
    from treue.history.history import History

VERSION = "1"
DAYS_PER_QUARTER = DAYS_PER_YEAR / 4


@measure("time_to_climb", label="Time to climb the ladder", unit="days", version=VERSION, needs=())
def time_to_climb(history: History, by: str | None = None) -> list[Figure]:
    """Return the mean days from one rung to a higher one, of those who arrive there.

    It misleads when those who never arrive are forgotten: it is short where only the quick arrive and the
    others leave. Read it beside the chance to arrive.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        Must be left out.

    Returns
    -------
    list of Figure
        Days, one per pair of rungs, the pair in ``segment`` as ``customer→client``. A quarter is 91.3125
        days. Undefined where nobody arrives, or the history cannot show a rung.

    Raises
    ------
    WrongArgument
        When `by` is given.

    References
    ----------
    Kemeny & Snell (1960), Finite Markov Chains, section 3.2 (the chain given the end it reaches).

    Examples
    --------
    >>> from datetime import date, datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> bought = pa.table({"order_id": ["1", "2", "3", "4"], "customer_id": ["a", "a", "b", "c"],
    ...                    "ordered_at": [datetime(2026, 1, 20), datetime(2026, 4, 10),
    ...                                   datetime(2026, 2, 2), datetime(2026, 1, 1)],
    ...                    "net_amount": [1000, 2000, 1500, 900]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought}).with_settings(
    ...         window_days=89, as_of=date(2026, 6, 30))
    ...     days = {figure.segment: figure.value for figure in time_to_climb(history)}
    >>> days["customer→client"], days["customer→advocate"]
    (80.0, None)
    """
    if by is not None:
        raise WrongArgument(
            f"by={by!r} cannot divide time_to_climb; leave it out: there is a figure per climb"
        )
    return [_figure(history, start, target) for target in RUNGS[1:] for start in below(target)]


def _figure(history: History, start: str, target: str) -> Figure:
    climb = climb_to(history, target)
    if climb is None or start not in climb.rungs:
        return _made(history, start, target, None, 0, None, Status.UNDEFINED, "not in this history")
    if climb.usable(start):
        return _by_chain(history, climb, start)
    return _by_curve(history, climb, start)


def _by_chain(history: History, climb: Climb, start: str) -> Figure:
    place = climb.rungs.index(start)
    quarters = float(climb.reached.periods_given_success[place])
    n, window = climb.people_on(start), climb.moves.window
    if not np.isfinite(quarters):
        return _made(history, start, climb.target, None, n, None, Status.UNDEFINED, window)
    draws, method = climb.draws
    days = quarters * DAYS_PER_QUARTER
    middle = percentile_limits(draws.periods_given_success[:, place] * DAYS_PER_QUARTER, days)
    limits = None if middle is None else (*middle, method)
    status = chain_status(climb, start, needs_exits=False)
    return _made(history, start, climb.target, days, n, limits, status, window)


def _by_curve(history: History, climb: Climb, start: str) -> Figure:
    taken = passage(history, start, climb.target)
    if taken is None:
        window = "nobody came to the rung"
        return _made(history, start, climb.target, None, 0, None, Status.UNDEFINED, window)
    read = taken.mean_days
    if read.value is None:
        status = Status.UNDEFINED
    # Who takes longer than the history is old is not in the mean yet.
    elif not read.settled:
        status = Status.PROVISIONAL
    else:
        few = taken.people < MINIMUM_N or read.arrived < MINIMUM_EVENTS
        status = Status.INSUFFICIENT if few else Status.OK
    window = f"first {read.day:.0f} days on the rung"
    return _made(history, start, climb.target, read.value, taken.people, read.limits, status, window)


def _made(
    history: History,
    start: str,
    target: str,
    value: float | None,
    n: int,
    limits: tuple[float, float, str] | None,
    status: Status,
    window: str,
) -> Figure:
    return Figure(
        id="time_to_climb",
        value=value,
        numerator=None,
        denominator=None,
        n=n,
        ci_low=limits[0] if limits else None,
        ci_high=limits[1] if limits else None,
        ci_method=limits[2] if limits else None,
        status=status,
        window=window,
        as_of=history.as_of,
        definition_version=VERSION,
        segment=move(start, target),
    )
