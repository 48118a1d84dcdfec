"""`treue predict` from outside."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treue.cli import run
from treue.cli.predict_churn import with_churn
from treue.models.churn_result import ChurnRisk
from treue.simulate.firm import simulate_firm


@pytest.fixture(scope="module")
def orders_of_a_shop(shared_data):
    return shared_data / "cdnow_sample_orders.csv"


def bought_again(path, after, until):
    """Count the days of buying of those who had bought before, in a database of its own."""
    query = """WITH days AS (SELECT DISTINCT customer_id, ordered_at AS day FROM read_csv(?) WHERE amount > 0),
               known AS (SELECT customer_id FROM days GROUP BY customer_id HAVING min(day) <= ?)
               SELECT count(*) FROM days SEMI JOIN known USING (customer_id) WHERE day > ? AND day <= ?"""
    with duckdb.connect() as connection:
        ((count,),) = connection.execute(query, [str(path), after, after, until]).fetchall()
    return count


ASKED = ["--as-of", "1998-03-31", "--horizon", "13w"]


def test_totals_come_first_then_who_may_be_lost(treue, orders_of_a_shop):
    done = treue("predict", orders_of_a_shop, *ASKED, "--out", "all.csv")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "The next 91 days after 1998-03-31, 2,349 customers known today"
    assert [line.split()[0] for line in lines[3:5]] == ["Orders", "Revenue"]
    last_year = bought_again(orders_of_a_shop, date(1997, 3, 31), date(1997, 6, 30))
    assert lines[3].split()[-1] == f"{last_year:,}"
    table = [line for line in lines if line.endswith(" EUR") and " days " in line]
    assert len(table) == 10
    losses = [float(line.split()[-2]) for line in table]
    assert losses == sorted(losses, reverse=True)
    with (treue.folder / "all.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2349
    assert rows[0]["customer_id"] == "0001"


def test_json_and_file_agree(capsys, orders_of_a_shop, tmp_path):
    path = tmp_path / "predictions.parquet"
    assert run(["predict", str(orders_of_a_shop), *ASKED, "--out", str(path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    table = pq.read_table(path)
    assert found["status"] == "ok"
    assert found["n_customers"] == table.num_rows == 2349
    orders = found["expected_orders"]
    assert orders["value"] == pytest.approx(sum(table["expected_purchases"].to_pylist()))
    assert orders["prediction_low"] < orders["value"] < orders["prediction_high"]
    assert found["expected_revenue"]["value"] == pytest.approx(sum(table["expected_revenue"].to_pylist()))
    happened = bought_again(orders_of_a_shop, date(1998, 3, 31), date(1998, 6, 30))
    assert orders["value"] == pytest.approx(happened, rel=0.25)
    assert len(found["at_risk"]) == 10
    assert found["frequency_value_correlation"] == pytest.approx(0.08, abs=0.02)
    assert found["churn"] is None
    assert "churn_probability" not in table.column_names


def test_too_little_to_judge_a_model_is_said_and_refused(treue, orders):
    done = treue("predict", orders, "--out", "none.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "treue: there is not enough yet to predict anything: 200 customers with an order, and 500 are needed\n"
    )
    assert list(treue.folder.iterdir()) == []


def test_refusal_is_readable_by_programs_too(capsys, orders):
    assert run(["predict", str(orders), "--format", "json"]) == 2
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert (found["status"], found["model"]) == ("insufficient", None)
    assert found["missing"] == [{"what": "customers", "have": 200, "need": 500}]
    assert printed.err.count("\n") == 1


def test_model_by_name_comes_with_its_verdict(capsys, orders):
    assert run(["predict", str(orders), "--model", "bg-nbd", "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "Warning: BG/NBD has not been tested: 200 customers with an order, and 500 are needed." in printed


def test_history_whose_customers_stop_fails_its_back_test(capsys, tmp_path):
    """Everybody buys for a year and stops at once: no model of steady buying foresees that."""
    path = tmp_path / "stopped.csv"
    rng = np.random.default_rng(6)
    lines = ["customer,date,amount"]
    for k in range(900):
        pace, here = rng.gamma(0.9, 1 / 30), rng.exponential(250)
        times = np.cumsum(rng.exponential(1 / pace, 200))
        days = {0, *times[times < min(here, 365 - k % 28)].astype(int).tolist()}
        lines += [f"c{k},{date(2024, 1, 1) + timedelta(days=k % 28 + day)},20.00" for day in sorted(days)]
    lines += [f"c{k},{date(2025, 4, 1) + timedelta(days=k % 80)},20.00" for k in range(0, 900, 6)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert run(["predict", str(path), "--as-of", "2025-06-30"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("treue: no model foresaw the last third of this history")
    assert printed.err.count("\n") == 1
    assert run(["predict", str(path), "--as-of", "2025-06-30", "--model", "mbg-nbd"]) == 0
    assert "Warning: MBG/NBD failed its back-test, because " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--horizon", "3m"], "horizon='3m' is not a length"),
        (["--horizon", "0d"], "horizon='0d' is not a length"),
        (["--horizon", "99999d"], "horizon='99999d' is longer than ten years"),
        (["--out", "all.txt"], "must end in .parquet or .csv"),
        (["--model", "gamma-gamma"], "model='gamma-gamma' "),
        (["--model", "nbd"], "model='nbd' "),
    ],
)
def test_wrong_questions_are_refused(capsys, orders, arguments, named):
    assert run(["predict", str(orders), *arguments]) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.count("\n") == 1


def test_contracts_say_nothing_of_purchases(capsys, tmp_path):
    path = tmp_path / "contracts.csv"
    path.write_text("contract_id,customer_id,started_on,ended_on\nk1,c1,2024-01-01,\n", encoding="utf-8")
    assert run(["predict", str(path)]) == 2
    assert "customers with an order" in capsys.readouterr().err


def heard(status, probability):
    """What a classifier says of two of three customers."""
    values = np.array([[90.0, 3.0], [5.0, 0.0]])
    return ChurnRisk(
        event="purchase", horizon_days=30, as_of=date(2026, 1, 1), status=status, used="classifier", why="",
        customer_id=pa.array(["a", "c"]), probability=np.array(probability),
        features=("silence_days", "contacts_year"), values=values,
        contributions=np.array([[1.5, 0.5], [0.4, -0.9]]), base_log_odds=0.0, curve=np.ones((2, 1)),
        comparison=None,
    )  # fmt: skip


def test_the_classifier_is_told_of_those_it_knows_with_reasons_of_those_it_expects_to_lose():
    plain = pa.table({"customer_id": ["a", "b", "c"]})
    told = with_churn(plain, heard("ok", [0.9, 0.2]), "EUR").to_pylist()
    assert [row["churn_probability"] for row in told] == [0.9, None, 0.2]
    assert told[0]["churn_reasons"].startswith("days since the last purchase: 90; ")
    assert [row["churn_reasons"] for row in told[1:]] == [None, None]
    both = with_churn(plain, heard("ok", [0.9, 0.6]), "EUR").to_pylist()
    assert both[2]["churn_reasons"] == "days since the last purchase: 5"  # what lowers it is no reason to go
    assert with_churn(plain, heard("not_better", [0.9, 0.2]), "EUR") is plain


@pytest.mark.slow
@pytest.mark.parametrize(("horizon", "used"), [("30d", True), ("90d", False)])
def test_the_classifier_is_used_only_where_it_was_better(treue, tmp_path, horizon, used):
    simulate_firm(tmp_path / "firm", customers=6000, months=36, seed=3)
    done = treue("predict", tmp_path / "firm", "--horizon", horizon, "--out", "all.csv")
    assert done.returncode in {0, 1}
    assert ("; its word is in the file." in done.stdout) is used
    assert ("; it is not used." in done.stdout) is not used
    with (treue.folder / "all.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert ("churn_probability" in rows[0]) is used
    if used:
        known = [row for row in rows if row["churn_probability"]]
        assert 2500 < len(known) < len(rows)
        assert all((float(row["churn_probability"]) >= 0.5) or not row["churn_reasons"] for row in known)
