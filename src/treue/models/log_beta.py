"""The logarithm of the beta function with its first and second derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]


class LogBeta(NamedTuple):
    """ln B(a, b) and its derivatives, each of the broadcast shape of a and b."""

    value: Vector
    a: Vector
    b: Vector
    aa: Vector
    ab: Vector
    bb: Vector

    def minus(self, other: LogBeta) -> LogBeta:
        """Return ln of the ratio of two beta functions, with derivatives."""
        return LogBeta(*(mine - its for mine, its in zip(self, other, strict=True)))

    @property
    def slope(self) -> Vector:
        """First derivatives, shape (2, ...)."""
        return np.stack([self.a, self.b])

    @property
    def curve(self) -> Vector:
        """Second derivatives, shape (2, 2, ...)."""
        return np.stack([np.stack([self.aa, self.ab]), np.stack([self.ab, self.bb])])


def log_beta(a: Vector | float, b: Vector | float) -> LogBeta:
    """Return ln B(a, b) and its derivatives with respect to a and b.

    Parameters
    ----------
    a, b : float or numpy.ndarray
        Positive; broadcast against each other.

    Returns
    -------
    LogBeta
        Value, first and second derivatives.

    Examples
    --------
    >>> float(log_beta(1.0, 1.0).value)
    0.0
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    both, curve = special.digamma(a + b), special.polygamma(1, a + b)
    return LogBeta(
        special.betaln(a, b),
        special.digamma(a) - both,
        special.digamma(b) - both,
        special.polygamma(1, a) - curve,
        -curve,
        special.polygamma(1, b) - curve,
    )
