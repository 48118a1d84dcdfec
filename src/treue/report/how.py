"""The last part of the page: how each figure came about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from treue.kernel.status import Status, status_word
from treue.report.cannot_tell import reason
from treue.report.explanations import EXPLANATIONS, METHODS
from treue.report.marks import mark_of
from treue.report.no_model import EXPECTED
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.report.contents import Report
    from treue.report.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How one measure was computed, every word in one language.

    Parameters
    ----------
    id : str
        The measure, as JSON names it.
    label, words, formula, caution : str
        What it is.
    facts : tuple of (str, str)
        Name and content of each line: value, n, window, status, interval, version.
    mark : dict
        The figure for programs, see :func:`treue.report.marks.mark_of`; empty where there are several.
    """

    id: str
    label: str
    words: str
    formula: str
    caution: str
    facts: tuple[tuple[str, str], ...]
    mark: Mark = field(default_factory=dict)


def window_words(window: str, language: Language) -> str:
    """Return the time a figure speaks about in the language of the page.

    Parameters
    ----------
    window : str
        An ISO 8601 interval, or words with at most one number.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    str
        Words that are not known stay as they are.
    """
    if "/" in window:
        return language.window(window)
    dated = re.search(r"\d{4}-\d{2}-\d{2}", window)
    if dated:
        pattern = window.replace(dated.group(), "{day}")
        return language.gettext(pattern, day=language.date(date.fromisoformat(dated.group())))
    return "; ".join(_translated(part, language) for part in window.split("; "))


def _translated(words: str, language: Language) -> str:
    """Translate words with up to two numbers in them."""
    numbers = re.findall(r"\d+(?:\.\d+)?", words)
    places = ["count", "other"][: len(numbers)]
    pattern = words
    for name, number in zip(places, numbers, strict=False):
        pattern = pattern.replace(number, "{" + name + "}", 1)
    values = {
        name: language.number(float(number), len(number.partition(".")[2]))
        for name, number in zip(places, numbers, strict=False)
    }
    return language.gettext(pattern, **values)


def explain(report: Report, language: Language) -> list[How]:
    """Return how every measure of a report was computed, in alphabetical order of the labels.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    list of How
        One per measure that has figures.
    """
    found = [
        _how(name, figures, report, language)
        for name in report.measures
        if (
            figures := [
                figure for (measure, _), group in report.series.items() if measure == name for figure in group
            ]
        )
    ]
    if report.divisions:
        found.append(_groups(report, language))
    return sorted(found, key=lambda how: how.label.casefold())


def _groups(report: Report, language: Language) -> How:
    tests = sum(one.adjusted_p_value is not None for one in report.divisions)
    columns = ", ".join(one.column for one in report.divisions)
    return How(
        id="groups",
        label=language.gettext("Groups of customers compared"),
        words=language.gettext(
            "Customers are divided by columns with 2 to 12 values, chosen by their names and sizes before anybody "
            "looked at who stays. A column of orders or contracts counts as it stood in each customer’s first one, a "
            "column of customers as it stands today."
        ),
        formula="Σ wₖ · rₖ",
        caution=language.gettext(
            "The more comparisons are made, the more of them stand out by chance; the p-values allow for it. "
            "“Allowing for chance” draws small groups toward the total, by as much as their differences are chance."
        ),
        facts=(
            (language.gettext("Columns"), columns),
            (language.gettext("Tests made"), language.number(tests)),
            (
                language.gettext("Methods"),
                language.gettext(
                    "mix held still by weights wₖ of the earlier period; log-rank test, restricted mean where curves "
                    "cross; Benjamini–Hochberg; beta-binomial shares"
                ),
            ),
        ),
    )


def _how(name: str, figures: list[Figure], report: Report, language: Language) -> How:
    measure = report.measures[name]
    known = EXPLANATIONS.get(name)
    alone = report.one(name) if len(report.of(name)) == 1 else None
    facts: list[tuple[str, str]] = []
    if alone is not None:
        facts += _one(alone, report, language)
    else:
        facts.append((language.gettext("Figures of this measure"), language.number(len(figures))))
    methods = dict.fromkeys(figure.ci_method for figure in figures if figure.ci_method)
    if methods:
        words = "; ".join(language.gettext(METHODS.get(method, method)) for method in methods)
        facts.append((language.gettext("Interval"), words))
    facts.append((language.gettext("Version of the definition"), measure.version))
    return How(
        id=name,
        label=language.gettext(measure.label),
        words=language.gettext(known.words) if known else "",
        formula=language.gettext(known.formula) if known else "",
        caution=language.gettext(known.caution) if known else "",
        facts=tuple(facts),
        mark=mark_of(alone) if alone is not None else {},
    )


def _one(figure: Figure, report: Report, language: Language) -> list[tuple[str, str]]:
    unit, currency = report.measures[figure.id].unit, report.data["currency"]
    facts = []
    if figure.value is not None:
        text = value_text(figure.value, figure, unit, language, currency)
        interval = interval_text(figure, unit, language, currency)
        facts.append((language.gettext("Value"), f"{text} ({interval})" if interval else text))
    if figure.numerator is not None and figure.denominator is not None:
        shown = [
            language.number(number, 0 if float(number).is_integer() else 2)
            for number in (figure.numerator, figure.denominator)
        ]
        facts.append((language.gettext("Computed from"), " / ".join(shown)))
    trust = status_word(figure.status, language)
    if figure.id in EXPECTED and figure.status is Status.PROVISIONAL:
        trust = f"{trust}. {reason(figure, report, language)}"
    facts += [
        (language.gettext("Customers counted"), language.number(figure.n)),
        (language.gettext("Time"), window_words(figure.window, language)),
        (language.gettext("How far to trust it"), trust),
    ]
    return facts
