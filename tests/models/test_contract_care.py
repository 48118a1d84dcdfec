"""Whose contract may end: counted by hand beside the classifier, the life table and the model of renewals."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.language import Language
from treue.models.churn_classifier import churn_risk
from treue.models.contract_care import HORIZON_DAYS, contract_care
from treue.models.renewal_outlook import renewal_outlook
from treue.report.care_sentences import care_sentence
from treue.report.contents import build_report
from treue.report.contracts_at_risk import write_contracts_csv
from treue.report.page import render_html

from .test_churn_classifier import BEGIN, DAYS, contract_firm

AS_OF = (BEGIN + timedelta(days=DAYS - 1)).date()
NOTICE = 40


def looked_at(tables, **settings):
    return History.of(DuckDBEngine(), tables, Settings(as_of=AS_OF, **settings))


@pytest.fixture(scope="module")
def tables():
    """Give contracts that end far more often after a fault, at amounts; every 40th has given notice."""
    made = contract_firm(1, 8.0)
    contracts = made["contracts"]
    rng = np.random.default_rng(5)
    amounts = pa.array(rng.integers(5, 50, len(contracts)) * 100, mask=rng.random(len(contracts)) < 0.05)
    ends = contracts["ended_on"].to_pylist()
    for place in range(0, len(ends), NOTICE):
        if ends[place] is None:
            ends[place] = AS_OF + timedelta(days=30 + place % 200)
    contracts = contracts.set_column(contracts.column_names.index("ended_on"), "ended_on", pa.array(ends))
    return {**made, "contracts": contracts.append_column("monthly_amount", amounts)}


@pytest.fixture(scope="module")
def history(tables):
    with looked_at(tables, margin_share=0.5) as found:
        yield found


@pytest.fixture(scope="module")
def care(history):
    return contract_care(history)


def test_everybody_with_a_running_contract_is_there_once_with_what_it_brings(care, tables):
    rows = [one for one in tables["contracts"].to_pylist() if (one["ended_on"] or date.max) > AS_OF]
    assert len(rows) > 500
    told = dict(zip(care.customer_id.to_pylist(), care.yearly.tolist(), strict=True))
    assert told == {one["customer_id"]: 12 * (one["monthly_amount"] or 0) for one in rows}
    agreed = {one["customer_id"] for one in rows if one["ended_on"]}
    assert agreed
    assert set(pc.filter(care.customer_id, pa.array(care.agreed)).to_pylist()) == agreed


def test_the_probability_is_the_classifiers_and_reasons_are_those_that_raise_it(care, history):
    risk = churn_risk(history, HORIZON_DAYS, event="contract")
    assert risk.used == "classifier"
    chance = dict(zip(risk.customer_id.to_pylist(), risk.probability, strict=True))
    for place, name in enumerate(care.customer_id.to_pylist()):
        if care.ends_day[place] <= history.as_of_day + HORIZON_DAYS:
            assert care.loss[place] == 1
        else:
            assert care.loss[place] == chance[name]
    usual = risk.probability.mean()
    assert {name for name, odd in zip(care.customer_id.to_pylist(), care.unusual, strict=True) if odd} == {
        name for name, one in chance.items() if one >= 1.5 * usual
    }
    listed = care.ranked()
    reasons = care.reasons(listed)
    assert len(reasons) == listed.size
    codes = [told[0].code for told in reasons if told]
    assert len(codes) > listed.size / 2
    assert max(set(codes), key=codes.count).startswith("faults")
    assert all(one.contribution > 0 for told in reasons for one in told)


def test_the_list_is_in_the_order_of_what_is_at_stake(care):
    listed = care.ranked()
    assert 0 < listed.size < len(care.customer_id) / 2
    assert set(listed.tolist()) == set(np.flatnonzero(care.soon | care.unusual).tolist())
    stakes = [round(0.5 * care.yearly[one] * (1 if care.soon[one] else care.loss[one])) for one in listed]
    assert stakes == sorted(stakes, reverse=True)
    assert stakes == care.stake[listed].tolist()


def test_the_next_year_is_each_renewal_times_its_probability_and_nothing_after_an_agreed_end(care, history):
    model = renewal_outlook(history).model
    assert model is not None
    starts = {
        one["customer_id"]: one["start_day"] for one in history.engine.arrow(history.spells).to_pylist()
    }
    for place in (*range(0, len(care.customer_id), 97), *np.flatnonzero(care.agreed)[:3].tolist()):
        name, yearly = care.customer_id[place].as_py(), int(care.yearly[place])
        if not yearly:
            assert np.isnan(care.ahead[place])
        elif care.agreed[place]:
            left = min((int(care.ends_day[place]) - history.as_of_day) / 365.25, 1)
            assert care.ahead[place] == pytest.approx(0.5 * yearly * left)
        else:
            begun = date(1970, 1, 1) + timedelta(days=starts[name])
            months = (AS_OF.year - begun.year) * 12 + AS_OF.month - begun.month
            last = (AS_OF.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            months -= AS_OF.day < min(begun.day, last.day)
            share = sum(float(model.survival(months + k) / model.survival(months)) for k in range(1, 13))
            assert care.ahead[place] == pytest.approx(0.5 * yearly / 12 * share)


def test_without_a_margin_amounts_are_revenue(care, tables):
    with looked_at(tables) as without:
        found = contract_care(without)
    assert np.nansum(found.ahead) == pytest.approx(2 * np.nansum(care.ahead))


def test_where_contracts_do_not_tell_customers_apart_only_agreed_ends_are_listed():
    few = pa.table(
        {
            "contract_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "b", "c", "d"],
            "started_on": [date(2026, 1, 1)] * 4,
            "ended_on": pa.array([None, date(2026, 9, 1), date(2026, 2, 1), date(2028, 1, 1)], pa.date32()),
            "monthly_amount": [1000] * 4,
        }
    )
    with History.of(DuckDBEngine(), {"contracts": few}, Settings(as_of=date(2026, 6, 30))) as history:
        care = contract_care(history)
        sentence = care_sentence(build_report(history), Language("en"))
    assert care.customer_id.to_pylist() == ["a", "b", "d"]
    # The end of the last one is agreed on too, but a year and a half away.
    assert care.agreed.tolist() == [False, True, True]
    assert care.ranked().tolist() == [1]
    assert np.isnan(care.loss[[0, 2]]).all()
    assert care.loss[1] == 1
    assert care.stake.tolist() == [0, 12_000, 0]
    assert care.known.tolist() == [False, True, False]
    assert np.isnan(care.ahead[0])
    assert care.reasons(care.ranked()) == [()]
    assert sentence.endswith("Who else may end theirs cannot be told yet.")


def test_a_shop_has_no_contracts_to_care_for(tables):
    bought = pa.table(
        {
            "order_id": ["1"],
            "customer_id": ["a"],
            "ordered_at": [BEGIN],
            "net_amount": [1000],
        }
    )
    with History.of(DuckDBEngine(), {"purchases": bought}) as history:
        assert contract_care(history) is None
    with History.of(DuckDBEngine(), {"purchases": bought, **tables}, Settings(as_of=AS_OF)) as both:
        assert contract_care(both) is None


def test_the_page_and_the_file_say_whose_contract_may_end(tables, tmp_path):
    with looked_at(tables, currency="EUR") as history:
        contents = build_report(history)
        page = render_html(contents, "de")
        written = write_contracts_csv(history, tmp_path / "care.csv", "de")
    text = (tmp_path / "care.csv").read_text("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    assert len(rows) == written + 1 == contents.contract_summary.customers + 1
    assert rows[0][:3] == [
        "Kunde",
        "Ende des Vertrags",
        "Wahrscheinlichkeit, dass der Vertrag innerhalb von 90 Tagen endet",
    ]
    assert len(contents.contracts) == 10
    for row, told in zip(contents.contracts, rows[1:], strict=False):
        assert row.customer_id in page
        assert told[0] == row.customer_id
        assert told[1] == (row.ends_on.isoformat() if row.ends_on else "")
        assert float(told[4].replace(",", ".")) * 100 == pytest.approx(row.stake)
    assert f"{written} Kunden" in page
    signs = [
        told[6] for told in rows if told[6].startswith("Anzeichen dafür, die keine Ursachen sein müssen")
    ]
    assert len(signs) > written / 2
