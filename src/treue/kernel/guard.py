"""Cells that a spreadsheet would compute get an apostrophe in front; whoever reads them takes exactly one off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

GUARD: Final = "'"
STARTS_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "%",
    "\t",
    "\r",
    "\n",
    "\x00",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
"""How a cell begins that a spreadsheet would compute instead of show (ASVS 1.2.10).

The full-width signs count as well: a spreadsheet in a Japanese or Chinese setting calculates with them.
"""
BLANKS: Final = " \u00a0\ufeff"
"""What a spreadsheet may look past."""
OWN_WORDS: Final = "Treue: "
"""How the columns begin that Treue adds behind the columns of a file, as why a row was set aside."""
FOR_PROGRAMS: Final = "customer_id"
"""The first column of a list that Treue writes for other programs, in which no cell is changed."""


def is_computed(cell: str) -> bool:
    """Return whether a spreadsheet would take a cell for a formula.

    Examples
    --------
    >>> is_computed("=1+1"), is_computed(" @x"), is_computed("a=b")
    (True, True, False)
    """
    return cell.startswith(STARTS_FORMULA) or cell.lstrip(BLANKS).startswith(STARTS_FORMULA)


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is, without NUL; :func:`unguarded` gives it back.

    Examples
    --------
    >>> guarded("=1+1"), guarded("'=1"), guarded("Lea"), guarded("")
    ("'=1+1", "''=1", 'Lea', '')
    """
    clean = cell.replace("\0", "")
    return GUARD + clean if clean.startswith(GUARD) or is_computed(cell) or is_computed(clean) else clean


def unguarded(cell: str) -> str:
    """Return what :func:`guarded` was given: exactly one guard is taken off.

    Examples
    --------
    >>> unguarded("'+4722334455"), unguarded("''tis"), unguarded("O'Neil"), unguarded("'tis")
    ('+4722334455', "'tis", "O'Neil", "'tis")
    """
    if not cell.startswith(GUARD):
        return cell
    rest = cell[1:]
    return rest if rest.startswith(GUARD) or is_computed(rest) else cell


def sql_unguarded(text: str) -> str:
    """Return SQL of a text without its guard, as :func:`unguarded`.

    Parameters
    ----------
    text : str
        SQL of the text.

    Returns
    -------
    str
        An expression of DuckDB.
    """
    pattern = r"^''(''|[ \x{a0}\x{feff}]*[-=+@%\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
    return f"CASE WHEN regexp_matches({text}, '{pattern}') THEN substr({text}, 2) ELSE {text} END"


def may_be_guarded(headers: Sequence[str]) -> bool:
    """Return whether apostrophes in front of formulas in a file are guards.

    In a list that Treue wrote for other programs they are part of the words.

    Examples
    --------
    >>> may_be_guarded(["Customer number", "Name"]), may_be_guarded(["customer_id", "name"])
    (True, False)
    """
    if any(header.startswith(OWN_WORDS) for header in headers):
        return True
    return not headers or headers[0].strip() != FOR_PROGRAMS
