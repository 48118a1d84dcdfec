"""The papers' data for the models, and customers who live purchase by purchase."""

from typing import NamedTuple

import duckdb
import numpy as np
import pytest

from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_nbd import ParetoNbd
from treue.models.summary import Summary


@pytest.fixture(scope="session")
def cdnow_sample(shared_data) -> Summary:
    """Return the 2,357 customers of the papers, to week 39, in weeks."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """WITH days AS (SELECT DISTINCT customer_id, ordered_at AS day FROM read_csv(?)
                             WHERE ordered_at <= DATE '1997-09-30')
               SELECT count(*) - 1, max(day) - min(day), DATE '1997-09-30' - min(day) FROM days
               GROUP BY customer_id""",
            [str(shared_data / "cdnow_sample_orders.csv")],
        ).fetchall()
    x, t_x, age = np.array(rows, dtype=float).T
    return Summary.of(x, t_x / 7, age / 7, unit="week")


@pytest.fixture(scope="session")
def donors() -> Summary:
    """Return the 11,104 donors of Fader, Hardie & Shang (2010), table 1: six yearly opportunities."""
    rows = [
        (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284),
        (3, 5, 225), (2, 5, 173), (1, 5, 119), (4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322),
        (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464),
    ]  # fmt: skip
    x, t_x, count = np.array(rows, dtype=float).T
    return Summary.of(x, t_x, np.full(len(x), 6.0), count, unit="year")


class Lives(NamedTuple):
    """What happened to customers up to an age, and what happened after it."""

    x: np.ndarray
    t_x: np.ndarray
    alive: np.ndarray
    """Whether they had not left at that age; for opportunities, whether they are there at the next one."""

    later: np.ndarray
    wait: np.ndarray
    """Time from that age to the next purchase; infinite where none came within the time ahead."""


@pytest.fixture(scope="session")
def lives():
    """Return a function that draws customers purchase by purchase, with no use of the models' own draws."""

    def draw(model, n: int, age: float, ahead: float, seed: int) -> Lives:
        rng = np.random.default_rng(seed)
        return (at_opportunities if isinstance(model, BgBb) else at_any_time)(model, n, age, ahead, rng)

    return draw


def at_any_time(model, n, age, ahead, rng):
    rate = rng.gamma(model.r, 1 / model.alpha, n)
    end, leave = np.full(n, np.inf), np.zeros(n)
    if isinstance(model, ParetoNbd):
        end = rng.exponential(1 / rng.gamma(model.s, 1 / model.beta, n))
    else:
        leave = rng.beta(model.a, model.b, n)
    x, t_x, later, clock, wait = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, np.inf)
    here = rng.random(n) >= leave if isinstance(model, MbgNbd) else np.ones(n, dtype=bool)
    alive = here & (end > age)
    while here.any():
        clock = clock + rng.exponential(1 / rate)
        here &= (clock <= end) & (clock <= age + ahead)
        early, late = here & (clock <= age), here & (clock > age)
        x[early] += 1
        t_x[early] = clock[early]
        wait[late] = np.minimum(wait[late], clock[late] - age)
        later[late] += 1
        here &= rng.random(n) >= leave
        alive[early & ~here] = False
    return Lives(x, t_x, alive, later, wait)


def at_opportunities(model, n, age, ahead, rng):
    buy, leave = rng.beta(model.alpha, model.beta, n), rng.beta(model.gamma, model.delta, n)
    x, t_x, later, wait = np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, np.inf)
    here, alive = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    for time in range(1, int(age + ahead) + 1):
        here &= rng.random(n) >= leave
        bought = here & (rng.random(n) < buy)
        if time == age + 1:
            alive = here.copy()
        if time <= age:
            x[bought] += 1
            t_x[bought] = time
        else:
            later[bought] += 1
            wait[bought] = np.minimum(wait[bought], time - age)
    return Lives(x, t_x, alive, later, wait)


@pytest.fixture(
    scope="session",
    params=[
        (BgNbd(0.8, 6.0, 0.9, 2.5, unit="week"), 30.0, 20.0),
        (MbgNbd(0.8, 6.0, 0.9, 2.5, unit="week"), 30.0, 20.0),
        (ParetoNbd(0.9, 6.0, 0.8, 9.0, unit="week"), 30.0, 20.0),
        (BgBb(1.5, 1.0, 0.8, 4.0, unit="week"), 8.0, 5.0),
    ],
    ids=["bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"],
)
def planted(request, lives):
    """Return a model, an age, a time ahead and 300,000 customers who follow the model."""
    model, age, ahead = request.param
    return model, age, ahead, lives(model, 300_000, age, ahead, 20260101)
