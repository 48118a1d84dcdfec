"""Where people on a rung are one period later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import Figure, proportion
from treue.kernel.registry import measure
from treue.kernel.units import GRAINS
from treue.ladder.moves import ladder_moves
from treue.ladder.rungs import FORMER, POSSIBLE, STATES, move
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from treue.history.history import History
    from treue.kernel.units import Grain

VERSION = "1"
DEFAULT_GRAIN: Grain = "quarter"


@measure(
    "ladder_transition",
    label="Moves on the ladder",
    unit="share",
    version=VERSION,
    needs=(),
    grains=GRAINS,
)
def ladder_transition(history: History, by: str | None = None) -> list[Figure]:
    """Return where the people on each rung at the start of a period are at its end.

    It misleads when it is read as everything that happened: who left and came back within a period stayed,
    as far as its ends show. Pooled over periods a person counts once in each, so the interval is right only
    as far as their moves are independent of one another.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``: each complete period, provisional where nobody could have lapsed
        yet. Left out: all complete quarters in which somebody could, together.

    Returns
    -------
    list of Figure
        One share (0 to 1) per possible move, named in ``segment`` as ``customer→client``, with Wilson's
        interval; ``former`` is off the ladder. Undefined where nobody stood on the rung.

    Raises
    ------
    WrongArgument
        When `by` is not a period.

    References
    ----------
    Kemeny & Snell (1960), Finite Markov Chains, chapter 2.

    Examples
    --------
    >>> from datetime import datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> bought = pa.table({"order_id": ["1", "2", "3", "4"], "customer_id": ["a", "a", "b", "c"],
    ...                    "ordered_at": [datetime(2026, 1, 20), datetime(2026, 4, 10),
    ...                                   datetime(2026, 2, 2), datetime(2026, 1, 1)],
    ...                    "net_amount": [1000, 2000, 1500, 900]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought}).with_settings(
    ...         window_days=89, as_of=datetime(2026, 6, 30).date())
    ...     moves = {figure.segment: figure.value for figure in ladder_transition(history)}
    >>> moves["customer→client"], moves["customer→former"]
    (0.5, 0.5)
    """
    if by is not None and by not in GRAINS:
        raise WrongArgument(f"by={by!r} cannot divide ladder_transition; give one of {', '.join(GRAINS)}")
    if by is None:
        moves = ladder_moves(history, DEFAULT_GRAIN)
        return _cells(history, moves.settled.sum(axis=0), window=moves.window, period=None)
    grain: Grain = by
    moves = ladder_moves(history, grain)
    found = []
    for number, (period, table) in enumerate(zip(moves.periods, moves.counts, strict=True)):
        provisional = number < moves.warm_up
        found += _cells(history, table, window=period.window, period=period.label, provisional=provisional)
    return found


def possible_moves(history: History) -> list[tuple[str, str]]:
    """Return the moves that this history could show.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    list of (str, str)
        From a rung to a rung, or to ``former``.
    """
    shown = ladder_stays(history).observed
    return [(start, end) for start in shown for end in POSSIBLE[start] if end in shown or end == FORMER]


def _cells(
    history: History, table: NDArray[np.int64], *, window: str, period: str | None, provisional: bool = False
) -> list[Figure]:
    return [
        proportion(
            "ladder_transition",
            int(table[STATES.index(start), STATES.index(end)]),
            int(table[STATES.index(start)].sum()),
            window=window,
            as_of=history.as_of,
            version=VERSION,
            provisional=provisional,
            period=period,
            segment=move(start, end),
        )
        for start, end in possible_moves(history)
    ]
