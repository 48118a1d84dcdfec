"""The record of how files were read: what was recognised, what was set aside and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """How one file (or one sheet of a workbook) became rows of canonical tables.

    Parameters
    ----------
    path : str
        The file as the user named it; ``book.xlsx[Orders]`` for a sheet.
    source : str
        Which reader took it: ``plain``, ``shopify``, ``woocommerce``, ``stripe``, ``canonical``.
    tables : tuple of str
        Canonical tables it filled.
    rows_read, accepted, set_aside : int
        Rows of the file; accepted + set_aside = rows_read.
    columns : dict
        Canonical field to the file's own column name.
    attributes : tuple of str
        Columns kept as attributes for segments.
    notes : tuple of str
        What was decided, in sentences (date order, decimal sign, encoding, returns that found no order).
    stem : str
        What the ids begin with that were made up for rows without one: ``stem:line``; empty where the file
        is a canonical table, whose rows have their own.
    """

    path: str
    source: str
    tables: tuple[str, ...]
    rows_read: int
    accepted: int
    set_aside: int
    columns: dict[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One row that could not be used.

    Parameters
    ----------
    path : str
        The file.
    line : int
        Line (or row) number in the file, counted from 1 with the header; 0 for a whole file.
    reason : str
        A short code, for example ``no_customer``; the same code is counted in the report.
    message : str
        The reason in one sentence, with the offending value.
    row : str
        The row as text, cut at 500 characters.
    cells : tuple of str
        All of its cells, however many, where it could not become a row of the table of texts; a line of which
        nobody can say where its cells end is one cell.
    """

    path: str
    line: int
    reason: str
    message: str
    row: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How all files of a history were read.

    Parameters
    ----------
    files : tuple of FileReading
        One per file or sheet.
    set_aside_counts : dict
        Reason code to number of rows, all of them.
    examples : tuple of SetAside
        The first rows of each reason (at most 20 per reason).
    set_aside_table : str or None
        Name of the engine table with every row set aside (columns of :class:`SetAside`).
    rows : dict
        Only where it was asked for: ``purchases`` to the engine table of which row became which order
        (``file``, counted among the files of orders that are no canonical tables; ``line``; ``id``, that of the
        order; ``credited``, the customer where the row gives money back, and ``credited_order``, the order for
        which it does where that was found), and ``contracts`` to one of which row became which contract (with
        ``started_on`` and ``customer_id``). Both say in ``content`` what a row without a number says, as a digest that depends on no
        setting: customer, time as read, amount and its own currency.
    """

    files: tuple[FileReading, ...]
    set_aside_counts: dict[str, int] = field(default_factory=dict)
    examples: tuple[SetAside, ...] = ()
    set_aside_table: str | None = None
    rows: dict[str, str] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows of all files."""
        return sum(file.rows_read for file in self.files)

    @property
    def accepted(self) -> int:
        """Rows that are part of the history."""
        return sum(file.accepted for file in self.files)

    @property
    def set_aside(self) -> int:
        """Rows that could not be used; each has a reason."""
        return sum(file.set_aside for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON types."""
        return {"rows_read": self.rows_read, "accepted": self.accepted, "set_aside": self.set_aside}
