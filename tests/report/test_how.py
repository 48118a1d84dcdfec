from __future__ import annotations

from dataclasses import replace

import pytest

from treue.history.reading import FileReading, Reading, SetAside
from treue.kernel.language import Language
from treue.report.data_quality import data_facts, file_facts, set_aside_words
from treue.report.explanations import EXPLANATIONS, METHODS
from treue.report.how import explain, window_words
from treue.report.measured import REPORTED

EN, DE = Language("en"), Language("de")


def test_every_reported_measure_is_explained():
    assert sorted(set(REPORTED) - set(EXPLANATIONS)) == []


def test_every_measure_with_figures_shows_how_it_was_computed(report):
    found = {how.id: how for how in explain(report, EN)}
    assert set(found) == {name for name, _ in report.series} | {"groups"}
    for how in (how for name, how in found.items() if name != "groups"):
        names = dict(how.facts)
        assert how.words
        assert how.formula
        assert names["Version of the definition"] == report.measures[how.id].version


def test_a_single_figure_shows_counts_window_status_and_method(report):
    facts = dict(next(how for how in explain(report, EN) if how.id == "retention_rate").facts)
    figure = report.one("retention_rate")
    assert facts["Customers counted"] == EN.number(figure.n)
    assert facts["Time"].replace("\u00a0", " ") == "1 Oct 2025 – 31 Dec 2025"
    assert facts["How far to trust it"] == "reliable"
    assert facts["Interval"] == METHODS["wilson"]


def test_every_interval_of_the_report_has_a_name(report, contract_report):
    methods = {
        figure.ci_method for one in (report, contract_report) for figure in one.figures if figure.ci_method
    }
    assert sorted(methods - set(METHODS)) == []


@pytest.mark.parametrize(
    ("window", "german"),
    [
        ("day 90 or later", "Tag 90 oder später"),
        ("days 1 to 1095", "Tag 1 bis 1.095"),
        ("365 days from the first purchase; margin at 37.5 % of net revenue",
         "365 Tage ab dem ersten Kauf; Deckungsbeitrag von 37,5\u00a0% des Nettoumsatzes"),
        ("just before 2026-01-01", "unmittelbar vor dem 1.\u00a0Januar 2026"),
        ("2026-01-01/2026-02-01", "01.01.2026 – 31.01.2026"),
        ("something else", "something else"),
    ],
)  # fmt: skip
def test_windows_are_said_in_the_language_of_the_page(window, german):
    assert window_words(window, DE) == german


def test_every_window_of_the_report_is_translated(report, contract_report):
    for one in (report, contract_report):
        for name in {name for name, _ in one.series}:
            for figure in one.of(name):
                if "/" not in figure.window and any(sign.isalpha() for sign in figure.window):
                    assert window_words(figure.window, DE) != figure.window, figure.window


def read(report):
    reading = Reading(
        files=(
            FileReading(
                path="a<b.csv", source="plain", tables=("purchases",), rows_read=1010, accepted=1000, set_aside=10,
                columns={"customer_id": "Kd-Nr", "order_id": "order_id"}, notes=("Days come before months.",),
            ),
        ),
        set_aside_counts={"no_customer": 3, "strange_thing": 7},
        examples=(SetAside(path="a<b.csv", line=1234, reason="no_customer", message="x", row="y"),),
    )  # fmt: skip
    return replace(report, reading=reading, data={**report.data, **reading.as_dict()})


def test_rows_set_aside_are_counted_by_reason(report):
    assert set_aside_words(read(report), DE) == [
        "7 Zeilen: strange thing",
        "3 Zeilen: kein Kunde (zuerst in Zeile 1.234)",
    ]


def test_columns_that_were_renamed_are_named(report):
    assert file_facts(read(report), EN)[0].words == "1,000 of 1,010 rows. Columns: customer_id ← Kd-Nr."


def test_rows_are_counted_only_where_files_were_read(report):
    assert ("Rows read", "1,010") in data_facts(read(report), EN)
    assert "Rows read" not in dict(data_facts(report, EN))


def test_the_reading_is_on_the_page_and_cannot_bring_markup(report):
    from treue.report.page import render_html

    page = render_html(read(report), "de")
    assert "a&lt;b.csv" in page
    assert 'lang="en"' in page
    assert "Was beiseitegelegt wurde, und warum" in page
