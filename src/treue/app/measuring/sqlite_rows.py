"""A process that reads a SQLite file for another one: queries come in as lines of JSON, Arrow streams go out.

It is of its own because of what SQLite does with locks (see ``reading``), so it must open the file only here.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Final
from urllib.parse import quote

BATCH_ROWS: Final = 65_536


def answer(path: str, queries: IO[bytes], out: IO[bytes]) -> None:
    """Answer queries until there are no more.

    Parameters
    ----------
    path : str
        The database file; it is only read.
    queries : binary file
        One query a line, as JSON.
    out : binary file
        Gets one Arrow stream for each query. Whatever is answered stood in the file when the first was asked.
    """
    import pyarrow as pa
    from adbc_driver_sqlite import dbapi

    # Not autocommit: its first query fixes what all further ones see.
    with dbapi.connect(f"file:{quote(path)}?mode=ro") as reader, reader.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
        for line in queries:
            cursor.execute(json.loads(line))
            rows = cursor.fetch_record_batch()
            with pa.ipc.new_stream(out, rows.schema) as stream:
                for batch in rows:
                    stream.write_batch(batch)
            out.flush()


if __name__ == "__main__":
    answer(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
