"""Files that hold what a model is fitted to, instead of orders or contracts: known by their header."""

from __future__ import annotations

import gzip
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from treue.engine.columns import numbers
from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.sources import files
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from treue.history.sources.raw import RawTable

    Vector = NDArray[np.float64]
    Mask = NDArray[np.bool_]

ALIASES = {
    "x": "x", "frequency": "x", "repeat_count": "x",
    "t_x": "t_x", "recency": "t_x",
    "t": "T", "age": "T",
    "m_x": "m_x", "monetary_value": "m_x", "mean_value": "m_x",
    "period": "period", "survivors": "survivors",
    "weight": "weight",
}  # fmt: skip
"""What columns may be called: as in the papers, in words, or as in the older Python library."""

HEAD_BYTES = 65_536
SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """The columns of a summary, with the line of the file that each row stands on.

    Parameters
    ----------
    label : str
        The file's name.
    columns : dict of str to numpy.ndarray
        Letter to values, each of shape (n,).
    line : numpy.ndarray of int, shape (n,)
        Line (of a workbook: row) of the file; the header is line 1.
    """

    label: str
    columns: dict[str, Vector]
    line: NDArray[np.int64]

    def refuse(self, wrong: Mask, sentence: str) -> None:
        """Refuse the first row for which `wrong` is true, naming its line and values."""
        if not wrong.any():
            return
        place = int(np.flatnonzero(wrong)[0])
        shown = {
            name: column for name, column in self.columns.items() if (column != 1).any() or name != "weight"
        }
        values = ", ".join(f"{name}={column[place]:g}" for name, column in shown.items())
        raise WrongTable(f"{self.label}, line {self.line[place]}: {sentence}; it has {values}")


def letters_of(headers: Sequence[str]) -> dict[str, int]:
    """Return the place of each column of a summary by its letter; the first of several counts."""
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        name = "_".join(header.strip().strip("\"'\ufeff").casefold().split())
        if name in ALIASES:
            found.setdefault(ALIASES[name], place)
    return found


def is_summary(path: Path, wanted: Sequence[str]) -> bool:
    """Whether a file's header names the columns of a summary, all of them or some.

    Only the head of the file is read, so a large file of orders costs nothing here. What a name such as
    ``T`` or ``period`` alone means is left to the readers of orders.
    """
    headers = _headers(path)
    letters = letters_of(headers)
    own = {name.strip().casefold() for name in headers} & {"x", "t_x", "m_x", "survivors"}
    return set(wanted) <= letters.keys() or bool(own - {"x"}) or {"x", "T"} <= letters.keys()


def read_summary(path: Path, wanted: Sequence[str], model: str) -> SummaryFile:
    """Read the columns of a summary; ``weight`` is 1 where the file has none.

    Parameters
    ----------
    path : Path
        A CSV, Parquet or Excel file.
    wanted : sequence of str
        Letters of the columns that are needed.
    model : str
        What they are needed for.

    Raises
    ------
    WrongTable
        When a column is missing, a cell is no number, or there are no rows.
    """
    with closing(DuckDBEngine()) as engine, tempfile.TemporaryDirectory(prefix="treue-read-") as folder:
        (file,) = files.list_files([path]).files
        raws = list(files.read_raw(engine, file, Path(folder)))
        raw = max(raws, key=lambda one: len(letters_of(one.headers).keys() & set(wanted)))
        letters = letters_of(raw.headers)
        missing = [name for name in wanted if name not in letters]
        if missing:
            raise WrongTable(
                f"{raw.label}: there is no column {missing[0]}; a summary for {model} has the columns "
                f"{', '.join(wanted)}, this one has {', '.join(raw.headers)}"
            )
        if raw.rejected:
            bad = raw.rejected[0]
            raise WrongTable(f"{raw.label}, line {bad.line}: {bad.message}")
        if not raw.rows:
            raise WrongTable(f"{raw.label}: there are no rows below the header")
        names = [*wanted, *(["weight"] if "weight" in letters else [])]
        return _columns(engine, raw, {name: letters[name] for name in names})


def _columns(engine: DuckDBEngine, raw: RawTable, places: dict[str, int]) -> SummaryFile:
    cells = ", ".join(f"try_cast(c{place} AS DOUBLE) AS v{place}" for place in places.values())
    query = f"SELECT line, {cells} FROM {quoted(raw.table)} ORDER BY line"
    table = engine.connection.sql(query).to_arrow_table()
    line = numbers(table["line"]).astype(np.int64)
    columns = {name: numbers(table[f"v{place}"]).astype(np.float64) for name, place in places.items()}
    for name, values in columns.items():
        if not np.isfinite(values).all():
            at = int(line[~np.isfinite(values)][0])
            query = f"SELECT c{places[name]} FROM {quoted(raw.table)} WHERE line = {at}"
            ((text,),) = engine.connection.execute(query).fetchall()
            what = f"{name}={text[:40]!r} is not a number" if text else f"{name} is empty"
            raise WrongTable(f"{raw.label}, line {at}: {what}; write a number, with a point before decimals")
    columns.setdefault("weight", np.ones(line.size))
    return SummaryFile(raw.label, columns, line)


def _headers(path: Path) -> list[str]:
    if not path.is_file():
        return []
    ((_, kind),) = [(file.path, file.kind) for file in files.list_files([path]).files]
    readers: dict[str, Callable[[Path], list[str]]] = {
        "delimited": _first_line, "parquet": _parquet_names, "excel": _first_row,
    }  # fmt: skip
    return readers[kind](path) if kind in readers else []


def _first_line(path: Path) -> list[str]:
    opened = gzip.open if path.name.lower().endswith(".gz") else Path.open
    try:
        with opened(path, "rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, EOFError):
        return []  # whoever reads the whole file says what is wrong with it
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    line = next((one for one in text.splitlines() if one.strip()), "")
    separator = max(SEPARATORS, key=line.count)
    return line.split(separator)


def _parquet_names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (OSError, pa.ArrowInvalid):
        return []


def _first_row(path: Path) -> list[str]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0).to_python(nrows=20)
    except (CalamineError, OSError, ValueError):
        return []
    filled = ([str(cell) for cell in row] for row in sheet)
    return next((row for row in filled if any(cell.strip() for cell in row)), [])
