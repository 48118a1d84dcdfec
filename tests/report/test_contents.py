from __future__ import annotations

import json
from datetime import date, datetime

import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings
from treue.kernel.errors import NotEnoughData
from treue.kernel.status import Status
from treue.report.contents import build_report, data_counts, report_json
from treue.report.measured import REPORTED, divisions

DATA_KEYS = {
    "rows_read", "accepted", "set_aside", "customers", "orders", "returns", "first_day", "last_day", "currency",
}  # fmt: skip
FIGURE_KEYS = {
    "id", "value", "numerator", "denominator", "n", "ci_low", "ci_high", "ci_method", "status", "window", "as_of",
    "definition_version",
}  # fmt: skip


def bought(*rows):
    return pa.table(
        {
            "order_id": [str(place) for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [datetime(2026, 1, row[1]) for row in rows],
            "net_amount": [row[2] for row in rows],
        }
    )


def test_json_has_exactly_the_published_keys(report):
    plain = report_json(report)
    assert list(plain) == ["data", "settings", "figures", "comparisons"]
    assert set(plain["data"]) == DATA_KEYS
    for figure in plain["figures"]:
        assert set(figure) in (FIGURE_KEYS, FIGURE_KEYS | {"period", "segment"})
    json.dumps(plain, allow_nan=False)


def test_no_customer_is_in_the_json(report):
    text = json.dumps(report_json(report))
    assert "script" not in text
    assert all(row.customer_id not in text for row in report.care)


def test_every_figure_is_there_once(report):
    keys = [(figure.id, figure.window, figure.period, figure.segment) for figure in report.figures]
    assert len(keys) == len(set(keys))
    assert {figure.id for figure in report.figures} <= {*REPORTED, "retention_rate_standardised"}


def test_the_retention_rate_comes_by_month_quarter_and_year(report):
    periods = {figure.period for figure in report.figures if figure.id == "retention_rate"}
    assert {"2025-11", "2025-Q3", "2025"} <= periods


def test_a_measure_whose_table_is_absent_is_named_and_left_out(report):
    assert report.missing["net_revenue_retention"] == "contracts"
    assert report.of("net_revenue_retention") == []
    assert report.one("net_revenue_retention") is None


def test_orders_that_were_not_kept_are_still_counted_as_data():
    purchases = bought(("a", 1, 1000), ("a", 5, 0), ("b", 7, 500))
    with History.of(DuckDBEngine(), {"purchases": purchases}) as history:
        counts = data_counts(history)
    assert (counts["customers"], counts["orders"], counts["returns"]) == (2, 3, 0)
    assert (counts["first_day"], counts["last_day"]) == ("2026-01-01", "2026-01-07")
    assert counts["rows_read"] is None


def test_data_after_the_last_day_observed_are_not_counted():
    purchases = bought(("a", 1, 1000), ("a", 5, 900), ("b", 7, 500))
    with History.of(DuckDBEngine(), {"purchases": purchases}, Settings(as_of=date(2026, 1, 5))) as history:
        counts = data_counts(history)
    assert (counts["customers"], counts["orders"], counts["last_day"]) == (1, 2, "2026-01-05")


def test_settings_name_the_window_that_was_found(report, contract_report):
    assert report.settings["activity"] == "window"
    assert report.settings["window_days"] == 120
    assert report.settings["window_automatic"] is False
    assert contract_report.settings["activity"] == "contract"


def test_progress_is_told_before_every_measure():
    told = []
    with History.of(DuckDBEngine(), {"purchases": bought(("a", 1, 1000), ("a", 9, 10))}) as history:
        build_report(history, progress=lambda name, place, count: told.append((name, place, count)))
    assert [place for _, place, _ in told] == list(range(told[0][2]))
    assert told[0][0] == "retention_rate"


def test_a_long_history_has_cohorts_of_quarters():
    with History.of(DuckDBEngine(), {"purchases": bought(("a", 1, 1000))}) as short:
        assert divisions("cohort_retention", short) == ("month",)
    old = bought(("a", 1, 1000)).set_column(
        2, "ordered_at", pa.array([datetime(2022, 1, 1)], pa.timestamp("us"))
    )
    with History.of(DuckDBEngine(), {"purchases": old}, Settings(as_of=date(2026, 1, 5))) as long:
        assert divisions("cohort_retention", long) == ("quarter",)


def test_a_history_of_three_customers_concludes_nothing(tiny_report):
    figure = tiny_report.one("retention_rate")
    assert figure is None or figure.status is not Status.OK


def test_an_empty_history_is_refused():
    empty = bought()
    with (
        History.of(DuckDBEngine(), {"purchases": empty}) as history,
        pytest.raises(NotEnoughData, match="empty"),
    ):
        build_report(history)
