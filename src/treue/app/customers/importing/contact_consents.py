"""What a row of a list of people proves about consent: a yes needs when it was said, and in which words or where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

ASSURED: Final = frozenset(
    [
        "newsletter",
        "subscribed",
        "optin",
        "marketingconsent",
        "acceptsmarketing",
        "samtykke",
        "einwilligung",
        "nyhetsbrev",
        "acceptsemailmarketing",
        "consent",
        "emailconsent",
        "newsletteroptin",
    ]
)
"""Columns that say yes or no."""
OPTED_OUT: Final = frozenset(
    [
        "unsubscribedfromallemail",
        "optedoutofallemail",
        "optedoutofemail",
        "unsubscribed",
        "abgemeldet",
        "avmeldt",
        "nomarketing",
        "keinewerbung",
        "ingenmarkedsføring",
    ]
)
YES: Final = frozenset({"yes", "true", "1", "y", "ja", "x", "subscribed", "unsubscribed"})
MAILCHIMP: Final = (("confirmtime", "confirmip"), ("optintime", "optinip"))
"""Mailchimp's columns of when and from where somebody confirmed or asked; without the place it is no proof."""
TIMES: Final = [
    "confirmtime",
    "confirmedat",
    "confirmdate",
    "doubleoptintime",
    "doubleoptindate",
    "doubleoptinat",
    "optintime",
    "optindate",
    "optinat",
    "optintimestamp",
    "consenttime",
    "consentdate",
    "consentat",
    "consentgivenat",
    "consenttimestamp",
    "bestätigtam",
    "bestätigungszeit",
    "einwilligungam",
    "einwilligungsdatum",
    "einwilligungszeit",
    "einwilligungszeitpunkt",
    "zeitpunktdereinwilligung",
    "samtykkedato",
    "samtykketid",
    "samtykketidspunkt",
    "samtykkegitt",
    "bekreftetdato",
    "bekreftettidspunkt",
]
"""Columns of when, the surest first: who confirmed had asked before."""
TEXTS: Final = [
    "consenttext",
    "consentwording",
    "optintext",
    "optinwording",
    "einwilligungstext",
    "wortlautdereinwilligung",
    "wortlaut",
    "samtykketekst",
    "samtykkeordlyd",
]
"""Columns of the very words that were agreed to."""
SOURCES: Final = [
    "consentsource",
    "consentform",
    "consenturl",
    "optinsource",
    "optinform",
    "optinurl",
    "signupsource",
    "signupform",
    "einwilligungsquelle",
    "einwilligungsformular",
    "quelledereinwilligung",
    "samtykkekilde",
    "samtykkeskjema",
    "confirmip",
    "optinip",
    "consentip",
    "ip",
    "ipaddress",
    "ipadresse",
    "einwilligungsip",
    "samtykkeip",
]
"""Columns of where it was said: a form, an address of a page, an address of the network."""


@dataclass(slots=True, kw_only=True)
class Consented:
    """What a row proves about consent.

    Parameters
    ----------
    given : bool
        Whether it was given; else withdrawn.
    at : datetime or None
        When; None where the file does not say.
    proof : dict
        Column to value.
    text : str
        The words that were agreed to; empty where the file does not hold them.
    """

    given: bool
    at: datetime | None
    proof: dict[str, str]
    text: str = ""


class Columns(Protocol):
    """The columns of a file of people."""

    @property
    def source(self) -> str:
        """Which program wrote it."""

    @property
    def plain(self) -> tuple[str, ...]:
        """Plain names of all columns."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Their own names."""


@dataclass(slots=True)
class _Row:
    layout: Columns
    row: Sequence[str | None]

    def told(self, name: str) -> str:
        """Return what stands in a column by its plain name; empty where there is none."""
        if name not in self.layout.plain:
            return ""
        text = self.row[self.layout.plain.index(name)] or ""
        return text.replace("\0", "").strip()[:2_000]

    def proof(self, names: Sequence[str]) -> dict[str, str]:
        return {
            self.layout.headers[self.layout.plain.index(name)]: self.told(name)
            for name in dict.fromkeys(names)
            if self.told(name)
        }


def consents_of(layout: Columns, row: Sequence[str | None], zone: tzinfo) -> list[Consented]:
    """Return what a row proves.

    Parameters
    ----------
    layout : Columns
        Of the file.
    row : sequence of str or None
        Its cells.
    zone : tzinfo
        Of times without an offset; Mailchimp's are UTC.

    Returns
    -------
    list of Consented
        A consent, a withdrawal, both or none.
    """
    cells = _Row(layout, row)
    given = _given(cells, UTC if layout.source == "mailchimp" else zone)
    withdrawn = _withdrawn(cells, UTC if layout.source == "mailchimp" else zone)
    return [one for one in (given, withdrawn) if one is not None]


def _given(cells: _Row, zone: tzinfo) -> Consented | None:
    if cells.layout.source == "mailchimp":
        for when, where in MAILCHIMP:
            at = instant_of(cells.told(when), zone)
            if at is not None and cells.told(where):
                names = [name for pair in MAILCHIMP for name in pair]
                return Consented(given=True, at=at, proof=cells.proof(names))
        return None
    said = [cells.told(name).casefold() for name in cells.layout.plain if name in ASSURED]
    if any(word and word not in YES for word in said):
        return None
    at = next((at for name in TIMES if (at := instant_of(cells.told(name), zone)) is not None), None)
    places = cells.proof([*TEXTS, *SOURCES])
    if at is None or at > timezone.now() or not places:
        return None
    text = next((told for name in TEXTS if (told := cells.told(name))), "")
    return Consented(given=True, at=at, proof=cells.proof(TIMES) | places, text=text)


def _withdrawn(cells: _Row, zone: tzinfo) -> Consented | None:
    plain = cells.layout.plain
    if cells.told("unsubtime"):
        names = [name for name in plain if name.startswith("unsub")]
        return Consented(given=False, at=instant_of(cells.told("unsubtime"), zone), proof=cells.proof(names))
    out = next((name for name in plain if name in OPTED_OUT and cells.told(name).casefold() in YES), None)
    return Consented(given=False, at=None, proof=cells.proof([out])) if out is not None else None


def instant_of(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return an instant in UTC, or None where the text is none, or could be two.

    Examples
    --------
    >>> instant_of("2024-05-01 10:00:00").isoformat(), instant_of("01.05.2024").isoformat()
    ('2024-05-01T10:00:00+00:00', '2024-05-01T00:00:00+00:00')
    >>> instant_of("soon") is None, instant_of("05/06/2024") is None
    (True, True)
    """
    text = re.sub(r"^(\d\d?)\.(\d\d?)\.(\d{4})(,? (?=\d)|$)", _turned, text.strip())
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?.{0,16})?", text):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r" ?(UTC|Z)$", "+00:00", re.sub(r" (?=[-+]\d)", "", text)))
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # no day, or one at an end of the calendar, which UTC has not
        return None
    return found if 1970 <= found.year < 2200 else None


def _turned(day: re.Match[str]) -> str:
    return f"{day[3]}-{int(day[2]):02d}-{int(day[1]):02d}{' ' if day[4] else ''}"


def assured(layout: Columns) -> str | None:
    """Return the column that says yes to advertising, if there is one and nothing in the file proves it."""
    plain = set(layout.plain)
    if layout.source == "mailchimp" or (plain & set(TIMES) and plain & {*TEXTS, *SOURCES}):
        return None
    return next(
        (
            header
            for header, name in zip(layout.headers, layout.plain, strict=True)
            if name in ASSURED or name in TIMES
        ),
        None,
    )
