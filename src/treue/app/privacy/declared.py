"""What every table says of the persons in it: how it is given out, how it is erased, how long it is kept.

A table that says nothing here, or leaves one of its columns out, stops the start and the build.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

from django.apps import apps
from django.db.models import Model, Q

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import QuerySet

PARTS: Final = ("customers", "measuring", "core", "others", "own")
"""Modules of `treue.app.privacy.declarations`; those who depend on others come first."""

STAFF: Final = "names somebody of the firm, not the customer"
OTHER: Final = "concerns another customer"
INNER: Final = "has a meaning inside Treue only"
AGAIN: Final = "repeats what stands elsewhere in the copy"
SIGNS: Final = "a word, code or digest that Treue itself writes; it names nobody"
FIRM: Final = "says what the firm is and how it counts"

WITH_CUSTOMER: Final = "customer"
STAYS: Final = "stays"

TEXTS: Final = frozenset({"CharField", "TextField", "SlugField", "JSONField", "BinaryField"})
"""Columns in which anything may stand, unless their words are a list."""


def rows_of(label: str) -> Any:
    """Return all rows of a model that stands in a part of the application which this one must not import."""
    return apps.get_model(label)._default_manager.all()  # noqa: SLF001  (the documented door to any model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a table says of the persons in it.

    Parameters
    ----------
    model : str
        Label of the model, as ``customers.Note``.
    what, why : str
        What is kept and what for, in the words of the register; marked for translation.
    kept : str
        ``customer``: as long as the customer. ``stays``: as long as the system. Else the name of a rule of
        :mod:`treue.app.privacy.retention`.
    owners : tuple of str
        Columns that say to which customer a row belongs; such rows are given out and deleted.
    through : tuple of str
        ``(column, model, its column)``: rows without an owner belong to whom a row of that model belongs.
    given : mapping of str to str
        Columns of a copy and what each is called there; ``run__as_of`` reaches through a relation.
    withheld : mapping of str to str
        Columns that are in no copy, and why; of a table that belongs to nobody: why no customer is named there.
    cut : tuple of str
        Columns that point at a customer whom the row does not belong to: emptied when that one is erased.
    given_when_cut : tuple of str
        What the one who is only pointed at gets to see of the row.
    searched : tuple of str
        Columns of text or JSON in which a customer's words may stand although no row belongs to anybody.
    found : {"", "delete", "blank"}
        What happens to a row in which they stand: a name or address deletes it; or whatever of it holds one,
        or the number of an order, is emptied.
    prose : tuple of str
        Columns in which people write freely: when a customer is erased, the name is taken out of the rows of others.
    settled : mapping
        Only rows of which this holds are searched; the others are in use.
    """

    model: str
    what: str
    why: str
    kept: str
    owners: tuple[str, ...] = ()
    through: tuple[str, str, str] | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    cut: tuple[str, ...] = ()
    given_when_cut: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    found: Literal["", "delete", "blank"] = ""
    prose: tuple[str, ...] = ()
    settled: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> type[Model]:
        """The model."""
        return apps.get_model(self.model)

    @property
    def everything(self) -> QuerySet[Any]:
        """All rows."""
        found: QuerySet[Any] = rows_of(self.model)
        return found

    def rows(self, ids: Sequence[int]) -> QuerySet[Any]:
        """Return the rows that belong to a customer and the records merged into it."""
        mine = Q()
        for owner in self.owners:
            mine |= Q(**{f"{owner}__in": ids})
        if self.through is not None:
            mine |= self._through(ids)
        return self.everything.filter(mine) if mine else self.everything.none()

    def _through(self, ids: Sequence[int]) -> Q:
        """Find rows without an owner by what they share with rows of this one and of nobody else."""
        assert self.through is not None  # noqa: S101
        column, model, theirs = self.through
        other = declared_by_model()[model]
        owner = other.owners[0]
        mine = other.rows_owned(ids).filter(**{f"{theirs}__isnull": False}).values(theirs)
        foreign = other.everything.filter(**{f"{theirs}__in": mine, f"{owner}__isnull": False})
        foreign = foreign.exclude(**{f"{owner}__in": ids}).values(theirs)
        nobody = Q(**{f"{name}__isnull": True for name in self.owners})
        return nobody & Q(**{f"{column}__in": mine}) & ~Q(**{f"{column}__in": foreign})

    def rows_owned(self, ids: Sequence[int]) -> QuerySet[Any]:
        """Return the rows that name a customer as their owner."""
        return self.everything.filter(**{f"{self.owners[0]}__in": ids})

    def rows_pointing(self, ids: Sequence[int]) -> QuerySet[Any]:
        """Return rows of others that point at a customer."""
        mine = Q()
        for column in self.cut:
            mine |= Q(**{f"{column}__in": ids})
        return self.everything.filter(mine) if mine else self.everything.none()


@cache
def declarations() -> tuple[Declared, ...]:
    """Return what all tables say, in the order in which rows can be deleted."""
    return tuple(
        one for part in PARTS for one in import_module(f"treue.app.privacy.declarations.{part}").DECLARED
    )


@cache
def declared_by_model() -> dict[str, Declared]:
    """Return what each table says, by the label of its model."""
    return {one.model: one for one in declarations()}


def faults(
    models: Sequence[type[Model]], declared: Sequence[Declared], rules: Sequence[str]
) -> Iterator[str]:
    """Say which tables or columns are not declared, and which declarations are of nothing.

    Parameters
    ----------
    models : sequence of type
        All models there are.
    declared : sequence of Declared
        What they say.
    rules : sequence of str
        Names of the rules of retention.

    Yields
    ------
    str
        A sentence per fault.
    """
    known = {one.model: one for one in declared}
    labels = {model._meta.label: model for model in models}  # noqa: SLF001
    for label in known.keys() - labels.keys():
        yield f"{label} is declared, but there is no such model"
    for label, model in labels.items():
        if label not in known:
            yield (
                f"{label} does not say how it is given out, erased and kept; "
                "declare it in treue/app/privacy/declarations"
            )
            continue
        yield from _faults_of(known[label], model, rules)


def _faults_of(one: Declared, model: type[Model], rules: Sequence[str]) -> Iterator[str]:
    columns = {field.name for field in model._meta.concrete_fields}  # noqa: SLF001
    customer = apps.get_model("customers", "Customer")
    customers = {
        field.name
        for field in model._meta.concrete_fields  # noqa: SLF001
        if field.is_relation and field.related_model is customer
    }
    if one.model == "customers.Customer":
        customers = {"id"}
    said = {name.split("__")[0] for name in one.given} | set(one.withheld)
    if one.kept not in {WITH_CUSTOMER, STAYS, *rules}:
        yield f"{one.model}: kept={one.kept!r} is no rule of retention"
    for name in sorted(customers - set(one.owners) - set(one.cut)):
        yield f"{one.model}.{name} points at a customer, but is neither in owners nor in cut"
    if one.owners or one.cut or one.through:
        for name in sorted(columns - said):
            yield f"{one.model}.{name} is neither given in a copy nor withheld with a reason"
        if one.kept == STAYS:
            yield f"{one.model} belongs to customers, so it cannot stay for ever"
    for name in sorted((said | set(one.searched) | set(one.cut) | set(one.prose)) - columns):
        yield f"{one.model}.{name} is declared, but there is no such column"
    if bool(one.searched) != bool(one.found):
        yield f"{one.model}: searched and found go together"
    for name in sorted(name for name, reason in one.withheld.items() if not reason):
        yield f"{one.model}.{name} is withheld without a reason"
    for name in sorted(texts_of(model) - said - set(one.searched)):
        yield f"{one.model}.{name} may hold anything, but is neither given, withheld nor searched"


def texts_of(model: type[Model]) -> set[str]:
    """Return the columns of a table in which anything may stand, and so the name of a customer too."""
    return {
        field.name
        for field in model._meta.concrete_fields  # noqa: SLF001
        if field.get_internal_type() in TEXTS and not field.choices
    }
