"""JSON lines and Parquet may hold the sign NUL in a text, which PostgreSQL keeps nowhere."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from treue.app.core import jobs, worker
from treue.app.customers.importing import services
from treue.app.customers.models import Customer, ImportedFile, Purchase

NUL = "\0"
ORDERS = [
    {
        "Customer": f"le{NUL}a",
        "Order": f"1{NUL}0",
        "Date": "2026-04-03",
        "Total": "5",
        f"Col{NUL}our": f"r{NUL}ed",
    },
    {"Customer": f"kim{NUL}", "Order": "11", "Date": f"never{NUL}", "Total": "5", f"Col{NUL}our": "red"},
    {"Customer": f"le{NUL}a", "Order": "12", "Date": "2026-04-04", "Total": f"5{NUL}x", f"Col{NUL}our": ""},
]
PEOPLE = [
    {"E-mail": f"le{NUL}a@x.example", "Name": f"Le{NUL}a", "Size": f"M{NUL}"},
    {"E-mail": f"nob{NUL}ody", "Name": f"No{NUL}body", "Size": ""},
]


def lines(rows):
    return "file.jsonl", "\n".join(json.dumps(row) for row in rows).encode()


def table(rows):
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), out)
    return "file.parquet", out.getvalue()


def work_off():
    for number in jobs.waiting():
        if jobs.Job.objects.get(id=number).kind.startswith("import") and jobs.claim(number):
            worker.do(number)


@pytest.mark.parametrize("wrap", [lines, table])
@pytest.mark.parametrize("rows", [ORDERS, PEOPLE], ids=["orders", "people"])
def test_a_file_with_nul_in_its_cells_is_shown_and_brought_in(real_database, rows, wrap):
    name, content = wrap(rows)
    file = services.receive(name, [content], by="command")
    for _ in range(2):
        work_off()
        file.refresh_from_db()
        assert (file.state, file.why) == ("read", "")
        assert file.reading["rows"]
        assert file.reading["as_read"]
        services.correct(file, {}, by="command")
    work_off()
    file.refresh_from_db()
    services.start(file, by="command")
    work_off()
    file.refresh_from_db()
    assert (file.state, file.accepted, file.set_aside) == ("done", 1, len(rows) - 1)
    kept = [*ImportedFile.objects.values(), *Customer.objects.values(), *Purchase.objects.values()]
    assert NUL not in repr(kept).replace("\\x00", NUL).replace("\\0", NUL)
    assert Customer.objects.get().code == ("lea" if rows is ORDERS else "lea@x.example")
