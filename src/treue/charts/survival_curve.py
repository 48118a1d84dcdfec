"""How many stay, by time since the first purchase: steps with their 95 % band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.charts.drawing import WIDTHS, Size, label_expression
from treue.charts.palette import ACCENT, ACCENT_SOFT, INK, LINE, SOFT
from treue.charts.series import axis_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.kernel.language import Language

Ahead = tuple[float, float, float, float]
"""Days since the start, share that a model expects to be still there, and the limits of its interval."""

Point = tuple[float, float, float | None, float | None, bool]
"""Days since the first purchase, share still there, the limits of its interval, and whether it is final."""


def survival_spec(
    points: Sequence[Point],
    language: Language,
    *,
    size: Size,
    median_days: float | None = None,
    ahead: Sequence[Ahead] = (),
    since: str = "",
) -> dict[str, Any]:
    """Return the survival curve, continued by what a model projects where there is one.

    Parameters
    ----------
    points : sequence of Point
        In order of days.
    language : Language
        For numbers and the names of the axes.
    size : {"wide", "narrow"}
        For which width of page.
    median_days : float, optional
        Where half are gone, if they ever are.
    ahead : sequence of Ahead
        The model's curve from where it takes over, in order of days.
    since : str
        Name of the axis; default: days since the first purchase.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    rows = curve_rows(points)
    for row in rows:
        row["told"] = told(row, language)
    longest = max([row["x"] for row in rows] + [point[0] for point in ahead], default=1.0)
    days = [tick for tick in axis_ticks(0, longest, 6 if size == "wide" else 3) if tick == int(tick)]
    shares = [0, 0.25, 0.5, 0.75, 1]
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, longest], "nice": False},
        "axis": {
            "values": days,
            "labelExpr": label_expression({day: language.number(day) for day in days}),
            "title": since or language.gettext("days since the first purchase"),
            "grid": False,
        },
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {
            "values": shares,
            "labelExpr": label_expression({share: language.percent(share, 0) for share in shares}),
            "title": None,
        },
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "color": ACCENT_SOFT, "interpolate": "step-after"},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        *(
            {
                "transform": [{"filter": f"datum.final === {str(final).lower()}"}],
                "mark": {
                    "type": "line",
                    "color": ACCENT,
                    "strokeWidth": 2,
                    "interpolate": "step-after",
                    "strokeDash": [1, 0] if final else [5, 3],
                },
                "encoding": {"x": x, "y": y, "detail": {"field": "run"}},
            }
            for final in (True, False)
        ),
    ]
    if ahead:
        layers = [*_ahead_layers(ahead, x, y), *layers]
    if median_days is not None and median_days <= longest:
        # Words that would leave the drawing at the right stand at the left of the mark; a narrow drawing has no room.
        turn = longest * 0.7
        words = language.gettext("half are gone {after}", after=language.after(median_days, exact=True))
        mark = {"data": {"values": [{"x": median_days, "y": 0.5, "top": 0.5, "bottom": 0}]}}
        layers.append(
            {
                **mark,
                "mark": {"type": "rule", "color": SOFT, "strokeDash": [3, 3]},
                "encoding": {"x": x, "y": {**y, "field": "bottom"}, "y2": {"field": "top"}},
            }
        )
        layers.append(
            {
                **mark,
                "mark": {
                    "type": "text",
                    "align": "right" if median_days > turn else "left",
                    "dx": -6 if median_days > turn else 6,
                    "dy": -8,
                    "color": INK,
                    "text": words if size == "wide" else "",
                },
                "encoding": {"x": x, "y": y},
            }
        )
    return {
        "width": WIDTHS[size],
        "height": 280 if size == "wide" else 230,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "layer": layers,
    }


def told(row: dict[str, Any], language: Language) -> str:
    """Return what a point of a curve is in words, for the pointer.

    Parameters
    ----------
    row : dict
        ``x`` (days), ``y``, ``low`` and ``high`` (shares).
    language : Language
        For words and numbers.

    Returns
    -------
    str
        Days, share, and its interval where there is one.
    """
    text = f"{language.after(row['x'], exact=True)}: {language.percent(row['y'], 1)}"
    if row["low"] == row["high"]:
        return text
    return f"{text} ({language.percent_range(row['low'], row['high'], 1)})"


def _ahead_layers(ahead: Sequence[Ahead], x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the model's curve, dashed and in another tone than what was seen, with its band."""
    data = {"values": [{"x": day, "y": share, "low": low, "high": high} for day, share, low, high in ahead]}
    return [
        {
            "data": data,
            "mark": {"type": "area", "color": LINE},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {"type": "line", "color": INK, "strokeWidth": 1.5, "strokeDash": [6, 4]},
            "encoding": {"x": x, "y": y},
        },
    ]


def curve_rows(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the points of a curve in runs that are final or not, each run joined to the next.

    Parameters
    ----------
    points : sequence of Point
        In order of days.

    Returns
    -------
    list of dict
        ``x``, ``y``, ``low``, ``high``, ``final`` and ``run``; the first point of a run also ends the
        run before it, so that the curve has no hole.
    """
    rows: list[dict[str, Any]] = []
    run = 0
    for day, share, low, high, final in points:
        row = {
            "x": day,
            "y": share,
            "low": share if low is None else low,
            "high": share if high is None else high,
        }
        if rows and rows[-1]["final"] is not final:
            rows.append({**row, "final": not final, "run": run})
            run += 1
        rows.append({**row, "final": final, "run": run})
    return rows
