"""Where the fit of a large summary starts: at the fit of a few of its customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from treue.kernel.errors import DidNotConverge, NotEnoughData

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.models.summary import Summary

    Model = TypeVar("Model")

FEW_CUSTOMERS = 16_384
MANY_ROWS = 2 * FEW_CUSTOMERS


def fit_of_few(fit: Callable[[Summary], Model], summary: Summary) -> Model | None:
    """Return the model of a few customers, from which that of all is three steps away.

    Parameters
    ----------
    fit : callable
        Takes a summary and returns a model.
    summary : Summary
        Repeat buying of all customers.

    Returns
    -------
    model or None
        None where there are too few distinct rows for this to save work, or where the few do not
        identify the model.
    """
    if len(summary.x) <= MANY_ROWS:
        return None
    try:
        return fit(summary.thinned(summary.n // FEW_CUSTOMERS))
    except (DidNotConverge, NotEnoughData):
        return None
