"""How the people on the ladder are spread over its rungs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import Figure, count_status
from treue.kernel.intervals import goodman
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.kernel.units import GRAINS, Period, day_of, period_label, period_start
from treue.ladder.moves import ladder_moves, settled_from
from treue.ladder.rungs import RUNGS, STATES
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.kernel.units import Grain

VERSION = "1"


def counts_at(history: History, day: int | None = None) -> dict[str, int]:
    """Return how many people stand on each rung, and how many buyers have lapsed.

    Parameters
    ----------
    history : History
        What happened.
    day : int, optional
        Day number; the state is that just before this day begins. Default: the day after the last day
        observed.

    Returns
    -------
    dict
        From each of :data:`treue.ladder.rungs.STATES` to a count of people. A rung that the history
        cannot show has 0 (see :func:`treue.ladder.stays.ladder_stays`, ``observed``).
    """
    engine = history.engine
    F = engine.F
    at = history.as_of_day + 1 if day is None else day
    held = ladder_stays(history).frame.where((F.col("from_day") < F.lit(at)) & (F.col("to_day") >= F.lit(at)))
    table = engine.arrow(held.groupBy("rung").agg(F.count("customer_id").cast("bigint").alias("people")))
    found = dict(zip(table["rung"].to_pylist(), table["people"].to_pylist(), strict=True))
    return {state: int(found.get(state, 0)) for state in STATES}


@measure(
    "ladder_occupancy",
    label="Share per rung of the ladder",
    unit="share",
    version=VERSION,
    needs=(),
    grains=GRAINS,
)
def ladder_occupancy(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of the people on the ladder who stand on each rung.

    It misleads when it is read as success: clients become a larger share also when fewer new customers
    come. Lapsed buyers are off the ladder and in no share.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``: at the end of each period; provisional for the period that is not
        over, given as it stands, and for those in which nobody could have lapsed yet. Left out: as it stands after the last day observed.

    Returns
    -------
    list of Figure
        One share (0 to 1) per rung, the rung in ``segment``, with Goodman's interval, which holds for all
        rungs together. Undefined where the history cannot show a rung, or nobody is on the ladder.

    Raises
    ------
    WrongArgument
        When `by` is not a period.

    References
    ----------
    Goodman (1965), Technometrics 7, 247-254.

    Examples
    --------
    >>> from datetime import datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> bought = pa.table({"order_id": ["1", "2", "3"], "customer_id": ["a", "a", "b"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 31), datetime(2026, 1, 2)],
    ...                    "net_amount": [1000, 2000, 1500]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought}).with_settings(window_days=90)
    ...     {figure.segment: figure.value for figure in ladder_occupancy(history)}
    {'suspect': None, 'prospect': None, 'customer': 0.5, 'client': 0.5, 'advocate': None}
    """
    if by is None:
        counts = counts_at(history)
        today = day_of(history.as_of_day + 1).isoformat()
        return _figures(history, counts, window=f"just before {today}", period=None)
    if by not in GRAINS:
        raise WrongArgument(f"by={by!r} cannot divide ladder_occupancy; give one of {', '.join(GRAINS)}")
    grain: Grain = by
    moves = ladder_moves(history, grain)
    found = []
    safe_until = settled_from(history)
    for period, row in zip(moves.periods, moves.present[1:], strict=True):
        counts = dict(zip(STATES, row.tolist(), strict=True))
        provisional = period.end <= safe_until
        found += _figures(history, counts, window=period.window, period=period.label, provisional=provisional)
    begin = period_start(history.as_of, grain)
    if not moves.periods or moves.periods[-1].end != history.as_of_day + 1:
        running = Period(period_label(begin, grain), (begin - day_of(0)).days, history.as_of_day + 1)
        found += _figures(
            history, counts_at(history), window=running.window, period=running.label, provisional=True
        )
    return found


def _figures(
    history: History, counts: dict[str, int], *, window: str, period: str | None, provisional: bool = False
) -> list[Figure]:
    shown = ladder_stays(history).observed
    numbers = np.array([counts[rung] for rung in shown])
    total = int(numbers.sum())
    limits = dict(zip(shown, goodman(numbers), strict=True)) if total else {}
    found = []
    for rung in RUNGS:
        here = rung in shown and total > 0
        low, high = limits.get(rung, (None, None))
        events = counts[rung] if here else 0
        found.append(
            Figure(
                id="ladder_occupancy",
                value=events / total if here else None,
                numerator=events if here else None,
                denominator=total if here else None,
                n=total if here else 0,
                ci_low=low,
                ci_high=high,
                ci_method="goodman" if here else None,
                status=count_status(total, events, provisional=provisional) if here else Status.UNDEFINED,
                window=window,
                as_of=history.as_of,
                definition_version=VERSION,
                period=period,
                segment=rung,
            )
        )
    return found
