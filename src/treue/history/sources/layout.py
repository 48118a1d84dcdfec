"""What a source knows about its files: how they are recognised and which column is what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of export, known by its header set in any order.

    Parameters
    ----------
    name : str
        Name of the source, as shown by ``treue check``.
    needs : frozenset of str
        Headers that must all be there (compared as plain names).
    any_of : tuple of frozenset of str
        Of each of these sets at least one must be there.
    roles : dict
        Field to the headers that hold it, the best first. A ``+`` in front of a list would be wrong:
        a field is one column.
    fill_by : str or None
        Header of the order on exports that state an order's fields only on its first line.
    order_totals : bool
        Whether the amount is the order's total even where an order takes several lines.
    taxed : bool
        Whether the column of field ``tax`` is inside the amount and must be taken out.
    unpaid : frozenset of str
        Statuses (lower case) of orders that were never paid.
    notes : tuple of str
        What a reader of the figures should know about this export.
    """

    name: str
    needs: frozenset[str] = frozenset()
    any_of: tuple[frozenset[str], ...] = ()
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fill_by: str | None = None
    order_totals: bool = False
    taxed: bool = False
    unpaid: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def fits(self, plain: Iterable[str]) -> bool:
        """Return whether a file with these plain column names is this export."""
        names = frozenset(plain)
        return bool(self.needs) and self.needs <= names and all(group & names for group in self.any_of)


UNPAID = frozenset(
    [
        "failed",
        "fail",
        "declined",
        "expired",
        "abandoned",
        "draft",
        "checkout-draft",
        "trash",
        "unpaid",
        "fehlgeschlagen",
        "abgelehnt",
        "unbezahlt",
        "mislykket",
        "avvist",
        "ubetalt",
        "feilet",
    ]
)

PLAIN = Layout(name="plain", unpaid=UNPAID)
