"""Orders, their lines, duplicates and conflicts."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from treue.kernel.errors import Refused, WrongArgument, WrongTable


def test_without_order_numbers_every_row_is_an_order_of_its_own(read):
    result = read("customer_id,date,amount\na,2024-01-01,5\na,2024-01-01,5\n")
    assert result.reading.accepted == 2
    assert result.rows("purchases", "order_id") == [("orders:2",), ("orders:3",)]


@pytest.mark.parametrize(
    "header",
    ["customer_id,order_id,ordered_at,amount", "Kundennummer,Bestellnummer,Bestelldatum,Betrag",
     "Kundenr.,Ordrenummer,Ordredato,Beløp", "Customer ID,Invoice No,InvoiceDate,Total", "kunde,faktura nr,dato,sum",
     "E-Mail,Rechnungsnr.,Datum,Umsatz (EUR)"],
)  # fmt: skip
def test_knows_columns_in_three_languages(read, header):
    result = read(header + "\nx,1,2024-01-01,12.50\n")
    assert result.rows("purchases", "customer_id, order_id, net_amount") == [("x", "1", 1250)]


def test_lines_without_a_total_are_summed(read):
    text = (
        "Invoice,StockCode,Quantity,Price,CustomerID,InvoiceDate\n"
        "1,A,2,3.50,c,2024-01-01 10:00\n1,B,1,1.00,c,2024-01-01 10:01\n2,A,1,3.50,d,2024-01-02\n"
    )
    result = read(text)
    assert result.purchases == [("c", "2024-01-01 10:00:00", 800), ("d", "2024-01-02 00:00:00", 350)]
    lines = result.rows("order_lines", "order_id, line_number, product_id, quantity, unit_amount")
    assert lines == [("1", 1, "A", 2.0, 350), ("1", 2, "B", 1.0, 100), ("2", 1, "A", 1.0, 350)]


def test_a_total_that_every_line_repeats_counts_once(read):
    text = (
        "order_id,customer,date,sku,quantity,price,order total\n"
        "1,c,2024-01-01,A,2,3.50,8.00\n1,c,2024-01-01,B,1,1.00,8.00\n2,c,2024-01-02,B,1,1.00,9.00\n2,c,2024-01-02,C,1,1.00,8.00\n"
    )
    result = read(text)
    assert [row[2] for row in result.purchases] == [800, 900]
    assert result.aside == [(5, "order_conflict")]


def test_a_total_is_known_by_its_amounts_too(read):
    rows = [f"{o},c{o},2024-01-01,{p},1,{p}.00,3.00" for o in range(5) for p in (1, 2)]
    result = read("order_id,customer,date,sku,quantity,price,total\n" + "\n".join(rows))
    assert [row[2] for row in result.purchases] == [300] * 5


def test_a_line_total_is_summed(read):
    rows = [f"{o},c{o},2024-01-01,{p},2,{p}.00,{2 * p}.00" for o in range(5) for p in (1, 2)]
    result = read("order_id,customer,date,sku,quantity,price,total\n" + "\n".join(rows))
    assert [row[2] for row in result.purchases] == [600] * 5


def test_lines_that_contradict_their_order_are_set_aside(read):
    text = "order_id,customer,date,sku,amount\n1,c,2024-01-01,A,1\n1,d,2024-01-01,B,1\n1,c,2024-01-05,C,1\n1,c,2024-01-01,D,1\n"
    result = read(text)
    assert result.purchases == [("c", "2024-01-01 00:00:00", 200)]
    assert result.aside == [(3, "order_conflict"), (4, "order_conflict")]


def test_repeated_orders_are_set_aside(read):
    text = "order_id,customer,date,amount\n1,c,2024-01-01,5\n1,c,2024-01-01,5\n1,c,2024-01-01,6\n2,c,2024-01-01,5\n"
    result = read(text)
    assert [row[2] for row in result.purchases] == [500, 500]
    assert result.aside == [(3, "duplicate"), (4, "order_conflict")]


@pytest.mark.parametrize("word", ["", "  ", "null", "NULL", "None", "nan", "undefined", "N/A", "-", "guest"])
def test_words_that_name_nobody_are_no_customer(read, word):
    result = read(f"customer,date,amount\na,2024-01-01,5\n{word},2024-01-01,5\n")
    assert result.aside == [(3, "no_customer")]


def test_customer_numbers_keep_their_zeros(read):
    assert read("customer,date,amount\n007,2024-01-01,5\n").purchases[0][0] == "007"


def test_numbers_that_a_spreadsheet_made_decimal_are_whole_again(read):
    result = read("customer,date,amount\n17850.0,2024-01-01,5\n,2024-01-01,5\n13047.0,2024-01-01,5\n")
    assert [row[0] for row in result.purchases] == ["13047", "17850"]


def test_addresses_are_one_customer_in_any_case(read):
    result = read("email,date,amount\nA@x.org,2024-01-01,5\na@X.org,2024-01-02,5\n")
    assert {row[0] for row in result.purchases} == {"a@x.org"}


def test_unknown_columns_become_attributes_and_personal_ones_do_not(read):
    text = "customer_id,date,amount,Region,E-Mail,First name,ZIP,Birthday,contact\na,2024-01-01,5,North,a@x.org,Ann,1234,1990-01-01,a@x.org\n"
    result = read(text)
    assert result.reading.files[0].attributes == ("region",)
    assert "E-Mail, First name, ZIP, Birthday, contact" in result.notes
    assert result.rows("purchases", "region") == [("North",)]


def test_a_column_can_be_named_by_the_user(read):
    text = "who,when,what,how much\na,2024-01-01,x,5\n"
    with pytest.raises(WrongTable, match="--map"):
        read(text)
    mapping = {"customer": "who", "time": "When", "amount": "HOW MUCH"}
    assert read(text, mapping=mapping).purchases == [("a", "2024-01-01 00:00:00", 500)]


def test_a_mapping_of_an_unknown_column_or_field_is_refused(read):
    text = "customer,date,amount\na,2024-01-01,5\n"
    with pytest.raises(WrongTable, match="no file has a column 'wo'"):
        read(text, mapping={"customer": "wo"})
    with pytest.raises(WrongArgument, match="map='kunde'"):
        read(text, mapping={"kunde": "customer"})


def test_currencies_come_from_the_file(read):
    result = read("customer,date,amount,currency\na,2024-01-01,5,nok\n")
    assert result.settings.currency == "NOK"
    assert read("customer;date;amount\na;2024-01-01;5 £\n").settings.currency == "GBP"
    assert (
        read("customer;date;amount\na;2024-01-01;5 kr\n", timezone="Europe/Stockholm").settings.currency
        == "SEK"
    )
    assert read("customer;date;amount\na;2024-01-01;5\n").settings.currency == "EUR"


def test_an_unknown_currency_is_set_aside(read):
    result = read("customer,date,amount,currency\na,2024-01-01,5,EUR\nb,2024-01-01,5,QQQ\n")
    assert result.aside == [(3, "bad_currency")]


MIXED = "customer,date,amount,currency\na,2024-01-01,100,EUR\nb,2024-01-01,100,USD\nc,2024-01-01,1000,JPY\n"


def test_mixed_currencies_are_refused_without_rates(read):
    with pytest.raises(Refused, match=r"EUR, JPY, USD.*--rates"):
        read(MIXED)
    with pytest.raises(Refused, match="--currency USD"):
        read("customer,date,amount,currency\na,2024-01-01,5,USD\n", currency="EUR")


def test_mixed_currencies_are_converted_at_the_rates_given(read):
    result = read(MIXED, rates={"USD": Decimal("0.92"), "JPY": Decimal("0.006")})
    assert result.settings.currency == "EUR"
    assert [row[2] for row in result.purchases] == [10000, 9200, 600]


def test_row_order_changes_nothing(read, tmp_path):
    rows = [
        "1,c,2024-01-01,A,2.50",
        "1,c,2024-01-01,B,1.00",
        "2,d,2024-02-01,A,-2.50",
        "3,d,2024-01-15,A,2.50",
        ",,,,",
    ]
    histories = set()
    for number, order in enumerate(itertools.permutations(rows)):
        if number % 7 == 0:
            result = read("order_id,customer,date,sku,amount\n" + "\n".join(order))
            histories.add(
                (tuple(result.purchases), tuple(result.returns), tuple(result.rows("order_lines", "*")))
            )
    assert len(histories) == 1


def test_a_file_in_two_parts_is_the_same_history(read, tmp_path):
    header = "order_id,customer,date,sku,amount\n"
    rows = [f"{i // 3},c{i // 3 % 7},2024-01-{i // 3 % 28 + 1:02d},p{i},{i}.25\n" for i in range(90)]
    whole = read(header + "".join(rows))
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(header + "".join(rows[:44]))
    second.write_text(header + "".join(rows[44:]))
    parts = read([first, second])
    assert parts.purchases == whole.purchases
    assert parts.rows("order_lines", "*") == whole.rows("order_lines", "*")


def test_a_file_given_twice_is_read_once(read, tmp_path):
    path = tmp_path / "a.csv"
    copy = tmp_path / "b.csv"
    path.write_text("customer,date,amount\na,2024-01-01,5\n")
    copy.write_text(path.read_text())
    result = read([path, copy])
    assert result.reading.accepted == 1
    assert "read once" in result.notes


def test_two_files_of_one_name_keep_their_orders_apart(read, tmp_path):
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "orders.csv").write_text(f"customer,date,amount\na,{year}-01-01,5\n")
    result = read([tmp_path / "2023" / "orders.csv", tmp_path / "2024" / "orders.csv"])
    assert len({row[0] for row in result.rows("purchases", "order_id")}) == 2
    assert len({file.path for file in result.reading.files}) == 2


def test_discounts_that_are_shares_are_no_money(read):
    text = "order_id,customer,date,amount,discount\n1,c,2024-01-01,5,0.2\n2,c,2024-01-01,5,0\n"
    assert [row[0] for row in read(text).rows("purchases", "discount_amount")] == [None, None]
    assert [row[0] for row in read(text.replace("0.2", "2")).rows("purchases", "discount_amount")] == [0, 200]


def test_a_sample_of_a_sales_table_with_many_columns_is_understood(read):
    header = (
        "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,"
        "Region,Product ID,Category,Product Name,Sales,Quantity,Discount,Profit\n"
    )
    rows = (
        "1,CA-1,11/8/2016,11/11/2016,Second,CG-1,Ann Li,Consumer,United States,Henderson,Kentucky,42420,South,P1,Furniture,"
        '"Chair, red",261.96,2,0.2,41.91\n'
        "2,CA-1,11/8/2016,11/11/2016,Second,CG-1,Ann Li,Consumer,United States,Henderson,Kentucky,42420,South,P2,Furniture,"
        "Table,731.94,3,0,219.58\n"
        "3,CA-2,6/12/2016,6/16/2016,Second,DV-1,Bo Ek,Corporate,United States,LA,California,90036,West,P3,Office,Labels,"
        "14.62,2,0,6.87\n4,CA-3,6/13/2016,6/16/2016,Second,DV-1,Bo Ek,Corporate,United States,LA,California,90036,West,P3,"
        "Office,Labels,14.62,2,0,6.87\n"
    )
    result = read(header + rows)
    assert result.purchases == [
        ("CG-1", "2016-11-08 00:00:00", 99390),
        ("DV-1", "2016-06-12 00:00:00", 1462),
        ("DV-1", "2016-06-13 00:00:00", 1462),
    ]
    assert result.rows("purchases", "margin_amount, segment, country")[0] == (
        687,
        "Corporate",
        "United States",
    )
    assert {"region", "segment", "country", "state", "ship_mode"} <= set(result.reading.files[0].attributes)
    assert "customer_name" not in result.reading.files[0].attributes


def test_the_value_that_is_wrong_is_named(read):
    result = read("customer,date,amount\na,2024-01-01,5\nb,someday,5\nc,2024-01-01,dear\n")
    assert [row.message for row in result.reading.examples] == [
        "the amount is not a number, or is beyond ten trillion (dear)",
        "the date cannot be read, or is before 1970 or after 2199 (someday)",
    ]


def test_a_column_called_only_id_is_the_order_or_the_customer(read):
    orders = read("id,customer,date,amount\n1,a,2024-01-01,5\n2,a,2024-01-02,5\n")
    assert orders.rows("purchases", "order_id, customer_id") == [("1", "a"), ("2", "a")]
    customers = read("id,date,amount\n1,2024-01-01,5\n1,2024-01-02,5\n")
    assert [row[0] for row in customers.purchases] == ["1", "1"]


def test_content_tells_a_customer_by_addresses_and_an_amount_by_decimals(read):
    result = read("who,when it was,came to\na@x.org,2024-01-01,5.50\nb@x.org,2024-01-02,6.50\n")
    assert result.purchases[0] == ("a@x.org", "2024-01-01 00:00:00", 550)


def test_a_rate_for_every_currency_needs_one_that_is_worth_one(read):
    rates = {"EUR": Decimal(1), "USD": Decimal("0.92"), "JPY": Decimal("0.006")}
    assert read(MIXED, rates=rates).settings.currency == "EUR"
    with pytest.raises(Refused, match="--currency CODE"):
        read(MIXED, rates={**rates, "EUR": Decimal(2)})


def test_a_price_without_quantity_is_the_amount(read):
    result = read("customer,date,price\na,2024-01-01,5\n,2024-01-01,5\nb,2024-01-01,\nc,2024-01-01,x\n")
    assert result.purchases == [("a", "2024-01-01 00:00:00", 500)]
    assert [reason for _, reason in result.aside] == ["no_customer", "no_amount", "bad_amount"]
