"""The firms that the benchmarks measure: simulated once and kept in the folder ``build``."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.process import ROOT, Ended, run

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = 36
PURCHASES_PER_CUSTOMER = 20
FOLDER = ROOT / "build" / "bench"

SIMULATE = """
import sys
from pathlib import Path
from treue.simulate.firm import simulate_firm
tables = None if sys.argv[3] == "all" else sys.argv[3].split(",")
truth = simulate_firm(Path(sys.argv[1]), customers=int(sys.argv[2]), months={months}, seed=1, tables=tables,
                      purchases_per_customer={purchases})
"""


@dataclass(frozen=True, slots=True)
class Firm:
    """A simulated firm: its folder, its customers, its orders, and its last day as a day number."""

    folder: Path
    customers: int
    orders: int
    last_day: int

    @property
    def purchases(self) -> Path:
        """The file of orders."""
        return self.folder / "purchases.parquet"


def simulate(folder: Path, customers: int, tables: str) -> Ended:
    """Simulate a firm in a process of its own, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    code = SIMULATE.format(months=MONTHS, purchases=PURCHASES_PER_CUSTOMER)
    return run(["-c", code, str(folder), str(customers), tables])


def firm(customers: int) -> Firm:
    """Return a firm with orders only, simulated at first use."""
    import duckdb

    folder = FOLDER / f"orders-{customers}"
    if not (folder / "truth.json").exists():
        simulate(folder, customers, "purchases")
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    query = (
        f"SELECT count(*), DATE '{truth['last_day']}' - DATE '1970-01-01' FROM '{folder}/purchases.parquet'"
    )
    with duckdb.connect() as connection:
        orders, last_day = connection.execute(query).fetchone() or (0, 0)
    return Firm(folder, customers, orders, last_day)
