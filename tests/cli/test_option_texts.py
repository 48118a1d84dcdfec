from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.cli.option_texts import parse_date, parse_map, parse_rates, parse_window, split_pairs
from treue.kernel.errors import WrongArgument


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("customer=Kd-Nr", [("customer", "Kd-Nr")]),
        ("customer=A,time=B", [("customer", "A"), ("time", "B")]),
        (" customer = A , time = B ", [("customer", "A"), ("time", "B")]),
        ('customer="Kunde, Nr.",time=B', [("customer", "Kunde, Nr."), ("time", "B")]),
        ("customer='Kunde, Nr.'", [("customer", "Kunde, Nr.")]),
        ('customer="a=b",time=B', [("customer", "a=b"), ("time", "B")]),
        ("customer=a=b,time=B", [("customer", "a=b"), ("time", "B")]),
        ('customer="the ""best"" one"', [("customer", 'the "best" one')]),
        ('customer="A" , time=B', [("customer", "A"), ("time", "B")]),
        ("customer='t Kind,time=B", [("customer", "'t Kind"), ("time", "B")]),
        ('customer="A"B,time=C', [("customer", '"A"B'), ("time", "C")]),
        ("customer=A,", [("customer", "A")]),
        ("", []),
    ],
)
def test_pairs_are_split(text, pairs):
    if text.startswith("customer='t"):
        with pytest.raises(WrongArgument, match="does not close it"):
            split_pairs("map", text)
    else:
        assert split_pairs("map", text) == pairs


@pytest.mark.parametrize(
    "text", ["customer", "customer,time=B", "=A", "customer=", "customer=,time=B", 'customer="A']
)
def test_a_pair_that_is_none_is_refused(text):
    with pytest.raises(WrongArgument, match=r"^map"):
        split_pairs("map", text)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_every_column_name_can_be_written_in_quotes(columns):
    quoted = ",".join(f'field{i}="{name.replace(chr(34), chr(34) * 2)}"' for i, name in enumerate(columns))
    assert [value for _, value in split_pairs("map", quoted)] == columns


def test_several_maps_are_one():
    assert parse_map(["Customer=A", "time=B,customer=A"]) == {"customer": "A", "time": "B"}


def test_a_field_with_two_columns_is_refused():
    with pytest.raises(WrongArgument, match=r"map=customer='B' contradicts customer='A'"):
        parse_map(["customer=A", "customer=B"])


def test_rates_are_decimals_by_code():
    assert parse_rates(["usd=0.92", "NOK=0.085"]) == {"USD": Decimal("0.92"), "NOK": Decimal("0.085")}


@pytest.mark.parametrize(
    "text", ["USD=0", "USD=-1", "USD=NaN", "USD=Infinity", "USD=much", "DOLLAR=1", "US1=1"]
)
def test_a_rate_that_is_none_is_refused(text):
    with pytest.raises(WrongArgument, match="is not a rate"):
        parse_rates([text])


def test_a_date_is_year_month_day():
    assert parse_date("as-of", "2024-02-29") == date(2024, 2, 29)
    assert parse_date("as-of", None) is None


@pytest.mark.parametrize("text", ["2025-02-29", "20240229", "2024-W09-4", "29.02.2024", "", "today"])
def test_other_dates_are_refused(text):
    with pytest.raises(WrongArgument, match="write year-month-day, as 2026-06-30"):
        parse_date("as-of", text)


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("12w", 84), ("45", 45), ("auto", None), ("AUTO", None)]
)
def test_a_window_is_days_or_found(text, days):
    assert parse_window(text) == days


@pytest.mark.parametrize("text", ["3m", "0d", "-5d", "", "automatic"])
def test_other_windows_are_refused(text):
    with pytest.raises(WrongArgument, match="is not a length"):
        parse_window(text)


def test_a_rate_with_a_decimal_comma_is_told_how_rates_are_written():
    with pytest.raises(WrongArgument, match=r"rates='085' is not name=value; .* USD=0\.92.*point"):
        parse_rates(["NOK=0,085"])
