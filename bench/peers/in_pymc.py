"""pymc-marketing's mode of BG/NBD (MAP): ``in_pymc.py bg-nbd CASES REPEAT POINT``.

Its prior is flat, so that the mode is the maximum of the likelihood that the others look for.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from timing import timed

# What is compiled is kept beside the environment.
os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={Path(sys.prefix) / 'compiled'}"
warnings.simplefilter("ignore")

from pymc_extras.prior import Prior  # noqa: E402
from pymc_marketing.clv import BetaGeoModel  # noqa: E402

LETTERS = ("r", "alpha", "a", "b")


def fit(x, t_x, T):
    customers = pd.DataFrame({"customer_id": np.arange(len(x)), "frequency": x, "recency": t_x, "T": T})
    model = BetaGeoModel(customers, model_config={letter: Prior("HalfFlat") for letter in LETTERS})
    model.fit(method="map", progressbar=False)
    return model


_, path, repeat, _ = sys.argv[1:]
with np.load(path) as file:
    columns = [file[name] for name in ("x", "t_x", "T")]
with contextlib.redirect_stdout(sys.stderr):
    fit(*(column[:1000] for column in columns))  # compiles
    fitted, best = timed(lambda: fit(*columns), int(repeat))
    found = fitted.fit_summary()
json.dump({**best, "parameters": {name: float(found[name]) for name in LETTERS}}, sys.stdout)
