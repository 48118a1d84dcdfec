"""English, German and Norwegian: sentences, numbers, money, dates and lengths of time.

Messages are written in English where they are used; ``locale/de.po`` and ``locale/nb.po`` hold the
translations and are read as they are, so nothing has to be compiled.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import cache, lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import (
    NumberPattern,
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    parse_pattern,
)

from treue.kernel.catalogs import translations
from treue.kernel.errors import WrongArgument

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "nb": "Norsk bokmål"}
"""Code and own name of every language that Treue speaks."""

_LOCALES = {"en": "en_GB", "de": "de_DE", "nb": "nb_NO"}
_NO_BREAK = "\u00a0"
_DAYS_PER_MONTH = 30.4375


def message(text: str) -> str:
    """Mark a message for translation where it is defined, apart from where it is shown.

    Examples
    --------
    >>> message("customers")
    'customers'
    """
    return text


@cache
def _parsed(pattern: str) -> NumberPattern:
    return parse_pattern(pattern)


# A page says the same numbers again and again, at the ends of axes for example.
@lru_cache(maxsize=8192)
def _decimal(value: float, digits: int, place: Locale) -> str:
    pattern = _parsed("#,##0" + ("." + "0" * digits if digits else ""))
    return str(format_decimal(value, format=pattern, locale=place))


@lru_cache(maxsize=1024)
def _of_money(currency: str, digits: int, place: Locale) -> NumberPattern:
    pattern = place.currency_formats["standard"].pattern.split(";")[0]
    pattern = pattern.replace("0.00", "0" + ("." + "0" * digits if digits else ""))
    if pattern.startswith("\u00a4#") and get_currency_symbol(currency, locale=place)[-1:].isalpha():
        pattern = pattern.replace("\u00a4", "\u00a4" + _NO_BREAK)
    return _parsed(pattern)


class Language:
    r"""One language with its words and its ways of writing numbers and dates.

    Parameters
    ----------
    code : {"en", "de", "nb"}
        Which language.
    *packages : str
        Packages with translations of their own beside those of the library.

    Raises
    ------
    WrongArgument
        When Treue does not speak it.

    Examples
    --------
    >>> german = Language("de")
    >>> german.number(1912), german.percent(0.832)
    ('1.912', '83,2\xa0%')
    """

    def __init__(self, code: str, *packages: str) -> None:
        if code not in LANGUAGES:
            raise WrongArgument(f"language={code!r} is not spoken here; give one of {', '.join(LANGUAGES)}")
        self.code = code
        self.locale = Locale.parse(_LOCALES[code])
        self._words = translations(code, "treue.kernel")
        for package in packages:
            self._words = {**self._words, **translations(code, package)}

    def gettext(self, text: str, **values: object) -> str:
        """Return a message in this language with its places filled.

        Parameters
        ----------
        text : str
            The English message, with places as ``{name}``.
        **values
            What stands in the places, already written in this language.

        Returns
        -------
        str
            The English message where there is no translation.

        Examples
        --------
        >>> Language("en").gettext("{count} customers", count="1,912")
        '1,912 customers'
        """
        chosen = self._words.get(text, (text,))[0]
        return chosen.format(**values) if values else chosen

    def ngettext(self, one: str, many: str, count: float, **values: object) -> str:
        """Return the form of a message that goes with a count.

        Parameters
        ----------
        one, many : str
            The English message for one and for any other count.
        count : float
            The count; it fills the place ``{count}`` unless `values` does.
        **values
            What stands in the other places.

        Returns
        -------
        str
            For exactly 1 the first form, else the second.

        Examples
        --------
        >>> Language("en").ngettext("{count} order", "{count} orders", 1)
        '1 order'
        """
        forms = self._words.get(one, (one, many))
        chosen = forms[0] if count == 1 or len(forms) == 1 else forms[1]
        return chosen.format(**{"count": self.number(count), **values})

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with the language's separators.

        Parameters
        ----------
        value : float
            Any finite number.
        digits : int
            Decimals, always shown.

        Returns
        -------
        str
            For example ``1,912`` or ``1.912``; spaces inside do not break.

        Examples
        --------
        >>> Language("en").number(1234.5, 1), Language("de").number(1234.5, 1)
        ('1,234.5', '1.234,5')
        """
        return _decimal(value + 0.0 if value else 0, digits, self.locale)

    def signed(self, value: float, digits: int = 1) -> str:
        """Return a number with its sign, for changes.

        Parameters
        ----------
        value : float
            Any finite number.
        digits : int
            Decimals, always shown.

        Returns
        -------
        str
            With a plus or a true minus; without a sign where it rounds to nothing.

        Examples
        --------
        >>> Language("en").signed(0.84), Language("nb").signed(-3.0)
        ('+0.8', '−3,0')
        """
        shown = self.number(abs(value), digits)
        if not shown.strip("0.,"):
            return shown
        return ("+" if value > 0 else "\u2212") + shown

    def percent(self, share: float, digits: int = 1) -> str:
        r"""Return a share as a percentage.

        Parameters
        ----------
        share : float
            A fraction; 0.832 is 83.2 %.
        digits : int
            Decimals.

        Returns
        -------
        str
            With the language's own percent sign and space.

        Examples
        --------
        >>> Language("en").percent(0.832), Language("de").percent(0.832, 0)
        ('83.2%', '83\xa0%')
        """
        return self._with_percent(self.number(100 * share, digits))

    def chance(self, share: float) -> str:
        r"""Return a probability in whole percent; never 0 or 100 unless it is exactly so.

        Examples
        --------
        >>> english = Language("en")
        >>> english.chance(0.832), english.chance(0.998), english.chance(0.002), english.chance(1)
        ('83%', '>99%', '<1%', '100%')
        """
        whole = round(100 * share)
        if whole == 100 and share < 1:
            return f">{self.percent(0.99, 0)}"
        return f"<{self.percent(0.01, 0)}" if whole == 0 and share > 0 else self.percent(share, 0)

    def percent_range(self, low: float, high: float, digits: int = 1) -> str:
        """Return an interval of shares, with one percent sign.

        Parameters
        ----------
        low, high : float
            Fractions, 0 to 1.
        digits : int
            Decimals.

        Returns
        -------
        str
            Both limits as percentages.

        Examples
        --------
        >>> Language("en").percent_range(0.814, 0.848)
        '81.4–84.8%'
        """
        return self._with_percent(f"{self.number(100 * low, digits)}–{self.number(100 * high, digits)}")

    def _with_percent(self, text: str) -> str:
        return text + ("%" if self.code == "en" else _NO_BREAK + "%")

    def in_hundred(self, share: float) -> str:
        r"""Return a share as people say it: so many in a hundred (or in a thousand, where it is rare).

        Parameters
        ----------
        share : float
            A fraction from 0 to 1.

        Returns
        -------
        str
            Whole numbers; never 0 or 100 in 100 unless it is exactly so.

        Examples
        --------
        >>> english = Language("en")
        >>> english.in_hundred(0.832), english.in_hundred(0.004), english.in_hundred(0.998)
        ('83\xa0in\xa0100', '4\xa0in\xa01,000', '998\xa0in\xa01,000')
        """
        whole = 100
        if 0 < share < 0.01 or 0.99 < share < 1:
            whole = 1000
        count = round(share * whole)
        if share not in {0, 1}:
            count = min(max(count, 1), whole - 1)
        text = self.gettext("{count} in {whole}", count=self.number(count), whole=self.number(whole))
        return text.replace(" ", _NO_BREAK)

    def money(self, amount: float, currency: str, digits: int | None = None) -> str:
        r"""Return an amount in major units with its currency.

        Parameters
        ----------
        amount : float
            Major units, for example euros.
        currency : str
            ISO 4217 code.
        digits : int, optional
            Decimals; those of the currency up to 1,000 units, none above.

        Returns
        -------
        str
            For example ``€35.89`` or ``35,89 €``.

        Examples
        --------
        >>> Language("en").money(35.893, "EUR"), Language("de").money(35893, "EUR")
        ('€35.89', '35.893\xa0€')
        >>> Language("en").money(-1200, "EUR")
        '−€1,200'
        """
        if digits is None:
            digits = 0 if abs(amount) >= 1000 else get_currency_precision(currency)
        pattern = _of_money(currency, digits, self.locale)
        shown = format_currency(amount, currency, format=pattern, locale=self.locale, currency_digits=False)
        return str(shown).replace("-", "\N{MINUS SIGN}")

    def date(self, day: dt.date, *, short: bool = False) -> str:
        r"""Return a day as people write it: ``21 November 2026``, ``21. November 2026``.

        Parameters
        ----------
        day : datetime.date
            The day.
        short : bool
            True for tables and axes.

        Returns
        -------
        str
            The day and its month never part at the end of a line.

        Examples
        --------
        >>> Language("nb").date(dt.date(2026, 11, 21))
        '21.\xa0november 2026'
        """
        written = str(format_date(day, format="medium" if short else "long", locale=self.locale))
        return written.replace(" ", _NO_BREAK, 1)  # the day stays beside its month

    def day_and_month(self, day: dt.date) -> str:
        r"""Return a day without its year: ``1 July``, ``1. Juli``.

        Examples
        --------
        >>> Language("de").day_and_month(dt.date(2026, 7, 1))
        '1.\xa0Juli'
        """
        pattern = "d MMMM" if self.code == "en" else "d. MMMM"
        return str(format_date(day, format=pattern, locale=self.locale)).replace(" ", _NO_BREAK)

    def month(self, day: dt.date, *, short: bool = False) -> str:
        """Return the month and year of a day: ``March 2011``; with `short`, ``Mar 2011``.

        Parameters
        ----------
        day : datetime.date
            Any day of the month.
        short : bool
            True for the axis of a chart.

        Returns
        -------
        str
            With the year.

        Examples
        --------
        >>> Language("de").month(dt.date(2011, 3, 1))
        'März 2011'
        """
        return str(format_skeleton("yMMM" if short else "yMMMM", day, locale=self.locale))

    def period(self, label: str, *, short: bool = False) -> str:
        """Return the name of a period (``2011-03``, ``2011-Q1``, ``2011``, or a day) in words.

        Parameters
        ----------
        label : str
            As figures carry it.
        short : bool
            True for the axis of a chart.

        Returns
        -------
        str
            For example ``March 2011`` or ``Q1 2011``; the label itself where it is none of these.

        Examples
        --------
        >>> Language("nb").period("2011-Q1"), Language("en").period("2011-03", short=True)
        ('1. kvartal 2011', 'Mar 2011')
        """
        year, _, rest = label.partition("-")
        if not year.isdecimal() or len(year) != 4:
            return label
        if not rest:
            return year
        if rest.startswith("Q") and rest[1:].isdecimal():
            if short:
                return self.gettext("Q{quarter} {year} (short)", quarter=rest[1:], year=year).removesuffix(
                    " (short)"
                )
            return self.gettext("Q{quarter} {year}", quarter=rest[1:], year=year)
        if rest.isdecimal() and len(rest) == 2:
            return self.month(dt.date(int(year), int(rest), 1), short=short)
        try:
            return self.date(dt.date.fromisoformat(label), short=short)
        except ValueError:
            return label

    def window(self, window: str) -> str:
        r"""Return an ISO 8601 interval as words with its last day included; words stay as they are.

        Examples
        --------
        >>> Language("en").window("2011-01-01/2011-02-01")
        '1\xa0Jan 2011 – 31\xa0Jan 2011'
        """
        start, _, end = window.partition("/")
        try:
            first, after = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
        except ValueError:
            return self.gettext(window)
        last = max(first, after - dt.timedelta(days=1))
        return f"{self.date(first, short=True)} – {self.date(last, short=True)}"

    def days(self, count: float) -> str:
        """Return a length of time in days, exactly as it was counted.

        Examples
        --------
        >>> Language("en").days(1), Language("de").days(97)
        ('1 day', '97 Tage')
        """
        whole = round(count)
        return self.ngettext("{count} day", "{count} days", whole)

    def span(self, count: float) -> tuple[str, int]:
        """Return the unit in which a person would say a length of time, and how many of it.

        Parameters
        ----------
        count : float
            Days, 0 or more.

        Returns
        -------
        tuple of (str, int)
            ``days`` below three weeks, ``weeks`` below 26 weeks, ``months`` up to three years, then
            ``years``; at least 1.

        Examples
        --------
        >>> Language("en").span(35), Language("en").span(300)
        (('weeks', 5), ('months', 10))
        """
        if count < 20.5:
            return "days", max(1, round(count))
        if count < 7 * 26:
            return "weeks", round(count / 7)
        if count < 36.5 * _DAYS_PER_MONTH:
            return "months", round(count / _DAYS_PER_MONTH)
        return "years", math.floor(count / 365.25 + 0.5)

    def about(self, count: float) -> str:
        """Return a length of time as a person would say it: ``5 weeks``, ``10 months``.

        Examples
        --------
        >>> Language("en").about(98), Language("nb").about(98)
        ('14 weeks', '14 uker')
        """
        unit, number = self.span(count)
        if unit == "days":
            return self.ngettext("{count} day", "{count} days", number)
        if unit == "weeks":
            return self.ngettext("{count} week", "{count} weeks", number)
        if unit == "months":
            return self.ngettext("{count} month", "{count} months", number)
        return self.ngettext("{count} year", "{count} years", number)

    def within(self, count: float) -> str:
        """Return a length of time as the limit of something: ``within 12 months``, ``innerhalb von 12 Monaten``.

        Examples
        --------
        >>> Language("de").within(365)
        'innerhalb von 12 Monaten'
        """
        unit, number = self.span(count)
        if unit == "days":
            return self.ngettext("within {count} day", "within {count} days", number)
        if unit == "weeks":
            return self.ngettext("within {count} week", "within {count} weeks", number)
        if unit == "months":
            return self.ngettext("within {count} month", "within {count} months", number)
        return self.ngettext("within {count} year", "within {count} years", number)

    def after(self, count: float, *, exact: bool = False) -> str:
        """Return a length of time that has passed: ``after 5 weeks``; with `exact`, in days.

        Parameters
        ----------
        count : float
            Days, 0 or more.
        exact : bool
            True counts in days, however many.

        Returns
        -------
        str
            In the grammatical case that goes with it.

        Examples
        --------
        >>> Language("de").after(443, exact=True), Language("en").after(35)
        ('nach 443 Tagen', 'after 5 weeks')
        """
        unit, number = ("days", round(count)) if exact else self.span(count)
        if unit == "days":
            return self.ngettext("after {count} day", "after {count} days", number)
        if unit == "weeks":
            return self.ngettext("after {count} week", "after {count} weeks", number)
        if unit == "months":
            return self.ngettext("after {count} month", "after {count} months", number)
        return self.ngettext("after {count} year", "after {count} years", number)
