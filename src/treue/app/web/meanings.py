"""What each figure means, known before anything was measured, with what the last run says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from treue.app.measuring import queries
from treue.app.measuring.contact_figures import PANEL
from treue.app.web.contact_meanings import OF_CONTACTS, line_of
from treue.kernel.language import message
from treue.report.explanations import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.kernel.language import Language
    from treue.report.explanation import Explanation

LACKING: Final = {
    "purchases": message("It has no figure yet: the records hold no purchases."),
    "contracts": message("It has no figure yet: the records hold no contracts."),
    "visits": message("It has no figure yet: the records hold no visits."),
    "referrals": message("It has no figure yet: the records hold no referrals."),
}
"""Table that a measure needs to what is said where it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one measure is, every word in one language, and how it stands.

    Parameters
    ----------
    id, label, words, formula, caution, example : str
        What it is; of what is no measure of the library some are empty.
    facts : tuple of (str, str)
        Name and content of each line on how it stands; empty where it has no figure.
    mark : mapping
        The figure for programs; empty where it has none or several.
    table : mapping or None
        Its parts, where it has several figures.
    unit : str
        In which its value is.
    none : str
        Why it has no figure; empty where it has one.
    """

    id: str
    label: str
    words: str
    formula: str
    caution: str
    example: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    mark: Mapping[str, Any] = field(default_factory=dict)
    table: Mapping[str, Any] | None = None
    unit: str = ""
    none: str = ""


def every(language: Language) -> list[Meaning]:
    """Return every measure of the library and every figure about contacts, with what else a run explains, by name."""
    panel = queries.panel("how", language.code)
    names = [
        *EXPLANATIONS,
        *(how["id"] for how in (panel or {}).get("how", ()) if how["id"] not in EXPLANATIONS),
    ]
    contacts = queries.panel(PANEL, language.code)
    found = [_meaning(name, panel, language) for name in names]
    found += [_of_contacts(name, contacts, language) for name in OF_CONTACTS]
    return sorted((one for one in found if one is not None), key=lambda one: one.label.casefold())


def one(name: str, language: Language) -> Meaning | None:
    """Return one of them, or None where there is none of this name."""
    if name in OF_CONTACTS:
        return _of_contacts(name, queries.panel(PANEL, language.code), language)
    return _meaning(name, queries.panel("how", language.code), language)


def _of_contacts(name: str, panel: Mapping[str, Any] | None, language: Language) -> Meaning:
    line = line_of(name, panel)
    return _explained(
        name,
        OF_CONTACTS[name],
        language,
        facts=tuple((str(key), str(fact)) for key, fact in line.get("facts", ())),
        none=str(line.get("cannot", "")) if line or not panel else _none(None, language),
    )


def _meaning(name: str, panel: Mapping[str, Any] | None, language: Language) -> Meaning | None:
    how = next((how for how in panel["how"] if how["id"] == name), None) if panel else None
    facts = tuple((str(key), str(fact)) for key, fact in how["facts"]) if how else ()
    known = EXPLANATIONS.get(name)
    if known is None:
        if how is None:
            return None
        label, words, formula, caution = (str(how[key]) for key in ("label", "words", "formula", "caution"))
        return Meaning(id=name, label=label, words=words, formula=formula, caution=caution, facts=facts)
    return _explained(
        name,
        known,
        language,
        facts=facts,
        mark=how.get("mark", {}) if how else {},
        table=panel.get("tables", {}).get(name) if panel else None,
        unit=str(panel["units"].get(name, "")) if panel else "",
        none="" if how or not panel else _none(panel.get("lacking", {}).get(name), language),
    )


def _explained(name: str, known: Explanation, language: Language, **stands: Any) -> Meaning:
    """Return the words of an explanation in a language, beside how it stands."""
    said = language.gettext
    return Meaning(
        id=name,
        label=said(known.label),
        words=said(known.words),
        formula=said(known.formula),
        caution=said(known.caution),
        example=said(known.example),
        **stands,
    )


def _none(lacking: str | None, language: Language) -> str:
    if lacking in LACKING:
        return language.gettext(LACKING[lacking])
    return language.gettext("The last daily cycle has no figure of it.")
