"""Files written by the test, read through the one door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from treue.history.read import read_files
from treue.history.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.reading import Reading


@dataclass
class Result:
    """What reading files gave."""

    engine: DuckDBEngine
    tables: dict[str, str]
    reading: Reading
    settings: Settings

    def rows(self, table: str, columns: str, order: str = "ALL") -> list[tuple[Any, ...]]:
        query = f'SELECT {columns} FROM "{self.tables[table]}" ORDER BY {order}'
        return self.engine.connection.execute(query).fetchall()

    @property
    def purchases(self) -> list[tuple[Any, ...]]:
        """Customer, day as text, minor units."""
        return self.rows("purchases", "customer_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), net_amount")

    @property
    def returns(self) -> list[tuple[Any, ...]]:
        return self.rows("returns", "order_id, customer_id, strftime(returned_at, '%Y-%m-%d'), amount")

    @property
    def aside(self) -> list[tuple[Any, ...]]:
        query = f'SELECT line, reason FROM "{self.reading.set_aside_table}" ORDER BY path, line'
        return self.engine.connection.execute(query).fetchall()

    @property
    def notes(self) -> str:
        return " ".join(note for file in self.reading.files for note in file.notes)

    def check(self) -> Result:
        """Accepted and set aside add up, file by file and in the table of rows set aside."""
        for file in self.reading.files:
            assert file.accepted + file.set_aside == file.rows_read
            assert file.accepted >= 0
        assert len(self.aside) == self.reading.set_aside == sum(self.reading.set_aside_counts.values())
        return self


Read = "Callable[..., Result]"


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Write text or bytes to a file and read it; paths are read as they are."""
    engines: list[DuckDBEngine] = []

    def _read(content: str | bytes | Path | list[Path], name: str = "orders.csv", **options: Any) -> Result:
        if isinstance(content, (str, bytes)):
            path = tmp_path / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            content = path
        paths = content if isinstance(content, list) else [content]
        known = {key: options.pop(key) for key in list(options) if key in Settings.__dataclass_fields__}
        engine, tables, reading, settings = read_files(paths, Settings(**known), **options)
        engines.append(engine)
        return Result(engine, tables, reading, settings).check()

    yield _read
    for engine in engines:
        engine.close()
