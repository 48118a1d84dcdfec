"""Time zones: which there are, and in which one this machine stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

UTC: Final = "UTC"
LOCAL: Final = Path("/etc/localtime")


@cache
def zones() -> tuple[str, ...]:
    """Return the names of all time zones that a firm may keep, in the order of the letters."""
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == UTC))


def server_zone(local: Path = LOCAL) -> str:
    """Return the time zone of this machine, or UTC where it does not say.

    Parameters
    ----------
    local : Path
        The link to the zone's file that systems keep.

    Returns
    -------
    str
        One of :func:`zones`.
    """
    # Not the variable TZ: Django sets it to its own.
    linked = str(local.resolve()).partition("/zoneinfo/")[2]
    return linked if linked in zones() else UTC
