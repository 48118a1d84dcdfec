from __future__ import annotations

import sys
from pathlib import Path

from django.urls import resolve

from treue.app.web.access import NOBODY, ROUTES

PROJECT = Path(__file__).parents[2]


def test_every_page_that_staff_can_open_is_timed(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT)
    monkeypatch.delitem(sys.modules, "bench", raising=False)
    from bench.application import NO_PAGES, PAGES

    timed = {resolve(f"/{page.format(1).partition('?')[0]}").url_name for page in PAGES}
    opened = {route.name for route in ROUTES if route.read is not NOBODY and not route.public}
    assert timed | NO_PAGES.keys() == opened
    assert not timed & NO_PAGES.keys()
