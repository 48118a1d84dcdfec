"""A specification for a page on which a chart answers the pointer: the same drawing, and what is under it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.charts.drawing import config
from treue.charts.palette import HATCH, INK, VARIABLES

if TYPE_CHECKING:
    from treue.charts.drawing import Size

TOLD: Final = "told"
"""What a row of the data says in words; only drawings whose rows have it answer the pointer."""

POINTER: Final = "pointer"
"""Name of the layer that the pointer meets; the page finds its marks by it, to walk through them with keys."""


def answers(spec: dict[str, Any]) -> bool:
    """Whether the rows of a drawing say in words what they are."""
    rows = spec.get("data", {}).get("values", [])
    return bool(rows) and TOLD in rows[0] and "layer" in spec.get("spec", spec)


def live_spec(spec: dict[str, Any], *, name: str, size: Size) -> dict[str, Any]:
    """Return a drawing's specification with its looks, the page's colours, and a layer for the pointer.

    Parameters
    ----------
    spec : dict
        Of a drawing whose rows have :data:`TOLD`, or of one drawing for each of several groups of rows; rows
        without it are passed over.
    name : str
        The name under which it was drawn; its hatching is used again.
    size : {"wide", "narrow"}
        The size for which it was drawn.

    Returns
    -------
    dict
        A Vega-Lite specification; it needs no evaluation of text as a program.

    Examples
    --------
    >>> made = live_spec({"data": {"values": [{"x": 1, "told": "one"}]},
    ...                   "layer": [{"mark": {"type": "point", "color": "#010101"}, "encoding": {"x": {"field": "x"}}}]},
    ...                  name="trend", size="wide")
    >>> made["layer"][0]["mark"]["color"], made["layer"][-1]["encoding"]["tooltip"]
    ('var(--ink)', {'field': 'told'})
    """
    if "spec" in spec:
        panels = len({row[spec["facet"]["field"]] for row in spec["data"]["values"]})
        told = sum(TOLD in row for row in spec["data"]["values"])
        inner = spec["spec"]
        pointed = {**inner, "layer": [*inner["layer"], _pointer(inner, told // max(panels, 1))]}
        whole = {"config": config(), **spec, "spec": pointed}
    else:
        pointer = _pointer(spec, len(spec["data"]["values"]))
        whole = {"config": config(), **spec, "layer": [*spec["layer"], pointer]}
    coloured: dict[str, Any] = _coloured(whole, f"url(#{name}-{size}-hatch)")
    return coloured


def _pointer(spec: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the layer that the pointer meets, over a drawing with so many places."""
    box = spec["layer"][0]["encoding"]
    field = "x2" in box
    width = max(4, round(spec.get("width", 400) / max(count, 1)))
    # A stroke that cannot be seen still is what the pointer meets.
    seen = {"condition": {"param": "here", "empty": False, "value": 0.35 if field else 0.12}, "value": 0}
    encoding: dict[str, Any] = {"x": box["x"], "tooltip": {"field": TOLD}}
    if field:
        mark = {"type": "rect", "fill": "transparent", "stroke": INK, "strokeWidth": 2}
        encoding |= {key: box[key] for key in ("x2", "y", "y2")} | {"strokeOpacity": seen}
    else:
        mark = {"type": "rule", "color": INK, "strokeWidth": min(width, 40)}
        encoding |= {"opacity": seen}
    return {
        "name": POINTER,
        "params": [{"name": "here", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
        "transform": [{"filter": f"isValid(datum.{TOLD})"}],
        "mark": mark,
        "encoding": encoding,
    }


def _coloured(value: Any, hatch: str) -> Any:
    if isinstance(value, str):
        return hatch if value == HATCH else VARIABLES.get(value, value)
    if isinstance(value, dict):
        return {key: _coloured(one, hatch) for key, one in value.items()}
    if isinstance(value, list):
        return [_coloured(one, hatch) for one in value]
    return value
