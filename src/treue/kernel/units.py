"""Days, calendar periods and money: the only places where units are converted.

A *day number* is the count of whole days since 1 January 1970 in the firm's time zone. Periods are
half-open: the first day belongs, the day after the last does not.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import get_currency_precision, list_currencies

from treue.kernel.errors import WrongArgument

EPOCH = date(1970, 1, 1)
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

Grain = Literal["month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def day_number(day: date) -> int:
    """Return the whole days from 1 January 1970 to `day`.

    Examples
    --------
    >>> day_number(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the date of a day number.

    Examples
    --------
    >>> day_of(1).isoformat()
    '1970-01-02'
    """
    return EPOCH + timedelta(days=int(number))


def zone(name: str) -> ZoneInfo:
    """Return the time zone with an IANA name.

    Raises
    ------
    WrongArgument
        When there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongArgument(
            f"timezone={name!r} is not a time zone; give an IANA name such as Europe/Berlin or Europe/Oslo"
        ) from error


def zone_offsets(name: str, first: date, last: date) -> list[tuple[int, int]]:
    """Return when the zone's distance from UTC changes between two days.

    Parameters
    ----------
    name : str
        IANA name.
    first, last : datetime.date
        Days between which changes are looked for, inclusive.

    Returns
    -------
    list of (int, int)
        ``(from_epoch_second, offset_seconds)`` in order; the first entry holds from `first` on.

    Examples
    --------
    >>> zone_offsets("Europe/Oslo", date(2026, 3, 28), date(2026, 3, 30))[1]
    (1774746000, 7200)
    """
    place = zone(name)

    def offset(second: int) -> int:
        there = datetime.fromtimestamp(second, UTC).astimezone(place).utcoffset()
        return int(there.total_seconds()) if there else 0

    begin = day_number(first) * 86400 - 86400
    end = day_number(last) * 86400 + 2 * 86400
    changes = [(begin, offset(begin))]
    step = 7 * 86400
    for week in range(begin, end, step):
        since, stop = week, min(week + step, end)
        while offset(stop) != offset(since):
            low, high = since, stop
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == offset(since):
                    low = middle
                else:
                    high = middle
            changes.append((high, offset(high)))
            since = high
    return changes


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole local days, half-open.

    Parameters
    ----------
    label : str
        ``2011-03``, ``2011-Q1``, ``2011``, or for rolling windows the day they end on.
    start, end : int
        Day numbers; `end` is the first day after the period.
    """

    label: str
    start: int
    end: int

    @property
    def window(self) -> str:
        """The period as an ISO 8601 interval ``from/to``, half-open."""
        return f"{day_of(self.start).isoformat()}/{day_of(self.end).isoformat()}"


def period_start(day: date, grain: Grain) -> date:
    """Return the first day of the month, quarter or year (`grain`) that holds `day`.

    Examples
    --------
    >>> period_start(date(2011, 5, 17), "quarter").isoformat()
    '2011-04-01'
    """
    months = _MONTHS[grain]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_start(start: date, grain: Grain) -> date:
    """Return the first day of the period (of length `grain`) after the one that starts on `start`."""
    month = start.month - 1 + _MONTHS[grain]
    return date(start.year + month // 12, month % 12 + 1, 1)


def period_label(start: date, grain: Grain) -> str:
    """Return the name of the period of length `grain` that starts on `start`.

    Examples
    --------
    >>> period_label(date(2011, 4, 1), "quarter"), period_label(date(2011, 4, 1), "month")
    ('2011-Q2', '2011-04')
    """
    if grain == "year":
        return f"{start.year}"
    if grain == "quarter":
        return f"{start.year}-Q{(start.month - 1) // 3 + 1}"
    return f"{start.year}-{start.month:02d}"


def periods(first: date, last: date, grain: Grain) -> list[Period]:
    """Return every calendar period that touches the days from `first` to `last`.

    Parameters
    ----------
    first, last : datetime.date
        First and last day, inclusive.
    grain : {"month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    list of Period
        In order; the first may begin before `first` and the last may end after `last`.

    Examples
    --------
    >>> [p.label for p in periods(date(2011, 2, 10), date(2011, 4, 1), "month")]
    ['2011-02', '2011-03', '2011-04']
    """
    found = []
    start = period_start(first, grain)
    while start <= last:
        following = next_start(start, grain)
        found.append(Period(period_label(start, grain), day_number(start), day_number(following)))
        start = following
    return found


def period_of(found: list[Period], day: int) -> Period | None:
    """Return the period of the ordered list `found` that holds the day number `day`, or None."""
    place = bisect_right([period.start for period in found], day) - 1
    if place < 0 or day >= found[place].end:
        return None
    return found[place]


def parse_days(text: str) -> int:
    """Return the number of days in a length such as ``90d``, ``12w`` or ``90``.

    Raises
    ------
    WrongArgument
        When the text is not a positive whole number of days or weeks. Months and years are refused,
        because they are not a fixed number of days.

    Examples
    --------
    >>> parse_days("90d"), parse_days("12w")
    (90, 84)
    """
    clean = text.strip().lower()
    number, unit = (clean[:-1], clean[-1]) if clean[-1:] in {"d", "w"} else (clean, "d")
    if not number.isdecimal() or int(number) == 0:
        raise WrongArgument(f"window={text!r} is not a length; write days as 90d or weeks as 12w")
    return int(number) * (7 if unit == "w" else 1)


def minor_digits(currency: str) -> int:
    """Return how many decimals a currency has (CLDR): 2 for EUR, 0 for JPY, 3 for KWD.

    Raises
    ------
    WrongArgument
        When the code is not an ISO 4217 currency.

    Examples
    --------
    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    if currency not in list_currencies():
        raise WrongArgument(f"currency={currency!r} is not a currency; give a code such as EUR, NOK or USD")
    return int(get_currency_precision(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an `amount` in the smallest unit of its `currency`, rounded half to even.

    Examples
    --------
    >>> to_minor(Decimal("11.77"), "EUR"), to_minor(Decimal("500"), "JPY")
    (1177, 500)
    """
    return int((amount.scaleb(minor_digits(currency))).to_integral_value(ROUND_HALF_EVEN))


def from_minor(amount: float, currency: str) -> float:
    """Return an `amount` of minor units of a `currency` as the major units that figures show.

    Examples
    --------
    >>> from_minor(1177, "EUR")
    11.77
    """
    return float(amount) / 10.0 ** minor_digits(currency)


def grain_of(period: str | None) -> Grain:
    """Return of which length a period is.

    Examples
    --------
    >>> grain_of("2011-Q1"), grain_of("2011-03"), grain_of("2011")
    ('quarter', 'month', 'year')
    """
    if period and "Q" in period:
        return "quarter"
    return "year" if period and len(period) == 4 else "month"
