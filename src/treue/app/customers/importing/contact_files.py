"""Files of people: Mailchimp's audience, HubSpot's contacts, and plain lists of names and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from treue.app.core.addresses import normal_email, normal_phone
from treue.history.sources.columns import plain_name
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
}  # fmt: skip
"""What a list of people says of each, and how its columns are called."""

ASSURED: Final = frozenset({"newsletter", "subscribed", "optin", "marketingconsent", "acceptsmarketing", "samtykke", "einwilligung", "nyhetsbrev", "acceptsemailmarketing"})  # fmt: skip
"""Columns that say yes without proof."""
OPTED_OUT: Final = frozenset({"unsubscribedfromallemail", "optedoutofallemail", "optedoutofemail", "unsubscribed", "abgemeldet", "avmeldt"})  # fmt: skip
YES: Final = frozenset({"yes", "true", "1", "y", "ja", "x", "subscribed", "unsubscribed"})
_WORDS: Final = {name: tuple(word.casefold() for word in words.split()) for name, words in FIELDS.items()}
PROOFS: Final = (("confirmtime", "confirmip"), ("optintime", "optinip"))
"""Mailchimp's columns of when and from where somebody confirmed or asked; without the place it is no proof."""


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
    """

    source: str
    columns: dict[str, int]
    plain: tuple[str, ...]
    headers: tuple[str, ...]

    def place(self, name: str) -> int | None:
        """Return the place of a column by its plain name, or None."""
        return self.plain.index(name) if name in self.plain else None


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
    """

    given: bool
    at: datetime | None
    proof: dict[str, str]


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
        ``name``, ``company``, ``language``, ``country``.
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
    return Layout(source=source, columns=columns, plain=plain, headers=tuple(headers))


def is_contacts(layout: Layout | None) -> bool:
    """Whether a file is surely one of people, so that nobody needs to say so.

    Examples
    --------
    >>> is_contacts(layout_of(["E-Mail", "Vorname", "Nachname"]))
    True
    >>> is_contacts(layout_of(["E-Mail", "Datum", "Betrag"]))
    False
    """
    if layout is None:
        return False
    if layout.source != "plain":
        return True
    return bool({"name", "first_name", "last_name", "company", "phone"} & layout.columns.keys())


def person_of(
    layout: Layout, line: int, row: Sequence[str | None], country: str
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
        ISO 3166 code of the country whose telephone numbers need no ``+``.

    Returns
    -------
    tuple of (Person or None, str, str)
        The person, or None; the reason why it is set aside and the wrong value, else what was left out of it.
    """

    def cell(name: str, longest: int = 200) -> str:
        place = layout.columns.get(name)
        text = (row[place] or "") if place is not None else ""
        return " ".join(text.replace("\0", "").split())[:longest]

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
            person.phone = normal_phone(phone, country)
            person.typed["phone"] = phone[:254]
        except WrongArgument:
            if not email:
                return None, "bad_phone", phone
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
    }
    person.consents = _consents(layout, row)
    return person, left_out, ""


def _consents(layout: Layout, row: Sequence[str | None]) -> list[Consented]:
    def told(name: str) -> str:
        place = layout.place(name)
        return ((row[place] or "") if place is not None else "").strip()[:200]

    found = []
    for when, where in PROOFS if layout.source == "mailchimp" else ():
        at = instant_of(told(when))
        if at is not None and told(where):
            names = [name for pair in PROOFS for name in pair if told(name)]
            proof = {layout.headers[layout.plain.index(name)]: told(name) for name in names}
            found.append(Consented(given=True, at=at, proof=proof))
            break
    if told("unsubtime"):
        names = [name for name in layout.plain if name.startswith("unsub") and told(name)]
        proof = {layout.headers[layout.plain.index(name)]: told(name) for name in names}
        found.append(Consented(given=False, at=instant_of(told("unsubtime")), proof=proof))
    else:
        out = next(
            (name for name in layout.plain if name in OPTED_OUT and told(name).casefold() in YES), None
        )
        if out is not None:
            proof = {layout.headers[layout.plain.index(out)]: told(out)}
            found.append(Consented(given=False, at=None, proof=proof))
    return found


def instant_of(text: str) -> datetime | None:
    """Return an instant as Mailchimp writes it, in UTC, or None.

    Examples
    --------
    >>> instant_of("2024-05-01 10:00:00").isoformat()
    '2024-05-01T10:00:00+00:00'
    >>> instant_of("soon") is None
    True
    """
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?.{0,10}", text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if 1970 <= found.year < 2200 else None


def assured(layout: Layout) -> str | None:
    """Return the column that says yes to advertising without proof, if there is one."""
    return next(
        (
            header
            for header, plain in zip(layout.headers, layout.plain, strict=True)
            if plain in ASSURED and layout.source != "mailchimp"
        ),
        None,
    )
