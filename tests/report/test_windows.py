"""Retention under other activity windows: the same as if the firm had set them, and nothing of it stays behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.language import LANGUAGES, Language
from treue.kernel.status import Status
from treue.measures.activity import resurrection_share
from treue.measures.retention import retention_rate
from treue.report.contents import build_report
from treue.report.values import interval_text, value_text
from treue.report.windows import ROUND_DAYS, near_windows, window_choices
from treue.report.windows_section import window_charts, windows_section


@pytest.fixture(scope="module")
def shop(make_orders):
    with History.of(DuckDBEngine(), {"purchases": make_orders(400, 900)}) as history:
        yield history


def test_each_window_gives_what_the_firm_would_get_if_it_set_it(shop):
    found = window_choices(shop)
    assert len(found) > 3
    for one in found:
        alone = shop.with_settings(window_days=one.window.days)
        assert one.now in retention_rate(alone, "quarter")
        assert one.back == resurrection_share(alone)[0]
        assert list(one.series) == retention_rate(alone, "quarter")
        assert (one.window.returned, one.window.silent) == (alone.window.returned, alone.window.silent)


def test_one_window_is_in_force_and_the_longer_the_fewer_come_back(shop):
    found = window_choices(shop)
    assert [one.window.days for one in found if one.in_force] == [shop.window_days]
    days = [one.window.days for one in found]
    assert days == sorted(set(days))
    shares = [one.window.resurrection_share for one in found]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_no_window_is_tried_that_nobody_could_judge(shop):
    assert max(one.window.days for one in window_choices(shop)) <= shop.observed_days // 2
    assert near_windows(30, 45) == (7, 14)
    assert near_windows(1, 3) == ()
    assert set(near_windows(100, 10_000)) <= set(ROUND_DAYS)


def test_what_other_windows_were_computed_with_is_let_go(shop):
    def tables():
        rows = shop.engine.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return sorted(name for (name,) in rows if "spells" in name or "turning" in name)

    retention_rate(shop)
    before = tables()
    window_choices(shop)
    assert tables() == before
    with shop.under_window(33) as other:
        assert len(other.engine.arrow(other.spells))
        assert tables() != before


def test_the_history_itself_stays_as_it_was(shop):
    before = (shop.window_days, retention_rate(shop))
    window_choices(shop)
    assert (shop.window_days, retention_rate(shop)) == before


def test_where_silence_is_no_sign_there_is_no_window_to_choose(make_orders):
    tables = {"purchases": make_orders(60, 400)}
    with History.of(DuckDBEngine(), tables, Settings(activity="rhythm")) as history:
        assert window_choices(history) == ()


def test_a_report_holds_other_windows_only_for_those_who_choose(make_orders):
    with History.of(DuckDBEngine(), {"purchases": make_orders(120, 500)}) as history:
        plain = build_report(history)
        assert plain.windows == ()
        assert windows_section(plain, Language("en")) is None
        chosen = build_report(history, choices=True)
        back = resurrection_share(history)[0]
    assert len(chosen.windows) > 1
    assert [one.id for one in chosen.figures] == [one.id for one in plain.figures]
    for code in LANGUAGES:
        language = Language(code)
        view = windows_section(chosen, language)
        assert len(view.table.rows) == len(chosen.windows)
        names = [name.days for name in view.names if not name.in_force]
        assert list(window_charts(chosen, language)) == [f"window-{days}" for days in names]
        row = next(row for row, one in zip(view.table.rows, chosen.windows, strict=True) if one.in_force)
        # One customer of 34 is too few to be told as a share; its interval says how little is known.
        assert back.status is Status.INSUFFICIENT
        cannot = language.gettext("Cannot tell yet")
        assert row[1] == f"{cannot} ({interval_text(back, 'share', language, 'EUR')})"
        told = next(told for told, one in zip(view.table.told, chosen.windows, strict=True) if one.in_force)
        assert language.number(back.denominator) in told[1]
    # The rows are of one period, whatever windows leave of the others.
    assert {one.now.period for one in chosen.windows} == {chosen.one("retention_rate").period}


def test_a_share_that_can_be_told_stands_with_its_interval(shop, tiny_report):
    choices = window_choices(shop)
    view = windows_section(replace(tiny_report, windows=choices), Language("en"))
    known = [
        (row, one.back)
        for row, one in zip(view.table.rows, choices, strict=True)
        if one.back.status is Status.OK
    ]
    assert known
    for row, back in known:
        value, interval = (tell(back) for tell in (shown, limits))
        assert row[1] == f"{value} ({interval})"


def shown(figure):
    return value_text(figure.value, figure, "share", Language("en"), "EUR")


def limits(figure):
    return interval_text(figure, "share", Language("en"), "EUR")
