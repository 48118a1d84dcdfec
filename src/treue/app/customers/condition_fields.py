"""What customers can be filtered by, and how each of it is compared: only what stands here reaches the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from treue.app.core.wrong import Wrong
from treue.app.customers.figure_parts import ASKED, MOVED, PAYING, PERIOD, SILENCE, STANDS
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "address", "country", "language", "number", "money", "share", "date", "choice", "flag"]

TEXT: Final = {
    "is": message("is"),
    "is_not": message("is not"),
    "contains": message("contains"),
    "starts": message("starts with"),
    "empty": message("is empty"),
}
OPERATORS: Final[dict[Kind, dict[str, str]]] = {
    "text": TEXT,
    "address": TEXT,
    "country": TEXT,
    "language": TEXT,
    "number": {"least": message("is at least"), "most": message("is at most"), "is": message("is")},
    "money": {"least": message("is at least"), "most": message("is at most")},
    "share": {"least": message("is at least"), "most": message("is at most")},
    "date": {
        "since": message("is on or after"),
        "until": message("is on or before"),
        "within": message("is within the last days"),
        "older": message("is longer ago in days than"),
    },
    "choice": {"is": message("is"), "is_not": message("is not")},
    "flag": {"is": message("is")},
}
"""Comparisons of each kind of field, with what each is called."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a condition can ask about.

    Parameters
    ----------
    label : str
        What it is called.
    kind : str
        How it is compared.
    path : str
        Where the ORM finds it from a customer; ``score`` is the score of the run that is shown.
    choices : mapping, optional
        What can be chosen, with what each is called.
    members : mapping, optional
        What stands in the database for each choice, where that is not the choice itself.
    """

    label: str
    kind: Kind
    path: str
    choices: Mapping[str, str] | None = None
    members: Mapping[str, tuple[str | int, ...]] | None = None


YES: Final = {"yes": message("yes"), "no": message("no")}
RUNGS: Final = {
    "suspect": message("suspect"),
    "prospect": message("prospect"),
    "customer": message("customer"),
    "client": message("client"),
    "advocate": message("advocate"),
    "former": message("former customer"),
}
RISKS: Final = {
    "none": message("in the usual rhythm"),
    "silent": message("unusually silent"),
    "lapsed": message("silent beyond the firm’s window"),
    "gone": message("has almost surely left"),
    "steady": message("no sign that the contract ends soon"),
    "leaving": message("likelier than others to end the contract"),
    "ending": message("end of the contract within a year, as agreed"),
}
EXPERTISE: Final = {
    "": message("not known"),
    "beginner": message("beginner"),
    "knows": message("knows the subject"),
    "expert": message("expert"),
}


def _part(label: str, path: str, parts: Mapping[str, tuple[str, tuple[str | int, ...]]]) -> Field:
    names = {key: name for key, (name, _) in parts.items()}
    return Field(label, "choice", path, names, {key: members for key, (_, members) in parts.items()})


FIELDS: Final[dict[str, Field]] = {
    "name": Field(message("Name"), "text", "name"),
    "company": Field(message("Company"), "text", "company"),
    "code": Field(message("Customer number"), "text", "code"),
    "email": Field(message("E-mail"), "address", "email"),
    "phone": Field(message("Telephone"), "address", "phone"),
    "country": Field(message("Country"), "country", "country"),
    "language": Field(message("Language"), "language", "language"),
    "segment": Field(message("Group"), "text", "segment"),
    "acquired_via": Field(message("Won through"), "text", "acquired_via"),
    "expertise": Field(message("Level of expertise"), "choice", "expertise", EXPERTISE),
    "no_marketing": Field(message("No marketing"), "flag", "no_marketing", YES),
    "no_profiling": Field(message("No scores"), "flag", "no_profiling", YES),
    "rung": Field(message("Rung"), "choice", "score__rung", RUNGS),
    "risk": Field(message("Rhythm"), "choice", "score__risk", RISKS),
    "orders": Field(message("Orders"), "number", "score__orders_count"),
    "money": Field(message("Bought for"), "money", "score__net_amount"),
    "first": Field(message("First purchase"), "date", "score__first_on"),
    "last": Field(message("Last purchase"), "date", "score__last_on"),
    "silent": Field(message("Days of silence"), "number", "score__silent_days"),
    "returns": Field(message("Chance of buying within 90 days, %"), "share", "score__return_share"),
    "ahead": Field(message("Expected worth of a year"), "money", "score__value_ahead"),
    "stake": Field(message("At stake in a year"), "money", "score__stake"),
    "recency": Field(message("Recency score"), "number", "score__recency_score"),
    "frequency": Field(message("Frequency score"), "number", "score__frequency_score"),
    "spending": Field(message("Money score"), "number", "score__money_score"),
    "moved": _part(message("Ladder, within 30 days"), "score__moved", MOVED),
    "stands": _part(message("Customer"), "score__stands", STANDS),
    "period": _part(message("Period of the retention rate"), "score__part", PERIOD),
    "before": _part(message("90 days ago"), "score__asked", ASKED),
    "again": Field(message("Days to the second purchase"), "number", "score__again_days"),
    "silence": _part(message("Silence"), "score__silence", SILENCE),
    "contract": _part(message("Contracts, over the last year or less"), "score__paying", PAYING),
}
"""What conditions can ask about. Further columns of the files are asked for as ``attribute:NAME``."""

ATTRIBUTE: Final = "attribute:"


def can_be_asked(own: str) -> bool:
    """Whether a further column can be asked about by its name.

    Two underlines end a name, a number would be taken for a place in a list, and SQLite finds no name with quotes.

    Examples
    --------
    >>> [can_be_asked(own) for own in ("shop", "a__b", "shop_", 'say "shop"', "-1")]
    [True, False, False, False, False]
    """
    try:
        int(own)
    except ValueError:
        return bool(own) and "__" not in f"{own}_" and not {'"', "\\"} & set(own)
    return False


def field_of(name: str, attributes: frozenset[str] = frozenset()) -> Field:
    """Return what a condition asks about.

    Parameters
    ----------
    name : str
        A key of :data:`FIELDS`, or ``attribute:NAME``.
    attributes : frozenset of str
        Further columns that there are.

    Returns
    -------
    Field
        How it is compared and where it is.

    Raises
    ------
    WrongArgument
        When there is none of this name.
    """
    if name in FIELDS:
        return FIELDS[name]
    own = name.removeprefix(ATTRIBUTE)
    if name.startswith(ATTRIBUTE) and own in attributes and can_be_asked(own):
        return Field(own, "text", f"attributes__{own}")
    raise Wrong(message("“{name}” is nothing that customers can be chosen by"), name=name[:60])


def is_number(found: Field, operator: str) -> bool:
    """Return whether a field is compared with a number by an operator, as days are counted too."""
    return found.kind in {"number", "money", "share"} or operator in {"within", "older"}
