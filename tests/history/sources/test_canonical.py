"""Folders of canonical tables are read as they are and checked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treue.history.tables import ARROW, TABLES
from treue.kernel.errors import Refused, WrongTable

SAMPLES = {
    "text": "x", "instant": datetime(2024, 5, 1, 10), "date": date(2024, 5, 1), "money": 1234, "count": 2, "number": 1.5,
    "flag": True,
}  # fmt: skip


def _one_row(name: str) -> pa.Table:
    columns = TABLES[name].columns
    schema = pa.schema([(c.name, ARROW[c.type]) for c in columns] + [("region", pa.string())])
    values = {c.name: ["EUR" if c.name == "currency" else SAMPLES[c.type]] for c in columns} | {
        "region": ["north"]
    }
    return pa.table(values, schema=schema)


@pytest.fixture
def folder(tmp_path):
    for name in TABLES:
        pq.write_table(_one_row(name), tmp_path / f"{name}.parquet")
    (tmp_path / "truth.json").write_text("{}")
    return tmp_path


def test_reads_every_canonical_table_as_it_is(read, folder):
    result = read(folder)
    assert set(result.tables) == set(TABLES)
    for name in TABLES:
        got = result.engine.connection.sql(f'SELECT * FROM "{result.tables[name]}"').to_arrow_table()
        assert got.to_pylist() == _one_row(name).to_pylist()
        for column in TABLES[name].columns:
            assert got.schema.field(column.name).type == ARROW[column.type]
    assert result.reading.as_dict() == {"rows_read": len(TABLES), "accepted": len(TABLES), "set_aside": 0}
    assert {file.source for file in result.reading.files} == {"canonical"}


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_text_gives_the_same_tables_as_parquet(read, tmp_path, ending):
    import json

    for name in TABLES:
        row = _one_row(name).to_pylist()[0]
        texts = {
            key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()
        }
        path = tmp_path / f"{name}.{ending}"
        if ending == "csv":
            path.write_text(",".join(texts) + "\n" + ",".join(str(value) for value in texts.values()) + "\n")
        else:
            path.write_text(json.dumps(texts) + "\n")
    result = read(tmp_path)
    assert set(result.tables) == set(TABLES)
    for name in TABLES:
        got = result.engine.connection.sql(f'SELECT * FROM "{result.tables[name]}"').to_arrow_table()
        assert got.to_pylist() == _one_row(name).to_pylist()


def test_missing_optional_columns_are_there_and_empty(read, tmp_path):
    table = pa.table(
        {"order_id": ["1"], "customer_id": ["a"], "ordered_at": [SAMPLES["instant"]], "net_amount": [5]}
    )
    pq.write_table(table, tmp_path / "purchases.parquet")
    result = read(tmp_path)
    assert result.rows("purchases", "margin_amount, currency, channel") == [(None, None, None)]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_rows_of_a_file_without_a_column_are_marked_as_not_telling(read, tmp_path, ending):
    bare = {"contact_id": ["1"], "customer_id": ["a"], "opened_at": [SAMPLES["instant"]]}
    files = {"silent": bare | {"reply_known": ["x"]}, "half": bare | {"first_reply_at": [None]}}
    for name, columns in files.items():
        (tmp_path / name).mkdir()
        place = tmp_path / name / f"contacts.{ending}"
        if ending == "csv":
            texts = [",".join(columns), ",".join(str(one[0] or "") for one in columns.values())]
            place.write_text("\n".join([*texts, ""]))
        else:
            types = {"first_reply_at": pa.timestamp("us")}
            pq.write_table(pa.table({n: pa.array(v, types.get(n)) for n, v in columns.items()}), place)
    result = read([tmp_path / "half", tmp_path / "silent"])
    found = result.rows("contacts", "first_reply_at, reply_known, solution_known, reply_known_2")
    assert found == [(None, False, False, "x"), (None, None, False, None)]
    notes = [note for file in result.reading.files for note in file.notes]
    words = "The file has no column {}; what it would say is unknown."
    assert sorted(note for note in notes if "no column" in note) == sorted(
        words.format(one) for one in ("solved_at", "first_reply_at", "solved_at")
    )


def test_promises_of_a_file_without_a_column_are_marked_as_not_telling(read, tmp_path):
    bare = {"promise_id": ["1"], "customer_id": ["a"]} | {
        name: [SAMPLES["instant"]] for name in ("made_at", "due_at")
    }
    pq.write_table(pa.table(bare), tmp_path / "promises.parquet")
    result = read(tmp_path)
    assert result.rows("promises", "kept_at, kept_known") == [(None, False)]
    notes = [note for file in result.reading.files for note in file.notes]
    assert "The file has no column kept_at; what it would say is unknown." in notes


def test_rows_without_a_required_value_are_set_aside(read, tmp_path):
    table = pa.table(
        {
            "order_id": ["1", "2"],
            "customer_id": ["a", None],
            "ordered_at": [SAMPLES["instant"]] * 2,
            "net_amount": [5, 6],
        }
    )
    pq.write_table(table, tmp_path / "purchases.parquet")
    result = read(tmp_path)
    assert result.aside == [(3, "missing")]
    assert len(result.purchases) == 1
    text = "order_id,customer_id,ordered_at,net_amount\n1,a,2024-01-01T10:00:00Z,5\n2,,2024-01-01,5\n3,a,never,5\n4,a,2024-01-01,x\n"
    (tmp_path / "purchases.parquet").unlink()
    (tmp_path / "purchases.csv").write_text(text)
    result = read(tmp_path)
    assert result.reading.files[0].source == "canonical"
    assert result.aside == [(3, "missing"), (4, "bad_value"), (5, "bad_value")]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_amounts_beyond_ten_trillion_are_set_aside_as_in_plain_files(read, tmp_path, kind):
    largest = 10**15
    amounts = [5, 2**63 - 1, largest, largest + 1, -(2**63), -largest]
    columns = {
        "order_id": [str(number) for number in range(len(amounts))],
        "customer_id": ["a"] * len(amounts),
        "ordered_at": [SAMPLES["instant"]] * len(amounts),
        "net_amount": pa.array(amounts, pa.int64()),
    }
    if kind == "parquet":
        pq.write_table(pa.table(columns), tmp_path / "purchases.parquet")
    else:
        rows = "".join(f"{number},a,2024-05-01,{amount}\n" for number, amount in enumerate(amounts))
        (tmp_path / "purchases.csv").write_text(f"order_id,customer_id,ordered_at,net_amount\n{rows}")
    result = read(tmp_path)
    assert result.aside == [(3, "bad_amount"), (5, "bad_amount"), (6, "bad_amount")]
    assert [row[0] for row in result.rows("purchases", "net_amount")] == [-largest, 5, largest]
    assert result.reading.as_dict() == {"rows_read": 6, "accepted": 3, "set_aside": 3}


def test_an_optional_amount_beyond_ten_trillion_is_no_amount_either(read, tmp_path):
    table = _one_row("order_lines")
    place = table.schema.get_field_index("unit_amount")
    huge = table.set_column(place, table.schema.field(place), pa.array([2**62], pa.int64()))
    none = table.set_column(place, table.schema.field(place), pa.array([None], pa.int64()))
    pq.write_table(pa.concat_tables([huge, none, table]), tmp_path / "order_lines.parquet")
    result = read(tmp_path)
    assert result.aside == [(2, "bad_amount")]
    assert result.rows("order_lines", "unit_amount") == [(1234,), (None,)]


def test_amounts_with_decimals_are_no_minor_units(read):
    text = "order_id,customer_id,ordered_at,net_amount\n1,a,2024-01-01,5.50\n"
    result = read(text, "purchases.csv")
    assert result.reading.files[0].source == "plain"
    assert result.purchases[0][2] == 550


def test_currencies_of_canonical_tables_are_not_mixed(read, tmp_path):
    header = "order_id,customer_id,ordered_at,net_amount,currency,margin_amount,discount_amount,coupon_code,channel"
    text = f"{header}\n1,a,2024-01-01,500,EUR,,,,\n2,a,2024-01-01,500,JPY,,,,\n"
    with pytest.raises(Refused, match="EUR, JPY"):
        read(text, "purchases.csv")
    result = read(text, "purchases.csv", rates={"JPY": Decimal("0.006")})
    assert [row[2] for row in result.purchases] == [300, 500]


def test_a_folder_may_hold_other_files_too(read, folder):
    (folder / "more.csv").write_text("customer,date,amount\nb,2024-05-02,1.50\n")
    (folder / "colours.csv").write_text("colour\nred\n")
    result = read(folder)
    assert len(result.purchases) == 2
    assert "colours.csv" in {file.path for file in result.reading.files if file.source == "none"}


def test_a_folder_without_tables_is_refused(read, tmp_path):
    with pytest.raises(WrongTable, match="holds no CSV"):
        read(tmp_path)


def test_parquet_of_other_types_is_cast_and_checked(read, tmp_path):
    table = pa.table(
        {
            "order_id": pa.array([1, 2, 3]),
            "customer_id": ["a", "b", "c"],
            "ordered_at": ["2024-01-01 10:00:00", "never", None],
            "net_amount": pa.array([5, 6, 7], pa.int32()),
            "currency": ["EUR", "NOK", "EUR"],
            "e-mail": ["x", "y", "z"],
            "Net Amount": ["i", "j", "k"],
        }
    )
    pq.write_table(table, tmp_path / "purchases.parquet")
    result = read(tmp_path, rates={"NOK": Decimal("0.1")})
    assert result.rows("purchases", "order_id, net_amount, net_amount_2") == [("1", 5, "i")]
    assert result.aside == [(3, "missing"), (4, "missing")]
    assert "e-mail" in result.notes


@pytest.mark.parametrize("amounts", [[5.5], [Decimal("5.50")]])
def test_parquet_with_decimal_amounts_is_a_plain_table(read, tmp_path, amounts):
    columns = {
        "order_id": ["1"],
        "customer_id": ["a"],
        "ordered_at": [SAMPLES["instant"]],
        "net_amount": amounts,
    }
    pq.write_table(pa.table(columns), tmp_path / "purchases.parquet")
    result = read(tmp_path)
    assert result.reading.files[0].source == "plain"
    assert result.purchases[0][2] == 550


def test_a_table_of_other_columns_under_a_canonical_name_is_plain(read, tmp_path):
    columns = {"Kunde": ["a"], "Datum": [SAMPLES["instant"]], "Betrag": [5.5]}
    pq.write_table(pa.table(columns), tmp_path / "purchases.parquet")
    assert read(tmp_path).reading.files[0].source == "plain"


def test_returns_and_lines_are_converted_like_their_order(read, tmp_path):
    (tmp_path / "purchases.csv").write_text(
        "order_id,customer_id,ordered_at,net_amount,currency\n1,a,2024-01-01,500,EUR\n2,a,2024-01-01,500,JPY\n"
    )
    (tmp_path / "returns.csv").write_text(
        "return_id,order_id,returned_at,amount\nr,1,2024-01-02,100\ns,2,2024-01-02,100\nt,,2024-01-02,100\n"
    )
    (tmp_path / "order_lines.csv").write_text(
        "order_id,line_number,product_id,unit_amount\n1,1,x,500\n2,1,x,500\n"
    )
    result = read(tmp_path, rates={"JPY": Decimal("0.006")})
    assert result.rows("returns", "return_id, amount") == [("r", 100), ("s", 60), ("t", 100)]
    assert result.rows("order_lines", "order_id, unit_amount") == [("1", 500), ("2", 300)]
    assert {row[0] for row in result.rows("purchases", "currency")} == {"EUR"}


def test_a_lone_file_with_a_tables_name_is_in_major_units(read):
    """Somebody's own purchases.csv in whole euros must not shrink to cents."""
    result = read("order_id,customer_id,ordered_at,net_amount\n1,a,2024-01-01,500\n", "purchases.csv")
    assert [row[2] for row in result.purchases] == [50_000]


def test_returns_in_cents_beside_orders_in_euros_are_refused(read, tmp_path):
    """A return of 50 would otherwise take half a euro off an order of 50 euros."""
    (tmp_path / "purchases.csv").write_text("order_id,customer_id,date,amount\n1,a,2024-01-01,50.00\n")
    (tmp_path / "returns.csv").write_text(
        "return_id,order_id,customer_id,returned_at,amount\nr1,1,a,2024-01-05,50\n"
    )
    with pytest.raises(
        WrongTable, match=r"returns\.csv: its amounts are minor units .* purchases\.csv holds orders"
    ):
        read(tmp_path)


ALONE = {
    "contacts": "contact_id,customer_id,opened_at,channel,direction\n1,a,2024-05-01T10:00:00Z,email,in\n",
    "visits": "visit_id,at,customer_id\n1,2024-05-01T10:00:00Z,a\n",
    "promises": "promise_id,customer_id,made_at,due_at\n1,a,2024-05-01,2024-05-03\n",
    "answers": "answer_id,customer_id,survey,asked_at,score\n1,a,nps,2024-05-01,8.50\n",
    "referrals": "referral_id,referrer_id,invited_at\n1,a,2024-05-01\n",
    "mentions": "mention_id,customer_id,at,kind\n1,a,2024-05-01,complaint\n",
    "merges": "from_id,into_id,merged_at\nb,a,2024-05-01\n",
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("called", ["{}.csv", "export 2024.csv"])
def test_a_lone_file_with_a_tables_required_columns_is_that_table(read, name, called):
    result = read(ALONE[name], called.format(name))
    assert set(result.tables) == {name}
    file = result.reading.files[0]
    assert (file.source, file.accepted) == ("canonical", 1)
    assert list(file.columns) == [c.name for c in TABLES[name].columns if c.name in ALONE[name]]


def test_a_lone_file_that_does_not_tell_leaves_it_unknown(read):
    result = read(ALONE["contacts"], "contacts.csv")
    assert result.rows("contacts", "reply_known, solution_known") == [(False, False)]


def test_a_sheet_of_a_workbook_is_a_table_by_its_columns(read, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["contact_id", "customer_id", "opened_at"], ["1", "a", datetime(2024, 5, 1, 10)]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    result = read(tmp_path / "book.xlsx")
    assert result.rows("contacts", "contact_id, opened_at") == [("1", datetime(2024, 5, 1, 10))]


@pytest.mark.parametrize(
    "name", ["visits", "contacts", "promises", "customers", "purchases", "orders", "mentions"]
)
@pytest.mark.parametrize(
    "text",
    [
        "customer_id,date,amount\na,2024-05-01,5.00\nb,2024-05-02,6.00\n",
        "visit_id,customer_id,at,amount\n1,a,2024-05-01,5.00\n2,b,2024-05-02,6.00\n",
        "contact_id,customer_id,opened_at,unit price\n1,a,2024-05-01,5.00\n2,b,2024-05-02,6.00\n",
        "promise_id,customer_id,made_at,due_at,date,total\n1,a,2024-04-01,2024-04-02,2024-05-01,5.00\n",
        "order_id,customer_id,ordered_at,net_amount\n1,a,2024-05-01,5\n2,b,2024-05-02,6\n",
        "mention_id,customer_id,at,kind,order_id,amount\n1,a,2024-05-01,shop,7,5.00\n",
    ],
)
def test_a_list_of_orders_is_one_whatever_it_is_called(read, name, text):
    result = read(text, f"{name}.csv")
    assert set(result.tables) == {"purchases"}
    assert result.purchases[0] == ("a", "2024-05-01 00:00:00", 500)


def test_a_lone_table_with_amounts_needs_every_column(read):
    contract = "contract_id,customer_id,started_on,monthly_amount\n1,a,2024-05-01,5\n"
    result = read(contract, "contracts.csv")
    assert result.reading.files[0].source == "plain"
    assert result.rows("contracts", "monthly_amount") == [(500,)]
    assert "customers" in read("customer_id,segment\na,b\n", "customers.csv").tables


@pytest.mark.parametrize(
    ("name", "headers", "lacking"),
    [
        ("contacts", "Nummer,customer_id,opened_at", "contacts, it has no column: contact_id"),
        ("export", "contact_id,customer_id,channel,solved_at", "contacts, it has no column: opened_at"),
        ("export", "promise_id,made_at,kept_at", "promises, it has no column: customer_id, due_at"),
        ("export", "Kundennummer,Datum,Kanal,Betreff", "no column was recognised for: amount"),
        ("contacts", "customer_id,date,order_id", "no column was recognised for: amount"),
    ],
)
def test_what_is_missing_is_said_for_the_table_that_a_file_looks_like(read, name, headers, lacking):
    with pytest.raises(WrongTable, match=lacking):
        read(f"{headers}\n{','.join('x' * (headers.count(',') + 1))}\n", f"{name}.csv")
