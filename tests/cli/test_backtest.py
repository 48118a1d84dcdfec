from __future__ import annotations

import json

import numpy as np
import pytest

from treue.cli import run


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """Return a file of 700 customers who buy at paces of their own and leave one after the other."""
    rng = np.random.default_rng(11)
    start = np.datetime64("2024-01-01")
    lines = ["order_id,customer_id,ordered_at,total"]
    for customer in range(700):
        rate, leaves = rng.gamma(1.2, 0.03), rng.beta(1.0, 6.0)
        day, here = rng.uniform(0, 160), True
        while here and day < 500:
            lines.append(f"o{len(lines)},c{customer},{start + int(day)},20.50")
            here = rng.random() > leaves
            day += rng.exponential(1 / rate)
    path = tmp_path_factory.mktemp("firm") / "orders.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_says_first_what_was_expected_and_what_happened(treue, firm):
    done = treue("backtest", firm, "--split", "2024-12-01", "--model", "mbg-nbd")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Of the 700 customers won by 1 December 2024, MBG/NBD expected ")
    assert " repeat purchases until " in lines[0]
    assert " happened, so it foretold " in lines[0]
    assert lines[1].startswith("MBG/NBD: passed all of 5 tests")
    assert lines[2] == "MBG/NBD is the one that is shown."
    assert "passed (" in done.stdout
    assert "EMPC" not in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_what_the_library_returns(capsys, firm):
    import treue
    from treue.models.backtest import backtest

    assert run(["backtest", str(firm), "--unit", "week", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    with treue.read(firm) as history:
        assert printed == backtest(history, unit="week").as_dict() | {"missing": []}
    assert [one["model"] for one in printed["candidates"]] == ["bg-nbd", "mbg-nbd", "pareto-nbd"]


def test_profit_is_told_with_the_firms_own_numbers_only(capsys, firm):
    costs = ["--contact-cost", "1", "--offer-cost", "10", "--value", "200"]
    assert run(["backtest", str(firm), "--model", "mbg-nbd", "--currency", "NOK", *costs]) == 0
    assert "EMPC: most profit per customer from writing to those who leave, NOK" in capsys.readouterr().out


def test_half_the_costs_are_refused(capsys, firm):
    assert run(["backtest", str(firm), "--value", "200"]) == 2
    assert capsys.readouterr().err == (
        "treue: --contact-cost and --offer-cost must be given too: a profit needs what contact, offer and customer "
        "are worth\n"
    )


@pytest.mark.parametrize("split", ["2023-12-31", "2030-01-01", "yesterday"])
def test_a_split_that_cannot_be_is_refused_in_one_sentence(capsys, firm, split):
    assert run(["backtest", str(firm), "--split", split]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"treue: split={split if split[0] == '2' else repr(split)}")
    assert printed.err.count("\n") == 1


def test_a_model_that_is_none_is_refused(capsys, firm):
    assert run(["backtest", str(firm), "--model", "bgnbd"]) == 2
    assert "model='bgnbd' is not known" in capsys.readouterr().err


def test_a_model_that_fails_is_a_result_and_no_error(capsys, tmp_path, firm):
    lines = firm.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not ("2024-11" < line.split(",")[2] < "2025-06" and hash_of(line) % 3)]
    path = tmp_path / "halved.csv"
    path.write_text("\n".join(kept), encoding="utf-8")
    assert run(["backtest", str(path), "--split", "2024-10-31"]) == 0
    printed = capsys.readouterr().out
    assert "MBG/NBD: failed, because the total is off by more than a quarter" in printed
    assert "So no model of these is shown." in printed
    assert "FAILED (" in printed


def hash_of(line):
    return int(line.split(",")[0][1:])


def test_too_little_says_what_is_missing(capsys, orders):
    assert run(["backtest", str(orders)]) == 0
    printed = capsys.readouterr().out
    assert (
        "There is not enough yet for a model to be shown: 200 customers with an order, and 500 are needed"
        in (printed)
    )


def test_set_aside_rows_are_told_apart(capsys, flawed_orders):
    assert run(["backtest", str(flawed_orders), "--format", "json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["missing"][0] == {"what": "customers", "have": 200, "need": 500}
    assert printed.err == "2 rows were set aside; `treue check` with the same files says why.\n"


def test_contracts_are_refused(capsys, tmp_path):
    path = tmp_path / "contracts.csv"
    path.write_text(
        "contract_id,customer_id,started_on,ended_on\n1,a,2024-01-01,2024-06-01\n2,b,2024-01-01,\n",
        encoding="utf-8",
    )
    assert run(["backtest", str(path)]) == 2
    assert "give a file of orders" in capsys.readouterr().err
