from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.period_counts import PeriodCount
from treue.history.settings import Settings
from treue.kernel.estimate import proportion
from treue.kernel.language import Language
from treue.kernel.status import Status
from treue.kernel.units import Period
from treue.measures.care import CareReason, CareRow
from treue.measures.retention import RetentionChange, retention_rate
from treue.report.cannot_tell import reason
from treue.report.care_sentences import care_reason
from treue.report.sentences import (
    active_sentence,
    change_sentence,
    key_sentences,
    lead_sentence,
    lost_sentence,
)

EN = Language("en")


def retention(events, n, *, provisional=False, window="2025-10-01/2026-01-01"):
    return proportion(
        "retention_rate", events, n, window=window, as_of=date(2025, 12, 31), version="1",
        provisional=provisional, period="2025-Q4",
    )  # fmt: skip


def with_retention(report, figure, **changes):
    series = {**report.series, ("retention_rate", None): [figure]}
    return replace(report, series=series, **changes)


def without_repeat(report):
    return {key: group for key, group in report.series.items() if key[0] != "repeat_purchase_rate"}


def change(difference, low, high, *, compared_with="year_before", provisional=False):
    counts = {
        "segment": None, "open_because": None, "at_start": 100, "at_end": 100, "retained": 80, "acquired": 0,
        "reactivated": 0, "lost": 0, "interrupted": 0, "early_lost": 0, "at_risk": 100, "exposure_days": 9000,
    }  # fmt: skip
    period = PeriodCount(period=Period("2024-Q4", 20000, 20092), **counts)
    return RetentionChange(
        earlier=period, later=period, compared_with=compared_with, earlier_share=0.8,
        later_share=0.8 + difference, difference=difference, ci_low=low, ci_high=high,
        ci_method="newcombe_correlated", provisional=provisional,
    )  # fmt: skip


def test_the_first_sentence_speaks_in_whole_numbers(report):
    sentence = lead_sentence(with_retention(report, retention(1591, 1912)), EN).replace("\u00a0", " ")
    assert sentence == (
        "Of the 1,912 customers you had on 1 October, *83 in 100* were still with you on 31 December 2025."
    )


def test_a_period_over_the_turn_of_the_year_names_both_years(report):
    figure = retention(1591, 1912, window="2025-01-01/2026-02-01")
    assert "1\u00a0January 2025" in lead_sentence(with_retention(report, figure), EN)


def test_where_retention_cannot_be_told_the_second_purchase_is(report):
    open_report = with_retention(report, retention(10, 12))
    assert "bought again within 12 months" in lead_sentence(open_report, EN)
    assert change_sentence(open_report, EN).startswith(
        "How many customers stay cannot be told yet. 12 of 30 customers"
    )


def test_where_nothing_can_be_told_that_is_said(report):
    bare = replace(report, series=without_repeat(report))
    bare = with_retention(bare, retention(10, 12))
    assert lead_sentence(bare, EN) == "How many customers stay cannot be told yet."
    assert change_sentence(bare, EN).startswith("12 of 30 customers")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (change(0.008, -0.01, 0.03), "The difference from a year before (+0.8 percentage points, 95% interval −1.0 to +3.0) could be chance."),
        (change(-0.008, -0.03, 0.01, compared_with="previous"), "The difference from Q4 2024 (−0.8 percentage points, 95% interval −3.0 to +1.0) could be chance."),
        (change(0.05, 0.01, 0.09), "5.0 percentage points more than a year before (95% interval 1.0 to 9.0), more than chance"),
        (change(-0.05, -0.09, -0.01), "5.0 percentage points fewer than a year before (95% interval 1.0 to 9.0), more than chance"),
        (change(0.05, 0.01, 0.09, compared_with="previous"), "more than in Q4 2024 (95% interval 1.0 to 9.0), more than chance would explain; the season"),
        (change(-0.05, -0.09, -0.01, compared_with="previous"), "fewer than in Q4 2024"),
        (change(0.05, 0.01, 0.09, provisional=True), "cannot be compared with it yet"),
        (None, "no earlier period"),
    ],
)  # fmt: skip
def test_a_change_that_could_be_chance_is_said_to_be_one(report, given, words):
    figure = retention(1591, 1912)
    assert words in change_sentence(with_retention(report, figure, change=given), EN)


def test_three_sentences_without_marks_in_every_language(report):
    for code in ("en", "de", "nb"):
        sentences = key_sentences(report, code)
        assert len(sentences) == 3
        assert all(sentence and "*" not in sentence for sentence in sentences)


def row(usual, silent, kind="beyond_own_rhythm", shorter=5):
    return CareRow(
        customer_id="a", reason=CareReason(kind=kind, silent_days=silent, usual_gap_days=usual, gaps_count=5, shorter_count=shorter),
        silent_days=silent, usual_gap_days=usual, ratio=silent / usual, orders_count=6, first_on=date(2025, 1, 1),
        last_on=date(2025, 6, 1), value=100, value_per_year=100, stake=90, recent=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("usual", "silent", "english", "german"),
    [
        (35, 98, "Usually buys every 5 weeks. Silent for 14 weeks.", "Kauft sonst alle 5 Wochen. Still seit 14 Wochen."),
        (1, 9, "Usually buys every day. Silent for 9 days.", "Kauft sonst jeden Tag. Still seit 9 Tagen."),
        (200, 500, "Usually buys every 7 months. Silent for 16 months.", "Kauft sonst alle 7 Monate. Still seit 16 Monaten."),
        (1200, 2300, "Usually buys every 3 years. Silent for 6 years.", "Kauft sonst alle 3 Jahre. Still seit 6 Jahren."),
    ],
)  # fmt: skip
def test_a_reason_is_said_in_words(usual, silent, english, german):
    assert care_reason(row(usual, silent), EN) == f"{english} Not one of 5 earlier pauses was as long."
    assert (
        care_reason(row(usual, silent), Language("de"))
        == f"{german} Keine von 5 früheren Pausen war so lang."
    )


@pytest.mark.parametrize(
    ("shorter", "words"), [(4, "1 of 5 earlier pauses was as long."), (2, "3 of 5 earlier pauses were")]
)
def test_earlier_pauses_that_were_as_long_are_counted(shorter, words):
    assert words in care_reason(row(35, 98, shorter=shorter), EN)


def test_without_a_rhythm_of_their_own_others_are_named():
    assert care_reason(row(35, 98, "beyond_common_rhythm"), EN).startswith(
        "Has bought on few days so far; others buy again after 5 weeks."
    )


def test_too_few_customers_says_how_many_are_missing_and_when_they_will_be_there(report):
    # 600 customers in 1,096 days: 8 more take about 15 days.
    assert reason(retention(18, 22), report, EN) == "22 of 30 customers; at this pace about 15 days more."


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (retention(0, 0), "nobody to count"),
        (retention(200, 200), "So far 200 of 200. A share says something once there are 5 on either side."),
        (
            retention(150, 200, provisional=True, window="2025-10-01/2026-04-01"),
            "Final on 1\u00a0April 2026.",
        ),
    ],
)
def test_every_status_says_what_is_missing(report, figure, words):
    assert figure.status is not Status.OK
    assert words in reason(figure, report, EN)


@pytest.mark.parametrize(
    ("losses", "english", "german"),
    [
        (1, "So far 1 loss. A rate", "Bisher 1 Verlust. Eine Rate"),
        (2, "So far 2 losses. A rate says something once there are 5.", "Bisher 2 Verluste."),
    ],
)
def test_a_rate_counts_its_losses_alone(report, losses, english, german):
    figure = replace(retention(losses, 182), id="churn_incidence")
    assert reason(figure, report, EN).startswith(english)
    assert reason(figure, report, Language("de")).startswith(german)


def test_a_reliable_figure_needs_no_reason(report):
    assert reason(retention(150, 200), report, EN) == ""


def test_a_history_too_short_for_any_window_names_no_day(report):
    assert report.window is not None
    short = replace(
        report, window=replace(report.window, automatic=True, sufficient=False, returned=9, silent=90)
    )
    assert reason(retention(150, 200, provisional=True), short, EN).endswith("a later report settles it.")
    assert "so some who count as lost will return" in active_sentence(short, EN)
    # A window that the firm gave does not grow with the history.
    given = replace(short, window=replace(short.window, days=2_000, automatic=False))
    assert "Final about" in reason(retention(150, 200, provisional=True), given, EN)
    nobody = replace(short, window=replace(short.window, returned=0))
    assert "nobody has come back after so long a silence" in active_sentence(nobody, EN)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"returned": 36, "silent": 100},
            "36 in 100 have come back so far, so some who count as lost will return.",
        ),
        (
            {"returned": 3, "silent": 100},
            "as you set it. Of those silent for longer, 3 in 100 have come back so far; more may.",
        ),
        ({"returned": 0, "silent": 100}, "Of those silent for longer, nobody has come back so far."),
        ({"returned": 0, "silent": 100, "sufficient": False}, "has hardly been seen yet."),
        ({"returned": 0, "silent": 0}, "as you set it."),
    ],
)
def test_a_window_that_was_set_says_how_many_come_back_after_it(report, changes, words):
    window = replace(report.window, **{"automatic": False, "sufficient": True, **changes})
    said = active_sentence(replace(report, window=window), EN).replace("\N{NO-BREAK SPACE}", " ")
    assert said.endswith(words)


@pytest.mark.parametrize("automatic", [True, False])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "nobody has come back so far."),
        ("de", "ist bisher niemand zurückgekommen."),
        ("nb", "har ingen kommet tilbake så langt."),
    ],
)
def test_where_nobody_came_back_the_sentence_is_whole_in_each_language(report, automatic, code, words):
    window = replace(report.window, automatic=automatic, sufficient=True, returned=0, silent=90)
    assert active_sentence(replace(report, window=window), Language(code)).endswith(words)


def test_those_who_were_lost_last_bought_one_window_before(report):
    figure = retention(1591, 1912)
    said = with_retention(report, figure, window=replace(report.window, days=90))
    words = lost_sentence(said, EN).replace("\N{NO-BREAK SPACE}", " ")
    assert words == (
        "Those who were lost from 1 October 2025 to 31 December 2025 last bought between 3 July 2025 and "
        "2 October 2025: look for the reason there."
    )
    assert lost_sentence(with_retention(report, retention(1912, 1912)), EN) == ""
    assert lost_sentence(replace(said, settings={**report.settings, "activity": "contract"}), EN) == ""


@pytest.mark.parametrize(
    ("last", "lost"),
    [
        (date(2025, 7, 2), None),
        (date(2025, 7, 3), True),
        (date(2025, 10, 2), True),
        (date(2025, 10, 3), False),
    ],
)
def test_the_days_between_which_they_last_bought_are_those_of_the_library(last, lost):
    days = [last - timedelta(days=60), last]
    orders = pa.table({
        "order_id": ["1", "2", "3"],
        "customer_id": ["a", "a", "b"],
        "ordered_at": [datetime.combine(day, time(12)) for day in [*days, date(2026, 2, 1)]],
        "net_amount": [1000] * 3,
    })  # fmt: skip
    with History.of(DuckDBEngine(), {"purchases": orders}, Settings(window_days=90)) as history:
        figure = next(one for one in retention_rate(history, by="quarter") if one.period == "2025-Q4")
    assert figure.denominator == (0 if lost is None else 1)
    assert figure.value == (None if lost is None else 0.0 if lost else 1.0)


def test_an_early_loss_that_can_never_be_measured_says_so(report):
    figure = replace(retention(0, 40), id="early_loss", value=None, status=Status.NOT_IDENTIFIED)
    words = reason(figure, report, EN)
    assert words.startswith("In a period as short as this it can never be measured")
    assert f"only after {EN.days(report.window.days)} of silence" in words
