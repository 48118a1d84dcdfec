"""How many contracts will still run: a model's curve on the page, in words and as figures, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from treue.kernel.estimate import Figure
from treue.kernel.status import Status
from treue.models.names import MODEL_NAMES
from treue.models.renewal_outlook import MINIMUM_CUSTOMERS, MINIMUM_PERIODS
from treue.report.marks import mark_of

if TYPE_CHECKING:
    from datetime import date

    from treue.charts.survival_curve import Ahead
    from treue.kernel.language import Language
    from treue.models.renewal_outlook import RenewalOutlook
    from treue.report.marks import Mark

T = TypeVar("T")

VERSION = "1"
DAYS_OF: Final = {"month": 365.25 / 12, "year": 365.25}
"""How many days of the axis a period has: the curve of contracts of all starts is drawn over days."""


def projected_points(outlook: RenewalOutlook | None) -> list[Ahead]:
    """Return the model's curve from where it takes over from what was seen."""
    if outlook is None or outlook.projection is None:
        return []
    days = DAYS_OF[outlook.unit]
    return [
        (float(period * days), float(share), float(low), float(high))
        for period, share, low, high in zip(*outlook.projection, strict=True)
        if period >= outlook.periods
    ]


def projected_figures(outlook: RenewalOutlook, as_of: date) -> list[Figure]:
    """Return the shares projected beyond what was seen as figures."""
    if outlook.projection is None:
        return []
    return [
        Figure(
            id="survival_projected",
            value=float(share),
            numerator=None,
            denominator=None,
            n=outlook.customers,
            ci_low=float(low),
            ci_high=float(high),
            ci_method="delta_loglog",
            status=Status.OK,
            window=f"{outlook.unit} {period:.0f}",
            as_of=as_of,
            definition_version=VERSION,
        )
        for period, share, low, high in zip(*outlook.projection, strict=True)
        if period > outlook.periods
    ]


def projected_rows(outlook: RenewalOutlook | None, language: Language) -> list[tuple[str, str, str]]:
    """Return some of the projected shares, and the last, as rows below those that were seen."""
    if outlook is None or outlook.projection is None:
        return []
    ahead = [row for row in zip(*outlook.projection, strict=True) if row[0] > outlook.periods]
    return [
        (
            language.gettext("{time}, projected", time=_time(float(period), outlook.unit, language)),
            language.percent(float(share), 1),
            language.percent_range(float(low), float(high), 1),
        )
        for period, share, low, high in _some(ahead)
    ]


def projected_marks(outlook: RenewalOutlook | None, as_of: date) -> list[Mark]:
    """Return the figures of :func:`projected_rows` for programs, one for each row."""
    return [mark_of(figure) for figure in _some(projected_figures(outlook, as_of))] if outlook else []


def _some(ahead: list[T]) -> list[T]:
    """Return every few of what is projected, and the last."""
    every = max(1, -(-len(ahead) // 6))
    return ahead[::-1][::every][::-1]


def projection_words(outlook: RenewalOutlook | None, language: Language) -> str:
    """Return what the model projects and how it fared, or why there is no projection."""
    if outlook is None:
        return ""
    if outlook.status is Status.INSUFFICIENT:
        return language.gettext(
            "No projection yet: it needs {customers} contracts, {periods} that at least ten customers have reached, and "
            "losses among the last third of them; there are {count} contracts and {seen}.",
            customers=language.number(MINIMUM_CUSTOMERS),
            periods=_time(MINIMUM_PERIODS[outlook.unit], outlook.unit, language),
            count=language.number(outlook.customers),
            seen=_time(outlook.periods, outlook.unit, language),
        )
    known = {
        "split": _time(outlook.split, outlook.unit, language),
        "after": _after(outlook.periods, outlook.unit, language),
        "seen": language.percent(outlook.seen or 0.0, 0),
        "interval": language.percent_range(outlook.seen_low or 0.0, outlook.seen_high or 0.0, 0),
    }
    if outlook.projection is None or outlook.model is None:
        if outlook.foretold is None:
            return language.gettext("No projection: no model of renewal can be fitted to these contracts.")
        return language.gettext(
            "No projection: tried on what it had not seen, no model passed. Knowing {split} only, the best "
            "foretold that {foretold} would be left {after}; {seen} were ({interval}).",
            foretold=language.percent(outlook.foretold, 0),
            **known,
        )
    last = len(outlook.projection.share) - 1
    words = language.gettext(
        "Of 100 new customers {share} ({low}–{high}) would still be there {last}, if they are like those so far "
        "(model: {model}). Knowing {split} only, it foretold {foretold} {after}; {seen} were left ({interval}).",
        share=language.number(100 * outlook.projection.share[last]),
        low=language.number(100 * outlook.projection.ci_low[last]),
        high=language.number(100 * outlook.projection.ci_high[last]),
        last=_after(last, outlook.unit, language),
        model=MODEL_NAMES[outlook.model.MODEL],
        foretold=language.percent(outlook.foretold or 0.0, 0),
        **known,
    )
    sorting = language.gettext(
        "Where the share who renew rises with age, that is sorting: who leaves easily leaves first. It does not show that "
        "anybody grows more loyal."
    )
    return f"{words} {sorting}"


def _time(periods: float, unit: str, language: Language) -> str:
    if unit == "year":
        return language.ngettext("{count} year", "{count} years", round(periods))
    return language.ngettext("{count} month", "{count} months", round(periods))


def _after(periods: float, unit: str, language: Language) -> str:
    if unit == "year":
        return language.ngettext("after {count} year", "after {count} years", round(periods))
    return language.ngettext("after {count} month", "after {count} months", round(periods))
