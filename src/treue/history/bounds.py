"""From which day to which day a history reaches, by everything that happened in it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from treue.kernel.errors import NotEnoughData
from treue.kernel.units import zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from treue.engine.seam import Engine

EVENT_INSTANTS: Final = {
    "purchases": "ordered_at",
    "returns": "returned_at",
    "visits": "at",
    "contacts": "opened_at",
    "answers": "answered_at",
    "referrals": "invited_at",
    "mentions": "at",
}
"""The instant at which an event of each table happened."""


def data_bounds(
    engine: Engine, tables: Mapping[str, str], timezone: str, today: date | None = None
) -> tuple[date, date]:
    """Return the first and the last local day of anything that happened.

    Parameters
    ----------
    engine : Engine
        Where the tables live.
    tables : mapping of str to str
        Canonical table name to the engine's table.
    timezone : str
        IANA name of the zone whose midnights divide days.
    today : datetime.date, optional
        Contracts that start or end after it are not counted.

    Returns
    -------
    tuple of datetime.date
        First and last day, both inclusive.

    Raises
    ------
    NotEnoughData
        When nothing happened at all.
    """
    F = engine.F
    place = zone(timezone)
    found: list[date] = []
    for table, instant in EVENT_INSTANTS.items():
        if table in tables:
            frame = engine.frame(tables[table])
            bounds = engine.arrow(frame.agg(F.min(instant).alias("low"), F.max(instant).alias("high")))
            moments = (bounds["low"][0].as_py(), bounds["high"][0].as_py())
            found += [
                moment.replace(tzinfo=UTC).astimezone(place).date()
                for moment in moments
                if moment is not None
            ]
    if "contracts" in tables:
        found += _contract_bounds(engine, tables, today)
    if not found:
        raise NotEnoughData(
            "the history is empty: no purchase and no contract; give a file with at least one"
        )
    return min(found), max(found)


def _contract_bounds(engine: Engine, tables: Mapping[str, str], today: date | None) -> list[date]:
    """First and last day on which a contract started or, where contracts are all there is, ended."""
    F = engine.F
    names = ["started_on"] if "purchases" in tables else ["started_on", "ended_on"]
    frame = engine.frame(tables["contracts"])
    found: list[date] = []
    for name in names:
        days = frame.select(F.col(name).alias("day"))
        if today is not None:
            # An end that was agreed on for next year is no sign that anybody looked next year.
            days = days.where(F.col("day") <= F.to_date(F.lit(today.isoformat())))
        bounds = engine.arrow(days.agg(F.min("day").alias("low"), F.max("day").alias("high")))
        high = bounds["high"][0].as_py()
        if high is not None:
            # Observation begins with a start: an earlier end belongs to no contract.
            found += [high] if name == "ended_on" else [bounds["low"][0].as_py(), high]
    return found
