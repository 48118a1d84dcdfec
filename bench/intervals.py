"""How often the interval of a ratio holds the truth: ``python -m bench.intervals [--firms N]``.

Customers order at different rates and spend different sums; the truth is known because the firms are drawn
from it. Both ways of `treue.kernel.intervals` are tried on the same firms.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from treue.kernel.intervals import BOOTSTRAP_DRAWS, Z95, linearised_se

SIZES = (50, 200, 500, 2000)
SPREADS = {"mild spread": 0.4, "few big spenders": 1.2}
"""Standard deviation of the logarithm of what a customer spends per order."""


def firm(rng, customers, spread):
    """Return orders and spending of each customer; an order is worth 1 on average."""
    orders = 1 + rng.poisson(rng.gamma(1.0, 2.0, customers))
    mean = rng.lognormal(-(spread**2) / 2, spread, customers)
    return orders, orders * mean * rng.lognormal(-0.02, 0.2, customers)


def resampled(rng, orders, spent):
    weights = rng.multinomial(len(orders), np.full(len(orders), 1 / len(orders)), size=BOOTSTRAP_DRAWS)
    return np.quantile((weights @ spent) / (weights @ orders), [0.025, 0.975])


def linearised(orders, spent):
    value, error = spent.sum() / orders.sum(), linearised_se(spent, orders)
    return value - Z95 * error, value + Z95 * error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=300, help="simulated firms per cell")
    firms = parser.parse_args().firms
    rng = np.random.default_rng(1)
    print(f"share of {firms} simulated firms whose 95 % interval holds the truth; seconds per interval")
    print(f"{'customers':>9}  {'':<17} {'resampled':>16} {'linearised':>16}")
    for size in SIZES:
        for name, spread in SPREADS.items():
            held, seconds = np.zeros(2), np.zeros(2)
            for _ in range(firms):
                orders, spent = firm(rng, size, spread)
                for place, way in enumerate((lambda o, s: resampled(rng, o, s), linearised)):
                    begin = time.perf_counter()
                    low, high = way(orders, spent)
                    seconds[place] += time.perf_counter() - begin
                    held[place] += low <= 1.0 <= high
            cells = "".join(f"{h / firms:9.0%} {s / firms:6.3f} " for h, s in zip(held, seconds, strict=True))
            print(f"{size:>9}  {name:<17}{cells}", flush=True)


if __name__ == "__main__":
    main()
