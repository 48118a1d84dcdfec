"""JSON lines (one object a line), and JSON files that hold one list of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from treue.history.reading import SetAside
from treue.history.sources.raw import RawTable, load_rows, unique_headers
from treue.history.sources.records import LONGEST_LINE
from treue.history.sources.text_file import open_text
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine

LARGEST_LIST = 512 * 1024 * 1024
MOST_KEYS = 2000
"""No table has so many columns: who writes a name for each value means something else."""


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _parse(text: str) -> Any:
    # Numbers stay the texts they were, so that no digit of an amount is lost.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield line (or place in the list) and parsed value; None where it cannot be parsed."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        start = file.read(2000).lstrip()
        file.seek(0)
        if start.startswith("["):
            if path.stat().st_size > LARGEST_LIST:
                raise WrongTable(
                    f"{path.name}: the list is too large to be read at once; write one object per line"
                )
            try:
                whole = _parse(file.read().lstrip("\ufeff"))
            except (ValueError, RecursionError) as error:
                raise WrongTable(
                    f"{path.name}: this is not JSON ({error}); write one object per line"
                ) from error
            yield from enumerate(whole if isinstance(whole, list) else [], start=1)
            return
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if not line.strip():
                continue
            try:
                yield number, _parse(line)
            except (ValueError, RecursionError):
                yield number, line


def read_json(engine: DuckDBEngine, path: Path, label: str, folder: Path) -> RawTable:
    """Return the rows of a JSON lines file as texts.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows go.
    path : Path
        The file, packed with gzip or not.
    label : str
        The file as the user named it.
    folder : Path
        A folder for a converted copy.

    Returns
    -------
    RawTable
        Rows with their line in the file (or place in the list); lines that are no object are set aside.

    Raises
    ------
    WrongTable
        When no line holds an object, or the objects have too many different names.
    """
    text = open_text(path, folder)
    keys: dict[str, int] = {}
    for _, value in _objects(text.path):
        if isinstance(value, dict):
            for key in value:
                keys.setdefault(key, len(keys))
            if len(keys) > MOST_KEYS:
                raise WrongTable(
                    f"{path.name}: the objects have more than {MOST_KEYS} different names; "
                    "write the same few names on each line"
                )
    if not keys:
        raise WrongTable(f"{path.name}: no line is a JSON object; write one object per line")
    rejected: list[SetAside] = []

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        for line, value in _objects(text.path):
            if not isinstance(value, dict) or not value:
                message = "the line is not a JSON object"
                row = str(value)[:500].rstrip().replace("\0", "\ufffd")
                whole = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).rstrip(
                    "\r\n"
                )
                rejected.append(
                    SetAside(
                        path=label, line=line, reason="bad_json", message=message, row=row, cells=(whole,)
                    )
                )
                continue
            cells: list[str | None] = [None] * len(keys)
            for key, cell in value.items():
                if key in keys:
                    cells[keys[key]] = _cell(cell)
            yield line, cells

    table, number = load_rows(engine, rows(), len(keys))
    return RawTable(
        label=label, stem=path.name.split(".")[0], table=table, headers=unique_headers(list(keys)), rows=number,
        rejected=rejected, notes=list(text.notes), drop=(table,),
    )  # fmt: skip
