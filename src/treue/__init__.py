"""Treue measures who stays with a firm, and how sure that is.

>>> import treue
>>> history = treue.read("orders.csv")                  # doctest: +SKIP
>>> treue.measure("retention_rate", history, by="month")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.kernel.errors import (
    DidNotConverge,
    NotEnoughData,
    Refused,
    TreueError,
    WrongArgument,
    WrongTable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from pathlib import Path

    from treue.history.history import History
    from treue.kernel.estimate import Figure

__version__ = "0.1.0"

__all__ = [
    "DidNotConverge",
    "NotEnoughData",
    "Refused",
    "TreueError",
    "WrongArgument",
    "WrongTable",
    "__version__",
    "measure",
    "read",
]


def read(
    *paths: str | Path,
    mapping: Mapping[str, str] | None = None,
    rates: Mapping[str, Decimal] | None = None,
    **settings: Any,
) -> History:
    """Read files or folders into a history that can be measured.

    Parameters
    ----------
    *paths : str or pathlib.Path
        Files of orders, contracts or customers in any format Treue knows, or folders of canonical
        tables.
    mapping : mapping of str to str, optional
        Which column holds what where the names do not say: ``{"customer": "Kd-Nr", "time": "Datum"}``.
    rates : mapping of str to Decimal, optional
        How much of the history's currency one unit of another currency is worth.
    **settings
        The fields of :class:`treue.history.settings.Settings`, for example ``as_of``, ``timezone``.

    Returns
    -------
    History
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    WrongTable
        When a file has nothing usable; the message says what was seen and what would be right.
    WrongArgument
        When a setting cannot be right.
    Refused
        When amounts are in several currencies and no rates are given.
    """
    from treue.history.history import History
    from treue.history.read import read_files
    from treue.history.settings import Settings

    engine, tables, reading, complete = read_files(paths, Settings(**settings), mapping=mapping, rates=rates)
    return History(engine, tables, complete, reading)


def measure(name: str, history: History, by: str | None = None) -> list[Figure]:
    """Return the figures of one measure.

    Parameters
    ----------
    name : str
        Name of a measure, for example ``retention_rate``; ``docs/measures/`` has a page on each.
    history : History
        What happened.
    by : str, optional
        ``month``, ``quarter``, ``year``, ``rolling``, or a column to divide customers by. Left out:
        the figure as it stands at the last day observed.

    Returns
    -------
    list of Figure
        One, or one per period or segment.

    Raises
    ------
    WrongArgument
        When the measure or the division is not known.
    NotEnoughData
        When the history lacks a table that the measure needs.
    """
    from treue.kernel.registry import find_measure

    return find_measure(name).compute(history, by=by)
