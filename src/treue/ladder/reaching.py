"""The chance that somebody on a rung reaches a higher one before leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import MINIMUM_EVENTS, MINIMUM_N, Figure, count_status
from treue.kernel.registry import measure
from treue.kernel.status import Status
from treue.ladder.chain import percentile_limits
from treue.ladder.climb import Climb, climb_to
from treue.ladder.passage import passage
from treue.ladder.rungs import below

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.history.history import History

VERSION = "1"


def _register(target: str, *, within: bool) -> Callable[..., list[Figure]]:
    name = f"probability_of_{target}" + ("_within_12_months" if within else "")
    label = f"Chance to become {'an' if target[0] in 'aeiou' else 'a'} {target}"

    def probability(history: History, by: str | None = None) -> list[Figure]:
        if by is not None:
            raise WrongArgument(f"by={by!r} cannot divide {name}; leave it out: there is a figure per rung")
        return [_figure(history, name, start, target, within=within) for start in below(target)]

    span = "within 12 months, before leaving" if within else "ever, before leaving"
    probability.__name__ = probability.__qualname__ = name
    probability.__doc__ = f"""Return the chance that people on each lower rung reach `{target}` {span}.

    A higher rung counts as well. It misleads when it is read as a promise for one person: it is the mean of
    all on the rung. Where people move differently from quarter to quarter, or newcomers differently from
    old hands, it is read off the days that people who came to the rung took, and then speaks of newcomers.

    Parameters
    ----------
    history : History
        What happened.
    by : str, optional
        Must be left out.

    Returns
    -------
    list of Figure
        One share (0 to 1) per lower rung, the rung in ``segment``; undefined where the history cannot show
        the rung or the target, or nobody was seen there over a complete quarter.

    Raises
    ------
    WrongArgument
        When `by` is given.

    References
    ----------
    Kemeny & Snell (1960), Finite Markov Chains, chapter 3; Putter, Fiocco & Geskus (2007), Statistics in
    Medicine 26, 2389-2430.
    """
    register = measure(
        name, label=label + (" within 12 months" if within else ""), unit="share", version=VERSION, needs=()
    )
    return register(probability)


def _figure(history: History, name: str, start: str, target: str, *, within: bool) -> Figure:
    climb = climb_to(history, target)
    if climb is None or start not in climb.rungs:
        return _nothing(history, name, start, "not in this history")
    if climb.usable(start):
        return _by_chain(history, climb, name, start, within=within)
    return _by_curve(history, climb, name, start, within=within)


def _nothing(history: History, name: str, start: str, window: str) -> Figure:
    return Figure(
        id=name,
        value=None,
        numerator=None,
        denominator=None,
        n=0,
        ci_low=None,
        ci_high=None,
        ci_method=None,
        status=Status.UNDEFINED,
        window=window,
        as_of=history.as_of,
        definition_version=VERSION,
        segment=start,
    )


def _by_chain(history: History, climb: Climb, name: str, start: str, *, within: bool) -> Figure:
    place = climb.rungs.index(start)
    values = climb.reached.within if within else climb.reached.ever
    value = float(values[place])
    n = climb.people_on(start)
    if not np.isfinite(value):
        limits, method, status = None, None, Status.UNDEFINED
    else:
        draws, method = climb.draws
        limits = percentile_limits((draws.within if within else draws.ever)[:, place], value)
        status = chain_status(climb, start, needs_exits=not within)
    return Figure(
        id=name,
        value=value if status is not Status.UNDEFINED else None,
        numerator=None,
        denominator=None,
        n=n,
        ci_low=limits[0] if limits else None,
        ci_high=limits[1] if limits else None,
        ci_method=method if limits else None,
        status=status,
        window=climb.moves.window,
        as_of=history.as_of,
        definition_version=VERSION,
        segment=start,
    )


def chain_status(climb: Climb, start: str, *, needs_exits: bool) -> Status:
    """Return how far a figure of the chain can be trusted, from what was counted.

    Parameters
    ----------
    climb : Climb
        The way up.
    start : str
        The rung the figure speaks of.
    needs_exits : bool
        Whether exits count among the events it rests on.

    Returns
    -------
    Status
        ``insufficient`` below 30 people, 5 arrivals, or 5 exits where they count; else ``ok``.
    """
    arrivals, exits = climb.events_from(start)
    few = climb.people_on(start) < MINIMUM_N or arrivals < MINIMUM_EVENTS
    return Status.INSUFFICIENT if few or (needs_exits and exits < MINIMUM_EVENTS) else Status.OK


def _by_curve(history: History, climb: Climb, name: str, start: str, *, within: bool) -> Figure:
    taken = passage(history, start, climb.target)
    if taken is None:
        return _nothing(history, name, start, "nobody came to the rung")
    # "Ever" cannot be seen, only followed as far as the history goes.
    read = taken.within if within else taken.ever
    provisional = not read.settled
    return Figure(
        id=name,
        value=read.value,
        numerator=None,
        denominator=None,
        n=taken.people,
        ci_low=read.limits[0] if read.limits else None,
        ci_high=read.limits[1] if read.limits else None,
        ci_method=read.limits[2] if read.limits else None,
        status=count_status(taken.people, read.arrived, provisional=provisional),
        window=f"first {read.day:.0f} days on the rung",
        as_of=history.as_of,
        definition_version=VERSION,
        segment=start,
    )


# Everybody who never leaves reaches the next rung in the end, and only buyers can leave: below the rung of
# clients "ever" would be 1 by construction.
probability_of_prospect_within_12_months = _register("prospect", within=True)
probability_of_customer_within_12_months = _register("customer", within=True)
probability_of_client = _register("client", within=False)
probability_of_client_within_12_months = _register("client", within=True)
probability_of_advocate = _register("advocate", within=False)
probability_of_advocate_within_12_months = _register("advocate", within=True)
