"""`treue fit` from outside: papers' numbers, every kind of file, and what is refused."""

from __future__ import annotations

import csv
import json
import re
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treue.cli import run

PAPER_SURVIVORS = "period,survivors\n" + "".join(
    f"{period},{left}\n" for period, left in enumerate([1000, 631, 468, 382, 326, 289, 262, 241])
)


@pytest.fixture
def fitted(capsys, tmp_path):
    """Return a function that writes a file, fits a model to it, and gives status, JSON and complaint."""

    def run_on(model, content, *options, name="summary.csv"):
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, pa.Table):
            pq.write_table(content, path)
        status = run(["fit", model, str(path), "--format", "json", *options])
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out else None, printed.err

    return run_on


@pytest.mark.parametrize(
    ("model", "letters", "log_likelihood"),
    [
        ("bg-nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.4),
        ("pareto-nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0),
        ("gamma-gamma", {"p": 6.25, "q": 3.74, "v": 15.44}, None),
    ],
)
def test_papers_numbers_from_the_papers_orders(capsys, shared_data, model, letters, log_likelihood):
    orders = shared_data / "cdnow_sample_orders.csv"
    options = ["--as-of", "1997-09-30", "--unit", "week", "--format", "json"]
    assert run(["fit", model, str(orders), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "model", "unit", "n_customers", "n_distinct", "parameters", "standard_errors", "log_likelihood", "status",
    ]  # fmt: skip
    digits = 2 if model == "gamma-gamma" else 3
    assert {name: round(value, digits) for name, value in found["parameters"].items()} == letters
    assert found["n_customers"] == (946 if model == "gamma-gamma" else 2357)
    assert (found["model"], found["unit"], found["status"]) == (model, "week", "ok")
    assert set(found["standard_errors"]) == set(letters)
    if log_likelihood:
        assert round(found["log_likelihood"], 1) == log_likelihood


def test_orders_that_cost_nothing_can_be_left_out(capsys, shared_data):
    orders = shared_data / "cdnow_sample_orders.csv"
    assert (
        run(["fit", "bg-nbd", str(orders), "--as-of", "1997-09-30", "--orders", "kept", "--format", "json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["n_customers"] == 2349


def test_table_says_what_the_parameters_mean(treue, shared_data):
    orders = shared_data / "cdnow_sample_orders.csv"
    done = treue("fit", "bg-nbd", orders, "--as-of", "1997-09-30", "--unit", "week")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "bg-nbd, 2,357 customers (1,016 different cases), time in weeks"
    assert any(line.split() == ["r", "0.243", "0.219", "to", "0.268", "0.013"] for line in lines)
    assert "Log-likelihood  -9,582.4" in lines
    assert "An active customer buys 0.055 times a week on average." in lines
    assert "After a repeat purchase 24.6% of the customers leave." in lines


def summary_rows():
    """Return repeat buying that identifies the models: paces and lifetimes differ, as under Pareto/NBD."""
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(900):
        pace, leaving, age = rng.gamma(0.6, 0.2), rng.gamma(0.6, 0.1), 38.0
        here = min(age, rng.exponential(1 / leaving))
        times = np.cumsum(rng.exponential(1 / pace, 500))
        times = times[times < here]
        rows.append((times.size, round(times[-1], 2) if times.size else 0, age))
    return rows


def as_csv(rows, header="x,t_x,T"):
    return header + "\n" + "\n".join(",".join(f"{cell:g}" for cell in row) for row in rows) + "\n"


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd", "pareto-nbd"])
def test_summary_is_known_by_its_header(fitted, model):
    status, found, complaint = fitted(model, as_csv(summary_rows()), "--unit", "week")
    assert (status, complaint) == (0, "")
    assert (found["n_customers"], found["unit"], found["status"]) == (900, "week", "ok")


def test_weights_and_kinds_of_files_change_nothing(fitted):
    rows = summary_rows()
    _, plain, _ = fitted("bg-nbd", as_csv(rows))
    distinct, weight = np.unique(np.array(rows), axis=0, return_counts=True)
    weighted = [(*row, count) for row, count in zip(distinct.tolist(), weight.tolist(), strict=True)]
    _, once, _ = fitted("bg-nbd", as_csv(weighted, "x,t_x,T,weight"))
    table = pa.table(
        dict(
            zip(("frequency", "recency", "T", "weight"), map(list, zip(*weighted, strict=True)), strict=True)
        )
    )
    _, parquet, _ = fitted("bg-nbd", table, name="summary.parquet")
    _, semicolons, _ = fitted("bg-nbd", as_csv(weighted, "x,t_x,T,weight").replace(",", ";"))
    assert once["n_distinct"] == plain["n_distinct"] == len(distinct)
    for other in (once, parquet, semicolons):
        assert other["n_customers"] == 900
        assert other["parameters"] == pytest.approx(plain["parameters"], rel=1e-6)


def test_excel_holds_a_summary_too(fitted, tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    for row in csv.reader(PAPER_SURVIVORS.splitlines()):
        book.active.append([cell if cell.isalpha() else int(cell) for cell in row])
    book.save(tmp_path / "left.xlsx")
    status, found, _ = fitted("shifted-beta-geometric", None, name="left.xlsx")
    assert status == 0
    assert found["n_customers"] == 1000


@pytest.mark.parametrize(
    "content", [PAPER_SURVIVORS, "\n".join(sorted(PAPER_SURVIVORS.splitlines(), reverse=True))]
)
def test_papers_cohort(fitted, content):
    status, found, _ = fitted("shifted-beta-geometric", content, "--unit", "year")
    assert status == 0
    assert {name: round(value, 3) for name, value in found["parameters"].items()} == {
        "alpha": 0.704,
        "beta": 1.182,
    }
    assert (found["unit"], found["n_customers"]) == ("year", 1000)


def test_donors_at_opportunities(fitted):
    rng = np.random.default_rng(5)
    buys = rng.beta(1.2, 0.75, 3000)[:, None] > rng.random((3000, 6))
    here = np.cumprod(rng.beta(0.66, 2.8, 3000)[:, None] < rng.random((3000, 6)), axis=1).astype(bool)
    took = buys & here
    last = np.where(took.any(axis=1), 6 - took[:, ::-1].argmax(axis=1), 0)
    rows = np.column_stack([took.sum(axis=1), last, np.full(3000, 6)]).tolist()
    status, found, _ = fitted("bg-bb", as_csv(rows), "--unit", "year")
    assert status == 0
    assert found["parameters"]["alpha"] == pytest.approx(1.2, abs=0.25)
    assert found["n_distinct"] <= 22


def test_values_need_no_times(fitted):
    rng = np.random.default_rng(5)
    x = rng.integers(0, 6, 800)
    rate = rng.gamma(3.7, 1 / 15.4, 800)
    mean = np.where(x > 0, rng.gamma(6.25 * np.maximum(x, 1), 1 / (np.maximum(x, 1) * rate)), 0)
    status, found, _ = fitted("gamma-gamma", as_csv(np.column_stack([x, mean]).tolist(), "x,m_x"))
    assert (status, found["n_customers"], found["unit"]) == (0, int((x > 0).sum()), None)


def test_contracts_give_their_cohorts(fitted):
    rng = np.random.default_rng(8)
    lines = ["contract_id,customer_id,started_on,ended_on"]
    for k in range(1500):
        start = date(2022, 1, 1) + timedelta(days=int(rng.integers(0, 900)))
        months = int(rng.geometric(rng.beta(0.7, 3.0)))
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        end = date(year, month + 1, min(start.day, 28))
        lines.append(f"k{k},c{k},{start},{end if end <= date(2024, 12, 31) else ''}")
    status, found, complaint = fitted(
        "shifted-beta-geometric", "\n".join(lines), "--as-of", "2024-12-31", name="contracts.csv"
    )
    assert (status, complaint) == (0, "")
    assert (found["unit"], found["n_customers"]) == ("month", 1500)
    assert found["parameters"]["alpha"] == pytest.approx(0.7, abs=4 * found["standard_errors"]["alpha"])


@pytest.mark.parametrize(
    ("model", "content", "named"),
    [
        ("bg-nbd", "x,t_x,T\n0,0,5\n1,later,6\n", "line 3: t_x='later' is not a number"),
        ("bg-nbd", "x,t_x,T\n0,0,5\n1,nan,6\n", "line 3: t_x='nan' is not a number"),
        ("bg-nbd", "x,t_x,T\n0,0,5\n1,,6\n", "line 3: t_x is empty"),
        ("bg-nbd", "x,t_x,T\n0,0,5\n1,7.5,6\n", "line 3: t_x .* between 0 and T; it has x=1, t_x=7.5, T=6"),
        ("bg-nbd", "x,t_x,T\n0,0,5\n1.5,2,6\n", "line 3: x "),
        ("bg-nbd", "x,t_x,T\n0,0,5\n-1,2,6\n", "line 3: x "),
        ("bg-nbd", "x,t_x,T\n0,0,5\n0,2,6\n", "line 3: t_x is 0 where x is 0"),
        ("bg-nbd", "x,t_x,T,weight\n0,0,5,1\n1,2,6,-3\n", "line 3: weight .*weight=-3"),
        ("bg-nbd", "x,t_x,T,weight\n0,0,5,1\n1,2,6,0\n", "line 3: weight "),
        ("bg-nbd", "x,t_x\n0,0\n", "no column T"),
        ("bg-nbd", PAPER_SURVIVORS, "no column x"),
        ("bg-nbd", "x,t_x,T\n", "no rows"),
        ("bg-nbd", "", "empty"),
        ("bg-bb", "x,t_x,T\n1,2.5,6\n", "line 2: t_x and T count opportunities"),
        ("bg-bb", "x,t_x,T\n3,2,6\n", "line 2: t_x and T count opportunities"),
        ("gamma-gamma", "x,m_x\n2,12\n1,-5\n", "line 3: m_x "),
        ("gamma-gamma", "x,m_x\n2,12\n1,0\n", "line 3: m_x "),
        ("shifted-beta-geometric", "period,survivors\n0,10\n1,11\n2,3\n", "line 3: survivors cannot rise"),
        ("shifted-beta-geometric", "period,survivors\n1,10\n2,9\n3,3\n", "line 2: periods run 0, 1, 2"),
        (
            "shifted-beta-geometric",
            "period,survivors\n0,10\n1,9.5\n2,3\n",
            "line 3: survivors counts customers",
        ),
        ("shifted-beta-geometric", "period,survivors\n0,10\n1,9\n", "at least two periods"),
    ],
)
def test_impossible_row_is_named_on_one_line(fitted, model, content, named):
    status, found, complaint = fitted(model, content)
    assert (status, found) == (2, None)
    assert complaint.startswith("treue: ")
    assert complaint.count("\n") == 1
    assert re.search(named, complaint)


@pytest.mark.parametrize(
    ("model", "content", "state"),
    [
        ("bg-nbd", "x,t_x,T\n0,0,5\n", "insufficient"),  # one customer
        ("pareto-nbd", "x,t_x,T\n0,0,5\n0,0,9\n", "insufficient"),  # nobody came back
        ("bg-nbd", "x,t_x,T\n0,0,0\n", "insufficient"),  # no time at all
        ("bg-nbd", "x,t_x,T\n" + "1,1,1\n" * 50, "not_identified"),  # all alike, for a day
        ("bg-nbd", "x,t_x,T\n0,0,9000\n10000,8999,9000\n", "not_identified"),
        ("gamma-gamma", "x,m_x\n0,0\n1,5.5\n", "insufficient"),
        ("shifted-beta-geometric", "period,survivors\n0,10\n1,10\n2,10\n", "insufficient"),  # nobody left
    ],
)
def test_data_that_give_no_parameters_give_nulls_and_a_sentence(fitted, model, content, state):
    status, found, complaint = fitted(model, content)
    assert (status, found["status"]) == (2, state)
    assert set(found["parameters"].values()) == set(found["standard_errors"].values()) == {None}
    assert found["log_likelihood"] is None
    assert complaint.startswith("treue: ")
    assert complaint.count("\n") == 1


def test_in_table_form_a_refusal_is_its_sentence_alone(treue, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("x,t_x,T\n0,0,5\n", encoding="utf-8")
    done = treue("fit", "bg-nbd", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "nobody came back" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nbd", "{orders}"], "model='nbd' is not known; known are bg-nbd"),
        (["shifted-beta-geometric", "{orders}"], "contracts"),
        (["bg-nbd", "{summary}", "{orders}"], "without other files"),
        (["bg-nbd", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_wrong_questions_are_refused(capsys, orders, tmp_path, arguments, named):
    summary = tmp_path / "summary.csv"
    summary.write_text("x,t_x,T\n0,0,5\n", encoding="utf-8")
    asked = [word.format(orders=orders, summary=summary) for word in arguments]
    assert run(["fit", *asked]) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.count("\n") == 1


def test_rows_set_aside_are_told(capsys, flawed_orders):
    assert run(["fit", "bg-nbd", str(flawed_orders), "--format", "json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["status"] == "ok"
    assert printed.err.startswith("2 rows were set aside")
