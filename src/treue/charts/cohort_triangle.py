"""Who came when, and how many of them are still active: a triangle of shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treue.charts.drawing import WIDTHS, Size, label_expression
from treue.charts.palette import ACCENT, HATCH, HEAT_LIMIT, INK, LINE, SOFT
from treue.kernel.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language


@dataclass(frozen=True, slots=True)
class Cell:
    """One cohort in one later period.

    Parameters
    ----------
    cohort : str
        Period of the first purchase.
    age : int
        Whole periods since then, 0 or more.
    figure : Figure
        The share that was active.
    """

    cohort: str
    age: int
    figure: Figure


def period_place(label: str) -> int:
    """Return the place of a period in time, in periods of its own length.

    Examples
    --------
    >>> period_place("2011-03") - period_place("2010-12"), period_place("2011-Q1") - period_place("2010-Q4")
    (3, 1)
    """
    year, _, rest = label.partition("-")
    if rest.startswith("Q"):
        return int(year) * 4 + int(rest[1:]) - 1
    return int(year) * 12 + int(rest) - 1 if rest else int(year)


def cells(figures: Sequence[Figure]) -> list[Cell]:
    """Return figures of ``cohort_retention`` as cells, oldest cohort first.

    Parameters
    ----------
    figures : sequence of Figure
        With the cohort in ``segment`` and the period of activity in ``period``.

    Returns
    -------
    list of Cell
        Without figures that carry no value or no place.
    """
    found = []
    for figure in figures:
        if figure.segment is None or figure.period is None or figure.value is None:
            continue
        found.append(Cell(figure.segment, period_place(figure.period) - period_place(figure.segment), figure))
    return sorted(found, key=lambda cell: (period_place(cell.cohort), cell.age))


def triangle_spec(found: Sequence[Cell], language: Language, *, size: Size) -> dict[str, Any]:
    """Return the cohort triangle: a row per cohort, a column per period since the first purchase.

    The stronger the tint, the more are active. Cells that are not final are hatched; cells of too few
    customers have no tint. The first column (everybody) is left out, it is always 100 %.

    Parameters
    ----------
    found : sequence of Cell
        As :func:`cells` returns them.
    language : Language
        For names and numbers.
    size : {"wide", "narrow"}
        Numbers stand in the cells only where there is room for them.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    shown = [cell for cell in found if cell.age > 0]
    cohorts = list(dict.fromkeys(cell.cohort for cell in shown))
    ages = max((cell.age for cell in shown), default=1)
    top = max((cell.figure.value or 0 for cell in shown), default=1) or 1
    title = _age_title(cohorts, language)
    rows = []
    for cell in shown:
        value = cell.figure.value or 0
        firm = cell.figure.status is Status.OK
        rows.append(
            {
                "age": cell.age,
                "row": cohorts.index(cell.cohort),
                "x0": cell.age - 0.5,
                "x1": cell.age + 0.5,
                "y0": cohorts.index(cell.cohort) - 0.5,
                "y1": cohorts.index(cell.cohort) + 0.5,
                "tint": round(0.04 + (HEAT_LIMIT - 0.04) * value / top, 3) if firm else 0.0,
                "open": cell.figure.status is Status.PROVISIONAL,
                "firm": firm,
                "text": language.number(100 * value),
                "told": f"{language.period(cell.cohort)}, {language.number(cell.age)} {title}: "
                f"{cell_words(cell.figure, language)}",
            }
        )
    names = {place: language.period(cohort, short=True) for place, cohort in enumerate(cohorts)}
    numbers = {age: language.number(age) for age in range(1, ages + 1)}
    step = max(1, -(-ages // (26 if size == "wide" else 8)))
    x_axis = {
        "orient": "top",
        "values": [age for age in numbers if (age - 1) % step == 0],
        "labelExpr": label_expression(numbers),
        "title": title,
        "grid": False,
    }
    every = max(1, -(-len(cohorts) // 40))
    y_axis = {
        "values": [place for place in names if place % every == 0],
        "labelExpr": label_expression(names),
        "title": None,
        "grid": False,
    }
    x = {
        "field": "x0",
        "type": "quantitative",
        "scale": {"domain": [0.5, ages + 0.5], "nice": False, "zero": False},
        "axis": x_axis,
    }
    y = {
        "field": "y0",
        "type": "quantitative",
        "axis": y_axis,
        "scale": {"domain": [len(cohorts) - 0.5, -0.5], "nice": False, "zero": False},
    }
    box = {"x": x, "x2": {"field": "x1"}, "y": y, "y2": {"field": "y1"}}
    spot = {"x": {**x, "field": "age"}, "y": {**y, "field": "row"}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "fill": ACCENT, "stroke": LINE, "strokeWidth": 1},
            "encoding": {**box, "fillOpacity": {"field": "tint", "type": "quantitative", "scale": None}},
        },
        {
            "transform": [{"filter": "datum.open"}],
            "mark": {"type": "rect", "fill": HATCH, "stroke": SOFT, "strokeWidth": 0.5, "strokeDash": [3, 2]},
            "encoding": box,
        },
    ]
    if size == "wide" and ages <= 26:
        layers.append(
            {
                "mark": {"type": "text", "fontSize": 14 if ages <= 20 else 12},
                "encoding": {
                    **spot,
                    "text": {"field": "text"},
                    "color": {"condition": {"test": "datum.firm", "value": INK}, "value": SOFT},
                },
            }
        )
    row_height = (28 if len(cohorts) <= 24 else 18) if size == "wide" else 16
    return {
        "width": WIDTHS[size],
        "height": max(90, row_height * len(cohorts) + 44),
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "layer": layers,
    }


def cell_words(figure: Figure, language: Language) -> str:
    """Return what a cell says: its share, the interval where there is one, and of how many customers.

    Parameters
    ----------
    figure : Figure
        One of ``cohort_retention`` with a value.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        For example ``43.3% (34.8–52.3%), 120 customers``.
    """
    words = language.percent(figure.value or 0.0, 1)
    if figure.ci_low is not None and figure.ci_high is not None:
        words += f" ({language.percent_range(figure.ci_low, figure.ci_high, 1)})"
    return f"{words}, {language.ngettext('{count} customer', '{count} customers', figure.n)}"


def _age_title(cohorts: Sequence[str], language: Language) -> str:
    sample = cohorts[0] if cohorts else ""
    if "Q" in sample:
        return language.gettext("quarters since the first purchase")
    if len(sample) == 4:
        return language.gettext("years since the first purchase")
    return language.gettext("months since the first purchase")
