"""A public history of 23,570 customers: the report agrees with a plain count in pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import treue
from treue.report.contents import build_report, report_json
from treue.report.page import render_html

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def made(shared_data):
    with treue.read(shared_data / "cdnow_orders.csv", currency="USD") as history:
        report = build_report(history)
        quarters = {
            name: {one.period: one for one in treue.measure(name, history, by="quarter")}
            for name in ("purchase_frequency", "average_order_value")
        }
        yield report, report_json(report), quarters


@pytest.fixture(scope="module")
def kept(shared_data):
    """Return the orders that cost something, with their days, as pandas reads them."""
    frame = pd.read_csv(shared_data / "cdnow_orders.csv", dtype={"customer_id": str})
    frame["day"] = pd.to_datetime(frame["ordered_at"]).dt.normalize()
    return frame[frame["amount"] > 0]


def active_before(kept, day, window_days):
    """Return the customers with an order in the days of the window before a day."""
    recent = (kept["day"] < day) & (kept["day"] >= day - window_days * DAY)
    return set(kept.loc[recent, "customer_id"])


def test_every_row_is_used(made):
    data = made[1]["data"]
    assert (data["rows_read"], data["accepted"], data["set_aside"]) == (69_659, 69_659, 0)
    assert (data["customers"], data["orders"], data["returns"]) == (23_570, 69_659, 0)
    assert (data["first_day"], data["last_day"], data["currency"]) == ("1997-01-01", "1998-06-30", "USD")


def test_retention_by_quarter_is_what_pandas_counts(made, kept):
    settings, figures = made[1]["settings"], made[1]["figures"]
    window_days = settings["window_days"]
    assert settings["window_automatic"]
    quarters = {
        one["period"]: one
        for one in figures
        if one["id"] == "retention_rate" and "Q" in (one.get("period") or "")
    }
    assert sorted(quarters) == ["1997-Q1", "1997-Q2", "1997-Q3", "1997-Q4", "1998-Q1", "1998-Q2"]
    for figure in quarters.values():
        begin, end = (pd.Timestamp(day) for day in figure["window"].split("/"))
        at_start = active_before(kept, begin, window_days)
        stayed = at_start & active_before(kept, end, window_days)
        assert (figure["denominator"], figure["numerator"]) == (len(at_start), len(stayed))
    assert quarters["1998-Q2"]["status"] == "ok"
    assert quarters["1997-Q1"]["status"] == "undefined"


def test_the_window_in_force_is_half_of_the_history_and_the_share_who_come_back_is_said(made, kept):
    """Eighteen months are too short for a window after which only one in twenty comes back."""
    days = kept.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
    last_day = pd.Timestamp("1998-06-30")
    gaps = days.groupby("customer_id")["day"].diff() / DAY
    longest_gap = gaps.groupby(days["customer_id"]).max().fillna(0)
    open_days = (last_day - days.groupby("customer_id")["day"].max()) / DAY
    window_days = made[1]["settings"]["window_days"]
    assert window_days == 546 // 2
    (share,) = (one for one in made[1]["figures"] if one["id"] == "resurrection_share")
    assert share["numerator"] == (longest_gap > window_days).sum()
    assert share["denominator"] == ((longest_gap > window_days) | (open_days > window_days)).sum()
    assert share["status"] == "provisional"
    assert share["value"] > 0.05


def test_orders_and_what_they_cost_by_quarter_are_what_pandas_counts(made, kept):
    counted = kept.groupby(kept["day"].dt.to_period("Q")).agg(
        orders=("amount", "size"), buyers=("customer_id", "nunique"), money=("amount", "sum")
    )
    for period, row in counted.iterrows():
        name = f"{period.year}-Q{period.quarter}"
        often = made[2]["purchase_frequency"][name]
        worth = made[2]["average_order_value"][name]
        assert (often.numerator, often.denominator) == (row["orders"], row["buyers"])
        assert often.value == pytest.approx(row["orders"] / row["buyers"])
        assert worth.value == pytest.approx(row["money"] / row["orders"])
        assert worth.ci_low < worth.value < worth.ci_high


def test_every_cohort_cell_is_what_pandas_counts(made, kept):
    month = kept["day"].dt.to_period("M").astype(str)
    first = month.groupby(kept["customer_id"]).transform("min")
    buyers = kept["customer_id"].groupby([first, month]).nunique()
    cells = [one for one in made[1]["figures"] if one["id"] == "cohort_retention" and one["n"]]
    assert {one["segment"] for one in cells} == set(first)
    for one in cells:
        assert one["numerator"] == buyers.get((one["segment"], one["period"]), 0)
        assert one["denominator"] == buyers[one["segment"], one["segment"]]
    assert buyers["1997-01", "1997-02"] > 1000


def test_the_page_says_what_the_figures_say(made, kept):
    report, plain, _ = made
    (now,) = [one for one in plain["figures"] if one["id"] == "retention_rate" and one["period"] == "1998-Q2"]
    page = render_html(report, "en")
    assert f"{now['denominator']:,}" in page
    assert f"{100 * now['value']:.0f}" in page
    known = set(kept["customer_id"])
    assert all(row.customer_id in known for row in report.care[:10])


@pytest.mark.parametrize(
    ("window_days", "came_back", "at_start", "kept_share"),
    [(90, "35.5", 3_817, "46.0"), (180, "22.9", 6_055, "72.4"), (None, "12.7", 7_631, "83.6")],
)
def test_the_page_on_the_window_tells_the_truth(shared_data, window_days, came_back, at_start, kept_share):
    page = (Path(__file__).parents[2] / "docs" / "why" / "activity-window.md").read_text(encoding="utf-8")
    with treue.read(shared_data / "cdnow_orders.csv", window_days=window_days) as history:
        (share,) = treue.measure("resurrection_share", history)
        (stayed,) = treue.measure("retention_rate", history)
    assert stayed.window == "1998-04-01/1998-07-01"
    assert f"{100 * share.value:.1f}" == came_back
    assert (stayed.denominator, f"{100 * stayed.value:.1f}") == (at_start, kept_share)
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {share.window.split()[0]} days")]
    assert all(text in row for text in (f"{came_back} %", f"{at_start:,}", f"{kept_share} %"))
