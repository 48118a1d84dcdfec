"""A Vega-Lite specification becomes one piece of SVG that a page can hold."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

from treue.charts.palette import HATCH, INK, LINE, SOFT, VARIABLES
from treue.kernel.aside import Aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Size = Literal["wide", "narrow"]

WIDTHS: Final[dict[Size, int]] = {"wide": 960, "narrow": 340}
"""Width of a drawing in its own units; text is 13 or 14 of them, so it reads at 390 px and at 1280 px."""

_FONT = "inherit"

# A drawing of the kinds of parts that charts have: whoever draws it first has it faster afterwards.
_FIRST: Final = {
    "data": {"values": [{"x": "2026-01-01", "low": 1, "high": 3}, {"x": "2026-02-01", "low": 2, "high": 4}]},
    "encoding": {"x": {"field": "x", "type": "temporal"}, "y": {"field": "low", "type": "quantitative"}},
    "layer": [
        {"mark": "area", "encoding": {"y2": {"field": "high"}}},
        {"mark": "line"},
        {"mark": "point"},
        {"mark": "text", "encoding": {"text": {"field": "high"}}},
        {"mark": "rect", "encoding": {"x": {"field": "x", "type": "ordinal"}}},
    ],
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_COLOUR = re.compile(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]|rgb\((\d), ?\1, ?\1\)")


def config() -> dict[str, Any]:
    """Return the quiet look that every chart shares.

    Returns
    -------
    dict
        The ``config`` of a Vega-Lite specification.
    """
    return {
        "font": _FONT,
        "background": None,
        "padding": {"left": 2, "right": 8, "top": 8, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": LINE,
            "labelColor": SOFT,
            "labelFontSize": 14,
            "labelPadding": 6,
            "titleColor": SOFT,
            "titleFontSize": 14,
            "titleFontWeight": "normal",
            "labelFont": _FONT,
            "titleFont": _FONT,
        },
        "text": {"font": _FONT, "fontSize": 14, "color": INK},
    }


def label_expression(labels: Mapping[Any, str]) -> str:
    """Return the Vega expression that looks an axis value up in ready-written labels.

    Numbers and dates are written by :class:`treue.kernel.language.Language`, never by the chart.

    Parameters
    ----------
    labels : mapping of number to str
        Axis value to what stands beside it.

    Returns
    -------
    str
        An expression over ``datum.value``.

    Examples
    --------
    >>> label_expression({0: "0%", 1: "100%"})
    "{'0': '0%', '1': '100%'}[toString(datum.value)] || ''"
    """
    pairs = ", ".join(f"'{key:g}': '{_quoted(text)}'" for key, text in labels.items())
    return "{" + pairs + "}[toString(datum.value)] || ''"


def _quoted(text: str) -> str:
    # A line end inside a name would end the expression.
    return _CONTROL.sub(" ", text).replace("\\", "\\\\").replace("'", "\\'")


def render(spec: dict[str, Any], *, name: str, label: str) -> str:
    """Return a specification as inline SVG with the page's own colours.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification with colours from :mod:`treue.charts.palette`.
    name : str
        Unique in the page; part of every id inside the drawing.
    label : str
        What the drawing shows, in a sentence, for those who hear the page.

    Returns
    -------
    str
        One ``<svg>`` element without fixed size, script or outside reference.
    """
    return begin(spec, name=name, label=label)()


def begin(spec: dict[str, Any], *, name: str, label: str) -> Callable[[], str]:
    """Begin to draw a specification beside whatever comes next.

    Parameters
    ----------
    spec : dict
        See :func:`render`.
    name, label : str
        See :func:`render`.

    Returns
    -------
    callable
        Waits until it is drawn and returns what :func:`render` does.
    """
    whole = {"config": config(), **spec}
    drawn = _OTHERS[-1].begin(draw, whole) if _OTHERS else partial(draw, whole)
    return lambda: finish(drawn(), name=name, label=label)


@contextmanager
def drawing_aside() -> Iterator[None]:
    """Draw in a second process from here to the end of the block.

    The renderer takes the better part of a second to start and holds up its whole process meanwhile. Who knows
    that drawings will follow enters this before other work.
    """
    with Aside() as process:
        process.begin(draw, {"config": config(), **_FIRST})
        _OTHERS.append(process)
        try:
            yield
        finally:
            _OTHERS.remove(process)


_OTHERS: list[Aside] = []


def draw(spec: dict[str, Any]) -> str:
    """Return a specification as the renderer writes it.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification.

    Returns
    -------
    str
        A whole SVG file.
    """
    import vl_convert  # only who draws pays for it

    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def finish(svg: str, *, name: str, label: str) -> str:
    """Return a drawn SVG with the page's colours, ids of its own, and a name for those who hear it.

    Parameters
    ----------
    svg : str
        As the renderer wrote it.
    name, label : str
        See :func:`render`.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    svg = re.sub(r' (?:role|aria-[a-z]+|pointer-events)="[^"]*"', "", svg)
    svg = re.sub(r' font-family="[^"]*"| class="(?:background|foreground)"', "", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = _COLOUR.sub(lambda found: _variable(found.group(0), name), svg)
    view = re.search(r'viewBox="([^"]+)"', svg)
    box = view.group(1) if view else "0 0 100 100"
    body = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    defs = hatch_pattern(name) if f"url(#{name}-hatch)" in body else ""
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label, quote=True)}" focusable="false">{defs}{body}</svg>'


def hatch_pattern(name: str) -> str:
    """Return the definition of the hatching that marks what is not final.

    Parameters
    ----------
    name : str
        Unique in the page.

    Returns
    -------
    str
        A ``<defs>`` element; use it as ``url(#{name}-hatch)``.
    """
    return (
        f'<defs><pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" stroke="var(--soft)" '
        'stroke-width="1.4" stroke-opacity=".55"/></pattern></defs>'
    )


def _variable(colour: str, name: str) -> str:
    if colour.startswith("rgb"):
        digit = int(colour[4])
        colour = f"#{digit:02x}{digit:02x}{digit:02x}"
    if colour == HATCH:
        return f"url(#{name}-hatch)"
    return VARIABLES.get(colour, colour)
