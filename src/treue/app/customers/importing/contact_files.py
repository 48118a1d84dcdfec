"""Files of people: Mailchimp's audience, HubSpot's contacts, and plain lists of names and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Final

from treue.app.core.addresses import country_of_numbers, normal_email, normal_phone
from treue.app.customers.importing.contact_consents import (
    ASSURED,
    OPTED_OUT,
    SOURCES,
    TEXTS,
    TIMES,
    Consented,
    consents_of,
    instant_of,
)
from treue.history.sources.columns import NAMES, attribute_name, is_personal, match_names, plain_name
from treue.history.sources.recognition import layout_of as shop_layout
from treue.kernel.errors import WrongArgument
from treue.kernel.guard import OWN_WORDS
from treue.kernel.language import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

MOST_FURTHER: Final = 100
"""So many further columns are kept of a file of people."""

FIELDS: Final[dict[str, str]] = {
    "email": (
        "emailaddress email mail emailadresse kundenemail epost epostadresse emailadress primaryemail contactemail "
        "customeremail billingemail"
    ),
    "phone": (
        "phonenumber phone mobile mobilephone mobilephonenumber cellphone telephone telefon telefonnummer handy "
        "handynummer mobil mobilnummer mobiltelefon tlf tlfnr telefonnr"
    ),
    "name": "name fullname contactname customername vollständigername kundenname kunde kundenavn fulltnavn navn",
    "first_name": "firstname givenname vorname fornavn",
    "last_name": "lastname surname familyname nachname zuname familienname etternavn",
    "company": "companyname company organisation organization firma firmenname unternehmen bedrift firmanavn selskap",
    "language": "language locale preferredlanguage sprache språk",
    "country": "country countryregion countrycode cc land ländercode landkode",
    "id": (
        "customerid customerno customernumber customernr kundennummer kundennr kundenid kundenr kundnr kundeid "
        "kundenummer debitor debitornr medlemsnummer memberid"
    ),
    "segment": f"{' '.join(NAMES['segment'])} group gruppe",
    "acquired_via": "acquiredvia wonthrough gewonnendurch vunnetgjennom",
    "first_seen": f"{' '.join(NAMES['first_seen'])} createdate dateadded dateregistered",
}  # fmt: skip
"""What a list of people says of each, and how its columns are called."""

_WORDS: Final = {name: tuple(word.casefold() for word in words.split()) for name, words in FIELDS.items()}
TECHNICAL: Final = frozenset(
    [
        "leid",
        "euid",
        "memberrating",
        "lastchanged",
        "gmtoff",
        "dstoff",
        "timezone",
        "cc",
        "region",
        "latitude",
        "longitude",
        "cleancampaignid",
        "cleantime",
        "optinip",
        "optintime",
        "confirmip",
        "confirmtime",
        "associatedcompanyids",
        "recordidassociatedcompany",
    ]
)
"""Columns that say nothing by which a firm would divide its customers."""
COMES_BACK: Final = frozenset(
    [
        "customer_id",
        "name",
        "company",
        "email",
        "phone",
        "language",
        "country",
        "segment",
        "acquired_via",
        "no_marketing",
    ]
)
"""Columns of our lists that a file of people is read for too."""


@cache
def ours() -> frozenset[str]:
    """Return what Treue puts into its lists and takes from none: what it computed, and what staff decide.

    Returns
    -------
    frozenset of str
        Plain names of these columns, as programs and as people in each language call them.
    """
    from treue.app.customers.export import COLUMNS  # which reads what is brought in here

    mine = [column for name, column in COLUMNS.items() if name not in COMES_BACK]
    heads = (column.head(Language(code, "treue.app")) for column in mine for code in LANGUAGES)
    return frozenset(map(plain_name, [*(column.name for column in mine), *heads]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file of people is laid out.

    Parameters
    ----------
    source : {"mailchimp", "hubspot", "plain"}
        Which program wrote it.
    columns : dict of str to int
        Field to place of its column.
    plain : tuple of str
        Plain names of all columns.
    headers : tuple of str
        Their own names.
    further : dict of str to int
        Name of a further column that is kept to its place.
    dropped : tuple of str
        Further columns that are not kept, because they may describe more of a person than is needed.
    """

    source: str
    columns: dict[str, int]
    plain: tuple[str, ...]
    headers: tuple[str, ...]
    further: dict[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def place(self, name: str) -> int | None:
        """Return the place of a column by its plain name, or None."""
        return self.plain.index(name) if name in self.plain else None


@dataclass(slots=True, kw_only=True)
class Person:
    """What a row says of somebody.

    Parameters
    ----------
    line : int
        Where it stands.
    code : str
        The id of the file; empty where it has none.
    system : str
        Which system that id belongs to; empty for the ids of files of orders.
    email, phone : str
        Normalised; empty where there is none.
    typed : dict
        The same as they were typed.
    texts : dict
        ``name``, ``company``, ``language``, ``country``, ``segment``, ``acquired_via``.
    first_seen_at : datetime or None
        Since when they are known.
    attributes : dict
        What further columns say.
    consents : list of Consented
        What is proved.
    """

    line: int
    code: str = ""
    system: str = ""
    email: str = ""
    phone: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    first_seen_at: datetime | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    consents: list[Consented] = field(default_factory=list)


def layout_of(headers: Sequence[str], mapping: Mapping[str, str] | None = None) -> Layout | None:
    """Return how a file of people is laid out, or None where it is none.

    Parameters
    ----------
    headers : sequence of str
        Its columns.
    mapping : mapping of str to str, optional
        Field to column, where a person has said so.

    Returns
    -------
    Layout or None
        None where no column holds an address, or a name with a customer's number.
    """
    plain = tuple(plain_name(header) for header in headers)
    columns: dict[str, int] = {}
    for name, column in (mapping or {}).items():
        if name in FIELDS and plain_name(column) in plain:
            columns[name] = plain.index(plain_name(column))
    for name, words in _WORDS.items():
        place = next((plain.index(word) for word in words if word in plain), None)
        if name not in columns and place is not None and place not in columns.values():
            columns[name] = place
    source = "plain"
    if "emailaddress" in plain and {"memberrating", "leid", "euid", "optintime", "unsubtime"} & set(plain):
        source = "mailchimp"
    elif "recordid" in plain and "email" in plain:
        source = "hubspot"
        columns["id"] = plain.index("recordid")
    has_name = bool({"name", "first_name", "last_name", "company"} & columns.keys())
    if not {"email", "phone"} & columns.keys() and not ("id" in columns and has_name):
        return None
    further, dropped = _further(headers, plain, columns)
    return Layout(
        source=source,
        columns=columns,
        plain=plain,
        headers=tuple(headers),
        further=further,
        dropped=tuple(dropped),
    )


def _further(
    headers: Sequence[str], plain: Sequence[str], columns: Mapping[str, int]
) -> tuple[dict[str, int], list[str]]:
    """Return the further columns that are kept, and the names of those that are not."""
    consent = {*ASSURED, *OPTED_OUT, *TIMES, *TEXTS, *SOURCES}
    kept: dict[str, int] = {}
    dropped = []
    for place, (header, name) in enumerate(zip(headers, plain, strict=True)):
        known = place in columns.values() or name in TECHNICAL or name in ours() or name in consent
        if known or name.startswith("unsub") or header.startswith(OWN_WORDS):
            continue
        if header == f"column {place + 1}":
            continue
        if is_personal(header):
            dropped.append(header)
        elif len(kept) < MOST_FURTHER:
            kept.setdefault(attribute_name(header), place)
    return kept, dropped


def is_contacts(layout: Layout | None) -> bool:
    """Whether a file is surely one of people, so that nobody needs to say so.

    Examples
    --------
    >>> is_contacts(layout_of(["E-Mail", "Vorname", "Nachname"]))
    True
    >>> is_contacts(layout_of(["E-Mail", "Datum", "Betrag"]))
    False
    >>> is_contacts(layout_of(["Name", "E-Mail", "Datum", "Betrag"]))
    False
    """
    if layout is None:
        return False
    if layout.source != "plain":
        return True
    # Orders name people too.
    events = match_names(layout.headers, ("time", "amount", "price", "started"), {})
    if shop_layout(list(layout.headers)).roles or "started" in events:
        return False
    if "time" in events and events.keys() & {"amount", "price"}:
        return False
    return bool({"name", "first_name", "last_name", "company", "phone"} & layout.columns.keys())


WORD_FOR_WORD: Final = {"id", "name", "first_name", "last_name", "company", "segment", "acquired_via"}
LONGEST: Final = 200
LONGEST_FURTHER: Final = 2_000
"""Of a column of the file's own. A longer cell is most often a quotation mark that nobody closed."""

ROW_BELOW: Final = re.compile(r"[\n\r].*[,;|\t@]", re.DOTALL)
"""In a cell of a telephone: what stands in the next line is a row of its own, and not a second number."""


def person_of(
    layout: Layout, line: int, row: Sequence[str | None], country: str, zone: tzinfo = UTC
) -> tuple[Person | None, str, str]:
    """Read one row.

    Parameters
    ----------
    layout : Layout
        Of the file.
    line : int
        Where the row stands.
    row : sequence of str or None
        Its cells.
    country : str
        ISO 3166 code of the country whose telephone numbers need no ``+`` where the row names none.
    zone : tzinfo
        Of times without an offset.

    Returns
    -------
    tuple of (Person or None, str, str)
        The person, or None; the reason why it is set aside and the wrong value, else what was left out of it.
    """

    def cell(name: str, longest: int = 200) -> str:
        place = layout.columns.get(name)
        text = (row[place] or "") if place is not None else ""
        return one_line(text)[:longest]

    if long := _too_long(layout, row):
        return None, "broken_cell", long
    person = Person(line=line, system=layout.source if layout.source == "hubspot" else "")
    left_out = ""
    email, phone = cell("email", 400), cell("phone", 400)
    if email:
        try:
            person.email = normal_email(email)
            person.typed["email"] = email[:254]
        except WrongArgument:
            return None, "bad_email", email
    if phone:
        try:
            person.phone = normal_phone(phone, country_of_numbers(cell("country"), country))
            person.typed["phone"] = phone[:254]
        except WrongArgument:
            if not email:
                return None, "bad_phone", phone
            if ROW_BELOW.search((row[layout.columns["phone"]] or "").strip()):
                return None, "broken_cell", phone
            left_out = "phone"
    person.code = cell("id")
    if not (person.email or person.phone or person.code):
        return None, "no_address", ""
    whole = cell("name") or " ".join(part for part in (cell("first_name"), cell("last_name")) if part)
    person.texts = {
        "name": whole[:200],
        "company": cell("company"),
        "language": cell("language", 20),
        "country": cell("country", 60),
        "segment": cell("segment"),
        "acquired_via": cell("acquired_via"),
    }
    person.first_seen_at = instant_of(cell("first_seen"), zone)
    person.attributes = {
        name: told for name, place in layout.further.items() if (told := one_line(row[place] or ""))
    }
    person.consents = consents_of(layout, row, zone)
    return person, left_out, ""


def _too_long(layout: Layout, row: Sequence[str | None]) -> str:
    """Return the first cell that is kept word for word and would lose its end; empty where none would."""
    # Nearly every cell is short as it is; only what is not is written in one line to be measured.
    if max(map(len, filter(None, row)), default=0) <= LONGEST:
        return ""
    limits = [(layout.columns[name], LONGEST) for name in WORD_FOR_WORD & layout.columns.keys()]
    limits += [(place, LONGEST_FURTHER) for place in layout.further.values()]
    return next((told for place, most in limits if len(told := one_line(row[place] or "")) > most), "")


def one_line(text: str) -> str:
    r"""Return a text in one line, with every other sign as it is: a space of Japanese between names is no blank.

    Examples
    --------
    >>> one_line(" Lea\r\nBrandt "), one_line("山田\u3000太郎")
    ('Lea Brandt', '山田\u3000太郎')
    """
    return re.sub(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+", " ", text.replace("\0", "")).strip()
