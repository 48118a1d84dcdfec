"""Speed and memory against other programs: ``python -m bench [reductions | models | imports | cycle | demo] [--customers N | --quick]``.

Every figure printed comes from this run. Exits with 1 when a target is missed or contestants disagree.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import cycle, demonstration, imports, models
from bench.databases import VENDORS
from bench.firms import FOLDER, PURCHASES_PER_CUSTOMER, firm, simulate
from bench.process import ROOT, FailedError, run
from bench.reductions import CONTESTANTS, REDUCTIONS
from bench.verdicts import Verdict, show

if TYPE_CHECKING:
    from bench.firms import Firm

FULL_CUSTOMERS = 1_000_000
QUICK_CUSTOMERS = 20_000
SMALLER = 20
"""Cost per row is compared with a firm of a twentieth of the size."""

SQL_RATIO = 1.3
PANDAS_RATIO = 3.0
MEMORY_RATIO = 1 / 3
REPORT_RATIO = 3.0
FLAT_RATIO = 1.25
CDNOW_SECONDS = 5.0
SIMULATE_SECONDS = 180.0
CDNOW = ROOT / "../shared/data/cdnow_orders.csv"


@dataclass(frozen=True, slots=True)
class Best:
    """The fastest of several runs of one contestant, and the largest memory of them."""

    seconds: float
    gigabytes: float


Times = dict[tuple[str, str], Best]


def compete(
    contest: Firm, repeat: int, contestants: tuple[str, ...] = CONTESTANTS
) -> tuple[Times, list[Verdict]]:
    """Let all contestants make all reductions; they take turns, so that a busy minute hits all."""
    times: Times = {}
    verdicts = []
    for reduction in (*REDUCTIONS, "all"):
        answers = {}
        for _ in range(repeat):
            for name in contestants:
                place = [str(contest.purchases), str(contest.last_day)]
                ended = run(["-m", "bench.contestant", name, reduction, *place])
                told = json.loads(ended.printed)
                answers[name] = told["answers"]
                before = times.get((name, reduction))
                times[name, reduction] = Best(
                    min(told["seconds"], before.seconds if before else told["seconds"]),
                    max(ended.gigabytes, before.gigabytes if before else 0.0),
                )
        if len(contestants) > 1:
            equal = all(answer == answers["sql"] for answer in answers.values())
            verdicts.append(
                Verdict(f"{reduction}: same answer", "equal" if equal else "different", "equal", equal)
            )
            _print_line(reduction, [times[name, reduction] for name in contestants])
    return times, verdicts


def _print_line(reduction: str, found: list[Best]) -> None:
    cells = "".join(f"{best.seconds:9.2f} s {best.gigabytes:6.2f} GB" for best in found)
    print(f"  {reduction:<10}{cells}", flush=True)


def judge(times: Times) -> list[Verdict]:
    """Compare Treue with SQL and pandas, reduction by reduction and all four in one go."""
    verdicts = []
    for reduction in (*REDUCTIONS, "all"):
        ours, sql, pandas = (times[name, reduction] for name in CONTESTANTS)
        slower = ours.seconds / sql.seconds
        faster = pandas.seconds / ours.seconds
        share = ours.gigabytes / pandas.gigabytes
        verdicts += [
            Verdict(f"{reduction}: time / SQL", f"{slower:.2f}", f"at most {SQL_RATIO}", slower <= SQL_RATIO),
            Verdict(
                f"{reduction}: pandas / time",
                f"{faster:.2f}",
                f"at least {PANDAS_RATIO:g}",
                faster >= PANDAS_RATIO,
            ),
            Verdict(
                f"{reduction}: memory / pandas",
                f"{share:.2f}",
                f"at most {MEMORY_RATIO:.2f}",
                share <= MEMORY_RATIO,
            ),
        ]
    return verdicts


def report_seconds(path: Path, repeat: int, *options: str) -> Best:
    """Return the best of several cold starts of `treue report`."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "report.html")
        for _ in range(repeat):
            asked = ["-m", "treue.cli", "report", str(path), "--out", out, "--quiet", *options]
            found.append(run(asked, allowed=(0, 1)))
    return Best(min(one.seconds for one in found), max(one.gigabytes for one in found))


def whole_report(large: Firm, small: Firm, times: Times, repeat: int) -> list[Verdict]:
    """Compare the command with the sum of the four reductions, and large with small."""
    four = sum(times["treue", reduction].seconds for reduction in REDUCTIONS)
    page = report_seconds(large.folder, repeat, "--window", "90d")
    print(
        f"  report    {page.seconds:9.2f} s {page.gigabytes:6.2f} GB   (the four reductions: {four:.2f} s)",
        flush=True,
    )
    ratio = page.seconds / four
    small_times, _ = compete(small, repeat, ("treue",))
    small_page = report_seconds(small.folder, repeat, "--window", "90d")
    rows = large.orders / small.orders
    reductions = times["treue", "all"].seconds / small_times["treue", "all"].seconds / rows
    pages = page.seconds / small_page.seconds / rows
    flat = f"at most {FLAT_RATIO}"
    sizes = f"{large.orders:,} / {small.orders:,} orders"
    return [
        Verdict(
            "report / the four reductions", f"{ratio:.2f}", f"at most {REPORT_RATIO:g}", ratio <= REPORT_RATIO
        ),
        Verdict(f"cost per order, reductions, {sizes}", f"{reductions:.2f}", flat, reductions <= FLAT_RATIO),
        Verdict(f"cost per order, report, {sizes}", f"{pages:.2f}", flat, pages <= FLAT_RATIO),
    ]


def cdnow(repeat: int) -> list[Verdict]:
    """Time a cold start on the public CDNOW orders."""
    if not CDNOW.is_file():
        print("  CDNOW orders are not on this machine: not measured")
        return []
    best = report_seconds(CDNOW, repeat, "--currency", "USD")
    met = best.seconds < CDNOW_SECONDS
    return [
        Verdict("report on CDNOW, cold start", f"{best.seconds:.2f} s", f"under {CDNOW_SECONDS:g} s", met)
    ]


def simulation(customers: int) -> list[Verdict]:
    """Time the simulation of a firm with all its tables."""
    ended = simulate(FOLDER / "whole", customers, "all")
    print(f"  simulate  {ended.seconds:9.2f} s {ended.gigabytes:6.2f} GB   (all tables)", flush=True)
    met = ended.seconds <= SIMULATE_SECONDS
    name = f"simulate {customers:,} customers, {customers * PURCHASES_PER_CUSTOMER:,} orders"
    return [Verdict(name, f"{ended.seconds:.0f} s", f"at most {SIMULATE_SECONDS:g} s", met)]


def reductions(customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Return whether all gave the same answers, and how fast and large they were."""
    large, small = firm(customers), firm(max(customers // SMALLER, 1000))
    print(f"  {'':<10}" + "".join(f"{name:>21}" for name in CONTESTANTS), flush=True)
    times, equal = compete(large, repeat)
    speed = judge(times) + whole_report(large, small, times, repeat) + cdnow(repeat) + simulation(customers)
    return equal, speed


def main() -> int:
    """Run the benchmarks and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=("reductions", "models", "imports", "cycle", "demo"),
        help="only this part (default: all)",
    )
    parser.add_argument(
        "--customers", type=int, default=FULL_CUSTOMERS, help="size of the firm (default: %(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a small firm, each once: answers are compared, not times"
    )
    parser.add_argument(
        "--database", choices=VENDORS, help="the application on this one only (default: both)"
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of each contestant; the best counts")
    asked = parser.parse_args()
    customers = QUICK_CUSTOMERS if asked.quick else asked.customers
    repeat = 1 if asked.quick else asked.repeat
    vendors = (asked.database,) if asked.database else VENDORS
    judged = customers >= FULL_CUSTOMERS
    print(
        f"{customers:,} customers, {platform.machine()}, Python {platform.python_version()}, best of {repeat}",
        flush=True,
    )
    equal: list[Verdict] = []
    speed: list[Verdict] = []
    for part, contest in {
        "reductions": reductions,
        "models": models.contest,
        "imports": partial(imports.contest, vendors),
        "cycle": partial(cycle.contest, vendors),
        "demo": demonstration.contest,
    }.items():
        if asked.part in {None, part}:
            same, fast = contest(customers, repeat)
            equal, speed = equal + same, speed + fast
    show(equal, judged=True)
    show(speed, judged=judged)
    if not judged:
        print(f"\nThe targets are for {FULL_CUSTOMERS:,} customers; a smaller firm is measured, not judged.")
    kept = [*equal, *speed] if judged else equal
    return 0 if all(verdict.met for verdict in kept) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FailedError as error:
        sys.exit(f"bench: {error}")
