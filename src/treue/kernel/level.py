"""How sure intervals and limits are, wherever they are made or told."""

from __future__ import annotations

from typing import Final

LEVEL: Final = 0.95
"""Probability that what is meant lies between an interval's ends."""
