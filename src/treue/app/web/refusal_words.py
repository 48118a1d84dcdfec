"""Why a file cannot be used, in the language of the page: every sentence a reader can refuse a file with.

A reader refuses in English, with names and counts from the file. The page knows each sentence as a pattern, finds
the names again and says it in its own words, without what only the command line understands.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from treue.app.customers.importing.reason_words import reason_words, shortened
from treue.app.web.data_words import COLUMNS, FIELDS, TABLES
from treue.kernel.language import message
from treue.report.reading_notes import localised

if TYPE_CHECKING:
    from treue.kernel.language import Language

REFUSALS: Final = (
    (
        "{file}: no column was recognised for: {fields}. The columns are {columns}. Say which is which with {_map}",
        message(
            "No column was recognised for: {fields}. Choose it below. If these are no orders, choose first what is "
            "in it."
        ),
    ),
    (
        "{file}: read as the table {table}, it has no column: {columns}. The columns are {_seen}. Add {_what}",
        message(
            "What is in it seems to be: {table}. These columns are missing: {columns}. Choose below what is in it and "
            "which column is which, or name them so in the file."
        ),
    ),
    (
        "{file}: for the table {table} no column was recognised for: {needed}. The columns are {_seen}. Say which {_map}",
        message("{table}: no column was recognised for: {needed}. Choose it below."),
    ),
    (
        "{file}: not one row can be used: {reasons}. The first, line {line}: {_message}. Say which column is which {_map}",
        message(
            "Not one row can be used: {reasons}. The first is line {line}. Choose below which column is which."
        ),
    ),
    ("{file}: no rows were found. {_why}", message("There are no rows in it.")),
    ("{file}: there are no rows in it", message("There are no rows in it.")),
    (
        "{file}: no header was found; the first row must name the columns",
        message("No header was found; the first row must name the columns."),
    ),
    ("{file}: no sheet has a header and rows", message("No sheet has a header and rows.")),
    (
        "{file}: of {places} places in a sheet only {cells} are filled; delete {_what}",
        message(
            "Of {places} places in a sheet only {cells} are filled. Delete what stands far outside of the table, or "
            "save it as CSV."
        ),
    ),
    (
        "{file}: the workbook cannot be opened ({_error}); save it again as .xlsx or CSV",
        message("The workbook cannot be opened; save it again as .xlsx or CSV."),
    ),
    (
        "{file}: the list is too large to be read at once; write one object per line",
        message("The list is too large to be read at once; write one object per line."),
    ),
    (
        "{file}: this is not JSON ({_error}); write one object per line",
        message("This is not JSON; write one object per line."),
    ),
    (
        "{file}: no line is a JSON object; write one object per line",
        message("No line is a JSON object; write one object per line."),
    ),
    (
        "{file}: this is not a Parquet file; write it again or give a CSV",
        message("This is not a Parquet file; write it again or send a CSV."),
    ),
    (
        "{file}: the packed file grows beyond {bytes} bytes; unpack it first",
        message("The packed file becomes larger than {bytes} bytes; send it unpacked."),
    ),
    (
        "{file}: the file is empty; give a file with a header and rows",
        message("The file is empty; send one with a header and rows."),
    ),
    (
        "{file}: the file cannot be read ({_error}); {_advice}",
        message("The file cannot be read; save or pack it again."),
    ),
    (
        "the files could not be put together: {_error}",
        message("The rows could not be put together. Look whether the right columns are chosen below."),
    ),
    (
        "map {field}={column}: no file has a column {_column}; the columns are {_columns}",
        message("The file has no column “{column}”; choose another below."),
    ),
    (
        "{file}: its amounts are minor units (cents) by its name and columns, but {other} holds orders in whole units; {_}",
        message(
            "The amounts of {file} are in minor units (cents), those of {other} in whole units; bring them in apart."
        ),
    ),
    (
        "{file}: {column}={example} could be a thousand or a decimal, and no other amount tells; {_map}",
        message("{example} in “{column}” could be a thousand or a decimal; choose the decimal sign below."),
    ),
    (
        "{file}: {column}={example}: {days} dates of the column have the day first and {months} the month; {_map}",
        message(
            "In “{column}” {days} dates have the day first and {months} the month; choose below which holds."
        ),
    ),
    (
        "{file}: {column}={example} could be day/month or month/day, and no other date in the column tells; {_map}",
        message("{example} in “{column}” could be day/month or month/day; choose below which holds."),
    ),
    (
        "the files hold amounts in {currencies}, which cannot be added up; say what {_rest}",
        message(
            "The amounts are in several currencies: {currencies}. Say below what the foreign ones are worth."
        ),
    ),
    (
        "every currency found has a rate, so the currency to convert to is not clear; {_say}",
        message(
            "Every currency found has a rate, so it is not clear in which the firm counts; leave that one out."
        ),
    ),
    (
        "currency={wanted}: the amounts are in {currency}; give {_options}",
        message(
            "The firm counts in {wanted}, and the amounts are in {currency}; say below what one {currency} is worth."
        ),
    ),
    (
        "currency={currency}: this firm counts in {wanted}; say what one {_one} is worth in {_other}",
        message(
            "The firm counts in {wanted}, and the amounts are in {currency}; say below what one {currency} is worth."
        ),
    ),
    (
        "{file}: the objects have more than {count} different names; write the same few names on each line",
        message("The objects have more than {count} different names; write the same few names on each line."),
    ),
    (
        "a customer was erased while this file was read; bring it in again",
        message("A customer was erased while this file was read; bring it in again."),
    ),
    (
        "the time zone was changed while this file was read; bring it in again",
        message("The time zone was changed while this file was read; bring it in again."),
    ),
    (
        "{file}: no column holds an e-mail address or telephone number; say which one does",
        message("No column holds an e-mail address or telephone number; choose it below."),
    ),
    (
        "the file unpacks to more than {megabytes} MB; divide it, or give it unpacked in parts",
        message("The file unpacks to more than {megabytes} MB; divide it, or send it unpacked in parts."),
    ),
    (
        "the file is packed in a way that cannot be checked; save it again as .xlsx or CSV",
        message("The file is packed in a way that cannot be checked; save it again as .xlsx or CSV."),
    ),
    (
        "{path}: there is no such file or folder; check the name",
        message("The file is no longer there; send it again."),
    ),
    (
        "{path}: the folder holds no CSV, JSON lines, Parquet or Excel file",
        message("The folder holds no CSV, JSON lines, Parquet or Excel file."),
    ),
    ("no file was named; give a file of orders or a folder", message("Choose a file first.")),
    (
        "Something unforeseen went wrong; the server's log says what.",
        message("Something unforeseen went wrong; the server's log says what."),
    ),
)
"""What a reader says, and what the page says instead; places that begin with an underscore are left out."""


def why_words(why: str, language: Language) -> tuple[str, bool]:
    """Return why a file cannot be used, in the language of the page.

    Parameters
    ----------
    why : str
        In English, as the reader refused it.
    language : Language
        Of the page.

    Returns
    -------
    tuple of (str, bool)
        The sentence, and whether it is in the language of the page.

    Examples
    --------
    >>> from treue.kernel.language import Language
    >>> why_words("a.csv: no column was recognised for: time. The columns are 'a'. Say which is which with --map time=COLUMN",
    ...     Language("de", "treue.app"))
    ('Keine Spalte wurde erkannt für: Datum. Wählen Sie sie unten aus. Sind es keine Bestellungen, wählen Sie zuerst, was darin ist.', True)
    """
    why = shortened(why)
    for parts, text in _patterns():
        found = _places(parts, why)
        if found is not None:
            places = {name: _said(name, value, language) for name, value in found.items()}
            wanted = {name: value for name, value in places.items() if f"{{{name}}}" in text}
            return language.gettext(text, **wanted), True
    return _plain(why), language.code == "en"


def _said(name: str, value: str, language: Language) -> str:
    if name == "fields":
        words = FIELDS["history"]
        return ", ".join(language.gettext(words.get(one, one)) for one in value.split(", "))
    if name == "table":
        return language.gettext(TABLES.get(value, value))
    if name == "needed":
        return ", ".join(language.gettext(COLUMNS.get(one, one)) for one in value.split(", "))
    if name == "reasons":
        counted = re.findall(r"(\w+) \(([\d,]+)\)", value)
        return ", ".join(f"{reason_words(code, language)} ({localised(n, language)})" for code, n in counted)
    if name in {"example", "column"}:
        return value.strip("'\"")
    return localised(value, language)


def _plain(why: str) -> str:
    """Return a reason without what only the command line understands."""
    return re.sub(r"[.;,]?\s*(?:[Ss]ay|[Gg]ive)?[^.;]*--\w[^.;]*", "", why) if "--" in why else why


@cache
def _patterns() -> tuple[tuple[list[str], str], ...]:
    return tuple((re.split(r"\{(\w*)\}", said), text) for said, text in REFUSALS)


def _places(parts: list[str], why: str) -> dict[str, str] | None:
    """Return what stands in the places of a sentence, or None where it is another sentence.

    Each place ends where the words after it first stand, so that a text is gone through once: an expression
    that tries all ways to divide it would take minutes for what a cell of a file can hold.
    """
    if len(parts) == 1 or not why.startswith(parts[0]):
        return {} if parts == [why] else None
    at, found = len(parts[0]), {}
    for place in range(1, len(parts), 2):
        name, after = parts[place], parts[place + 1]
        begins = at if name.startswith("_") else at + 1
        last = place == len(parts) - 2
        end = (
            len(why) - len(after) if last and why.endswith(after) else -1 if last else why.find(after, begins)
        )
        if end < begins or (name == "file" and ":" in why[at:end]):
            return None
        if not name.startswith("_"):
            found[name] = why[at:end]
        at = end + len(after)
    return found
