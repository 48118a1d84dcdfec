"""Import files into one database and time it: ``python -m bench.importing sqlite|postgresql ROWS FILES``.

Prints one line of JSON: seconds of each file, and of the bare ``adbc_ingest`` of the rows of one of them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.databases import database

ORDERS_PER_CUSTOMER = 5
COLUMNS = (
    "id, code, customer_id, ordered_at, net_amount, currency, margin_amount, discount_amount, coupon_code, "
    "channel, file_id"
)


def write_file(path: Path, rows: int, number: int) -> None:
    """Write orders of customers who buy in every file; the numbers of the orders run on."""
    first = 10_000_000 + number * rows
    people = max(rows // ORDERS_PER_CUSTOMER, 1)
    duckdb.execute(
        f"""COPY (SELECT 'c' || hash(i) % {people} AS customer, 'o' || i AS "order",
            strftime(TIMESTAMP '2020-01-01' + INTERVAL (i % 100000000) SECOND, '%Y-%m-%d %H:%M:%S') AS date,
            CAST(hash(i + 7) % 100000 / 100 AS DECIMAL(10, 2)) AS total, 'EUR' AS currency,
            ['web', 'shop', 'app'][1 + CAST(hash(i + 3) % 3 AS INTEGER)] AS channel
            FROM range({first}, {first + rows}) t(i)) TO '{path}' (HEADER)"""
    )


def open_adbc():
    """Connect to the application's database as the import does."""
    from django.db import connection

    from treue.app.customers.importing.staging import postgres_address

    if connection.vendor == "sqlite":
        from adbc_driver_sqlite import dbapi

        return dbapi.connect(f"file:{connection.settings_dict['NAME']}", autocommit=True)
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(postgres_address(), autocommit=True)


def copy_of_the_table() -> None:
    """Make an empty table with the columns, keys and references of the table of orders."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'customers_purchase' AND sql IS NOT NULL"
            )
            for (statement,) in cursor.fetchall():
                cursor.execute(
                    statement.replace("customers_purchase", "raw_purchase").replace('INDEX "', 'INDEX "raw_')
                )
            return
        cursor.execute("CREATE TABLE raw_purchase (LIKE customers_purchase INCLUDING ALL)")
        cursor.execute(
            "ALTER TABLE raw_purchase ADD FOREIGN KEY (customer_id) REFERENCES customers_customer "
            "DEFERRABLE INITIALLY DEFERRED"
        )


def raw_seconds(file_id: int) -> dict[str, float]:
    """Ingest the rows that a file gave: into such a table as they are in, and into one without any key."""
    from django.db import connection

    found = {}
    # Two copies of SQLite in one process must not have one file open at the same time: locks belong to the process.
    connection.close()
    with open_adbc() as raw, raw.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM customers_purchase WHERE file_id = {file_id} ORDER BY code")
        rows = cursor.fetch_arrow_table()
    # A column without any value has no type of its own.
    rows = pa.table({name: column.cast(pa.int64()) if pa.types.is_null(column.type) else column for name, column in zip(rows.column_names, rows.columns, strict=True)})  # fmt: skip
    copy_of_the_table()
    connection.close()
    for name, mode in (("raw_purchase", "append"), ("bare_purchase", "create")):
        with open_adbc() as raw, raw.cursor() as cursor:
            begin = time.perf_counter()
            cursor.adbc_ingest(name, rows, mode=mode)
            found["keyed" if mode == "append" else "bare"] = time.perf_counter() - begin
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM raw_purchase")
        found["rows"] = cursor.fetchone()[0]
        for name in ("raw_purchase", "bare_purchase"):
            cursor.execute(f"DROP TABLE {name}")
    return found


def main(vendor: str, rows: int, files: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="treue-bench-"))
    try:
        with database(vendor, folder):
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connections

            from treue.app.customers.importing.services import import_paths
            from treue.app.customers.importing.work import bring_in  # noqa: F401  (loading it is not timed)

            call_command("migrate", verbosity=0)
            seconds, raw = [], []
            for number in range(files):
                path = folder / f"orders-{number}.csv"
                write_file(path, rows, number)
                begin = time.perf_counter()
                file = import_paths([path], by="command")
                seconds.append(time.perf_counter() - begin)
                if file.reading["counts"]["purchases"]["added"] != rows:
                    raise SystemExit(f"only {file.added} of {rows} orders landed")
                path.unlink()
                if number in {0, files - 1}:
                    raw.append(raw_seconds(file.pk))
            connections.close_all()
        sys.stdout.write(json.dumps({"seconds": seconds, "raw": raw}) + "\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
