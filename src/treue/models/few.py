"""Where the fit of a large summary starts: at the fit of a few of its customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from treue.kernel.errors import DidNotConverge, NotEnoughData

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from treue.models.newton import Derivatives
    from treue.models.summary import Summary

    Vector = NDArray[np.float64]

Model = TypeVar("Model")

FEW_CUSTOMERS = 16_384
MANY_ROWS = 2 * FEW_CUSTOMERS


class Few(NamedTuple, Generic[Model]):
    """Some of the customers, and the model that fits them."""

    summary: Summary
    model: Model

    def on_scale_of(self, n: float, likelihood: Derivatives) -> Derivatives:
        """Return a `likelihood` of these few as if they were `n` customers."""
        scale = n / self.summary.n

        def scaled(point: Vector) -> tuple[float, Vector, NDArray[np.float64]]:
            value, gradient, hessian = likelihood(point)
            return scale * value, scale * gradient, scale * hessian

        return scaled


def fit_of_few(fit: Callable[[Summary], Model], summary: Summary) -> Few[Model] | None:
    """Return the model of a few customers, from which that of all is two steps away.

    Parameters
    ----------
    fit : callable
        Takes a summary and returns a model.
    summary : Summary
        Repeat buying of all customers.

    Returns
    -------
    Few or None
        None where there are too few distinct rows for this to save work, or where the few do not
        identify the model.
    """
    if len(summary.x) <= MANY_ROWS:
        return None
    few = summary.thinned(summary.n // FEW_CUSTOMERS)
    try:
        return Few(few, fit(few))
    except (DidNotConverge, NotEnoughData):
        return None
