"""What the models are called in sentences."""

from __future__ import annotations

from typing import Final

MODEL_NAMES: Final = {
    "bg-nbd": "BG/NBD",
    "mbg-nbd": "MBG/NBD",
    "pareto-nbd": "Pareto/NBD",
    "bg-bb": "BG/BB",
    "gamma-gamma": "gamma-gamma",
    "shifted-beta-geometric": "shifted beta-geometric",
    "beta-discrete-weibull": "beta-discrete-Weibull",
}
"""By the name that each has at public doors."""
