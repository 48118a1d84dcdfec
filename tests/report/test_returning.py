"""Who is likely to come back: numbers only from a model that passed, else why there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

import treue
from treue.kernel.language import Language
from treue.kernel.status import Status
from treue.models.choice import Choice, Missing, choose_model
from treue.models.expected import expected_orders, expected_revenue
from treue.report.at_risk import GONE_SHARE, ranked_care
from treue.report.blocks import figure_block
from treue.report.cannot_tell import reason
from treue.report.care_sentences import care_intro, stake_sentence
from treue.report.contents import build_report, report_json
from treue.report.no_model import EXPECTED, FAULTS, why_no_model
from treue.report.page import render_html
from treue.report.returning import rehearsal_charts, rehearsal_sentence, returning_section

ENGLISH = Language("en")


@pytest.fixture(scope="module")
def cdnow(shared_data):
    with treue.read(shared_data / "cdnow_orders.csv", currency="USD") as history:
        yield history, build_report(history)


def test_totals_of_the_public_history_are_those_the_pages_print(cdnow):
    _, report = cdnow
    found = {
        name: tuple(round(value) for value in (one.value, one.ci_low, one.ci_high))
        for name in EXPECTED
        if (one := report.one(name))
    }
    assert found["expected_returners"] == pytest.approx((3358, 3263, 3453), abs=2)
    assert found["expected_orders"] == pytest.approx((5806, 5625, 5986), abs=8)
    assert found["expected_revenue"] == pytest.approx((225_300, 217_741, 233_121), rel=2e-3)
    assert report.last_year.orders == 7137
    ids = {one["id"] for one in report_json(report)["figures"]}
    assert set(EXPECTED) <= ids


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_the_page_shows_the_forecast_with_its_rehearsal(cdnow, code):
    _, report = cdnow
    page = render_html(report, code)
    section = page.split('id="returning"')[1].split("</section>")[0]
    spoken = Language(code)
    assert spoken.number(report.choice.backtest.actual) in section
    assert section.count("<figure") == 3
    assert section.count("<table>") == 3
    assert section.count('class="figure"') == len(EXPECTED)


def test_weeks_beyond_chance_are_said_to_be(cdnow):
    _, report = cdnow
    weeks = [week for week in report.choice.backtest.best.weeks if week.held_out]
    outside = sum(not week.low <= week.actual <= week.high for week in weeks)
    assert outside > len(weeks) / 10
    weekly = returning_section(report, ENGLISH)["charts"][0]
    assert f"{outside} of {len(weeks)} weeks lie outside" in weekly.note


def test_orders_are_added_up_to_those_of_the_sentence(cdnow):
    _, report = cdnow
    rehearsal = report.choice.backtest
    _, added, _ = rehearsal_charts(report.choice, ENGLISH)
    first, last = added.table.rows[0], added.table.rows[-1]
    assert last[-1] == ENGLISH.number(rehearsal.actual)
    assert last[1] == ENGLISH.number(rehearsal.best.value("expected"))
    low, high = (ENGLISH.number(limit) for limit in (rehearsal.best.total_low, rehearsal.best.total_high))
    assert last[2] == f"{low}–{high}"
    assert first[-1] == ENGLISH.number(next(week for week in rehearsal.best.weeks if week.held_out).actual)
    assert "<svg" in str(added.wide)


def test_a_week_that_is_not_over_is_in_the_table_and_not_drawn_as_a_fall(cdnow):
    _, report = cdnow
    rehearsal = report.choice.backtest
    best = rehearsal.best
    last = best.weeks[-1]
    cut = replace(last, ends_on=last.starts_on + timedelta(days=2), actual=4, expected=5.0)
    others = tuple(
        replace(one, weeks=(*best.weeks[:-1], cut)) if one is best else one for one in rehearsal.candidates
    )
    whole, without = (
        rehearsal_charts(replace(report.choice, backtest=replace(rehearsal, candidates=candidates)), ENGLISH)[
            0
        ]
        for candidates in (rehearsal.candidates, others)
    )
    assert len(without.table.rows) == len(whole.table.rows)
    assert without.table.rows[-1][3] == "4"
    assert str(without.wide).count("<path") == str(whole.wide).count("<path") - 1


def test_a_total_outside_its_limits_is_said_to_be(cdnow):
    _, report = cdnow
    rehearsal = report.choice.backtest
    inside = rehearsal_sentence(report.choice, ENGLISH)
    assert rehearsal.best.total_low <= rehearsal.actual <= rehearsal.best.total_high
    assert "limits allowed for" not in inside
    for actual, words in ((99_999, "may be too low"), (1, "may be too high")):
        choice = replace(report.choice, backtest=replace(rehearsal, actual=actual))
        assert words in rehearsal_sentence(choice, ENGLISH)
        assert words in reason(missed_figure(report), replace(report, choice=choice), ENGLISH)


def missed_figure(report):
    return replace(report.one("expected_revenue"), status=Status.PROVISIONAL)


def test_a_forecast_whose_rehearsal_missed_is_not_called_reliable(cdnow):
    history, report = cdnow
    rehearsal = report.choice.backtest
    missed = replace(report.choice, backtest=replace(rehearsal, actual=99_999))
    kept = dict(history.kept)
    try:
        history.kept[next(key for key in history.kept if key[0] == "choice")] = missed
        assert [expected_revenue(history)[0].status, expected_orders(history)[0].status] == [
            Status.PROVISIONAL,
            Status.PROVISIONAL,
        ]
    finally:
        history.kept.clear()
        history.kept.update(kept)
    assert expected_orders(history)[0].status is Status.OK
    shown = replace(report, choice=missed)
    block = figure_block(missed_figure(report), shown, ENGLISH)
    assert "may be too low" in block.cannot
    assert any(words.startswith("expected ") and "95% limits" in words for words in block.note)


def test_care_is_ranked_by_worth_times_the_probability_of_having_left(cdnow):
    history, report = cdnow
    rows = ranked_care(history)
    model = choose_model(history).alive_model
    for row in rows[:20]:
        last, age = row["last_day"] - row["first_day"], history.as_of_day - row["first_day"]
        lost = 1 - float(model.probability_alive(row["gaps_count"], last, age).item())
        assert row["lost_share"] == pytest.approx(lost)
        assert row["stake"] == round(row["value_per_year"] * lost)
    assert [row["stake"] for row in rows] == sorted((row["stake"] for row in rows), reverse=True)
    assert max(row["lost_share"] for row in rows) < GONE_SHARE
    assert report.care_summary.customers == len(rows)
    assert report.care_summary.stake == sum(row["stake"] for row in rows)
    assert [row.customer_id for row in report.care] == [row["customer_id"] for row in rows[:10]]
    assert "Has left with a probability of" in render_html(report)


def test_the_list_says_how_it_is_ranked_and_how_many_have_almost_surely_left(cdnow):
    _, report = cdnow
    assert report.care_summary.gone > 1
    words = stake_sentence(report, ENGLISH)
    assert "the list is ranked by it. Whoever has a high probability" in words
    assert f"{ENGLISH.number(report.care_summary.gone)} more have almost surely left" in words
    nobody = replace(report, care_summary=replace(report.care_summary, gone=0))
    assert "almost surely" not in stake_sentence(nobody, ENGLISH)
    assert care_intro(report, ENGLISH) == "Write to these 10 first, or call."


def test_without_a_model_the_list_keeps_the_order_of_unusual_silence(report):
    assert report.choice.model is None
    assert all(row.lost_share is None for row in report.care)
    stakes = [row.stake for row in report.care]
    assert stakes == sorted(stakes, reverse=True)
    assert "Has left with a probability of" not in render_html(report)


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_what_is_missing_is_said_in_numbers(report, code):
    spoken = Language(code)
    for what in ("customers", "days", "thrice", "returned"):
        choice = Choice(status=Status.INSUFFICIENT, missing=(Missing(what, 123, 456),))
        words = why_no_model(choice, spoken)
        assert "123" in words
        assert "456" in words
        page = render_html(replace(report, choice=choice), code)
        assert words in page
    section = page.split('id="returning"')[1].split("</section>")[0]
    assert 'class="figure"' not in section


def test_a_model_that_failed_is_named_with_the_test_and_shows_no_number(cdnow):
    _, report = cdnow
    rehearsal = report.choice.backtest
    failing = [
        replace(
            one,
            status=Status.NOT_IDENTIFIED,
            trials=tuple(
                replace(trial, passed=False) if trial.name == "pattern" else trial for trial in one.trials
            ),
        )
        for one in rehearsal.candidates
    ]
    choice = Choice(
        status=Status.NOT_IDENTIFIED,
        backtest=replace(rehearsal, candidates=tuple(failing)),
        customers=report.choice.customers,
    )
    words = why_no_model(choice, ENGLISH)
    assert words.count(FAULTS["pattern"]) == 3
    assert "none passed" in words
    assert rehearsal_sentence(choice, ENGLISH) == ""
    section = returning_section(replace(report, choice=choice), ENGLISH)
    assert section["why"] == words
    assert not section["blocks"]
    assert not section["charts"]
