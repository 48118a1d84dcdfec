from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import JSONField, Value

from treue.app.customers.models import Customer
from treue.app.measuring.extract import load_tables
from treue.app.measuring.people import Persons
from treue.app.measuring.reading import reading
from treue.engine.duckdb import DuckDBEngine


def locks_of_this_process(path):
    """Return how many locks this process holds on a file, as the kernel tells it."""
    number, inode = str(os.getpid()), str(path.stat().st_ino)
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return sum(number in line and any(part.endswith(f":{inode}") for part in line) for line in lines)


def test_answers_come_as_arrow_one_after_the_other(real_database):
    Customer.objects.create(name="Ines")
    with reading() as answer:
        rows = answer("SELECT id, name FROM customers_customer").read_all()
        none = answer("SELECT id FROM customers_purchase").read_all()
    assert rows.column("name").to_pylist() == ["Ines"]
    assert none.num_rows == 0


def test_all_answers_are_as_of_one_instant(real_database):
    with reading() as answer:
        before = answer("SELECT id FROM customers_customer").read_all().num_rows
        Customer.objects.create(name="Kim")
        assert answer("SELECT id FROM customers_customer").read_all().num_rows == before
    with reading() as answer:
        assert answer("SELECT id FROM customers_customer").read_all().num_rows == before + 1


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the kernel does not tell who holds locks")
def test_reading_leaves_the_locks_of_the_connection_as_they_are(real_database):
    Customer.objects.create(name="Ines")
    file = Path(connection.settings_dict["NAME"])
    held = locks_of_this_process(file)
    assert held > 0
    with reading() as answer:
        answer("SELECT id FROM customers_customer").read_all()
    assert locks_of_this_process(file) == held


def test_what_cannot_be_read_is_said(real_database):
    with pytest.raises(Exception, match="no_such_table"), reading() as answer:
        answer("SELECT id FROM no_such_table").read_all()


def test_further_columns_are_found_behind_many_who_have_none(real_database):
    Customer.objects.create(code="lea", country="NO", attributes={"shop": "oslo"})
    Customer.objects.bulk_create(Customer(code=f"c-{number}") for number in range(1_100))
    Customer.objects.create(code="kim", attributes=Value(None, JSONField()))
    with DuckDBEngine() as engine:
        table = load_tables(engine, Persons.now())["customers"]
        assert engine.connection.execute(f"SELECT count(shop) FROM {table}").fetchall() == [(1,)]
