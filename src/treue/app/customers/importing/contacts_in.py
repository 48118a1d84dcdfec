"""People of a file become customers with addresses, and consents where they are proved."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from treue.app.customers.importing.contact_consents import assured
from treue.app.customers.importing.contact_files import Layout, Person, layout_of, person_of
from treue.app.customers.importing.contact_words import NO_PHONE, NO_PROOF, NOT_KEPT, REASONS
from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.checks import Ledger
from treue.history.reading import SetAside
from treue.history.sources import files
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from treue.app.core.models import Firm
    from treue.app.customers.importing.contacts_write import Written

NAMED: Final = 10
"""So many columns that were left out are named."""


@dataclass(slots=True)
class People:
    """What a file of people holds.

    Parameters
    ----------
    persons : list of Person
        Rows that can be used.
    rows_read : int
        Rows of the file.
    engine : DuckDBEngine
        Where the rows set aside are.
    ledger : Ledger
        The rows set aside.
    layout : Layout
        How the file is laid out.
    label : str
        What the file is called in the ledger.
    notes : list
        Sentences with their values, to be said in the reader's language.
    """

    persons: list[Person]
    rows_read: int
    engine: DuckDBEngine
    ledger: Ledger
    layout: Layout
    label: str
    notes: list[dict[str, Any]] = field(default_factory=list)


def read_people(
    path: str,
    choices: Mapping[str, Any],
    firm: Firm,
    tell: Callable[[str, float], None],
    engine: DuckDBEngine,
) -> People:
    """Read a file of people.

    Parameters
    ----------
    path : str
        The file.
    choices : mapping
        Field to column, where a person has said so.
    firm : Firm
        Its country is that of telephone numbers without a ``+`` where the row names none, its zone that of times
        without an offset.
    tell : callable
        Takes what is being done and the share done.
    engine : DuckDBEngine
        Where the rows go.

    Returns
    -------
    People
        Rows that can be used, and those set aside.

    Raises
    ------
    WrongTable
        When it holds no people.
    """
    ledger, zone = Ledger(engine), ZoneInfo(firm.timezone)
    with tempfile.TemporaryDirectory(prefix="treue-people-") as folder:
        file = files.list_files([path]).files[0]
        raw = next(files.read_raw(engine, file, Path(folder)), None)
        layout = layout_of(raw.headers, choices) if raw is not None else None
        if raw is None or layout is None:
            raise WrongTable(
                f"{file.label}: no column holds an e-mail address or telephone number; say which one does"
            )
        ledger.add(raw.rejected)
        found = People([], raw.rows + len(raw.rejected), engine, ledger, layout, file.label)
        phones = 0
        aside: list[SetAside] = []
        for number, (line, row) in enumerate(_rows(engine, raw.table, len(raw.headers))):
            if number % 1_000 == 0:
                tell("reading", number / (raw.rows + 1))
            person, reason, value = person_of(layout, line, row, firm.country, zone)
            if person is None:
                aside.append(set_aside(file.label, line, reason, value, row))
                continue
            phones += reason == "phone"
            found.persons.append(person)
        ledger.add(aside)
    if phones:
        found.notes.append({"text": NO_PHONE, "count": phones})
    if column := assured(layout):
        found.notes.append({"text": NO_PROOF, "column": column})
    if layout.dropped:
        found.notes.append({"text": NOT_KEPT, "columns": ", ".join(layout.dropped[:NAMED])})
    return found


def set_aside(label: str, line: int, reason: str, value: str, row: Iterable[str | None]) -> SetAside:
    """Return a row that is set aside, with the reason in a sentence."""
    words = REASONS[reason] + (f" ({value[:80]})" if value else "")
    return SetAside(
        path=label, line=line, reason=reason, message=words, row=", ".join(cell or "" for cell in row)[:500]
    )


def _rows(engine: DuckDBEngine, table: str, width: int) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    cells = ", ".join(f"c{i}" for i in range(width))
    reader = engine.connection.sql(
        f"SELECT line, {cells} FROM {quoted(table)} ORDER BY line"
    ).to_arrow_reader(10_000)
    for batch in reader:
        columns = [column.to_pylist() for column in batch.columns]
        for line, *row in zip(*columns, strict=True):
            yield line, tuple(row)


def set_conflicts_aside(people: People, written: Written) -> None:
    """Set aside the rows whose number and address belong to two customers.

    Parameters
    ----------
    people : People
        What was read.
    written : Written
        What came of it.
    """
    people.ledger.add(
        [
            set_aside(people.label, one.line, "two_customers", "", [one.code, one.typed.get("email", "")])
            for one in written.conflicts
        ]
    )
