from __future__ import annotations

import hashlib

import duckdb
import pytest

from treue.history.tables import TABLES
from treue.simulate.firm import simulate_firm


def prints(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_same_seed_gives_the_same_bytes(tmp_path, file_format):
    for name in ("one", "two"):
        simulate_firm(tmp_path / name, customers=600, months=12, seed=3, file_format=file_format)
    assert prints(tmp_path / "one") == prints(tmp_path / "two")
    assert len(prints(tmp_path / "one")) == len(TABLES) + 1


def test_another_seed_is_another_firm(tmp_path):
    for seed in (3, 4):
        simulate_firm(tmp_path / str(seed), customers=600, months=12, seed=seed)
    one, other = prints(tmp_path / "3"), prints(tmp_path / "4")
    assert all(one[name] != other[name] for name in one)


def test_csv_and_parquet_hold_the_same_rows(tmp_path):
    for file_format in ("parquet", "csv"):
        simulate_firm(tmp_path / file_format, customers=600, months=12, file_format=file_format)
    connection = duckdb.connect()
    for name, table in TABLES.items():
        parquet = connection.sql(f"from read_parquet('{tmp_path / 'parquet' / name}.parquet')")
        types = dict(zip(parquet.columns, map(str, parquet.types), strict=True))
        plain = connection.sql(
            f"from read_csv('{tmp_path / 'csv' / name}.csv', header=true, nullstr='', "
            f"columns={types}, timestampformat='%Y-%m-%d %H:%M:%S')"
        )
        assert plain.columns == [column.name for column in table.columns]
        assert parquet.fetchall() == plain.fetchall()
    connection.close()


def test_tables_that_change_nothing_elsewhere_leave_purchases_as_they_are(tmp_path):
    simulate_firm(tmp_path / "few", customers=600, tables=("purchases",))
    simulate_firm(
        tmp_path / "more", customers=600, tables=("purchases", "visits", "answers", "contracts", "returns")
    )
    assert prints(tmp_path / "few")["purchases.parquet"] == prints(tmp_path / "more")["purchases.parquet"]
    assert {path.stem for path in (tmp_path / "few").iterdir()} == {"purchases", "truth"}


def test_chunks_follow_one_another_without_a_seam(tmp_path):
    # 300 orders a customer make chunks of 3,333 customers.
    done = []
    truth = simulate_firm(
        tmp_path,
        customers=3500,
        months=2,
        tables=("customers", "purchases"),
        purchases_per_customer=300,
        progress=lambda *counts: done.append(counts),
    )
    assert done == [(3333, 3500), (3500, 3500)]
    connection = duckdb.connect()
    bought = f"read_parquet('{tmp_path / 'purchases.parquet'}')"
    met = f"read_parquet('{tmp_path / 'customers.parquet'}')"
    orders, different, first, last = connection.sql(
        f"select count(*), count(distinct order_id), min(order_id), max(order_id) from {bought}"
    ).fetchall()[0]
    assert orders == different == truth.realised["orders"] == truth.rows["purchases"]
    assert int(last[1:]) - int(first[1:]) + 1 == orders
    assert connection.sql(f"select count(distinct customer_id) from {met}").fetchall() == [(3500,)]
    assert connection.sql(
        f"select count(*) from {bought} anti join {met} using (customer_id)"
    ).fetchall() == [(0,)]
    connection.close()
