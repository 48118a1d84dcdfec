"""One customer as a whole: all records that are one person, and the words by which files know that person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from treue.app.core.wrong import Wrong
from treue.app.customers import suppression
from treue.app.customers.merging import top_of
from treue.app.customers.models import Customer
from treue.app.customers.queries import one_with_merged
from treue.app.privacy.declared import declared_by_model
from treue.app.privacy.written import fold, readings
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable

CODED: Final = (
    "customers.Purchase",
    "customers.Return",
    "customers.Contract",
    "customers.Visit",
    "customers.Contact",
    "customers.Promise",
    "customers.Answer",
    "customers.Referral",
    "customers.Mention",
)
"""Tables whose rows have an id of their own in files."""
APART: Final = re.compile(r"""[\s"',;|\[\]{}()<>=]+""")
CELLS: Final = re.compile(r"[,;|\t\n]")
LEAST_PHRASE: Final = 4
"""A shorter name or id is looked for as a cell or word of its own, never inside another."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person is called in texts and files, as `treue.app.privacy.written.fold` compares it.

    Parameters
    ----------
    cells : frozenset of str
        Whole cells and words: ids, addresses, numbers of orders, short names.
    phrases : tuple of str
        Names, ids and addresses of four letters and more, found inside longer texts too.
    """

    cells: frozenset[str]
    phrases: tuple[str, ...]

    @classmethod
    def of(cls, cells: Iterable[str], phrases: Iterable[str]) -> Self:
        """Make them of texts however written."""
        told = {fold(text).strip() for text in phrases} - {""}
        whole = {fold(text).strip() for text in cells} - {""}
        return cls(frozenset(whole | told), tuple(sorted(text for text in told if len(text) >= LEAST_PHRASE)))

    def named_in(self, text: str) -> bool:
        """Whether a name, id or address stands in a text as words of their own, however it is written."""
        return any(self._named_in(fold(reading)) for reading in readings(text))

    def stand_in(self, text: str) -> bool:
        """Whether any of them stands in a text, a number of an order too."""
        return any(self._stand_in(fold(reading)) for reading in readings(text))

    def _named_in(self, folded: str) -> bool:
        return any(
            phrase in folded and re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", folded)
            for phrase in self.phrases
        )

    def _stand_in(self, folded: str) -> bool:
        return (
            not self.cells.isdisjoint(APART.split(folded))
            or not self.cells.isdisjoint(cell.strip(' "') for cell in CELLS.split(folded))
            or self._named_in(folded)
        )


@dataclass(frozen=True, slots=True)
class Person:
    """All records that are one customer.

    Parameters
    ----------
    customer : Customer
        The record under which all are shown.
    ids : list of int
        That record and those merged into it.
    """

    customer: Customer
    ids: list[int]

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """Find the whole of a record.

        Raises
        ------
        Wrong
            When the record is gone.
        """
        found = Customer.objects.filter(pk=customer.pk).first()
        if found is None:
            raise Wrong(message("This customer is not here any more"))
        top = top_of(found)
        return cls(top, one_with_merged(top))

    def records(self) -> list[Customer]:
        """Return all records."""
        return list(Customer.objects.filter(pk__in=self.ids).order_by("pk"))

    def values(self) -> set[suppression.Value]:
        """Return addresses and ids as they are compared."""
        found: set[suppression.Value] = set()
        declared = declared_by_model()
        for code in Customer.objects.filter(pk__in=self.ids).values_list("code", flat=True):
            found.update(suppression.values_of_code(code))
        for system, value in declared["customers.ExternalId"].rows(self.ids).values_list("system", "value"):
            found.update(suppression.values_of_code(value, system))
        found.update(declared["customers.ContactPoint"].rows(self.ids).values_list("kind", "normal"))
        return found

    def words(self) -> Words:
        """Return what the person is called in texts and files."""
        declared = declared_by_model()
        rows: Any = declared["customers.ContactPoint"].rows(self.ids)
        points = [text for pair in rows.values_list("typed", "normal") for text in pair]
        ids = list(declared["customers.ExternalId"].rows(self.ids).values_list("value", flat=True))
        records = self.records()
        codes = [
            code for label in CODED for code in declared[label].rows(self.ids).values_list("code", flat=True)
        ]
        consents = list(declared["customers.Consent"].rows(self.ids).values_list("address", flat=True))
        names = [text for one in records for text in (one.name, one.company, one.code)]
        return Words.of(codes, [*names, *ids, *points, *consents])
