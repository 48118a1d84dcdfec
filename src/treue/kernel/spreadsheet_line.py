"""A line of a CSV for spreadsheets, in which nothing is computed however it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def spreadsheet_line(
    cells: Iterable[object], delimiter: str = ",", plain: Callable[[object], str] = str
) -> str:
    r"""Return a line with its end, RFC 4180: texts are guarded and between quotation marks.

    Parameters
    ----------
    cells : iterable of object
        A text is taken for somebody else's words; anything else was computed here and is a number or a day.
    delimiter : str
        Between cells.
    plain : callable
        Returns what is no text as it stands in the file.

    Returns
    -------
    str
        One line of the file.

    Examples
    --------
    >>> spreadsheet_line(["Jens;=1+1", -5, "Lea"])
    '"Jens;\'=1+1",-5,"Lea"\r\n'
    """

    def written(cell: object) -> str:
        if isinstance(cell, str):
            return _quoted(guarded(cell))
        told = plain(cell)
        return _quoted(told) if delimiter in told or '"' in told else told

    # A line without a sign would be no row.
    return (delimiter.join(map(written, cells)) or '""') + "\r\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
