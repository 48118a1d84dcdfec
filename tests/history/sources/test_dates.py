"""Dates and times of all usual forms, and the order of day and month."""

from __future__ import annotations

from datetime import date

import pytest

from treue.kernel.errors import Refused, WrongArgument


def _table(*dates: str) -> str:
    return "customer;date;amount\n" + "".join(f'c{i};"{text}";1\n' for i, text in enumerate(dates))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-05-01", "2024-05-01 00:00:00"),
        ("2024-05-01 10:20", "2024-05-01 10:20:00"),
        ("2024-05-01T10:20:30", "2024-05-01 10:20:30"),
        ("2024-05-01T10:20:30Z", "2024-05-01 10:20:30"),
        ("2024-05-01T10:20:30.123Z", "2024-05-01 10:20:30"),
        ("2024-05-01 10:20:30 +0000", "2024-05-01 10:20:30"),
        ("2024-05-01 10:20:30 -0400", "2024-05-01 14:20:30"),
        ("2024-05-01T10:20:30+05:30", "2024-05-01 04:50:30"),
        ("2024-05-01 10:20:30 UTC", "2024-05-01 10:20:30"),
        ("2024/05/01", "2024-05-01 00:00:00"),
        ("31.5.2024", "2024-05-31 00:00:00"),
        ("31.05.2024 23:59", "2024-05-31 23:59:00"),
        ("31.05.2024, 23:59:58 Uhr", "2024-05-31 23:59:58"),
        ("31.05.24", "2024-05-31 00:00:00"),
        ("31.05.2024 kl. 14.30", "2024-05-31 14:30:00"),
        ("12/31/2024", "2024-12-31 00:00:00"),
        ("12/31/2024 1:05 PM", "2024-12-31 13:05:00"),
        ("12/31/2024 12:05 AM", "2024-12-31 00:05:00"),
        ("31/12/2024", "2024-12-31 00:00:00"),
        ("20240501", "2024-05-01 00:00:00"),
        ("20240501102030", "2024-05-01 10:20:30"),
        ("45413", "2024-05-01 00:00:00"),
        ("45413.5", "2024-05-01 12:00:00"),
        ("1714558830", "2024-05-01 10:20:30"),
        ("1714558830000", "2024-05-01 10:20:30"),
        ("1 May 2024", "2024-05-01 00:00:00"),
        ("May 1, 2024", "2024-05-01 00:00:00"),
        ("1. März 2024", "2024-03-01 00:00:00"),
        ("17. desember 2024", "2024-12-17 00:00:00"),
        ("24. Okt 2024 08:15", "2024-10-24 08:15:00"),
    ],
)
def test_reads_a_form_of_date(read, text, wanted):
    assert [row[1] for row in read(_table(text)).purchases] == [wanted]


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31.04.2024", "soon", "25:00", "2024-05-01 25:00", "2024-05-01 10:61", "0001-01-01",
             "9999-12-31", "2024-05-01 13:00 PM", "1.2.3.4"]
)  # fmt: skip
def test_sets_aside_what_is_no_date(read, text):
    assert read(_table("2024-05-01", text)).aside == [(3, "bad_time")]


def test_day_first_is_decided_from_the_whole_column(read):
    result = read(_table("03/04/2024", "05/06/2024", "13/06/2024"))
    assert [row[1][:10] for row in result.purchases] == ["2024-04-03", "2024-06-05", "2024-06-13"]
    assert "day stands before the month" in result.notes


def test_month_first_is_decided_from_the_whole_column(read):
    result = read(_table("03/04/2024", "05/06/2024", "06/13/2024"))
    assert [row[1][:10] for row in result.purchases] == ["2024-03-04", "2024-05-06", "2024-06-13"]


def test_points_mean_day_first(read):
    assert read(_table("03.04.2024")).purchases[0][1] == "2024-04-03 00:00:00"


def test_asks_where_no_date_tells_the_order(read):
    with pytest.raises(Refused, match=r"date='03/04/2024'.*--map dates=day-first"):
        read(_table("03/04/2024", "05/06/2024"))


def test_takes_the_order_that_was_said(read):
    result = read(_table("03/04/2024"), mapping={"dates": "month-first"})
    assert result.purchases[0][1] == "2024-03-04 00:00:00"
    with pytest.raises(WrongArgument, match="day-first"):
        read(_table("03/04/2024"), mapping={"dates": "american"})


def test_equal_day_and_month_need_no_question(read):
    assert read(_table("05/05/2024")).purchases[0][1] == "2024-05-05 00:00:00"


def test_one_odd_date_among_many_is_set_aside(read):
    result = read(_table(*["13/06/2024"] * 30, "06/13/2024"))
    assert result.aside == [(32, "bad_time")]


def test_local_times_become_utc(read):
    result = read(_table("2024-01-15 12:00", "2024-07-15 12:00:00"), timezone="Europe/Oslo")
    assert [row[1] for row in result.purchases] == ["2024-01-15 11:00:00", "2024-07-15 10:00:00"]


def test_a_time_with_offset_ignores_the_zone(read):
    result = read(_table("2024-01-15T12:00:00Z", "2024-01-15T12:00:00"), timezone="Europe/Oslo")
    assert [row[1] for row in result.purchases] == ["2024-01-15 12:00:00", "2024-01-15 11:00:00"]


def test_hours_that_are_skipped_or_happen_twice_follow_one_rule(read):
    """The same rule as Python's fold=0."""
    result = read(_table("2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 03:00"), timezone="Europe/Oslo")
    assert [row[1] for row in result.purchases] == [
        "2024-03-31 01:30:00",
        "2024-10-27 00:30:00",
        "2024-10-27 02:00:00",
    ]


def test_future_dates_are_set_aside_when_today_is_known(read):
    table = _table("2024-05-01", "2024-05-02 23:59", "2024-05-03")
    result = read(table, today=date(2024, 5, 2), timezone="Europe/Berlin")
    assert result.aside == [(4, "future_date")]
    assert read(table).aside == []
