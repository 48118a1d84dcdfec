"""Treue: ``in_treue.py TASK CASES REPEAT [ROWS]``, TASK one of bg-nbd, pareto-nbd, expected, derivatives."""

from __future__ import annotations

import json
import sys

import numpy as np
from timing import timed

from treue.models.beta_geometric import derivatives
from treue.models.bg_nbd import BgNbd
from treue.models.pareto_nbd import ParetoNbd
from treue.models.summary import Summary

task, path, repeat, point, *rows = sys.argv[1:]
few = 1000
with np.load(path) as file:
    columns = [file[name] for name in ("x", "t_x", "T")]
point = json.loads(point)
if task in {"bg-nbd", "pareto-nbd"}:
    model = {"bg-nbd": BgNbd, "pareto-nbd": ParetoNbd}[task]
    model.fit(Summary.of(*(column[:few] for column in columns)))
    whole, both = timed(lambda: model.fit(Summary.of(*columns)), int(repeat))
    summary, joining = timed(lambda: Summary.of(*columns), int(repeat))
    _, fitting = timed(lambda: model.fit(summary), int(repeat))
    names = ("r", "alpha", "a", "b") if task == "bg-nbd" else ("r", "alpha", "s", "beta")
    told = {
        "parameters": dict(zip(names, whole.optimum.parameters.tolist(), strict=True)),
        "rows": len(summary.x),
        "joining": joining,
        "fitting": fitting,
    }
elif task == "expected":
    model, horizon = BgNbd(**point["parameters"]), point["horizon"]
    model.expected_purchases_of_customer(*(column[:few] for column in columns), horizon)
    answer, both = timed(lambda: model.expected_purchases_of_customer(*columns, horizon), int(repeat))
    told = {"sum": float(answer.sum()), "first": answer[:few].tolist()}
else:
    summary = Summary.of(*columns)
    np.savez(rows[0], x=summary.x, t_x=summary.t_x, T=summary.T, weight=summary.weight)
    parameters = np.array(list(point["parameters"].values()))
    (value, gradient, hessian), both = timed(lambda: derivatives(parameters, summary, 0), int(repeat))
    told = {"answer": [value, *gradient.tolist(), *hessian.ravel().tolist()], "rows": len(summary.x)}
json.dump({**both, **told}, sys.stdout)
