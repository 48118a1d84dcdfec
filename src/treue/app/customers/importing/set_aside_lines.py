"""The rows set aside as a CSV in the language of whoever asks; pages need nothing of what has read them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from treue.app.customers.importing.reason_words import reason_words
from treue.kernel.guard import OWN_WORDS
from treue.kernel.language import message
from treue.kernel.spreadsheet_line import spreadsheet_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from treue.kernel.language import Language

HEADS, ROW, REST = "heads", "row", "rest"
"""What a line of the file that is kept begins with: the columns of a file, a row of it, a row known by its words only."""
LINE, REASON, FILE = message("line"), message("reason"), message("file")
SURPLUS, WORDS = message("further cells"), message("words of the row")
"""Columns that stand behind those of the file."""


def lines_of(path: Path, language: Language) -> Iterator[str]:
    """Give the rows set aside as a CSV under the file's own columns, with the reasons behind them.

    No spreadsheet calculates with it; brought in again, the columns behind those of the file are left out.

    Parameters
    ----------
    path : Path
        What :func:`~treue.app.customers.importing.set_aside.write_set_aside` kept.
    language : Language
        Of who asks.

    Yields
    ------
    str
        A line.
    """
    csv.field_size_limit(2**31 - 1)
    headers, shown = _heads(path)
    own = [one for one in (FILE, LINE, REASON, SURPLUS, WORDS) if one in {LINE, REASON} | shown]
    columns = list(dict.fromkeys(name for one in headers.values() for name in one))
    separator = "," if language.code == "en" else ";"
    heads = [*columns, *(f"{OWN_WORDS}{language.gettext(name)}" for name in own)]
    # The byte order mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff" + spreadsheet_line(heads, separator)
    with path.open(encoding="utf-8", newline="") as page:
        for kind, label, *rest in csv.reader(page):
            if kind == HEADS:
                continue
            line, reason, value, *cells = rest
            names = headers.get(label, []) if kind == ROW else []
            told = dict(zip(names, cells, strict=False))
            why = reason_words(reason, language) + (f" ({value})" if value else "")
            said = {FILE: label, LINE: line if line != "0" else "", REASON: why}
            said |= (
                {SURPLUS: " | ".join(cells[len(names) :]), WORDS: ""}
                if kind == ROW
                else {SURPLUS: "", WORDS: cells[0]}
            )
            row = [*(told.get(name, "") for name in columns), *(said[name] for name in own)]
            yield spreadsheet_line(row, separator)


def _heads(path: Path) -> tuple[dict[str, list[str]], set[str]]:
    """Return the columns of each file, and which of the columns behind them have anything in them."""
    headers: dict[str, list[str]] = {}
    labels: set[str] = set()
    shown: set[str] = set()
    for kind, label, *rest in _rows(path):
        labels.add(label)
        if kind == HEADS:
            headers[label] = rest
        elif kind == REST:
            shown.add(WORDS)
        elif len(rest) - 3 > len(headers.get(label, [])):
            shown.add(SURPLUS)
    return headers, shown | ({FILE} if len(labels) > 1 else set())


def _rows(path: Path) -> Iterable[list[str]]:
    with path.open(encoding="utf-8", newline="") as page:
        yield from csv.reader(page)
