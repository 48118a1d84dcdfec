"""The application's daily cycle against the library's report on the same orders, and its pages at that size."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from bench.application import THOUSANDS
from bench.databases import database
from bench.firms import firm
from bench.process import held, run
from bench.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

REPORT_RATIO = 4.0
MOST_GIGABYTES = 6.0
PAGE_MILLISECONDS = 100.0
IDLE_MEGABYTES = 250.0
IDLE_SECONDS = 15


def contest(vendors: Sequence[str], customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Fill a database of each kind, run the cycle as often as the report, and open every page."""
    source = firm(customers)
    reports: list[float] = []
    found = []
    for vendor in vendors:
        folder = Path(tempfile.mkdtemp(prefix="treue-bench-"))
        try:
            with database(vendor, folder):
                found += _of_one(vendor, str(source.folder), str(folder / "report.html"), repeat, reports)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return [], found


def _of_one(vendor: str, source: str, page: str, repeat: int, reports: list[float]) -> list[Verdict]:
    filled = json.loads(run(["-m", "bench.application", "fill", source]).printed)
    print(f"  {vendor}: import {filled['seconds']:9.2f} s   ({filled['rows']:,} rows)", flush=True)
    report = ["-m", "treue.cli", "report", source, "--out", page, "--quiet", "--window", "90d"]
    cycles = []
    for _ in range(repeat):
        # In turns, so that a busy minute hits both.
        one = run(report, allowed=(0, 1))
        reports.append(one.seconds)
        cycles.append(run(["-m", "treue.cli", "cycle", "--quiet"]))
        print(
            f"  report    {one.seconds:9.2f} s {one.gigabytes:6.2f} GB, "
            f"cycle {cycles[-1].seconds:9.2f} s {cycles[-1].gigabytes:6.2f} GB",
            flush=True,
        )
    run(["-m", "bench.application", "desk"])
    pages = json.loads(run(["-m", "bench.application", "pages"]).printed)
    idle = idle_megabytes()
    ratio = min(one.seconds for one in cycles) / min(reports)
    memory = max(one.gigabytes for one in cycles)
    return [
        Verdict(
            f"{vendor}: cycle / report, same orders",
            f"{ratio:.2f}",
            f"at most {REPORT_RATIO:g}",
            ratio <= REPORT_RATIO,
        ),
        Verdict(
            f"{vendor}: memory of the cycle",
            f"{memory:.2f} GB",
            f"under {MOST_GIGABYTES:g} GB",
            memory < MOST_GIGABYTES,
        ),
        Verdict(
            f"{vendor}: memory of the idle server",
            f"{idle:.0f} MB",
            f"under {IDLE_MEGABYTES:g} MB",
            idle < IDLE_MEGABYTES,
        ),
        *(
            Verdict(f"{vendor}: page /{name}, p95", f"{pages[f'/{name}']:.0f} ms", "no target", met=True)
            for name in THOUSANDS
        ),
        *(
            Verdict(
                f"{vendor}: page {name}, p95",
                f"{spent:.0f} ms",
                f"under {PAGE_MILLISECONDS:g} ms",
                spent < PAGE_MILLISECONDS,
            )
            for name, spent in pages.items()
            if name.removeprefix("/") not in THOUSANDS
        ),
    ]


def idle_megabytes() -> float:
    """Return what a server with its worker holds some seconds after somebody has opened every page."""
    told = json.loads(run(["-m", "bench.application", "session"]).printed)
    arguments = [sys.executable, "-u", "-m", "treue.cli", "serve", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            for page in told["pages"]:
                asked = Request(address + page, headers={"Cookie": told["cookie"]})  # noqa: S310
                urlopen(asked).read()  # noqa: S310
            time.sleep(IDLE_SECONDS)
            return held(server.pid) / 1e6
        finally:
            server.terminate()
