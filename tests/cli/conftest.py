"""What the tests of the commands may ask for: the real program, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "treue.cli"]

ORDERS = """order_id,customer_id,ordered_at,total,country
{rows}"""


@pytest.fixture
def treue(tmp_path):
    """Return a function that runs the program in an empty folder, with its output in pipes."""
    folder = tmp_path / "desk"
    folder.mkdir()

    def run(*arguments, env=None, cwd=folder, timeout=120):
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=cwd,
            env=os.environ | (env or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    run.folder = folder
    return run


@pytest.fixture
def orders(tmp_path):
    """Return a file of 200 customers over two years; half of them stop one after the other."""
    return write_orders(tmp_path / "orders.csv")


def write_orders(path):
    path.write_text(ORDERS.format(rows="\n".join(order_rows())), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Run `treue report` once with a JSON file beside; return the ended process and its folder."""
    folder = tmp_path_factory.mktemp("finished")
    orders = write_orders(tmp_path_factory.mktemp("given") / "orders.csv")
    bare = {"PATH": os.defpath, "TMPDIR": str(tmp_path_factory.mktemp("scratch")), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [*PROGRAM, "report", str(orders), "--json", "figures.json"],
        cwd=folder,
        env=bare,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done, folder


@pytest.fixture
def flawed_orders(tmp_path):
    """Return the same file with two rows that cannot be used, on its last two lines."""
    path = tmp_path / "flawed.csv"
    rows = [*order_rows(), "x1,,2025-03-01,10.00,NO", "x2,c1,yesterday,10.00,NO"]
    path.write_text(ORDERS.format(rows="\n".join(rows)), encoding="utf-8")
    return path


def order_rows():
    for customer in range(200):
        every = 20 + customer % 40
        days = 150 + customer * 7 % 570 if customer % 4 < 2 else 730
        for number, day in enumerate(range(customer % 30, days, every)):
            month, rest = divmod(day, 28)
            year, month = 2024 + month // 12, month % 12 + 1
            country = ("NO", "DE")[customer % 2]
            yield f"o{customer}-{number},c{customer},{year}-{month:02d}-{rest + 1:02d},{20 + number}.50,{country}"
