"""One thing that is said of a customer, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that is said of a customer.

    Parameters
    ----------
    label, value : str
        What, and how much.
    why, change : str
        What it rests on, and what would change it.
    help : str
        The measure that explains it.
    """

    label: str
    value: str
    why: str = ""
    change: str = ""
    help: str = ""
