"""How the value and the interval of a figure are written, by its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.charts.figure_scale import Range, open_range, share_range

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.kernel.registry import Unit


def share_digits(low: float | None, high: float | None) -> int:
    """Return how many decimals of a percentage its interval supports.

    Parameters
    ----------
    low, high : float or None
        Limits of the interval, 0 to 1.

    Returns
    -------
    int
        0 when the interval is wider than 10 points, 2 when it is narrower than a fifth of a point, else 1.

    Examples
    --------
    >>> share_digits(0.814, 0.848), share_digits(0.3, 0.5), share_digits(None, None)
    (1, 0, 1)
    """
    if low is None or high is None:
        return 1
    if high - low > 0.1:
        return 0
    return 2 if high - low < 0.002 else 1


def ratio_digits(figure: Figure) -> int:
    """Return how many decimals of a percentage above 100 the interval of a ratio supports."""
    return share_digits(figure.ci_low, figure.ci_high)


def number_digits(value: float) -> int:
    """Return how many decimals a plain number gets: three digits in all, at most two decimals.

    Examples
    --------
    >>> number_digits(2.94), number_digits(17.2), number_digits(431.0)
    (2, 1, 0)
    """
    size = abs(value)
    if size < 10:
        return 2
    return 1 if size < 100 else 0


def value_parts(
    value: float, figure: Figure, unit: Unit, language: Language, currency: str
) -> tuple[str, str]:
    """Return a value as its number and the small word behind it.

    Parameters
    ----------
    value : float
        In the unit of the measure.
    figure : Figure
        Its interval decides how many digits are honest.
    unit : str
        See :data:`treue.kernel.registry.Unit`.
    language : Language
        For numbers and words.
    currency : str
        ISO 4217 code.

    Returns
    -------
    tuple of str
        For example ``("83.2", "%")``; the second is empty where the number says it all.
    """
    if unit == "share":
        return language.number(100 * value, share_digits(figure.ci_low, figure.ci_high)), "%"
    if unit == "ratio":
        return language.number(100 * value, ratio_digits(figure)), "%"
    if unit == "money":
        return language.money(value, currency), ""
    if unit == "days":
        whole = round(value)
        text = language.days(whole)
        number = language.number(whole)
        return number, text.replace(number, "", 1).strip()
    if unit == "per_month":
        rate = 100 * value
        return language.number(rate, number_digits(rate)), language.gettext("per 100 customers and month")
    digits = 0 if float(value).is_integer() and figure.denominator is None else number_digits(value)
    return language.number(value, digits), ""


def value_text(value: float, figure: Figure, unit: Unit, language: Language, currency: str) -> str:
    """Return a value in one piece, for tables and sentences."""
    if unit == "share":
        return language.percent(value, share_digits(figure.ci_low, figure.ci_high))
    if unit == "ratio":
        return language.percent(value, ratio_digits(figure))
    number, word = value_parts(value, figure, unit, language, currency)
    return f"{number}\u00a0{word}" if word else number


def interval_text(figure: Figure, unit: Unit, language: Language, currency: str) -> str | None:
    """Return the 95 % interval of a figure in words, or None when it has none."""
    low, high = figure.ci_low, figure.ci_high
    if low is None or high is None:
        return None
    if unit == "share":
        return language.percent_range(low, high, share_digits(low, high))
    if unit == "ratio":
        return language.percent_range(low, high, ratio_digits(figure))
    if unit == "money":
        return f"{language.money(low, currency)}–{language.money(high, currency)}"
    if unit == "days":
        return f"{language.number(round(low))}–{language.days(round(high))}"
    scale = 100 if unit == "per_month" else 1
    digits = number_digits(scale * high)
    return f"{language.number(scale * low, digits)}–{language.number(scale * high, digits)}"


def scale_ends(figure: Figure, unit: Unit, other: float | None = None) -> Range:
    """Return the ends of the scale on which a figure is drawn."""
    value = figure.value if figure.value is not None else 0.0
    low = figure.ci_low if figure.ci_low is not None else value
    high = figure.ci_high if figure.ci_high is not None else value
    return share_range(low, high, other) if unit == "share" else open_range(low, high, other)
