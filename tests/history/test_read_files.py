"""The door from files to a history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.read import read_files
from treue.history.settings import Settings
from treue.history.tables import ARROW, TABLES
from treue.kernel.errors import Refused, TreueError, WrongArgument, WrongTable

CDNOW = Path(__file__).parents[2] / "../shared/data/cdnow_orders.csv"


@pytest.mark.skipif(not CDNOW.exists(), reason="the file of CDNOW orders is not beside the checkout")
def test_every_cdnow_order_is_a_purchase():
    engine, tables, reading, settings = read_files([CDNOW], Settings())
    with engine:
        assert reading.as_dict() == {"rows_read": 69_659, "accepted": 69_659, "set_aside": 0}
        query = f"SELECT count(DISTINCT customer_id), sum(net_amount), min(ordered_at), max(ordered_at) FROM {tables['purchases']}"
        customers, cents, first, last = engine.connection.execute(query).fetchall()[0]
        assert (customers, int(cents), first.date(), last.date()) == (
            23_570,
            250_031_563,
            date(1997, 1, 1),
            date(1998, 6, 30),
        )
        assert settings.currency == "EUR"


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,date,amount,region\na,2024-01-01,5,north\n,2024-01-02,5,south\n")
    return path


def test_the_tables_have_the_canonical_columns_and_types(orders):
    engine, tables, reading, _ = read_files([orders], Settings())
    with engine:
        schema = engine.connection.sql(f"SELECT * FROM {tables['purchases']}").to_arrow_table().schema
        for column in TABLES["purchases"].columns:
            assert schema.field(column.name).type == ARROW[column.type]
        assert schema.field("region").type == ARROW["text"]
        assert reading.files[0].attributes == ("region",)


def test_rows_set_aside_are_shown_with_line_reason_and_text(orders):
    engine, _, reading, _ = read_files([orders], Settings())
    with engine:
        (row,) = reading.examples
        assert (row.path, row.line, row.reason) == ("orders.csv", 3, "no_customer")
        assert row.message == "there is no customer"
        assert row.row == ", 2024-01-02, 5, south"
        table = engine.connection.sql(f"SELECT * FROM {reading.set_aside_table}").to_arrow_table()
        assert table.column_names == ["path", "line", "reason", "message", "row"]


def test_an_engine_of_the_caller_is_used_and_stays_open_when_a_file_is_refused(orders, tmp_path):
    with DuckDBEngine() as engine:
        assert read_files([orders], Settings(), engine=engine)[0] is engine
        with pytest.raises(WrongTable):
            read_files([tmp_path / "none.csv"], Settings(), engine=engine)
        assert engine.connection.execute("SELECT 1").fetchone() == (1,)


def test_progress_goes_from_nothing_to_everything(orders):
    seen = []
    read_files([orders], Settings(), progress=lambda what, share: seen.append((what, share)))[0].close()
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert "orders.csv" in seen[0][0]


def test_only_the_tables_of_the_history_and_the_rows_set_aside_are_left(orders):
    lines = orders.with_name("lines.csv")
    lines.write_text(
        "order_id,customer_id,date,sku,quantity,price\n1,a,2024-01-01,x,1,5\n1,a,2024-01-01,x,1,5\n1,b,2024-01-01,y,1,5\n"
        "1,a,2024-01-01,x,-1,5\n"
    )
    with DuckDBEngine() as engine:
        _, tables, reading, _ = read_files([orders, lines], Settings(), engine=engine)
        names = {
            row[0] for row in engine.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
        assert names == {*tables.values(), reading.set_aside_table}
        views = "SELECT count(*) FROM duckdb_views() WHERE view_name LIKE 'treue%'"
        assert engine.connection.execute(views).fetchone() == (0,)


@pytest.mark.parametrize(
    "options",
    [
        {"rates": {"USD": "-1"}},
        {"rates": {"DOLLAR": "1"}},
        {"rates": {"USD": "much"}},
        {"mapping": {"colour": "x"}},
        {"mapping": {"decimals": "x"}},
    ],
)
def test_options_that_cannot_be_right_are_refused(orders, options):
    with pytest.raises(WrongArgument):
        read_files([orders], Settings(), **options)


@pytest.mark.parametrize(
    "name",
    ["x.csv", "x.parquet", "x.jsonl", "x.json", "x.xlsx", "x.csv.gz", "purchases.parquet", "x.unknown"],
)
@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xff" * 1000, b"{", b"\0" * 100, b'"', b",,,\n,,,"],
)
def test_a_file_of_rubbish_is_refused_in_words(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TreueError) as caught:
        read_files([tmp_path / name], Settings())
    assert "\n" not in str(caught.value)
    assert "Error" not in str(caught.value)


def test_nothing_to_read_is_refused():
    with pytest.raises(WrongTable, match="no file was named"):
        read_files([], Settings())


def test_a_date_that_could_be_two_names_its_file(tmp_path, orders):
    other = tmp_path / "other.csv"
    other.write_text("customer_id,date,amount\na,01/02/2024,5\n")
    with pytest.raises(Refused, match=r"^other\.csv: date='01/02/2024' could be"):
        read_files([orders, other], Settings())


def test_a_header_alone_is_told_from_rows(tmp_path):
    bare = tmp_path / "bare.csv"
    bare.write_text("customer_id,date,amount\n")
    with pytest.raises(WrongTable, match=r"no rows were found\. Give a file with rows"):
        read_files([bare], Settings())


def test_too_little_memory_is_not_the_fault_of_the_file(orders):
    with pytest.raises(duckdb.OutOfMemoryException), DuckDBEngine(memory_limit="1MB") as engine:
        read_files([orders], Settings(), engine=engine)


def test_a_file_that_is_not_used_is_named_once(tmp_path, orders):
    (tmp_path / "words.csv").write_text("hello,world\na,b\n")
    engine, _, reading, _ = read_files([tmp_path], Settings())
    engine.close()
    note = next(file.notes[0] for file in reading.files if file.path == "words.csv")
    assert note.startswith("Not used: no column was recognised")


def digest(text):
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Oslo", "America/New_York"])
@pytest.mark.parametrize("rate", ["10", "11.5"])
def test_what_a_row_without_a_number_says_depends_on_no_setting(tmp_path, timezone, rate):
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "customer,order,date,amount,currency\na,7,2026-03-01 23:30,5,NOK\na,,01.03.2026,10,USD\n"
        "a,,2026-03-01T00:00:00+00:00,10.00,USD\na,,2026-03-01,10,NOK\n"
    )
    contracts = tmp_path / "contracts-of-the-firm.csv"
    contracts.write_text("customer,started,ended,monthly fee,currency\na,2026-03-01,,10,USD\n")
    engine, _, reading, _ = read_files(
        [orders, contracts],
        Settings(timezone=timezone, currency="NOK"),
        rates={"USD": Decimal(rate)},
        keep_rows=True,
    )
    with engine:
        query = f'SELECT line, id, content FROM "{reading.rows["purchases"]}" ORDER BY line'
        rows = engine.connection.execute(query).fetchall()
        contents = engine.connection.execute(f'SELECT content FROM "{reading.rows["contracts"]}"').fetchall()
    assert [row[:2] for row in rows] == [(2, "7"), (3, "orders:3"), (4, "orders:4"), (5, "orders:5")]
    said = [chr(31).join(["a", "2026-03-01 00:00:00", "10.000000", code]) for code in ("USD", "USD", "NOK")]
    assert [row[2] for row in rows] == [None, *(digest(one) for one in said)]
    assert contents == [(digest(chr(31).join(["a", "2026-03-01", "10.000000", "USD"])),)]


def test_rows_are_kept_only_where_that_was_asked_for(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,date,amount\na,2026-03-01,5\n")
    engine, _, reading, _ = read_files([orders], Settings())
    with engine:
        assert reading.rows == {}
