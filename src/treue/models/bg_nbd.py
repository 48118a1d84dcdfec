"""BG/NBD: customers buy at random and may leave after any repeat purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from treue.models.beta_geometric import BetaGeometric


@dataclass(frozen=True, slots=True)
class BgNbd(BetaGeometric):
    """The beta-geometric / negative-binomial model of repeat buying.

    It misleads for customers who bought once: the model says that they are all still active, for
    ever, because leaving is possible only after a repeat purchase. So ``probability_alive`` gives NaN
    for them.

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284;
    Fader & Hardie, note 021, on customers without a repeat purchase.

    Examples
    --------
    >>> model = BgNbd(0.243, 4.414, 0.793, 2.426, unit="week")
    >>> round(float(model.probability_alive(2, 30.43, 38.86)), 3)
    0.727
    >>> round(float(model.expected_purchases_of_customer(2, 30.43, 38.86, 39)), 3)
    1.226
    """

    MODEL: ClassVar[str] = "bg-nbd"
    CHANCES_AT_FIRST: ClassVar[int] = 0
