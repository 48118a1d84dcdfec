"""One figure as the page shows it: value, scale, a line with the numbers, the way to "how"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from treue.charts.figure_scale import figure_scale
from treue.kernel.language import message
from treue.kernel.status import Status
from treue.report.cannot_tell import never_told, reason
from treue.report.marks import mark_of
from treue.report.no_model import EXPECTED
from treue.report.values import interval_text, scale_ends, value_parts, value_text

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.kernel.registry import Unit
    from treue.report.contents import Report
    from treue.report.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A figure ready for the page, every word in one language.

    Parameters
    ----------
    label : str
        What is measured.
    value, word : str
        The number and the small word behind it; empty when it cannot be told.
    verdict, cannot : str
        That it cannot be told, and why; the reason is empty when it can.
    scale : Markup
        The drawing under the value.
    note : tuple of str
        The numbers behind the value, each in one piece.
    how : str
        Id of the measure, to which "how" leads.
    mark : dict
        The figure for programs, see :func:`treue.report.marks.mark_of`.
    """

    label: str
    value: str
    word: str
    verdict: str
    cannot: str
    scale: Markup
    note: tuple[str, ...]
    how: str
    mark: Mark


def figure_block(
    figure: Figure,
    report: Report,
    language: Language,
    *,
    label: str = "",
    other: float | None = None,
    other_words: str = "",
    note: str = "",
) -> Block:
    """Return one figure ready for the page.

    Parameters
    ----------
    figure : Figure
        What was measured.
    report : Report
        For unit, label and pace.
    language : Language
        In which the words are.
    label : str, optional
        What is measured; default: the label of the measure.
    other : float, optional
        A value to compare with, drawn dashed.
    other_words : str
        What that value is.
    note : str
        Put in front of the numbers.

    Returns
    -------
    Block
        The same shape whether the figure can be told or not.
    """
    measure = report.measures[figure.id]
    currency = report.data["currency"]
    firm = figure.status is Status.OK
    cannot = reason(figure, report, language)
    value, word = "", ""
    if firm and figure.value is not None:
        value, word = value_parts(figure.value, figure, measure.unit, language, currency)
    title = label or language.gettext(measure.label)
    if measure.unit == "per_month":
        per, word = language.gettext("per 100 customers and month"), ""
        title = title if per in title else f"{title}, {per}"
    return Block(
        label=title,
        value=value,
        word=word,
        verdict=language.gettext("Cannot be measured")
        if never_told(figure)
        else language.gettext("Cannot tell yet"),
        cannot=cannot,
        scale=_scale(figure, measure.unit, language, currency, other if firm else None),
        note=_note(
            figure, measure.unit, language, currency, other_words if firm and other is not None else "", note
        ),
        how=figure.id,
        mark=mark_of(figure),
    )


def _scale(figure: Figure, unit: Unit, language: Language, currency: str, other: float | None) -> Markup:
    ends = scale_ends(figure, unit, other)
    if unit in {"share", "ratio"}:
        labels = (language.percent(ends[0], 0), language.percent(ends[1], 0))
    else:
        digits = needed_digits(*(100 * end if unit == "per_month" else end for end in ends))
        labels = (
            end_text(ends[0], unit, language, currency, digits),
            end_text(ends[1], unit, language, currency, digits),
        )
    words = interval_text(figure, unit, language, currency)
    spoken = language.gettext("no interval")
    if words and figure.value is not None:
        spoken = language.gettext(
            "{value}, 95% interval {interval}",
            value=value_text(figure.value, figure, unit, language, currency),
            interval=words,
        )
    drawn = figure_scale(
        figure.value,
        figure.ci_low,
        figure.ci_high,
        ends,
        end_labels=labels,
        label=spoken,
        other=other,
        firm=figure.status is Status.OK,
    )
    return Markup(drawn)  # noqa: S704  (our own drawing; every text in it was escaped there)


def end_text(value: float, unit: Unit, language: Language, currency: str, digits: int | None = None) -> str:
    """Return what stands at an end of a scale or an axis that is no share.

    Parameters
    ----------
    value : float
        In the unit of the measure.
    unit : str
        See :data:`treue.kernel.registry.Unit`.
    language : Language
        For numbers.
    currency : str
        ISO 4217 code.
    digits : int, optional
        Decimals; as few as the value needs, at most two.

    Returns
    -------
    str
        A number or an amount.
    """
    shown = 100 * value if unit == "per_month" else value
    if unit == "money":
        return language.money(shown, currency, digits=0 if needed_digits(shown) == 0 else None)
    return language.number(shown, needed_digits(shown) if digits is None else digits)


def needed_digits(*values: float) -> int:
    """Return the fewest decimals, at most two, with which all values are written exactly.

    Examples
    --------
    >>> needed_digits(2.8, 4.0), needed_digits(30.0, 42.0)
    (1, 0)
    """
    for digits in (0, 1):
        if all(abs(round(value, digits) - value) < 1e-9 for value in values):
            return digits
    return 2


def so_far(figure: Figure) -> str:
    """Return the pattern in which a value that is not firm stands with its interval; a forecast is none so far."""
    if figure.id in EXPECTED:
        return message("expected {value} (95% limits {interval})")
    return message("so far {value} (95% interval {interval})")


def _note(
    figure: Figure, unit: Unit, language: Language, currency: str, other: str, front: str
) -> tuple[str, ...]:
    parts = [front] if front else []
    words = interval_text(figure, unit, language, currency)
    if figure.status is not Status.OK:
        if figure.value is not None and words:
            value = value_text(figure.value, figure, unit, language, currency)
            parts.append(language.gettext(so_far(figure), value=value, interval=words))
    elif words:
        parts.append(words)
    if unit == "share" and figure.numerator is not None and figure.denominator:
        whole = float(figure.numerator).is_integer() and float(figure.denominator).is_integer()
        if whole:
            parts.append(
                language.gettext(
                    "{events} of {whole}",
                    events=language.number(figure.numerator),
                    whole=language.number(figure.denominator),
                )
            )
        elif figure.n and figure.value is not None:
            # Of money there is no whole number to print beside the share.
            parts.append(language.ngettext("{count} customer", "{count} customers", figure.n))
    elif figure.n and figure.value is not None:
        parts.append(language.ngettext("{count} customer", "{count} customers", figure.n))
    if other:
        parts.append(other)
    return tuple(parts)
