"""A file with a model's own columns: which one it is, what can be wrong with it, and its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.history.renewals import Renewals
from treue.history.sources.summary_file import SummaryFile, is_summary, read_summary
from treue.kernel.errors import WrongArgument, WrongTable
from treue.models.fitting import RENEWAL_MODELS, default_unit, fit_renewals, fit_repeats, fit_values
from treue.models.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treue.models.fitting import Fit


def wanted_columns(model: str) -> tuple[str, ...]:
    """Return the columns that a summary for a model has.

    Examples
    --------
    >>> wanted_columns("gamma-gamma")
    ('x', 'm_x')
    """
    if model in RENEWAL_MODELS:
        return ("period", "survivors")
    return ("x", "m_x") if model == "gamma-gamma" else ("x", "t_x", "T")


def summary_among(model: str, paths: Sequence[Path]) -> Path | None:
    """Return the summary that was named, or None where the files are orders or contracts.

    Raises
    ------
    WrongArgument
        When a summary was named together with other files.
    """
    found = [path for path in paths if is_summary(path, wanted_columns(model))]
    if found and len(paths) > 1:
        raise WrongArgument(
            f"file={str(found[0])!r} is a summary, which says all there is to fit; give it without other files"
        )
    return found[0] if found else None


def fit_summary_file(model: str, path: Path, unit: str | None) -> Fit:
    """Fit a model to a summary; the unit is only a name for what the file's times are in.

    Raises
    ------
    WrongTable
        When a row cannot be; the message names its line.
    """
    file = read_summary(path, wanted_columns(model), model)
    unit = unit or default_unit(model)
    weight = file.columns["weight"]
    file.refuse(
        ~((weight > 0) & (weight == np.floor(weight))),
        "weight counts customers, so it is 1 or a whole number above",
    )
    if model in RENEWAL_MODELS:
        return fit_renewals(model, Renewals.of_survivors(_survivors(file), unit or "month"))
    x = file.columns["x"]
    file.refuse((x < 0) | (x != np.floor(x)), "x counts repeat purchases, so it is a whole number, 0 or more")
    if model == "gamma-gamma":
        bought = x > 0
        mean = file.columns["m_x"]
        file.refuse(bought & ~(mean > 0), "m_x is the mean value of x purchases, so it is above 0 where x is")
        return fit_values(x[bought], mean[bought], weight[bought], unit)
    t_x, T = file.columns["t_x"], file.columns["T"]
    file.refuse((t_x < 0) | (t_x > T), "t_x is the time of the last purchase, so it lies between 0 and T")
    file.refuse((x == 0) & (t_x != 0), "t_x is 0 where x is 0: nobody bought again")
    if model == "bg-bb":
        whole = (t_x == np.floor(t_x)) & (np.floor(T) == T) & (x <= t_x)
        file.refuse(~whole, "t_x and T count opportunities, so they are whole, and x is at most t_x")
    return fit_repeats(model, Summary.of(x, t_x, T, weight, unit or "day"))


def _survivors(file: SummaryFile) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    period, survivors = file.columns["period"], file.columns["survivors"]
    file.refuse(
        (survivors < 0) | (survivors != np.floor(survivors)),
        "survivors counts customers, so it is whole, 0 or more",
    )
    order = np.argsort(period, kind="stable")
    expected = np.empty(period.size)
    expected[order] = np.arange(period.size)
    file.refuse(period != expected, "periods run 0, 1, 2, ... without gaps, each once, and 0 is the start")
    rising = np.zeros(period.size, dtype=bool)
    rising[order[1:]] = np.diff(survivors[order]) > 0
    file.refuse(rising, "survivors cannot rise: nobody joins a cohort after its start")
    if period.size < 3:
        raise WrongTable(
            f"{file.label}: survivors of at least two periods after the start are needed; the file has {period.size} rows"
        )
    return survivors[order]
