"""Arrow from the database that Django speaks to, every table as it was at one instant."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from django.db import connection

from treue.app.customers.importing.staging import postgres_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    import pyarrow as pa

    Answer = Callable[[str], pa.RecordBatchReader]

CHILD: Final = "treue.app.measuring.sqlite_rows"


@contextmanager
def reading() -> Iterator[Answer]:
    """Give a function that answers a query with Arrow, all answers as of one instant.

    Yields
    ------
    callable
        From the text of a query to its rows; an answer must be read to its end before the next is asked for.

    Raises
    ------
    RuntimeError
        When the database cannot be read; it says what the database said.

    Notes
    -----
    On SQLite another process reads. The driver has a SQLite of its own, and where one process has the same file
    open through two of them, closing one lets go of the locks of the other (https://sqlite.org/howtocorrupt.html,
    section 2.2): another process that writes at that moment could then destroy the file.
    """
    with _sqlite() if connection.vendor == "sqlite" else _postgres() as answer:
        yield answer


@contextmanager
def _postgres() -> Iterator[Answer]:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres_address()) as reader, reader.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        def answer(query: str) -> pa.RecordBatchReader:
            cursor.execute(query)
            return cursor.fetch_record_batch()

        yield answer


@contextmanager
def _sqlite() -> Iterator[Answer]:
    import pyarrow as pa

    path = str(Path(str(connection.settings_dict["NAME"])).absolute())
    command = [sys.executable, "-P", "-m", CHILD, path]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:  # noqa: S603
        asked, told, wrong = (cast("IO[bytes]", one) for one in (child.stdin, child.stdout, child.stderr))

        def answer(query: str) -> pa.RecordBatchReader:
            try:
                asked.write(json.dumps(query).encode() + b"\n")
                asked.flush()
                return pa.ipc.open_stream(told)
            except (OSError, pa.ArrowInvalid) as error:
                said = wrong.read().decode(errors="replace").strip().splitlines()
                raise RuntimeError(said[-1] if said else str(error)) from error

        try:
            yield answer
        finally:
            child.kill()
