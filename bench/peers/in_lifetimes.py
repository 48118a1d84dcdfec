"""lifetimes: ``in_lifetimes.py TASK CASES REPEAT POINT``, TASK one of bg-nbd, pareto-nbd, expected."""

from __future__ import annotations

import json
import sys
import warnings

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, ParetoNBDFitter
from timing import timed

warnings.simplefilter("ignore")
task, path, repeat, point = sys.argv[1:]
with np.load(path) as file:
    columns = [file[name] for name in ("x", "t_x", "T")]
point = json.loads(point)
if task == "expected":
    model, horizon = BetaGeoFitter(), point["horizon"]
    model.params_ = pd.Series(point["parameters"])
    answer, best = timed(
        lambda: model.conditional_expected_number_of_purchases_up_to_time(horizon, *columns), int(repeat)
    )
    told = {"sum": float(np.sum(answer)), "first": np.asarray(answer)[:1000].tolist()}
else:
    model = {"bg-nbd": BetaGeoFitter, "pareto-nbd": ParetoNBDFitter}[task]
    fitted, best = timed(lambda: model().fit(*columns), int(repeat))
    told = {"parameters": {name: float(value) for name, value in fitted.params_.items()}}
json.dump({**best, **told}, sys.stdout)
