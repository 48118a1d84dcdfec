"""Cells that a spreadsheet would compute get an apostrophe in front; whoever reads them takes exactly one off.

A file that is opened with another separator than it was written with has its cells elsewhere: the customer
``Jens;=1+1`` of a file with commas is two cells then, and the second would be computed. So a guard stands behind
each separator within a text too.
"""

from __future__ import annotations

import re
from enum import IntEnum
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
OF_LISTS: Final = frozenset({"Customer number", "Kundennummer", "Kundenummer"})
"""What the first column of a list that Treue writes for spreadsheets is called."""
SEPARATORS: Final = ",;|\t\r\n"
"""What may stand between two cells, and between two rows."""
_SIGNS: Final = "".join(sign for sign in STARTS_FORMULA if sign.isprintable())
# Nothing that may follow a separator here is one itself: no two places of a text overlap, so that writing adds
# exactly one apostrophe at each place, and reading takes exactly that one off.
_BEHIND: Final = rf"'*[{BLANKS}\"]*[{re.escape(_SIGNS)}]"
_UNGUARDED_WITHIN: Final = re.compile(rf"([{SEPARATORS}])(?={_BEHIND})")
_GUARDED_WITHIN: Final = re.compile(rf"([{SEPARATORS}])'(?={_BEHIND})")
# The same for DuckDB, within a text of SQL.
_SQL_IN_FRONT: Final = r"^''(''|[ \x{a0}\x{feff}]*[-=+@%\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
_SQL_WITHIN: Final = r"([,;|\t\r\n])''(''*[ \x{a0}\x{feff}\x{22}]*[-=+@%\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"


class Guards(IntEnum):
    """Where in the cells of a file guards may stand."""

    NOWHERE = 0
    IN_FRONT = 1
    EVERYWHERE = 2


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
    >>> guarded("=1+1"), guarded("'=1"), guarded("Lea"), guarded("Jens;=1+1"), guarded("")
    ("'=1+1", "''=1", 'Lea', "Jens;'=1+1", '')
    """
    clean = cell.replace("\0", "")
    within = _UNGUARDED_WITHIN.sub(r"\1'", clean)
    return GUARD + within if clean.startswith(GUARD) or is_computed(clean) else within


def unguarded(cell: str, guards: Guards = Guards.EVERYWHERE) -> str:
    """Return what :func:`guarded` was given: exactly one guard is taken off at each place.

    Parameters
    ----------
    cell : str
        As it stands in a file.
    guards : Guards
        Where guards may stand in this file.

    Examples
    --------
    >>> unguarded("'+4722334455"), unguarded("''tis"), unguarded("O'Neil"), unguarded("Jens;'=1+1")
    ('+4722334455', "'tis", "O'Neil", 'Jens;=1+1')
    >>> unguarded("Jens;'=1+1", Guards.IN_FRONT)
    "Jens;'=1+1"
    """
    if not guards:
        return cell
    rest = cell[1:]
    if cell.startswith(GUARD) and (rest.startswith(GUARD) or is_computed(rest)):
        cell = rest
    return _GUARDED_WITHIN.sub(r"\1", cell) if guards is Guards.EVERYWHERE else cell


def sql_unguarded(text: str, guards: Guards = Guards.EVERYWHERE) -> str:
    """Return SQL of a text without its guards, as :func:`unguarded`.

    Parameters
    ----------
    text : str
        SQL of the text.
    guards : Guards
        Where guards may stand in this file.

    Returns
    -------
    str
        An expression of DuckDB.
    """
    if not guards:
        return text
    bare = f"CASE WHEN regexp_matches({text}, '{_SQL_IN_FRONT}') THEN substr({text}, 2) ELSE {text} END"
    if guards is Guards.IN_FRONT:
        return bare
    return f"regexp_replace({bare}, '{_SQL_WITHIN}', '\\1\\2', 'g')"


def guards_in(headers: Sequence[str]) -> Guards:
    """Return where in a file apostrophes are guards, by the names of its columns.

    In a list that Treue wrote for other programs they are part of the words. Within a text they are guards only
    where Treue wrote the file: anybody else may mean them.

    Examples
    --------
    >>> [guards_in([head]).name for head in ("Customer number", "Treue: line", "Name", "customer_id")]
    ['EVERYWHERE', 'EVERYWHERE', 'IN_FRONT', 'NOWHERE']
    """
    first = headers[0].strip() if headers else ""
    if first in OF_LISTS or any(header.startswith(OWN_WORDS) for header in headers):
        return Guards.EVERYWHERE
    return Guards.NOWHERE if first == FOR_PROGRAMS else Guards.IN_FRONT
