"""A figure as the cells of a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.status import Status

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.registry import Unit

CSV_COLUMNS = (
    "id",
    "period",
    "segment",
    "value",
    "numerator",
    "denominator",
    "n",
    "ci_low",
    "ci_high",
    "ci_method",
    "status",
    "window",
    "as_of",
    "definition_version",
)

TABLE_COLUMNS = ("Period", "Of", "Time", "Value", "95 % interval", "n", "How far to trust it")

STATUS_WORDS = {
    Status.OK: "ok",
    Status.INSUFFICIENT: "too few to rely on",
    Status.PROVISIONAL: "still open, may change",
    Status.NOT_IDENTIFIED: "these data cannot tell",
    Status.UNDEFINED: "nothing to measure",
}

NOTHING = "–"


def in_words(number: float | None, unit: Unit, currency: str) -> str:
    """Return a number in its unit.

    Parameters
    ----------
    number : float or None
        A share as a fraction, money in major units, durations in days, rates per customer-month.
    unit : str
        See :data:`treue.kernel.registry.Unit`.
    currency : str
        ISO 4217 code, for money.

    Returns
    -------
    str
        For example ``83.4 %``; a dash where there is no number.

    Examples
    --------
    >>> in_words(0.8341, "share", "EUR"), in_words(1234.5, "money", "JPY"), in_words(None, "days", "EUR")
    ('83.4 %', '1,234 JPY', '–')
    """
    if number is None:
        return NOTHING
    if unit == "share":
        return f"{100 * number:.1f} %"
    if unit == "money":
        from treue.kernel.units import minor_digits

        return f"{number:,.{minor_digits(currency)}f} {currency}"
    if unit == "days":
        return f"{number:,.1f} days"
    if unit == "count":
        return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
    if unit == "per_month":
        return f"{100 * number:.2f} per 100 months"
    return f"{number:,.3f}"


def table_row(figure: Figure, unit: Unit, currency: str) -> tuple[str, ...]:
    """Return the cells of :data:`TABLE_COLUMNS` for one figure."""
    interval = NOTHING
    if figure.ci_low is not None and figure.ci_high is not None:
        interval = f"{in_words(figure.ci_low, unit, currency)} to {in_words(figure.ci_high, unit, currency)}"
    return (
        figure.period or "",
        figure.segment or "",
        figure.window,
        in_words(figure.value, unit, currency),
        interval,
        f"{figure.n:,}",
        STATUS_WORDS[figure.status],
    )
