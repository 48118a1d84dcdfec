"""A figure over time: line, 95 % band, and open marks where a period cannot be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.charts.drawing import WIDTHS, Size, label_expression
from treue.charts.palette import ACCENT, ACCENT_SOFT, INK, PAPER, SOFT
from treue.kernel.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language


def series_spec(
    figures: Sequence[Figure],
    language: Language,
    *,
    size: Size,
    write: Callable[[float], str],
    share: bool = True,
) -> dict[str, Any]:
    """Return the chart of one figure over periods.

    A period that is final and has enough customers is a full dot on the line inside its band. One
    that is not is an open dot with its own interval, off the line: a curve never falls just because
    time is not over.

    Parameters
    ----------
    figures : sequence of Figure
        One per period, in order, with ``period`` set.
    language : Language
        For the names of periods.
    size : {"wide", "narrow"}
        For which width of page.
    write : callable
        Writes a value at the axis.
    share : bool
        True keeps the axis between 0 and 1.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    rows, run = [], 0
    for place, figure in enumerate(figures):
        firm = figure.status is Status.OK and figure.ci_low is not None
        if not firm:
            run += 1
        if figure.value is None:
            continue
        rows.append(
            {
                "x": place,
                "y": figure.value,
                "low": figure.value if figure.ci_low is None else figure.ci_low,
                "high": figure.value if figure.ci_high is None else figure.ci_high,
                "firm": firm,
                "run": run,
                "told": _told(figure, language, write),
            }
        )
    low, high = axis_domain(rows, share=share)
    ticks = axis_ticks(low, high)
    labels = {float(f"{tick:g}"): write(tick) for tick in ticks}
    shown = period_ticks(len(figures), 10 if size == "wide" else 4)
    names = {place: language.period(str(figures[place].period), short=True) for place in shown}
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [-0.4, len(figures) - 0.6], "nice": False, "zero": False},
        "axis": {
            "values": shown,
            "labelExpr": label_expression(names),
            "title": None,
            "grid": False,
            "labelFlush": False,
            "labelOverlap": True,
        },
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [low, high], "nice": False, "zero": False},
        "axis": {"values": ticks, "labelExpr": label_expression(labels), "title": None},
    }
    closed, open_ = {"filter": "datum.firm"}, {"filter": "!datum.firm"}
    band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "detail": {"field": "run"}}
    whisker = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    line = {"x": x, "y": y, "detail": {"field": "run"}}
    dot = {"x": x, "y": y}
    radius = 46 if len(figures) <= 36 else 16
    return {
        "width": WIDTHS[size],
        "height": 260 if size == "wide" else 220,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "layer": [
            {"transform": [closed], "mark": {"type": "area", "color": ACCENT_SOFT}, "encoding": band},
            {
                "transform": [closed],
                "mark": {"type": "rule", "color": ACCENT_SOFT, "strokeWidth": 5},
                "encoding": whisker,
            },
            {
                "transform": [open_],
                "mark": {"type": "rule", "color": SOFT, "strokeDash": [3, 3]},
                "encoding": whisker,
            },
            {
                "transform": [closed],
                "mark": {"type": "line", "color": ACCENT, "strokeWidth": 2},
                "encoding": line,
            },
            {
                "transform": [closed],
                "mark": {"type": "point", "filled": True, "color": ACCENT, "size": radius, "opacity": 1},
                "encoding": dot,
            },
            {
                "transform": [open_],
                "mark": {
                    "type": "point",
                    "fill": PAPER,
                    "stroke": INK,
                    "strokeWidth": 1.5,
                    "size": 50,
                    "opacity": 1,
                },
                "encoding": dot,
            },
        ],
    }


def _told(figure: Figure, language: Language, write: Callable[[float], str]) -> str:
    """Return what a period is in words, for the pointer."""
    text = f"{language.period(str(figure.period))}: {write(figure.value or 0.0)}"
    if figure.ci_low is None or figure.ci_high is None:
        return text
    return f"{text} ({write(figure.ci_low)} – {write(figure.ci_high)})"


def axis_domain(rows: Sequence[dict[str, Any]], *, share: bool) -> tuple[float, float]:
    """Return limits of the axis that hold every interval and leave it some air.

    Parameters
    ----------
    rows : sequence of dict
        With ``low``, ``high`` and ``firm``.
    share : bool
        True keeps the limits between 0 and 1, at least a tenth apart.

    Returns
    -------
    tuple of float
        Lower and upper limit; (0, 1) without rows.
    """
    if not rows:
        return 0.0, 1.0
    low = min(row["low"] for row in rows)
    high = max(row["high"] for row in rows)
    least = 0.1 if share else max(abs(high), 1e-9) * 0.1
    air = max((high - low) * 0.12, (least - (high - low)) / 2, 0)
    low, high = low - air, high + air
    if share:
        return max(0.0, low), min(1.0, high)
    return max(0.0, low), high


def axis_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Return round numbers between two limits.

    Examples
    --------
    >>> axis_ticks(0.72, 0.91)
    [0.75, 0.8, 0.85, 0.9]
    """
    import math

    raw = max(high - low, 1e-12) / wanted
    power: float = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)]


def period_ticks(count: int, most: int) -> list[int]:
    """Return which of `count` periods get a name at the axis: at most `most`, evenly, the last always.

    Examples
    --------
    >>> period_ticks(10, 4)
    [0, 3, 6, 9]
    """
    step = max(1, -(-count // most))
    return sorted(range(count - 1, -1, -step))
