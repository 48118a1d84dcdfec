"""Customers whose buying is known, one row each: repeat count, recency and age in days."""

from __future__ import annotations

import numpy as np

from bench.firms import FOLDER

AGE_DAYS = 730
PLANTED = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
"""How CDNOW's customers bought (Fader, Hardie and Lee 2005), in days."""


def cases(customers: int):
    """Return the file of so many customers, simulated at first use."""
    path = FOLDER / f"cases-{customers}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        x, t_x, T = simulate(np.random.default_rng(1), customers)
        np.savez(path, x=x, t_x=t_x, T=T)
    return path


def simulate(rng, customers):
    """Return x, t_x and T of customers won on any day of two years who follow BG/NBD.

    Purchases are told by their day, several of one day count once, as in the histories of firms.
    """
    r, alpha, a, b = PLANTED.values()
    T = rng.integers(1, AGE_DAYS + 1, customers)
    rate = np.maximum(rng.gamma(r, 1 / alpha, customers), 1e-300)
    leave = rng.beta(a, b, customers)
    x, t_x = np.zeros(customers, dtype=np.int64), np.zeros(customers, dtype=np.int64)
    here, clock = np.arange(customers), np.zeros(customers)
    while len(here):
        clock = clock + rng.exponential(1 / rate[here])
        inside = clock <= T[here]
        here, clock = here[inside], clock[inside]
        day = np.ceil(clock).astype(np.int64)
        x[here[day > t_x[here]]] += 1
        t_x[here] = day
        stays = rng.random(len(here)) >= leave[here]
        here, clock = here[stays], clock[stays]
    return x, t_x, T
