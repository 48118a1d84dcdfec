"""Read what a request asks for: texts without control characters, numbers within bounds, names from a list."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from django.conf import settings

from treue.app.core.wrong import Wrong
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from django.http import HttpRequest, QueryDict

YEARS: Final = range(1900, 2200)
"""In which typed days and times lie; a calendar ends elsewhere in other zones."""


def text(data: QueryDict, name: str, most: int = 200) -> str:
    """Return a text of one line: trimmed, cut to its longest, without what no database or page can hold."""
    given = data.get(name, "")[: most * 2]
    return "".join(letter for letter in given if unicodedata.category(letter) not in {"Cc", "Cs"}).strip()[
        :most
    ]


def number(data: QueryDict, name: str, *, least: int, most: int) -> int | None:
    """Return a whole number within bounds, or None where there is none."""
    given = data.get(name, "").strip()
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        return None
    return int(given) if least <= int(given) <= most else None


def instant(data: QueryDict, name: str, place: ZoneInfo) -> datetime | None:
    """Return the day and time that was typed, in a zone, or None where nothing was.

    Raises
    ------
    Wrong
        When it is no day and time that a calendar of people's lives has.
    """
    typed = data.get(name, "").strip()
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed).replace(tzinfo=place)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise Wrong(
            message("“{typed}” is no day and time; it would be right as 2026-03-31 17:00"), typed=typed[:40]
        )
    return found


def one_of(data: QueryDict, name: str, known: Iterable[str]) -> str:
    """Return what was asked for if it is known, else an empty text."""
    given = data.get(name, "")
    return given if given in set(known) else ""


def network(request: HttpRequest) -> str:
    """Return from which machine a request comes: its address, or the /64 network of one of IPv6.

    A header that names the client is believed only as far as proxies of the firm's own have written it: with
    ``TREUE_PROXIES=1`` the last address of ``X-Forwarded-For``, and without it none.
    """
    address = request.META.get("REMOTE_ADDR", "")
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < settings.PROXIES <= len(told):
        address = told[-settings.PROXIES]
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped if isinstance(found, IPv6Address) else found)
