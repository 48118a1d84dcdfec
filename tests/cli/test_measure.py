from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest

from treue.cli import run
from treue.cli.figures import CSV_COLUMNS, in_words
from treue.kernel.registry import measures


def test_a_table_shows_value_interval_count_and_status(treue, orders):
    done = treue("measure", "retention_rate", orders, "--by", "quarter")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Customer retention rate (retention_rate), as of 2026-")
    assert lines[1].split("  ")[0] == "Period"
    assert any(line.startswith("2025-Q2") and " % to " in line and line.endswith("ok") for line in lines)
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("asked", "times"),
    [
        (["retention_rate", "--by", "rolling"], 3),
        (["n_day_retention"], 3),
        (["repeat_purchase_rate", "--by", "year"], 3),
        (["retention_rate", "--by", "quarter"], 0),
    ],
)
def test_rows_that_differ_only_in_their_time_say_it(capsys, orders, asked, times):
    assert run(["measure", asked[0], str(orders), *asked[1:], "--format", "json"]) == 0
    windows = {figure["window"] for figure in json.loads(capsys.readouterr().out)}
    assert run(["measure", asked[0], str(orders), *asked[1:]]) == 0
    printed = capsys.readouterr().out
    shown = [window for window in windows if window in printed]
    if times:
        assert len(shown) == len(windows) > 1
    else:
        assert not shown


def test_json_is_what_the_library_returns(capsys, orders):
    import treue

    assert run(["measure", "retention_rate", str(orders), "--by", "quarter", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    with treue.read(orders) as history:
        assert printed == [
            figure.as_dict() for figure in treue.measure("retention_rate", history, by="quarter")
        ]
    assert all("period" in figure for figure in printed)


def test_json_is_alone_on_the_output(treue, flawed_orders):
    done = treue("measure", "repeat_purchase_rate", flawed_orders, "--format", "json")
    assert done.returncode == 1
    assert isinstance(json.loads(done.stdout), list)
    assert done.stderr == "2 rows were set aside; `treue check` with the same files says why.\n"


def test_quiet_keeps_the_result_and_the_status(treue, flawed_orders):
    done = treue("measure", "repeat_purchase_rate", flawed_orders, "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert " % to " in done.stdout


def test_csv_has_one_row_per_figure(capsys, orders):
    assert run(["measure", "retention_rate", str(orders), "--by", "country", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert {"DE", "NO"} <= {row["segment"] for row in rows}


def test_money_carries_its_currency(capsys, orders):
    assert run(["measure", "average_order_value", str(orders), "--currency", "NOK"]) == 0
    assert " NOK" in capsys.readouterr().out


def test_without_a_name_all_are_listed(capsys):
    assert run(["measure"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:] if line.strip()]
    assert listed == list(measures())


def test_the_list_is_machine_readable_too(capsys):
    assert run(["measure", "--format", "json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == list(measures())
    assert run(["measure", "--format", "csv"]) == 0
    assert [row["id"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == list(measures())


def test_a_wrong_name_names_the_nearest(capsys, orders):
    assert run(["measure", "retention", str(orders)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("treue: measure='retention' is not known; did you mean ")
    assert "retention_rate" in printed.err


def test_a_forgotten_file_is_said(capsys):
    assert run(["measure", "retention_rate"]) == 2
    assert capsys.readouterr().err == (
        "treue: measure='retention_rate' needs a file or folder to measure: treue measure retention_rate orders.csv\n"
    )


def test_a_column_that_is_not_there_is_refused(capsys, orders):
    assert run(["measure", "retention_rate", str(orders), "--by", "shoe_size"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("treue: by='shoe_size' ")
    assert printed.count("\n") == 1


def test_a_measure_without_its_table_is_refused(capsys, orders):
    assert run(["measure", "net_revenue_retention", str(orders)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("treue: ")
    assert "contracts" in printed
    assert printed.count("\n") == 1


def test_a_closed_pipe_is_no_error(orders):
    reader = subprocess.Popen(
        [
            "sh",
            "-c",
            f"'{sys.executable}' -m treue.cli measure retention_rate '{orders}' --by month; echo $? >&2",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    reader.stdout.close()
    assert reader.stderr.read() == "141\n"
    reader.stderr.close()
    reader.wait(timeout=60)


@pytest.mark.parametrize(
    ("number", "unit", "words"),
    [
        (0.9, "share", "90.0 %"),
        (1.1, "share", "110.0 %"),
        (51.666, "money", "51.67 EUR"),
        (32.04, "days", "32.0 days"),
        (12345.0, "count", "12,345"),
        (2.4, "count", "2.40"),
        (0.0025, "per_month", "0.25 per 100 months"),
        (1.1111, "ratio", "1.111"),
        (None, "money", "–"),
    ],
)
def test_numbers_are_written_in_their_unit(number, unit, words):
    assert in_words(number, unit, "EUR") == words
