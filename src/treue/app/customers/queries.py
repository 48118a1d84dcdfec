"""Read customers: find, filter, sort, and everything that happened with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db import connection
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery

from treue.app.core.addresses import normal_email, normal_phone
from treue.app.customers import condition_fields, conditions
from treue.app.customers.folded import ByLetters
from treue.app.customers.importing.queries import counted_attributes
from treue.app.customers.models import (
    Contact,
    ContactPoint,
    Customer,
    ExternalId,
    Merge,
)
from treue.app.customers.search import matching
from treue.app.customers.unindexed import unindexed
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet
    from django.db.models.expressions import OrderBy

COUNTED: Final = 10_000
"""A list longer than this is not counted to its end."""

ASKED_AT_ONCE: Final = 5_000
"""SQLite takes at most some thousands of values in one question."""

SCORE: Final = "score__"
"""With this the paths of scores begin."""

SORTS: Final[dict[str, str]] = {
    "name": "name",
    "code": "code",
    "money": "score__net_amount",
    "orders": "score__orders_count",
    "last": "score__last_on",
    "returns": "score__return_share",
    "stake": "score__stake",
}
"""What a list can be sorted by; nothing else reaches the database."""

LETTERS: Final = frozenset({"name"})
"""Of these, large letters stand beside small ones; numbers of customers are sorted as they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which customers somebody wants to see.

    Parameters
    ----------
    words : str
        What to look for in names, addresses and ids.
    tree : mapping
        Conditions, see :mod:`treue.app.customers.conditions`.
    sort : str
        A key of :data:`SORTS`; with a minus in front from the greatest.
    """

    words: str
    tree: Mapping[str, Any]
    sort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom a list may show, and what its conditions mean.

    Parameters
    ----------
    run_id : int or None
        The run whose scores are shown.
    today, currency : datetime.date and str
        For conditions.
    attributes : frozenset of str
        Further columns that conditions may ask about.
    with_restricted : bool
        Whether those whose processing is restricted are in it.
    """

    run_id: int | None
    today: date
    currency: str
    attributes: frozenset[str] = frozenset()
    with_restricted: bool = False

    def asks(self, tree: Mapping[str, Any]) -> bool:
        """Return whether a filter's tree holds any condition."""
        return bool(conditions.check(dict(tree), self.attributes)["groups"])

    def condition(self, tree: Mapping[str, Any], *, few: bool = False) -> Q:
        """Return a filter's tree as a condition, see :func:`treue.app.customers.conditions.compile_tree`."""
        return conditions.compile_tree(
            tree, today=self.today, currency=self.currency, attributes=self.attributes, few=few
        )


def find_customers(wish: Wish, scope: Scope) -> QuerySet[Customer]:
    """Return the customers somebody wants to see, each with its score as ``score``.

    Parameters
    ----------
    wish : Wish
        Which, and in what order.
    scope : Scope
        Whom it may show.

    Returns
    -------
    QuerySet
        Merged records are left out: they stand under the one that stayed.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    return fitting(scope.condition(wish.tree), wish, scope)


def fitting(
    chosen: Q, wish: Wish, scope: Scope, *, known: bool | None = None, walk: bool = False
) -> QuerySet[Customer]:
    """Return the customers who fit a condition, in the order of a list and each with its score as ``score``.

    Parameters
    ----------
    chosen : Q
        From :meth:`Scope.condition`; the tree of the wish is not looked at.
    wish : Wish
        Words and order.
    scope : Scope
        Whom it may show.
    known : bool, optional
        Only those of whom what the list is sorted by is known, or is not. A filter that is added later would join
        the scores once more.
    walk : bool
        Whether a page is wanted of many, or some are asked: SQLite is kept from any index but that of the order or
        of their keys.

    Returns
    -------
    QuerySet
        As :func:`find_customers`.

    Raises
    ------
    WrongArgument
        When the order cannot be.
    """
    path = path_of(wish)
    found = visible(with_scores(scope.run_id), with_restricted=scope.with_restricted)
    if wish.words:
        found = found.filter(matching(wish.words))
    names: dict[str, Any] = {}
    if walk:
        names, chosen = unindexed(chosen, SCORE)
    if known is not None:
        # By names, so that all is asked of one joined row; the run, so that SQLite sees that this row has to be there.
        names |= {"known": F(path), "known_run": F("score__run_id")}
        chosen &= Q(known__isnull=False, known_run=scope.run_id or 0) if known else Q(known__isnull=True)
    found = found.alias(**names).filter(chosen)
    return found.order_by(*order_of(wish))


def order_of(wish: Wish) -> tuple[OrderBy, str]:
    """Return the order of a list; whoever lacks what it is sorted by comes last.

    Raises
    ------
    WrongArgument
        When it cannot be sorted so.
    """
    path = path_of(wish)
    # Never unknown: said so of a text, SQLite would not read it in the order of an index.
    last = True if path.startswith(SCORE) else None
    column = ByLetters(F(path)) if path in LETTERS else F(path)
    return column.desc(nulls_last=last) if wish.sort.startswith("-") else column.asc(nulls_last=last), "id"


def with_scores(run_id: int | None) -> QuerySet[Customer]:
    """Return all customers, each with its score of a run as ``score``."""
    return Customer.objects.annotate(score=FilteredRelation("scores", condition=Q(scores__run=run_id or 0)))


def visible(found: QuerySet[Customer], *, with_restricted: bool) -> QuerySet[Customer]:
    """Leave out merged records, which stand under the one that stayed, and whose processing is restricted."""
    found = found.exclude(id__in=Merge.objects.filter(undone_at=None).values("loser_id"))
    return found if with_restricted else found.filter(restricted=False)


def path_of(wish: Wish) -> str:
    """Return where the ORM finds what a list is sorted by.

    Raises
    ------
    WrongArgument
        When it cannot be sorted so.
    """
    name = wish.sort.removeprefix("-")
    if name not in SORTS:
        raise WrongArgument(f"sort={wish.sort[:20]!r} is none of {', '.join(SORTS)}")
    return SORTS[name]


def all_scores() -> QuerySet[Any]:
    """Return all scores; they stand in a part of the application that is built on this one."""
    return apps.get_model("measuring", "Score")._default_manager.all()  # noqa: SLF001


def exact_match(words: str, country: str = "") -> Customer | None:
    """Return the one customer whose id or address was typed in full, or None."""
    text = words.strip()
    if not text or len(text) > 200:
        return None
    known = ExternalId.objects.filter(value=text).select_related("customer").first()
    if known is not None:
        return known.customer
    for kind, normal in ((ContactPoint.Kind.EMAIL, normal_email), (ContactPoint.Kind.PHONE, _phone(country))):
        try:
            address = normal(text)
        except WrongArgument:
            continue
        point = ContactPoint.objects.filter(kind=kind, normal=address).select_related("customer").first()
        if point is not None:
            return point.customer
    return None


def _phone(country: str) -> Any:
    return lambda text: normal_phone(text, country)


def counted(found: QuerySet[Any]) -> tuple[int, bool]:
    """Return how many there are, and whether there are more than were counted."""
    number = found.order_by()[: COUNTED + 1].count()
    return min(number, COUNTED), number > COUNTED


def known_attributes(sample: int = 500) -> frozenset[str]:
    """Return the names of further columns, as the newest customers have them and as the newest import counted them."""
    newest, values = Customer.objects.order_by("-id").values("attributes")[:sample].query.sql_with_params()
    # The database takes the names out of hundreds of records sooner than Python reads these.
    names = (
        "json_each.key FROM newest, json_each(attributes) WHERE json_type(attributes) = 'object'"
        if connection.vendor == "sqlite"
        else "jsonb_object_keys(attributes) FROM newest WHERE jsonb_typeof(attributes) = 'object'"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH newest AS ({newest}) SELECT DISTINCT {names}", values)
        told = {name for (name,) in cursor.fetchall()}
    return frozenset(name for name in told.union(counted_attributes()) if condition_fields.can_be_asked(name))


def one_with_merged(customer: Customer) -> list[int]:
    """Return the ids of a customer and of all records that were merged into it."""
    return all_with_merged([customer.id])[customer.id]


def all_with_merged(customer_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return for each customer its own id and those of all records that were merged into it."""
    whole = {one: [one] for one in customer_ids}
    under = {one: one for one in whole}
    fresh = list(whole)
    while fresh:
        pairs = Merge.objects.filter(winner_id__in=fresh, undone_at=None).values_list("winner_id", "loser_id")
        fresh = []
        for winner, loser in pairs:
            if loser not in under:
                under[loser] = under[winner]
                whole[under[loser]].append(loser)
                fresh.append(loser)
    return whole


def winner_of(customer: Customer) -> Customer | None:
    """Return the record under which a merged one is shown, or None where it stands for itself."""
    merge = Merge.objects.filter(loser=customer, undone_at=None).select_related("winner").first()
    return merge.winner if merge else None


def last_contacts(people: Mapping[int, Sequence[int]]) -> dict[int, Contact]:
    """Return the newest contact of each customer who has one, whichever record it stands on."""
    whose = {one: key for key, ids in people.items() for one in ids}
    newest = Contact.objects.filter(customer_id=OuterRef("customer_id")).order_by("-opened_at", "-pk")
    found = Contact.objects.filter(customer_id__in=list(whose), pk=Subquery(newest.values("pk")[:1]))
    return {whose[one.customer_id]: one for one in found.order_by("opened_at", "pk") if one.customer_id}
