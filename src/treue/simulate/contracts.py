"""The second product: a monthly subscription with beta-geometric churn and amounts that move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.simulate.calendar import month_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treue.simulate.calendar import Calendar
    from treue.simulate.people import People
    from treue.simulate.shop import Shop

REASONS = ("changed", "cancelled", "payment_failed", "moved")
CHANGED = 0
_LOSS_SHARES = (0.75, 0.95)
_SIGN_UP_DAYS = 60.0
_COMEBACK_DAYS = (60.0, 180.0)


@dataclass(slots=True)
class Spells:
    """Stretches of contracts at one amount; one array entry each.

    Parameters
    ----------
    contract : ndarray of int
        Number of the contract within the chunk, from 0; several spells where the amount moved.
    person : ndarray of int
        Place among the chunk's people.
    started, ended : ndarray of int
        Day numbers (days since 1970), half-open; ended is -1 while the spell runs.
    reason : ndarray of int
        Place in ``REASONS``; -1 while the spell runs.
    amount : ndarray of int
        Cents per month.
    """

    contract: NDArray[np.int64]
    person: NDArray[np.int64]
    started: NDArray[np.int64]
    ended: NDArray[np.int64]
    reason: NDArray[np.int64]
    amount: NDArray[np.int64]


@dataclass(slots=True)
class Survival:
    """What became of contracts: how many reached each anniversary under observation, how many ended at it."""

    at_risk: NDArray[np.int64]
    ended: NDArray[np.int64]


def sign_contracts(
    people: People, shop: Shop, calendar: Calendar, rng: np.random.Generator
) -> tuple[Spells, Survival]:
    """Return the spells of all contracts of a chunk.

    Some buyers sign up some time after their first order. At every monthly anniversary a contract ends with
    the customer's own probability (beta over customers); some of the lost come back with a new contract.

    Parameters
    ----------
    people : People
        The chunk's people.
    shop : Shop
        The planted truth.
    calendar : Calendar
        The simulated time.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    tuple of Spells and Survival
        Counts of anniversaries 1, 2, … over first contracts and those after a comeback alike.
    """
    share = np.array([part.contract_share for part in shop.segments])[people.segment]
    signs = np.flatnonzero(people.bought & (rng.random(people.count) < share))
    first = people.first_purchase[signs] + 1 + rng.exponential(_SIGN_UP_DAYS, signs.size)
    spells, survival = _run(signs, first, 0, shop=shop, calendar=calendar, rng=rng)
    lost = (spells.reason > CHANGED) & (rng.random(spells.reason.size) < shop.contract_comeback_share)
    ended_day = (spells.ended[lost] - calendar.first_day).astype(np.float64)
    again = ended_day + rng.uniform(*_COMEBACK_DAYS, ended_day.size)
    contracts = int(spells.contract.max(initial=-1)) + 1
    more, also = _run(spells.person[lost], again, contracts, shop=shop, calendar=calendar, rng=rng)
    joined = Spells(
        *(
            np.concatenate([getattr(spells, name), getattr(more, name)])
            for name in ("contract", "person", "started", "ended", "reason", "amount")
        )
    )
    return joined, Survival(survival.at_risk + also.at_risk, survival.ended + also.ended)


def _run(
    signers: NDArray[np.int64],
    sign_at: NDArray[np.float64],
    first_contract: int,
    *,
    shop: Shop,
    calendar: Calendar,
    rng: np.random.Generator,
) -> tuple[Spells, Survival]:
    """Return the spells of contracts signed at such times, month by month until churn or the end."""
    month, into = calendar.month_and_day(sign_at)
    end_day = calendar.first_day + int(calendar.end)
    seen = month_day(month) + into < end_day
    person, month, into = signers[seen], month[seen], into[seen]
    churn = rng.beta(shop.contract_alpha, shop.contract_beta, person.size)
    step = rng.integers(0, len(shop.contract_amounts), person.size)
    started = month_day(month) + into
    runs = np.ones(person.size, dtype=bool)
    amounts = np.asarray(shop.contract_amounts)
    pieces: list[tuple[NDArray[np.int64], ...]] = []
    at_risk, ended = np.zeros((2, calendar.months + 1), dtype=np.int64)
    for age in range(1, calendar.months + 1):
        today = month_day(month + age) + into
        due = runs & (today < end_day)
        lots, moves, losses = rng.random((3, person.size))
        leaves = due & (lots < churn)
        wanted = step + (moves < shop.contract_up_share) - (moves > 1 - shop.contract_down_share)
        new_step = np.where(due & ~leaves, np.clip(wanted, 0, amounts.size - 1), step)
        reason = np.where(leaves, 1 + np.searchsorted(_LOSS_SHARES, losses, side="right"), CHANGED)
        closes = np.flatnonzero(leaves | (new_step != step))
        pieces.append((closes, started[closes], today[closes], reason[closes], amounts[step[closes]]))
        at_risk[age], ended[age] = due.sum(), leaves.sum()
        started[closes] = today[closes]
        step = new_step
        runs &= ~leaves
    open_now = np.flatnonzero(runs)
    forever = np.full(open_now.size, -1)
    pieces.append((open_now, started[open_now], forever, forever, amounts[step[open_now]]))
    place, begun, closed, why, amount = (np.concatenate(column) for column in zip(*pieces, strict=True))
    spells = Spells(place + first_contract, person[place], begun, closed, why, amount)
    return spells, Survival(at_risk[1:], ended[1:])
