"""The application's daily cycle against the library's report on the same orders, and its pages at that size."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from bench.firms import firm
from bench.process import run
from bench.verdicts import Verdict

REPORT_RATIO = 4.0
MOST_GIGABYTES = 6.0
PAGE_MILLISECONDS = 100.0


def contest(customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Fill a database, run the cycle as often as the report, and open every page."""
    source = firm(customers)
    home = Path(tempfile.mkdtemp(prefix="treue-bench-"))
    os.environ["TREUE_HOME"] = str(home)
    try:
        filled = json.loads(run(["-m", "bench.application", "fill", str(source.folder)]).printed)
        print(f"  import    {filled['seconds']:9.2f} s   ({filled['rows']:,} rows)", flush=True)
        cycles, reports = [], []
        for _ in range(repeat):
            # In turns, so that a busy minute hits both.
            out = str(home / "report.html")
            asked = [
                "-m",
                "treue.cli",
                "report",
                str(source.folder),
                "--out",
                out,
                "--quiet",
                "--window",
                "90d",
            ]
            reports.append(run(asked, allowed=(0, 1)))
            cycles.append(run(["-m", "treue.cli", "cycle", "--quiet"]))
            print(
                f"  report    {reports[-1].seconds:9.2f} s {reports[-1].gigabytes:6.2f} GB, "
                f"cycle {cycles[-1].seconds:9.2f} s {cycles[-1].gigabytes:6.2f} GB",
                flush=True,
            )
        pages = json.loads(run(["-m", "bench.application", "pages"]).printed)
    finally:
        del os.environ["TREUE_HOME"]
        shutil.rmtree(home, ignore_errors=True)
    ratio = min(one.seconds for one in cycles) / min(one.seconds for one in reports)
    memory = max(one.gigabytes for one in cycles)
    return [], [
        Verdict(
            "cycle / report, same orders", f"{ratio:.2f}", f"at most {REPORT_RATIO:g}", ratio <= REPORT_RATIO
        ),
        Verdict(
            "memory of the cycle", f"{memory:.2f} GB", f"under {MOST_GIGABYTES:g} GB", memory < MOST_GIGABYTES
        ),
        *(
            Verdict(
                f"page {name}, p95",
                f"{spent:.0f} ms",
                f"under {PAGE_MILLISECONDS:g} ms",
                spent < PAGE_MILLISECONDS,
            )
            for name, spent in pages.items()
        ),
    ]
