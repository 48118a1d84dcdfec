"""Amounts as people write them; the whole column decides the decimal sign."""

from __future__ import annotations

import pytest

from treue.kernel.errors import Refused


def _table(*amounts: str) -> str:
    quoted = [text.replace('"', '""') for text in amounts]
    return "customer;date;amount\n" + "".join(
        f'c{i:03d};2024-01-01;"{text}"\n' for i, text in enumerate(quoted)
    )


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12", 1200), ("12.5", 1250), ("12.345", 1234), ("0.125", 12), ("1234.50", 123450), ("1,234.50", 123450),
        ("1.234,50", 123450), ("1 234,50", 123450), ("1\u00a0234,50", 123450), ("1\u202f234,50", 123450),
        ("1'234.50", 123450), ("€ 1.234,50", 123450), ("1 234,50 kr", 123450), ("NOK 12", 1200), ("12 NOK", 1200),
        ("$12.50", 1250), ("12,50€", 1250), ("kr 100,-", 10000), ("1,234,567", 123456700), ("1.234.567", 123456700),
        (",50", 50), ("12.", 1200), ("+12.50", 1250), ("1e3", 100000), ("0", 0),
    ],
)  # fmt: skip
def test_reads_a_form_of_amount(read, text, minor):
    mapping = {"decimals": "point"} if text == "12.345" else None
    assert read(_table(text), mapping=mapping).purchases[0][2] == minor


@pytest.mark.parametrize(
    "text", ["-12.50", "12.50-", "(12.50)", "\u221212.50", "-€12.50", "€-12.50", "kr -12,50"]
)
def test_reads_a_form_of_negative_amount_as_a_return(read, text):
    result = read(_table(text, "12,50" if "," in text else "12.50"))
    assert result.returns[0][3] == 1250
    assert len(result.purchases) == 1


@pytest.mark.parametrize(
    "text", ["", "free", "12,34,56.7.8", "NaN", "inf", "1e99", "99999999999999999", "12 34 apples"]
)
def test_sets_aside_what_is_no_amount(read, text):
    result = read(_table("12.50", text))
    assert result.aside == [(3, "bad_amount" if text else "no_amount")]


def test_the_column_decides_what_a_point_before_three_digits_is(read):
    assert [row[2] for row in read(_table("1.234", "10,50")).purchases] == [123400, 1050]
    assert [row[2] for row in read(_table("1.234", "10.50")).purchases] == [123, 1050]
    assert [row[2] for row in read(_table("1.234", "950")).purchases] == [123400, 95000]
    assert [row[2] for row in read(_table("1,234", "950")).purchases] == [123400, 95000]
    assert [row[2] for row in read(_table("1.234", "0.500")).purchases] == [123, 50]


def test_asks_where_no_amount_tells(read):
    with pytest.raises(Refused, match=r"amount='1\.234'.*--map decimals=comma"):
        read(_table("1.234", "2.500"))
    assert read(_table("1.234"), mapping={"decimals": "comma"}).purchases[0][2] == 123400


def test_the_currency_decides_the_minor_units(read):
    assert read(_table("1500"), currency="JPY").purchases[0][2] == 1500
    assert read(_table("1.5"), currency="KWD").purchases[0][2] == 1500
