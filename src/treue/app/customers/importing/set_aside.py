"""The rows that could not be used, as a file for whoever mends them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from treue.app import environment
from treue.app.customers.importing.places import folder_of, set_aside_file
from treue.engine.duckdb import quoted
from treue.report.care import safe_cell

if TYPE_CHECKING:
    from treue.app.customers.models import ImportedFile
    from treue.engine.duckdb import DuckDBEngine

COLUMNS: Final = ("path", "line", "reason", "message", "row")
BATCH_ROWS: Final = 10_000


def write_set_aside(file: ImportedFile, engine: DuckDBEngine, table: str | None) -> None:
    """Write all rows set aside as a CSV that no spreadsheet calculates with.

    Parameters
    ----------
    file : ImportedFile
        Whose rows.
    engine : DuckDBEngine
        Where they are.
    table : str or None
        Engine table of the rows.
    """
    if table is None:
        return
    if not engine.connection.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchall():
        return
    environment.private_folder(folder_of(file))
    path = set_aside_file(file)
    part = path.with_suffix(".part")
    query = f"SELECT {', '.join(COLUMNS)} FROM {quoted(table)} ORDER BY path, line"
    rows = engine.connection.sql(query).to_arrow_reader(BATCH_ROWS)
    # The byte order mark tells spreadsheets that the file is UTF-8.
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with part.open("w", encoding="utf-8-sig", newline="") as page:
        writer = csv.writer(page)
        writer.writerow(COLUMNS)
        for batch in rows:
            writer.writerows(
                [safe_cell(path), line, reason, safe_cell(message or ""), safe_cell(row or "")]
                for path, line, reason, message, row in zip(
                    *(batch.column(name).to_pylist() for name in COLUMNS), strict=True
                )
            )
    part.replace(path)
