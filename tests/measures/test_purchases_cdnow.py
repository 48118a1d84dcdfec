"""The public CDNOW orders: every figure of purchases against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.measures.care import care_list, care_summary
from treue.measures.order_quality import order_quality
from treue.measures.purchases import average_order_value, purchase_frequency
from treue.measures.repeat import pooled_repeat_rate, repeat_purchase_rate
from treue.measures.rfm import rfm
from treue.measures.value import historic_clv


@pytest.fixture(scope="module")
def frame(shared_data):
    frame = pd.read_csv(shared_data / "cdnow_orders.csv", dtype={"customer_id": str})
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["cents"] = (frame["amount"] * 100).round().astype(int)
    return frame


@pytest.fixture(scope="module")
def history(frame):
    table = pa.table(
        {
            "order_id": [str(number) for number in range(len(frame))],
            "customer_id": frame["customer_id"].tolist(),
            "ordered_at": pa.array(frame["ordered_at"], pa.timestamp("us")),
            "net_amount": frame["cents"].tolist(),
        }
    )
    with History.of(DuckDBEngine(), {"purchases": table}) as made:
        yield made


def test_orders_and_customers_are_all_there(history):
    quality = order_quality(history)
    assert (quality.orders, quality.customers) == (69_659, 23_570)
    assert quality.kept == 69_659 - quality.zero_or_negative


def test_frequency_and_order_value_of_the_last_year(history, frame):
    recent = frame[frame["ordered_at"] >= "1997-07-01"]
    kept = recent[recent["cents"] > 0]
    assert purchase_frequency(history)[0].value == pytest.approx(len(kept) / kept["customer_id"].nunique())
    assert average_order_value(history)[0].value == pytest.approx(recent["cents"].sum() / 100 / len(kept))


def test_second_purchase_within_a_year(history, frame):
    kept = frame[frame["cents"] > 0]
    days = kept.assign(day=kept["ordered_at"].dt.normalize()).drop_duplicates(["customer_id", "day"])
    ranked = days.sort_values("day").groupby("customer_id")["day"]
    second = ranked.agg(lambda d: d.iloc[1] if len(d) > 1 else pd.NaT)
    starts = ranked.min()
    done = starts + pd.Timedelta(days=365) <= frame["ordered_at"].max().normalize()
    back = (second - starts) <= pd.Timedelta(days=365)
    figure = repeat_purchase_rate(history)[0]
    assert (figure.n, figure.numerator) == (int(done.sum()), int((back & done).sum()))
    assert pooled_repeat_rate(history, 365).value == pytest.approx(figure.value, abs=0.001)


def test_value_in_the_first_year(history, frame):
    kept_first = frame[frame["cents"] > 0].groupby("customer_id")["ordered_at"].min()
    joined = frame.join(kept_first.rename("first"), on="customer_id", how="inner")
    age = (joined["ordered_at"] - joined["first"]).dt.days.clip(lower=0)
    done = joined["first"] + pd.Timedelta(days=365) <= frame["ordered_at"].max()
    mine = joined[done & (age <= 365)]
    worth = mine["cents"] / 100 * 1.1 ** (-age[mine.index] / 365.25)
    assert historic_clv(history)[0].value == pytest.approx(
        worth.sum() / mine["customer_id"].nunique(), abs=1e-4
    )


def test_scores_cover_every_buyer_and_the_care_list_is_in_order(history):
    figures = rfm(history)
    assert sum(figure.numerator for figure in figures) == figures[0].denominator == 23_502
    rows = care_list(history)
    assert len(rows) == 10
    assert np.all(np.diff([row.stake for row in rows]) <= 0)
    assert all(row.ratio >= 1.5 and row.recent[-1][0] == row.last_on for row in rows)
    assert care_summary(history).stake >= sum(row.stake for row in rows)
