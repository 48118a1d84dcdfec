"""A credit note gives back no more than its order brought."""

from __future__ import annotations

from datetime import date

import pytest

from treue.app.core.models import Firm
from treue.app.customers.importing.services import import_paths
from treue.app.measuring.extract import open_history
from treue.app.measuring.people import Persons
from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.read import read_files
from treue.history.settings import Settings

HEAD = "customer,order,date,order total,product,status,original order\n"
ROWS = {
    "credited.csv": "k1,17,2026-01-01,100.00,shirt,paid,\nk1,C9,2026-01-05,-40.00,shirt,,17\nk1,18,2026-01-02,50.00,hat,paid,\n",
    "cancelled.csv": "k1,17,2026-01-01,100.00,shirt,cancelled,\nk1,19,2026-01-03,20.00,hat,paid,\n",
}
TODAY = date(2026, 3, 1)


def bring(*paths):
    for path in paths:
        file = import_paths([path], by="command")
        assert file.accepted + file.set_aside == file.rows_read
    return file


def kept_of(history):
    """Return how many orders count and what they come to."""
    F = history.engine.F
    sums = history.net_orders().agg(F.sum("kept").alias("kept"), F.sum("net_amount").alias("net"))
    row = history.engine.arrow(sums).to_pylist()[0]
    return int(row["kept"]), int(row["net"])


def in_records():
    with DuckDBEngine() as engine:
        return kept_of(open_history(Firm.the(), engine, Persons.now(), as_of=None, today=TODAY))


def in_library(paths):
    engine, tables, reading, settings = read_files(paths, Settings())
    with History(engine, tables, settings, reading) as history:
        return kept_of(history)


@pytest.mark.parametrize(
    "names", [("credited.csv", "cancelled.csv"), ("cancelled.csv", "credited.csv"), ("both.csv",)]
)
def test_a_credit_note_takes_nothing_further_of_a_cancelled_order(real_database, write, names):
    rows = ROWS | {"both.csv": ROWS["credited.csv"].replace("shirt,paid", "shirt,cancelled")}
    paths = [write(name, HEAD + rows[name]) for name in names]
    bring(*paths)
    whole = (2, 7000) if len(names) == 2 else (1, 5000)
    assert in_records() == in_library(paths) == whole
