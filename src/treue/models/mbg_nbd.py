"""MBG/NBD: customers buy at random and may leave after any purchase, the first included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from treue.models.beta_geometric import BetaGeometric


@dataclass(frozen=True, slots=True)
class MbgNbd(BetaGeometric):
    """The modified beta-geometric / negative-binomial model of repeat buying.

    Unlike BG/NBD a customer may leave right after the first purchase, so it can say of one-time buyers
    how likely they are still active.

    References
    ----------
    Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer
    base analysis, International Journal of Research in Marketing 24, 201-209; Hoppe & Wagner (2007).

    Examples
    --------
    >>> model = MbgNbd(0.525, 6.183, 0.891, 1.614, unit="week")
    >>> 0 < float(model.probability_alive(0, 0, 38.86)) < 1
    True
    """

    MODEL: ClassVar[str] = "mbg-nbd"
    CHANCES_AT_FIRST: ClassVar[int] = 1
