"""A firm whose truth is known: canonical tables, and beside them what was planted in them."""

from treue.simulate.firm import simulate_firm
from treue.simulate.truth import Truth

__all__ = ["Truth", "simulate_firm"]
