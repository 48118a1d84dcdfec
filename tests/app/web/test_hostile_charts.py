"""Hostile names in charts: all of them, on axes, in titles, under the pointer and for those who hear the page."""

from __future__ import annotations

import json
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from treue.app.core.models import User
from treue.app.measuring import chart_library
from treue.charts import drawing, ladder_stair, rehearsal, rhythm_strip, survival_curve, survival_panels
from treue.charts.live import live_spec
from treue.kernel.language import Language

pytestmark = [pytest.mark.browser, pytest.mark.slow_on_postgres]

ENGLISH = Language("en")
SHAPES = json.loads((Path(__file__).parent / "hostile_texts.json").read_text(encoding="utf-8"))
HOOKS = """
window.found = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.found.push(name);
"""
ALL_POINTED = """async () => {
  const told = new Set();
  const note = document.querySelector(".told");
  for (const one of document.querySelectorAll("figure .live, figure .readable")) {
    one.querySelectorAll('[class*="pointer_marks"] > *').forEach((mark) => {
      ["pointerover", "pointermove", "mouseover", "mousemove"].forEach((name) =>
        mark.dispatchEvent(new PointerEvent(name, { bubbles: true, clientX: 9, clientY: 9 })));
      told.add(document.querySelector("#vg-tooltip-element.visible")?.textContent);
    });
    one.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
    for (let steps = 0; steps < 60; steps += 1) {
      told.add(note.textContent);
      one.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    }
  }
  return [...told];
}"""
"""Points at every mark of every chart, and walks through them with keys; gives what was said."""


def drawings(texts):
    """Draw charts in which each text is a name of a group, of an axis and of a place; gives figures and live ones."""
    points = [(0.0, 1.0, None, None, True), (90.0, 0.5, 0.4, 0.6, True)]
    places = [rehearsal.Point(text, place, place + 1, None, None) for place, text in enumerate(texts)]
    written = cycle(texts)
    specs = [
        *(
            survival_panels.survival_panels_spec(dict.fromkeys(some, points), points, ENGLISH, size="wide")
            for some in (texts[::2], texts[1::2])
        ),
        rehearsal.rehearsal_spec(
            places, size="wide", write=lambda _: next(written), tell=lambda point: point.name
        ),
        *(survival_curve.survival_spec(points, ENGLISH, size="wide", since=text) for text in texts[:3]),
    ]
    stairs = [
        ladder_stair.ladder_stair(
            [ladder_stair.Step(3, text, text, (text,), told=text) for text in texts[start : start + 5]],
            per_dot=1, size="wide", label=texts[start],
        )
        for start in range(0, len(texts), 5)
    ]  # fmt: skip
    strips = [rhythm_strip.rhythm_strip([(1, 5.0)], 9, habit_days=3, label=text) for text in texts]
    figures = [
        f'<figure class="chart" data-chart="/charts/hostile-{number}/"><div class="wide">'
        + drawing.render(spec, name=f"hostile-{number}", label=texts[number])
        + "</div></figure>"
        for number, spec in enumerate(specs)
    ]
    figures += [f'<figure class="chart"><div class="wide">{one}</div></figure>' for one in stairs]
    live = [
        {"wide": live_spec(spec, name=f"hostile-{number}", size="wide")} for number, spec in enumerate(specs)
    ]
    return "".join(figures + strips), live


def answered(body, kind, route):
    route.fulfill(body=body, content_type=kind)


def charts_page(visit, texts):
    """Open a page with charts of texts, and no policy that would stop anything; gives it when all is drawn."""
    chart_library.make()
    page = visit(User.objects.create(email="ines@firm.example", name="Ines", role="owner"))
    page.set_default_timeout(120_000)
    page.context.add_init_script(HOOKS)
    figures, live = drawings(texts)
    script = f'<script src="/static/treue/charts.js" type="module" data-library="{chart_library.address()}"></script>'
    for number, spec in enumerate(live):
        page.route(f"**/charts/hostile-{number}/", partial(answered, json.dumps(spec), "application/json"))
    whole = f"<!doctype html><html lang=en><meta charset=utf-8><body>{figures}{script}"
    page.route("**/all-charts/", partial(answered, whole, "text/html"))
    page.goto("/all-charts/")
    for number in range(len(live)):
        figure = page.locator(f"[data-chart='/charts/hostile-{number}/']")
        figure.scroll_into_view_if_needed()
        figure.locator(".live svg").wait_for(state="attached")
    return page


def test_no_hostile_name_is_run_in_a_chart_on_its_axes_or_under_the_pointer(real_database, visit):
    page = charts_page(visit, SHAPES)
    said = page.evaluate(ALL_POINTED)
    page.wait_for_timeout(100)
    assert page.evaluate("window.found") == []
    # Each stands where it should, as the letters that it is made of.
    shown = "".join("".join(page.locator("figure").all_text_contents()).split())
    for text in SHAPES:
        assert text in said
        assert "".join(text.split()) in shown, text


def test_a_chart_that_does_not_escape_its_names_is_seen(real_database, visit, monkeypatch):
    monkeypatch.setattr(ladder_stair, "escape", lambda text, **_: text)
    page = charts_page(visit, SHAPES[:6])
    page.wait_for_function("window.found.length > 0")
    assert "alert" in page.evaluate("window.found")
