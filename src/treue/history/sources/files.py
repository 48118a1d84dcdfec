"""Files and folders as the user names them; each file becomes tables of texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from treue.history.reading import FileReading
from treue.history.sources.delimited import read_delimited
from treue.history.sources.excel import read_excel
from treue.history.sources.jsonlines import read_json
from treue.history.sources.parquet import read_parquet
from treue.history.tables import TABLES
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.sources.raw import RawTable

ENDINGS = {
    ".csv": "delimited", ".tsv": "delimited", ".tab": "delimited", ".txt": "delimited", ".parquet": "parquet",
    ".pq": "parquet", ".jsonl": "json", ".ndjson": "json", ".json": "json", ".xlsx": "excel", ".xlsm": "excel",
    ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip
OWN_ENDINGS = ("set-aside.csv", "set_aside.csv", "care-list.csv", "care_list.csv")
"""Files that Treue itself writes beside a report; they are not read back as orders."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    Parameters
    ----------
    path : Path
        Where it lies.
    label : str
        Its name as the user knows it; unique within one reading.
    kind : str
        ``delimited``, ``json``, ``parquet`` or ``excel``.
    in_folder : bool
        Whether the user named the folder and not the file.
    """

    path: Path
    label: str
    kind: str
    in_folder: bool

    @property
    def stem(self) -> str:
        """The name without folder and endings."""
        return self.path.name.split(".")[0]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files to read, and those that repeat another."""

    files: tuple[InputFile, ...]
    same: tuple[tuple[str, str], ...]


def list_files(paths: Sequence[str | Path]) -> Inputs:
    """Return the files that were named, directly or by their folder, each content once.

    Raises
    ------
    WrongTable
        When a path does not exist, a folder holds nothing readable, or nothing was named.
    """
    found: list[InputFile] = []
    for named in paths:
        path = Path(named)
        if path.is_dir():
            inside = [_input(file, in_folder=True) for file in sorted(path.iterdir()) if _readable(file)]
            if not inside:
                raise WrongTable(f"{named}: the folder holds no CSV, JSON lines, Parquet or Excel file")
            found.extend(inside)
        elif path.is_file():
            found.append(_input(path, in_folder=False))
        else:
            raise WrongTable(f"{named}: there is no such file or folder; check the name")
    if not found:
        raise WrongTable("no file was named; give a file of orders or a folder")
    return _once(found)


def _input(path: Path, *, in_folder: bool) -> InputFile:
    return InputFile(path, path.name, _kind(path) or "delimited", in_folder)


def _kind(path: Path) -> str | None:
    name = path.name.lower().removesuffix(".gz")
    return ENDINGS.get(Path(name).suffix)


def _readable(path: Path) -> bool:
    if not path.is_file() or path.name.startswith((".", "~$")) or path.name.lower().endswith(OWN_ENDINGS):
        return False
    kind = _kind(path)
    if kind == "json" and path.suffix.lower() == ".json":
        return path.stem in TABLES
    return kind is not None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WrongTable(f"{path.name}: the file cannot be read ({error}); check its permissions") from error


def _once(found: list[InputFile]) -> Inputs:
    """Leave out files whose bytes were named before; make labels unique."""
    sizes: dict[int, list[InputFile]] = {}
    kept: list[InputFile] = []
    same = []
    labels: set[str] = set()
    for file in found:
        size = file.path.stat().st_size
        twins = [other for other in sizes.get(size, []) if size and _digest(other.path) == _digest(file.path)]
        if twins:
            same.append((str(file.path), twins[0].label))
            continue
        label = file.label if file.label not in labels else str(file.path)
        number = 1
        while label in labels:
            number += 1
            label = f"{file.path} ({number})"
        labels.add(label)
        unique = InputFile(file.path, label, file.kind, file.in_folder)
        sizes.setdefault(size, []).append(unique)
        kept.append(unique)
    return Inputs(tuple(kept), tuple(same))


def repeated(inputs: Inputs) -> list[FileReading]:
    """Return the record of files that were given twice and read once."""
    return [not_used(path, f"The same as {label}; it was read once.") for path, label in inputs.same]


def not_used(label: str, note: str) -> FileReading:
    """Return the record of a file or sheet that gave no rows."""
    return FileReading(
        path=label, source="none", tables=(), rows_read=0, accepted=0, set_aside=0, notes=(note,)
    )


def read_raw(engine: DuckDBEngine, file: InputFile, folder: Path) -> Iterator[RawTable]:
    """Yield the tables of a file: one, or one per sheet of a workbook."""
    if file.kind == "excel":
        yield from read_excel(engine, file.path, file.label)
    elif file.kind == "parquet":
        yield read_parquet(engine, file.path, file.label)
    elif file.kind == "json":
        yield read_json(engine, file.path, file.label, folder)
    else:
        yield read_delimited(engine, file.path, file.label, folder)
