"""Each kind of file that Treue knows has a page."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import treue.history.sources

PAGES = Path(__file__).parents[1] / "docs" / "sources"


def names():
    """Return the shops' layouts, one module each, and the two readers that are always there."""
    for module in pkgutil.iter_modules(treue.history.sources.__path__, "treue.history.sources."):
        layout = getattr(importlib.import_module(module.name), "LAYOUT", None)
        if layout is not None:
            yield layout.name
    yield from ("plain", "canonical")


NAMES = sorted(set(names()))


@pytest.mark.parametrize("name", NAMES)
def test_a_source_has_a_page_that_shows_how_to_read_it(name):
    page = PAGES / f"{name}.md"
    assert page.is_file(), f"docs/sources/{name}.md is missing"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "treue report" in text or "treue check" in text, f"docs/sources/{name}.md shows no command"


def test_the_three_shops_are_known():
    assert {"shopify", "stripe", "woocommerce"} <= set(NAMES)
