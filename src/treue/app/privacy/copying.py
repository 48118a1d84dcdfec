"""The copy of all data of a customer, for the customer: JSON for programs and a page to read."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.utils import timezone
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from treue.app.core.deeds import deed_words
from treue.app.core.models import AuditEntry, Firm
from treue.app.customers.words import coded, country_name, language_name
from treue.app.privacy.coded import CODED
from treue.app.privacy.declared import declarations
from treue.kernel.language import LANGUAGES, Language
from treue.kernel.units import from_minor, minor_digits

if TYPE_CHECKING:
    from treue.app.privacy.declared import Declared
    from treue.app.privacy.whole import Person

MONEY: Final = frozenset(
    {
        "net_amount",
        "margin_amount",
        "discount_amount",
        "unit_amount",
        "amount",
        "monthly_amount",
        "value_ahead",
        "order_worth",
        "stake",
    }
)
"""Columns that hold whole minor units."""


def zipped(person: Person) -> bytes:
    """Return the copy as a ZIP; it is made in memory, nothing of it stays."""
    firm = Firm.the()
    language = language_for(person, firm)
    tables = gather(person)
    page = read_page(person, tables, firm, language)
    told = plain_tables(person, tables, firm)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("copy.html", page)
        archive.writestr("copy.json", json.dumps(told, ensure_ascii=False, indent=1))
    return out.getvalue()


def language_for(person: Person, firm: Firm) -> Language:
    """Return the customer's language where Treue speaks it, else the firm's."""
    for code in (person.customer.language, firm.language):
        short = {"no": "nb", "nn": "nb"}.get(code.lower()[:2], code.lower()[:2])
        if short in LANGUAGES:
            return Language(short, "treue.app")
    return Language("en", "treue.app")


Rows = list[dict[str, Any]]


def gather(person: Person) -> list[tuple[Declared, Rows]]:
    """Return the rows of every table that has some, with the columns that are given."""
    found = []
    for one in in_reading_order():
        rows: Rows = list(one.rows(person.ids).order_by("pk").values(*one.given)) if one.given else []
        if one.given_when_cut:
            rows += list(one.rows_pointing(person.ids).order_by("pk").values(*one.given_when_cut))
        if rows:
            found.append((one, rows))
    return found


def in_reading_order() -> list[Declared]:
    """Return the tables so that who the customer is comes first, then what happened, then the rest."""
    own = [
        one for one in declarations() if one.model.startswith("customers.") and (one.owners or one.through)
    ]
    return [*reversed(own), *(one for one in declarations() if one not in own)]


def deeds(person: Person) -> list[tuple[datetime, str]]:
    """Return what was done with the record and when; who did it is somebody else's data."""
    subjects = [f"customer:{pk}" for pk in person.ids]
    return list(
        AuditEntry.objects.filter(subject__in=subjects).order_by("number").values_list("at", "action")
    )


def exports() -> list[datetime]:
    """Return when lists of customers were taken out of Treue by the firm's own people."""
    taken = AuditEntry.objects.filter(action="customers.exported").order_by("number")
    return list(taken.values_list("at", flat=True))


def plain_tables(person: Person, tables: list[tuple[Declared, Rows]], firm: Firm) -> dict[str, Any]:
    """Return the copy as plain JSON."""
    return {
        "made_at": timezone.now().isoformat(),
        "controller": firm.name,
        "customer": person.customer.code,
        "amounts": f"whole minor units of {firm.currency or 'the currency'}",
        "tables": {
            one.model.partition(".")[2].lower(): [
                {name: _json(value) for name, value in row.items() if value is not None} for row in rows
            ]
            for one, rows in tables
        },
        "deeds": [{"at": at.isoformat(), "action": action} for at, action in deeds(person)],
        "exports_of_lists": [at.isoformat() for at in exports()],
        "other_recipients": [],
    }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


@cache
def _template() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def read_page(person: Person, tables: list[tuple[Declared, Rows]], firm: Firm, language: Language) -> str:
    """Return the copy as a page to read."""
    place = ZoneInfo(firm.timezone)

    def said(model: str, name: str, value: Any) -> str:
        if (words := CODED.get((model, name))) and isinstance(value, str):
            return coded(words, value, language)
        return _said(name, value, firm.currency, place, language)

    parts = []
    for one, rows in tables:
        columns = [name for name in one.given if any(_says(row.get(name)) for row in rows)]
        parts.append(
            {
                "what": language.gettext(one.what),
                "why": language.gettext(one.why),
                "columns": [language.gettext(one.given[name]) for name in columns],
                "rows": [[said(one.model, name, row.get(name)) for name in columns] for row in rows],
            }
        )
    return (
        _template()
        .get_template("copy.html.j2")
        .render(
            _=language.gettext,
            language=language,
            customer=person.customer,
            firm=firm,
            made=_instant(timezone.now(), place, language),
            parts=parts,
            deeds=[
                (_instant(at, place, language), deed_words(action, language)) for at, action in deeds(person)
            ],
            exports=[_instant(at, place, language) for at in exports()],
        )
    )


def _says(value: Any) -> bool:
    return value is not None and value not in ("", {})


def _said(name: str, value: Any, currency: str, place: ZoneInfo, language: Language) -> str:
    """Return a value in words."""
    if not _says(value):
        return ""
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if isinstance(value, datetime):
        return _instant(value, place, language)
    if isinstance(value, date):
        return language.date(value)
    if name in MONEY and currency:
        return language.money(from_minor(value, currency), currency, digits=minor_digits(currency))
    if name == "country":
        return country_name(value, language)
    if name == "language":
        return language_name(value, language)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, float):
        return language.number(value, 0 if value == int(value) else 3)
    return str(value)


def _instant(at: datetime, place: ZoneInfo, language: Language) -> str:
    return str(format_datetime(at.astimezone(place if at.tzinfo else UTC), "medium", locale=language.locale))
