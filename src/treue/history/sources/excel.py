"""Excel workbooks: every sheet with a header is a table."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from treue.history.sources.columns import known_headers
from treue.history.sources.raw import RawTable, load_rows, unique_headers, without_own
from treue.history.sources.workbook_extent import refuse_emptiness
from treue.kernel.errors import WrongTable
from treue.kernel.guard import guards_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine


def cell_text(value: Any) -> str:
    """Return a cell as text: dates in ISO form, whole numbers without a point.

    Examples
    --------
    >>> cell_text(17850.0), cell_text(2.55), cell_text(date(2024, 5, 1))
    ('17850', '2.55', '2024-05-01')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value)


def read_excel(engine: DuckDBEngine, path: Path, label: str) -> Iterator[RawTable]:
    """Yield the sheets of a workbook as tables of texts; the header is the first row with known names.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows go.
    path : Path
        The workbook.
    label : str
        The file as the user named it.

    Yields
    ------
    RawTable
        One per sheet that has rows; line numbers are the sheet's own row numbers.

    Raises
    ------
    WrongTable
        When the file is no workbook, no sheet has rows, or a few cells lie so far apart that all memory would go.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    refuse_emptiness(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise WrongTable(
            f"{path.name}: the workbook cannot be opened ({error}); save it again as .xlsx or CSV"
        ) from error
    filled = [(name, rows) for name, rows in sheets if sum(any(map(_filled, row)) for row in rows) > 1]
    if not filled:
        raise WrongTable(f"{path.name}: no sheet has a header and rows")
    for name, rows in filled:
        yield _sheet(
            engine, rows, f"{label}[{name}]" if len(sheets) > 1 else label, f"{path.name.split('.')[0]}", name
        )


def _filled(value: Any) -> bool:
    return value is not None and str(value).strip() != ""


def _sheet(engine: DuckDBEngine, rows: Sequence[Sequence[Any]], label: str, stem: str, name: str) -> RawTable:
    first = next(place for place, row in enumerate(rows) if any(map(_filled, row)))
    texts = [
        [cell_text(value) if value is not None else "" for value in row] for row in rows[first : first + 15]
    ]
    best = max(range(len(texts)), key=lambda place: (known_headers(texts[place]), -place))
    if known_headers(texts[best]) < 2:
        best = 0
    head = first + best
    width = max((place for place, cell in enumerate(texts[best], start=1) if cell.strip()), default=1)

    def numbered() -> Iterator[tuple[int, list[str | None]]]:
        for place, row in enumerate(rows[head + 1 :], start=head + 2):
            if any(map(_filled, row[:width])):
                cells = [cell_text(value) if value is not None else None for value in row[:width]]
                yield place, cells + [None] * (width - len(cells))

    guards = guards_in(texts[best][:width])
    table, number = load_rows(engine, numbered(), width, guards=guards)
    columns = [
        [value for value in (row[i] for row in rows[head + 1 : head + 500] if i < len(row)) if _filled(value)]
        for i in range(width)
    ]
    headers = without_own(unique_headers(texts[best][:width]))
    typed = frozenset(
        i
        for i, values in enumerate(columns[: len(headers)])
        if values and all(isinstance(v, (int, float)) for v in values)
    )
    notes = [f"Rows 1 to {head} above the header were left out."] if head else []
    return RawTable(
        label=label, stem=f"{stem}-{name}", table=table, headers=headers, rows=number,
        typed=typed, notes=notes, drop=(table,),
    )  # fmt: skip
