"""The list of measures. One more measure is one new file that registers itself here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from treue.kernel.errors import WrongArgument
from treue.kernel.estimate import Figure

Unit = Literal["share", "money", "days", "count", "per_month", "ratio"]
"""What a value is in: a share (0 to 1), major units of money, days, a count, events per
customer-month at risk, or a plain ratio."""

Compute = Callable[..., list[Figure]]
"""``compute(history, by=None)``: `by` is None (one figure now), month, quarter, year, or a column."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity that Treue knows how to measure.

    Parameters
    ----------
    id : str
        Its name in JSON and on the command line.
    label : str
        Its English name, the key of the translations.
    unit : str
        What a value is in, see :data:`Unit`.
    version : str
        Version of the definition.
    compute : callable
        ``compute(history, by=None) -> list[Figure]``.
    needs : tuple of str
        Canonical tables without which it cannot be computed.
    grains : tuple of str
        Which of month, quarter, year and segment it can be broken down by.
    """

    id: str
    label: str
    unit: Unit
    version: str
    compute: Compute
    needs: tuple[str, ...]
    grains: tuple[str, ...]


_MEASURES: dict[str, Measure] = {}
_PACKAGES = ("treue.measures", "treue.ladder", "treue.models")


def measure(
    id: str,  # noqa: A002  (the public name of the key)
    *,
    label: str,
    unit: Unit,
    version: str = "1",
    needs: tuple[str, ...] = ("purchases",),
    grains: tuple[str, ...] = (),
) -> Callable[[Compute], Compute]:
    """Register the decorated function as the measure `id`.

    Parameters
    ----------
    id, label, unit, version, needs, grains
        The fields of :class:`Measure`.

    Returns
    -------
    callable
        A decorator that gives the function back as it is.

    Raises
    ------
    ValueError
        When the name is taken.
    """

    def register(compute: Compute) -> Compute:
        if id in _MEASURES and _MEASURES[id].compute.__module__ != compute.__module__:
            raise ValueError(f"measure {id!r} is registered twice")
        _MEASURES[id] = Measure(id, label, unit, version, compute, needs, grains)
        return compute

    return register


def measures() -> dict[str, Measure]:
    """Return all measures by name, in alphabetical order."""
    for module in _modules():
        importlib.import_module(module)
    return dict(sorted(_MEASURES.items()))


def measures_named(names: Collection[str]) -> dict[str, Measure]:
    """Return the measures of some names, without loading what registers others only.

    Parameters
    ----------
    names : collection of str
        Names of measures.

    Returns
    -------
    dict
        Those that there are, in the order of `names`.
    """
    for module in _modules():
        if all(name in _MEASURES for name in names):
            break
        importlib.import_module(module)
    return {name: _MEASURES[name] for name in names if name in _MEASURES}


def _modules() -> Iterator[str]:
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, f"{name}."):
            yield module.name


def find_measure(name: str) -> Measure:
    """Return one measure by name.

    Raises
    ------
    WrongArgument
        When there is none, naming the nearest ones.
    """
    import difflib

    known = measures()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known)}"
        raise WrongArgument(f"measure={name!r} is not known; {hint}")
    return known[name]


def describe(name: str) -> dict[str, Any]:
    """Return label, unit, version and needs of one measure as plain types."""
    found = find_measure(name)
    return {
        "id": found.id,
        "label": found.label,
        "unit": found.unit,
        "version": found.version,
        "needs": list(found.needs),
        "grains": list(found.grains),
    }
