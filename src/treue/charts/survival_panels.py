"""How long the customers of several groups stay: one small drawing each, with all customers dashed in every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.charts.drawing import WIDTHS, Size, label_expression
from treue.charts.live import TOLD
from treue.charts.palette import ACCENT, ACCENT_SOFT, INK, SOFT
from treue.charts.series import axis_ticks
from treue.charts.survival_curve import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from treue.charts.survival_curve import Point
    from treue.kernel.language import Language

GUTTER = 56
"""Room for the axis beside each panel, in units of the drawing."""


def survival_panels_spec(
    groups: Mapping[str, Sequence[Point]], whole: Sequence[Point], language: Language, *, size: Size
) -> dict[str, Any]:
    """Return the survival curves of groups as small multiples.

    Lines in one drawing would have to be told apart by colour; panels need none, and each group is seen
    against the same dashed line.

    Parameters
    ----------
    groups : mapping of str to sequence of Point
        Name as it is shown to its curve, in the order of the panels.
    whole : sequence of Point
        The curve of all customers.
    language : Language
        For numbers and the name of the axis.
    size : {"wide", "narrow"}
        For which width of page.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    columns = min(3 if size == "wide" else 1, len(groups))
    longest = max((point[0] for points in groups.values() for point in points), default=1.0)
    rows = []
    for place, (name, points) in enumerate(groups.items()):
        for part, curve in (("own", points), ("whole", whole)):
            for day, share, low, high, _ in curve:
                if day <= longest:
                    row = {
                        "panel": place,
                        "part": part,
                        "x": day,
                        "y": share,
                        "low": share if low is None else low,
                        "high": share if high is None else high,
                    }
                    # All customers stand in every panel; the pointer asks for the group.
                    rows.append({**row, TOLD: f"{name}, {told(row, language)}"} if part == "own" else row)
    ticks = [tick for tick in axis_ticks(0, longest, 3) if tick == int(tick)]
    shares = [0, 0.5, 1]
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, longest], "nice": False},
        "axis": {
            "values": ticks,
            "labelExpr": label_expression({day: language.number(day) for day in ticks}),
            "title": None,
            "grid": False,
            "labelFlush": True,
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
    own, all_ = {"filter": "datum.part === 'own'"}, {"filter": "datum.part === 'whole'"}
    step = {"type": "line", "interpolate": "step-after"}
    return {
        "data": {"values": rows},
        "columns": columns,
        "spacing": 24,
        "facet": {
            "field": "panel",
            "type": "ordinal",
            "header": {
                "title": None,
                "labelExpr": label_expression(dict(enumerate(groups))),
                "labelAnchor": "start",
                "labelFontSize": 14,
                "labelColor": INK,
                "labelFont": "inherit",
            },
        },
        "spec": {
            "width": WIDTHS[size] // columns - GUTTER,
            "height": 150 if size == "wide" else 120,
            "layer": [
                {
                    "transform": [own],
                    "mark": {"type": "area", "color": ACCENT_SOFT, "interpolate": "step-after"},
                    "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
                },
                {
                    "transform": [all_],
                    "mark": {**step, "color": SOFT, "strokeWidth": 1.5, "strokeDash": [5, 3]},
                    "encoding": {"x": x, "y": y},
                },
                {
                    "transform": [own],
                    "mark": {**step, "color": ACCENT, "strokeWidth": 2},
                    "encoding": {"x": x, "y": y},
                },
            ],
        },
    }
