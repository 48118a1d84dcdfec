"""Contracts on the page: the survival curve goes on, or the page says why it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from treue.history.renewals import Renewals
from treue.kernel.language import LANGUAGES, Language
from treue.kernel.status import Status
from treue.models.renewal_outlook import outlook_of
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric
from treue.report.contents import report_json
from treue.report.page import render_html
from treue.report.projection import projected_figures, projected_points, projected_rows, projection_words

EN = Language("en")


@pytest.fixture(scope="module")
def outlook():
    survivors = ShiftedBetaGeometric(alpha=0.7, beta=7.0).simulate(2000, 18, np.random.default_rng(3))
    return outlook_of(Renewals.of_survivors(survivors, "month"))


def test_the_curve_takes_over_where_what_was_seen_ends(outlook):
    points = projected_points(outlook)
    assert points[0][0] == pytest.approx(18 * 30.4375)
    assert len(points) == 10
    assert all(low < share < high for _, share, low, high in points)


def test_what_is_projected_is_in_the_figures_beyond_what_was_seen(outlook):
    figures = projected_figures(outlook, date(2026, 1, 31))
    assert [figure.window for figure in figures] == [f"month {month}" for month in range(19, 28)]
    assert {figure.status for figure in figures} == {Status.OK}
    assert projected_rows(outlook, EN)[-1][0] == "27 months, projected"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_says_what_is_projected_how_it_fared_and_what_it_is_not(contract_report, outlook, code):
    page = render_html(replace(contract_report, renewal=outlook), code)
    words = projection_words(outlook, Language(code))
    assert words in page
    assert Language(code).gettext("Dashed line and grey band: the model and its 95% interval.") in page
    share = Language(code).number(100 * outlook.projection.share[-1])
    assert f" {share} (" in words


def test_json_holds_what_is_projected(contract_report, outlook):
    found = report_json(replace(contract_report, renewal=outlook))["figures"]
    assert sum(figure["id"] == "survival_projected" for figure in found) == 9


def test_rising_renewal_is_called_sorting_and_not_loyalty(outlook):
    assert "does not show that anybody grows more loyal" in projection_words(outlook, EN)


def test_a_model_that_failed_is_no_number_and_the_page_says_how(contract_report, outlook):
    failed = replace(outlook, status=Status.NOT_IDENTIFIED, foretold=0.9, model=None, projection=None)
    words = projection_words(failed, EN)
    assert words.startswith("No projection: tried on what it had not seen, no model passed.")
    assert "90%" in words
    assert projected_points(failed) == projected_figures(failed, date(2026, 1, 31)) == []
    assert "grey band" not in render_html(replace(contract_report, renewal=failed), "en")
    assert "can be fitted" in projection_words(replace(failed, foretold=None), EN)


def test_too_few_contracts_are_told_what_is_missing(outlook):
    few = replace(outlook, status=Status.INSUFFICIENT, customers=80, model=None, projection=None)
    assert "100 contracts" in projection_words(few, EN)
    assert "there are 80 contracts and 18 months" in projection_words(few, EN)


def test_a_firm_of_purchases_has_no_contracts_to_project(report):
    assert report.renewal is None
    assert projection_words(None, EN) == ""
