from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.kernel import units
from treue.kernel.errors import WrongArgument

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


# --- days and periods -------------------------------------------------------------------------


@given(DAYS)
def test_a_day_number_leads_back_to_its_day(day):
    assert units.day_of(units.day_number(day)) == day


@given(DAYS, st.integers(0, 2000), st.sampled_from(units.GRAINS))
def test_periods_cover_every_day_once(first, length, grain):
    last = first + timedelta(days=length)
    found = units.periods(first, last, grain)
    assert found[0].start <= units.day_number(first)
    assert found[-1].start <= units.day_number(last) < found[-1].end
    assert all(one.end == following.start for one, following in pairwise(found))
    assert len({period.label for period in found}) == len(found)


@given(DAYS, st.sampled_from(units.GRAINS))
def test_a_period_holds_the_day_it_was_made_for(day, grain):
    [period] = units.periods(day, day, grain)
    assert units.period_of([period], units.day_number(day)) is period
    assert units.period_of([period], period.start - 1) is None
    assert units.period_of([period], period.end) is None


@pytest.mark.parametrize(
    ("grain", "labels"),
    [
        ("month", ["2011-12", "2012-01", "2012-02"]),
        ("quarter", ["2011-Q4", "2012-Q1"]),
        ("year", ["2011", "2012"]),
    ],
)
def test_periods_over_new_year(grain, labels):
    found = units.periods(date(2011, 12, 31), date(2012, 2, 1), grain)
    assert [period.label for period in found] == labels


def test_no_period_lies_between_days_in_the_wrong_order():
    assert units.periods(date(2012, 2, 1), date(2011, 12, 31), "month") == []


def test_a_window_names_the_first_day_after_it():
    [february] = units.periods(date(2012, 2, 29), date(2012, 2, 29), "month")
    assert february.window == "2012-02-01/2012-03-01"


@pytest.mark.parametrize(("text", "days"), [("90d", 90), (" 12W ", 84), ("30", 30), ("1d", 1)])
def test_a_length_is_read_in_days_or_weeks(text, days):
    assert units.parse_days(text) == days


@pytest.mark.parametrize("text", ["", "d", "0d", "-3d", "1.5d", "3m", "1y", "auto", "١d٣"])
def test_a_length_that_is_no_number_of_days_is_refused(text):
    with pytest.raises(WrongArgument, match="is not a length; write days as 90d or weeks as 12w"):
        units.parse_days(text)


# --- time zones -------------------------------------------------------------------------------

ZONES = [
    "Europe/Berlin",
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "UTC",
]


def offset_at(changes, second):
    return [offset for start, offset in changes if start <= second][-1]


@pytest.mark.parametrize("zone", ZONES)
@given(
    second=st.integers(
        int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2026, 12, 31, tzinfo=UTC).timestamp())
    )
)
def test_offsets_agree_with_the_zone_at_any_second(zone, second):
    changes = units.zone_offsets(zone, date(2020, 1, 1), date(2026, 12, 31))
    there = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    assert offset_at(changes, second) == there.utcoffset().total_seconds()


@pytest.mark.parametrize(
    ("zone", "count", "step_seconds"),
    [
        ("Europe/Berlin", 2, 3600),
        ("Europe/Oslo", 2, 3600),
        ("America/New_York", 2, 3600),
        ("Australia/Lord_Howe", 2, 1800),  # half an hour only
        ("Pacific/Kiritimati", 0, None),
    ],
)
def test_a_year_has_its_change_overs(zone, count, step_seconds):
    changes = units.zone_offsets(zone, date(2026, 1, 1), date(2026, 12, 31))
    assert len(changes) == count + 1
    steps = {abs(after - before) for (_, before), (_, after) in pairwise(changes)}
    assert steps == ({step_seconds} if count else set())


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_the_offset_changes_in_exactly_the_second_it_is_said_to(zone):
    place = ZoneInfo(zone)
    for start, offset in units.zone_offsets(zone, date(2026, 1, 1), date(2026, 12, 31))[1:]:
        before, after = (
            datetime.fromtimestamp(start + step, UTC).astimezone(place).utcoffset() for step in (-1, 0)
        )
        assert before != after
        assert after == timedelta(seconds=offset)


def test_a_zone_that_skipped_a_day_is_read_right():
    # Samoa left out 30 December 2011
    changes = units.zone_offsets("Pacific/Apia", date(2011, 12, 1), date(2012, 1, 31))
    assert [offset for _, offset in changes] == [-10 * 3600, 14 * 3600]


@pytest.mark.parametrize("name", ["", "Oslo", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "Europe"])
def test_a_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(WrongArgument, match="is not a time zone; give an IANA name"):
        units.zone(name)


# --- money ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("11.77", "EUR", 1177),
        ("-0.01", "NOK", -1),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0.125", "EUR", 12),  # half to even
        ("0.135", "EUR", 14),
        ("90071992547409.93", "USD", 9007199254740993),  # more than a double can hold
    ],
)
def test_money_is_whole_minor_units(amount, currency, minor):
    assert units.to_minor(Decimal(amount), currency) == minor


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_minor_units_lead_back_to_themselves(minor, currency):
    assert units.to_minor(Decimal(str(units.from_minor(minor, currency))), currency) == minor


@pytest.mark.parametrize("code", ["", "euro", "XX1", "eur"])
def test_a_currency_that_does_not_exist_is_refused(code):
    with pytest.raises(WrongArgument, match="is not a currency; give a code such as EUR, NOK or USD"):
        units.minor_digits(code)
