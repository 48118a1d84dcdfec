"""A model's rehearsal as pictures: what it expected beside what happened, by week and by earlier purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from treue.charts.drawing import WIDTHS, Size, label_expression
from treue.charts.live import TOLD
from treue.charts.palette import ACCENT, ACCENT_SOFT, INK, PAPER
from treue.charts.series import axis_ticks, period_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Point(NamedTuple):
    """One place of the axis: what was expected there, what happened, and limits of one of the two (or None)."""

    name: str
    expected: float
    actual: float
    low: float | None
    high: float | None


def rehearsal_spec(
    points: Sequence[Point],
    *,
    size: Size,
    write: Callable[[float], str],
    tell: Callable[[Point], str],
    limits_of_actual: bool = False,
) -> dict[str, Any]:
    """Return the chart of what was expected beside what happened.

    What was expected is a line, with a band where it has limits of its own; what happened are dots, with a
    stroke where the limits are theirs.

    Parameters
    ----------
    points : sequence of Point
        In order.
    size : {"wide", "narrow"}
        For which width of page.
    write : callable
        Writes a value at the axis.
    tell : callable
        Says a point in words, for the pointer.
    limits_of_actual : bool
        Whether the limits are those of what happened.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    rows: list[dict[str, Any]] = [
        {
            "x": place,
            "expected": point.expected,
            "actual": point.actual,
            "low": point.expected if point.low is None else point.low,
            "high": point.expected if point.high is None else point.high,
            TOLD: tell(point),
        }
        for place, point in enumerate(points)
    ]
    top = max(max(row["actual"], row["expected"], row["high"]) for row in rows) * 1.08 or 1.0
    ticks = axis_ticks(0.0, top)
    named = period_ticks(len(points), (10 if size == "wide" else 4) if len(points) > 10 else len(points))
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [-0.5, len(points) - 0.5], "nice": False, "zero": False},
        "axis": {
            "values": named,
            "labelExpr": label_expression({place: points[place].name for place in named}),
            "title": None,
            "grid": False,
            "labelFlush": False,
            "labelOverlap": True,
        },
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {
            "values": ticks,
            "labelExpr": label_expression({float(f"{tick:g}"): write(tick) for tick in ticks}),
            "title": None,
        },
    }
    limits = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    spread: dict[str, Any] = {"mark": {"type": "area", "color": ACCENT_SOFT}, "encoding": limits}
    if limits_of_actual:
        spread = {"mark": {"type": "rule", "color": ACCENT_SOFT, "strokeWidth": 5}, "encoding": limits}
    return {
        "width": WIDTHS[size],
        "height": 230 if size == "wide" else 200,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "layer": [
            spread,
            {
                "mark": {"type": "line", "color": ACCENT, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "expected"}},
            },
            {
                "mark": {
                    "type": "point",
                    "fill": PAPER,
                    "stroke": INK,
                    "strokeWidth": 1.5,
                    "size": 40 if len(points) < 40 else 18,
                    "opacity": 1,
                },
                "encoding": {"x": x, "y": {**y, "field": "actual"}},
            },
        ],
    }
