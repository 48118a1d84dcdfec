"""A list as a CSV that a spreadsheet opens with a double click, in the reader's language."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from treue.kernel.language import Language
from treue.kernel.units import from_minor, minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Spreadsheet:
    """How numbers and headings stand in a list.

    Parameters
    ----------
    language : {"en", "de", "nb"}
        An English file has commas, decimal points and the names that programs read. Spreadsheets in German and
        Norwegian take a comma for the decimal sign, so their files have semicolons, decimal commas and headings
        of their own.
    currency : str
        ISO 4217 code of amounts.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """

    def __init__(self, language: str, currency: str) -> None:
        self.language = Language(language)
        self.currency = currency
        self._foreign = language != "en"
        self._digits = minor_digits(currency)

    def number(self, text: str) -> str:
        """Return a number, written with a decimal point, as the file has it."""
        return text.replace(".", ",") if self._foreign else text

    def money(self, minor: int) -> str:
        """Return minor units as an amount in major ones."""
        return self.number(f"{from_minor(minor, self.currency):.{self._digits}f}")

    def share(self, value: float | None) -> str:
        """Return a share with three digits; nothing where it is not known."""
        return "" if value is None else self.number(f"{value:.3f}")

    def write(self, path: str | Path, headings: Mapping[str, str], rows: Iterable[Iterable[object]]) -> None:
        """Write the list; a file that is there is replaced.

        Parameters
        ----------
        path : str or pathlib.Path
            The file.
        headings : mapping of str to str
            Name of each column to its heading in English words.
        rows : iterable of iterable
            Cells as they stand in the file; words are guarded by the caller.
        """
        # The byte order mark tells spreadsheets that the file is UTF-8.
        with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=";" if self._foreign else ",")
            writer.writerow(
                [self.language.gettext(words) if self._foreign else name for name, words in headings.items()]
            )
            writer.writerows(rows)
