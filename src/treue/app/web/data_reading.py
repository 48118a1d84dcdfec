"""How a file was recognised and how its first rows were read, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.importing.reason_words import reason_words
from treue.app.web.data_words import FIELDS, TABLES, kind_of
from treue.kernel.language import message
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from treue.app.customers.models import ImportedFile
    from treue.kernel.language import Language

SOURCES: Final = {
    "plain": message("a plain table"),
    "canonical": message("a canonical table of Treue"),
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
    "stripe": "Stripe",
    "mailchimp": "Mailchimp",
    "hubspot": "HubSpot",
}
PEOPLE: Final = message("People")


@dataclass(frozen=True, slots=True)
class Line:
    """How one row was read: its cells in words, or why it is set aside."""

    line: str
    cells: tuple[str, ...]
    reason: str
    conflict: bool


def recognised(file: ImportedFile, language: Language) -> list[dict[str, Any]]:
    """Return of each file or sheet which program wrote it, and which tables and columns came of it."""
    found = []
    for one in file.reading.get("files", []):
        source = SOURCES.get(one.get("source", ""))
        if source is None:
            continue
        tables = [
            PEOPLE if name == "contacts" and file.kind == "contacts" else TABLES.get(name, name)
            for name in one["tables"]
        ]
        words, table = FIELDS[kind_of(file)], file.choices.get("table")
        named = [
            (f"{table}.{name}" if table else name, column) for name, column in one.get("columns", {}).items()
        ]
        columns = [(language.gettext(words[name]), column) for name, column in named if name in words]
        found.append(
            {
                "path": one["path"],
                "source": language.gettext(source),
                "tables": ", ".join(language.gettext(name) for name in tables),
                "columns": columns,
                "attributes": ", ".join(one.get("attributes", [])),
            }
        )
    return found


def as_read(file: ImportedFile, language: Language) -> dict[str, Any] | None:
    """Return how the first rows were read, as a table with its heads; None where that is not known."""
    rows = file.reading.get("as_read") or []
    if not rows:
        return None
    people = file.kind == "contacts"
    heads = [
        FIELDS["history"]["customer"],
        *([FIELDS["contacts"]["email"], FIELDS["contacts"]["phone"]] if people else []),
    ]
    heads += (
        [message("Customer since")] if people else [FIELDS["history"]["time"], FIELDS["history"]["amount"]]
    )
    currency = str(file.reading.get("currency") or "EUR")
    lines = []
    cells: tuple[str, ...]
    for row in rows:
        reason = reason_words(row["reason"], language) if "reason" in row else ""
        day = language.date(date.fromisoformat(row["on"])) if row.get("on") else ""
        if people:
            cells = (row.get("customer", ""), row.get("email", ""), row.get("phone", ""), day)
        else:
            amount = row.get("amount")
            money = "" if amount is None else language.money(from_minor(amount, currency), currency)
            cells = (row.get("customer") or "", day, money)
        lines.append(Line(language.number(row["line"]), cells, reason, bool(row.get("conflict"))))
    return {
        "heads": [language.gettext(head) for head in heads],
        "lines": lines,
        "orders": not people,
        "conflicts": sum(one.conflict for one in lines),
    }
