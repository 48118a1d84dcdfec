"""Every page that can be opened without an object, walked from the table of addresses: later pages too."""

from __future__ import annotations

import re

import pytest

from treue.app.web.access import ROUTES

PAGES = [route for route in ROUTES if "<" not in route.path and ("owner" in route.read or route.public)]
PERSONAL = [route for route in PAGES if route.name not in {"style", "alive", "chart-library"}]
NO_PAGE = {"style", "alive", "chart-library"}
"""What is no page for people."""
KEPT = {"style", "chart-library"}
"""What browsers may keep: it is the same for everybody, and its address changes with its content."""


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_a_page_answers_its_owner(ines, browse, route):
    answer = browse(ines).get(f"/{route.path}")
    assert answer.status_code in {200, 302, 405}, answer.content[:500]


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_a_page_speaks_the_language(ines, browse, code):
    ines.language = code
    ines.save()
    for route in PERSONAL:
        page = page_of(browse(ines).get(f"/{route.path}"))
        assert not page or f'<html lang="{code}"' in page, route.name


def page_of(answer):
    """Return a whole page as text; nothing for fragments, files and redirects."""
    if answer.status_code != 200 or answer.streaming or not answer.content.startswith(b"<!doctype html>"):
        return ""
    return answer.content.decode()


@pytest.mark.slow_on_postgres
def test_every_answer_carries_what_the_observatory_asks_for(ines, browse, kim, faults):
    for route in ROUTES:
        path = f"/{re.sub('<int:[^>]*>', '1', re.sub('<(str|path|slug):[^>]*>', 'x', route.path))}"
        for client in (browse(ines), kim):
            for answer in (client.get(path), client.post(path)):
                assert not faults(answer.headers, kept=route.name in KEPT), route.name


def test_no_page_has_inline_scripts_or_styles(ines, browse):
    for route in PERSONAL:
        page = page_of(browse(ines).get(f"/{route.path}"))
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page, re.IGNORECASE), route.name
        for attributes in re.findall(r"<script([^>]*)>", page):
            assert 'src="/static/' in attributes or 'type="application/json"' in attributes, route.name
        assert not re.search(r'(src|href)="(https?:)?//', page), route.name
