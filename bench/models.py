"""How fast models are fitted and asked: Treue against lifetimes and pymc-marketing, and against numba."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import likelihoods
from bench.cases import PLANTED, cases
from bench.environments import SCRIPTS, environment
from bench.process import run
from bench.verdicts import Verdict

if TYPE_CHECKING:
    from pathlib import Path

FIT_RATIO = {"lifetimes": 150.0, "pymc": 100.0}
PARETO_RATIO = 25.0
PREDICTION_RATIO = 3.0
NUMBA_RATIO = 3.0
MEMORY_GB = 3.0
PARETO_SHARE = 50
"""lifetimes needs minutes for Pareto/NBD already at this share of the customers."""

LARGER = 10
HORIZON_DAYS = 90
SAME_PARAMETERS = 1e-2
SAME_LIKELIHOOD = 1e-6
SAME_PREDICTION = 1e-6
SAME_DERIVATIVES = 1e-8
OURS_PER_PEER = 5
"""Runs of ours for each of a peer, in one process: a peer's takes longer than all of them."""


@dataclass
class Best:
    """The fastest of several processes of one contestant, and what it answered."""

    seconds: float = float("inf")
    processor_seconds: float = float("inf")
    gigabytes: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)

    def take(self, told: dict[str, Any], gigabytes: float) -> None:
        """Keep the better of what is known and another run."""
        if told["seconds"] < self.seconds:
            self.told = told
        self.seconds = min(self.seconds, told["seconds"])
        self.processor_seconds = min(self.processor_seconds, told["processor_seconds"])
        self.gigabytes = max(self.gigabytes, gigabytes)


def ask(contestant: str, repeat: int, *arguments: str, best: Best | None = None) -> Best | None:
    """Run one contestant in a process of its own; None where its program cannot be installed."""
    python = sys.executable if contestant == "treue" else environment(contestant)
    if python is None:
        return None
    best = best or Best()
    task, path, *rest = arguments
    ended = run([str(SCRIPTS / f"in_{contestant}.py"), task, path, str(repeat), *rest], python=str(python))
    best.take(json.loads(ended.printed), ended.gigabytes)
    return best


def race(task: str, path: Path, turns: int, peers: tuple[str, ...], point: Any = None) -> dict[str, Best]:
    """Let all contestants do a task in turns, so that a busy minute hits all."""
    best: dict[str, Best] = {}
    for _ in range(turns):
        for name in ("treue", *peers):
            times = OURS_PER_PEER if name == "treue" else 1
            found = ask(name, times, task, str(path), json.dumps(point), best=best.get(name))
            if found is not None:
                best[name] = found
    for name, one in best.items():
        _print_line(f"{task} {name}", one.seconds, one.processor_seconds, one.gigabytes)
    return best


def _print_line(name: str, seconds: float, processor_seconds: float, gigabytes: float | None = None) -> None:
    memory = "" if gigabytes is None else f"{gigabytes:7.2f} GB"
    print(f"  {name:<36}{seconds:9.3f} s {processor_seconds:9.3f} s of a processor{memory}", flush=True)


def fits(task: str, path: Path, turns: int, targets: dict[str, float]) -> tuple[list[Verdict], list[Verdict]]:
    """Fit one model with every program; the ratio includes joining equal rows."""
    best = race(task, path, turns, tuple(targets))
    ours = best.pop("treue")
    parts = ours.told
    _print_line("  of it joining equal rows", **parts["joining"])
    _print_line("  of it fitting distinct rows", **parts["fitting"])
    with np.load(path) as file:
        columns = [file[name] for name in ("x", "t_x", "T")]
    customers = len(columns[0])
    print(f"  {parts['rows']:,} of {customers:,} rows are distinct", flush=True)
    score = {"bg-nbd": likelihoods.bg_nbd, "pareto-nbd": likelihoods.pareto_nbd}[task]
    equal, speed = [], []
    for name, peer in best.items():
        mine, theirs = parts["parameters"], peer.told["parameters"]
        away = max(abs(theirs[letter] / mine[letter] - 1) for letter in mine)
        worse = abs(score(theirs, *columns) / score(mine, *columns) - 1)
        same = away <= SAME_PARAMETERS or worse <= SAME_LIKELIHOOD
        told = f"{away:.0e}, {worse:.0e}"
        equal.append(Verdict(f"{task}: parameters, likelihood as {name}", told, "1e-2 or 1e-6", same))
        title = f"{task}, {customers:,} customers: {name} / time"
        speed.append(_ratio(title, peer.seconds / ours.seconds, targets[name]))
        alone = peer.seconds / parts["fitting"]["seconds"]
        print(
            f"  {task}: {name} took {peer.seconds / ours.seconds:.0f} times as long, {alone:.0f} times without "
            f"joining, {peer.processor_seconds / ours.processor_seconds:.0f} times in time of a processor",
            flush=True,
        )
    return equal, speed


def _ratio(name: str, ratio: float, target: float) -> Verdict:
    return Verdict(name, f"{ratio:.1f}", f"at least {target:g}", ratio >= target)


def predictions(path: Path, turns: int) -> tuple[list[Verdict], list[Verdict]]:
    """Ask what each customer is expected to buy, given the same parameters."""
    best = race(
        "expected", path, turns, ("lifetimes",), {"parameters": PLANTED, "horizon": float(HORIZON_DAYS)}
    )
    ours = best["treue"]
    if "lifetimes" not in best:
        return [], []
    theirs = best["lifetimes"]
    mine = np.array([ours.told["sum"], *ours.told["first"]])
    away = float(np.max(np.abs(np.array([theirs.told["sum"], *theirs.told["first"]]) / mine - 1)))
    same = Verdict(
        "expected purchases as lifetimes",
        f"{away:.0e}",
        f"at most {SAME_PREDICTION:.0e}",
        away <= SAME_PREDICTION,
    )
    name = "expected purchases of each customer: lifetimes / time"
    return [same], [_ratio(name, theirs.seconds / ours.seconds, PREDICTION_RATIO)]


def limit(path: Path, turns: int) -> tuple[list[Verdict], list[Verdict]]:
    """Compare the derivatives with a loop that numba compiles."""
    rows = path.with_name(f"rows-{path.name}")
    point = json.dumps({"parameters": PLANTED})
    ours, theirs = Best(), Best()
    for _ in range(turns):
        ask("treue", 10, "derivatives", str(path), point, str(rows), best=ours)
        if ask("numba", 10, "derivatives", str(rows), point, best=theirs) is None:
            return [], []
    for name, one in (("treue", ours), ("numba", theirs)):
        _print_line(f"derivatives {name}", one.seconds, one.processor_seconds, one.gigabytes)
    away = float(np.max(np.abs(np.array(theirs.told["answer"]) / np.array(ours.told["answer"]) - 1)))
    same = Verdict(
        "derivatives as numba", f"{away:.0e}", f"at most {SAME_DERIVATIVES:.0e}", away <= SAME_DERIVATIVES
    )
    slower = ours.seconds / theirs.seconds
    name = f"derivatives, {ours.told['rows']:,} distinct rows: time / numba"
    return [same], [Verdict(name, f"{slower:.2f}", f"at most {NUMBA_RATIO:g}", slower <= NUMBA_RATIO)]


def memory(path: Path, customers: int) -> tuple[list[Verdict], list[Verdict]]:
    """Fit ten times as many customers once."""
    best = ask("treue", 1, "bg-nbd", str(path), "null")
    assert best is not None
    _print_line(f"bg-nbd treue, {customers:,}", best.seconds, best.processor_seconds, best.gigabytes)
    print(f"  {best.told['rows']:,} of {customers:,} rows are distinct", flush=True)
    name = f"bg-nbd, {customers:,} customers: memory"
    return [], [
        Verdict(name, f"{best.gigabytes:.2f} GB", f"under {MEMORY_GB:g} GB", best.gigabytes < MEMORY_GB)
    ]


def contest(customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Return whether all gave the same answers, and how fast and large they were."""
    turns = min(repeat, 2)
    path, few = cases(customers), cases(max(customers // PARETO_SHARE, 1000))
    parts = (
        limit(path, repeat),
        predictions(path, repeat),
        fits("bg-nbd", path, turns, FIT_RATIO),
        fits("pareto-nbd", few, 1, {"lifetimes": PARETO_RATIO}),
        memory(cases(LARGER * customers), LARGER * customers),
    )
    equal = [verdict for same, _ in parts for verdict in same]
    return equal, [verdict for _, speed in parts for verdict in speed]
