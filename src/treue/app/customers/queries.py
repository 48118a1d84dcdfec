"""Read customers: find, filter, sort, and everything that happened with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery

from treue.app.core.addresses import normal_email, normal_phone
from treue.app.customers import condition_fields, conditions
from treue.app.customers.importing.queries import counted_attributes
from treue.app.customers.models import (
    Contact,
    ContactPoint,
    Customer,
    ExternalId,
    Merge,
)
from treue.app.customers.search import matching
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

COUNTED: Final = 10_000
"""A list longer than this is not counted to its end."""

ASKED_AT_ONCE: Final = 5_000
"""SQLite takes at most some thousands of values in one question."""

MATCHED: Final = 2_000
"""A search that finds more is cut off: whoever typed so little is asked for more."""

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


def find_customers(
    wish: Wish,
    *,
    run_id: int | None,
    today: date,
    currency: str,
    attributes: frozenset[str] = frozenset(),
    with_restricted: bool = False,
    more: Q | None = None,
) -> QuerySet[Customer]:
    """Return the customers somebody wants to see, each with its score as ``score``.

    Parameters
    ----------
    wish : Wish
        Which, and in what order.
    run_id : int or None
        The run whose scores are shown.
    today, currency : datetime.date and str
        For conditions.
    attributes : frozenset of str
        Further columns that conditions may ask about.
    with_restricted : bool
        Whether those whose processing is restricted are in it.
    more : Q, optional
        A further condition; a filter that is added later would join the scores once more.

    Returns
    -------
    QuerySet
        Merged records are left out: they stand under the one that stayed.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    found = _visible(_with_scores(run_id), with_restricted=with_restricted)
    if wish.words:
        found = found.filter(matching(wish.words))
    chosen = conditions.compile_tree(wish.tree, today=today, currency=currency, attributes=attributes)
    found = found.filter(chosen & more if more is not None else chosen)
    order = F(_path(wish))
    return found.order_by(
        order.desc(nulls_last=True) if wish.sort.startswith("-") else order.asc(nulls_last=True), "id"
    )


def _visible(found: QuerySet[Customer], *, with_restricted: bool) -> QuerySet[Customer]:
    found = found.exclude(id__in=Merge.objects.filter(undone_at=None).values("loser_id"))
    return found if with_restricted else found.filter(restricted=False)


def _path(wish: Wish) -> str:
    name = wish.sort.removeprefix("-")
    if name not in SORTS:
        raise WrongArgument(f"sort={wish.sort[:20]!r} is none of {', '.join(SORTS)}")
    return SORTS[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list.

    Parameters
    ----------
    rows : list of tuple
        The values asked for.
    count : int
        How many customers the whole list has, as far as they were counted.
    more : bool
        Whether there are more than were counted.
    """

    rows: list[tuple[Any, ...]]
    count: int
    more: bool


def page_of(wish: Wish, columns: Sequence[str], number: int, size: int, **options: Any) -> Page:
    """Return a page of the customers somebody wants to see, without reading or counting the whole list.

    Parameters
    ----------
    wish : Wish
        Which, and in what order; those of whom the column of the order is not known come last.
    columns : sequence of str
        Paths of the values.
    number, size : int
        Which page, from 1, and how many to a page; a page behind the last is the last.
    **options
        As :func:`find_customers` takes them.

    Returns
    -------
    Page
        Of a search, at most :data:`MATCHED` are counted and shown.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    if wish.words:
        return _page_of_search(wish, columns, number, size, options)
    path = _path(wish)
    scored = _scored(wish, **options) if path.startswith("score__") else None
    few = _few(wish, **options) if scored is None and wish.tree.get("groups") else None
    if few is not None:
        everybody = find_customers(Wish(words="", tree={}, sort=wish.sort), **options)
        rows = _in_order(everybody.filter(id__in=few), wish, columns)
        return Page(rows=_part_of(rows, number, size), count=len(rows), more=False)
    if path.startswith("score__"):
        # An order that an index has: the database reads one page of it, not all to sort them.
        minus = "-" if wish.sort.startswith("-") else ""
        known, unknown = (
            find_customers(wish, more=Q(**{f"{path}__isnull": missing}), **options)
            for missing in (False, True)
        )
        known = known.order_by(f"{minus}{path}", f"{minus}score__customer")
        unknown = unknown.order_by("id")
        keys = known.values_list("id", flat=True) if scored is None else scored
    else:
        known = find_customers(wish, **options)
        unknown = known.none()
        keys = known.values_list("id", flat=True)
    first, more = counted(keys)
    rest, rest_more = counted(unknown.values("id")) if not more and path.startswith("score__") else (0, False)
    count = min(first + rest, COUNTED)
    start = (max(1, min(number, -(-count // size))) - 1) * size if count else 0
    # Who is on the page was decided by the keys: asked for the conditions again, SQLite would begin with them.
    plain = find_customers(Wish(words="", tree={}, sort=wish.sort), **options)
    rows = _rows(plain, keys, columns, start, size) if start < first else []
    if len(rows) < size and rest:
        others = unknown.values_list("id", flat=True)
        rows += _rows(plain, others, columns, max(0, start - first), size - len(rows))
    return Page(rows=rows, count=count, more=more or rest_more or first + rest > COUNTED)


def _rows(
    found: QuerySet[Customer], keys: QuerySet[Any], columns: Sequence[str], start: int, size: int
) -> list[tuple[Any, ...]]:
    """Return some rows of a list: their keys first, so that those before them are passed over in an index."""
    wanted = list(keys[start : start + size])
    told = found.order_by().filter(id__in=wanted).values_list("id", *columns)
    by_key = {row[0]: row[1:] for row in told}
    return [by_key[key] for key in wanted if key in by_key]


def all_scores() -> QuerySet[Any]:
    """Return all scores; they stand in a part of the application that is built on this one."""
    return apps.get_model("measuring", "Score")._default_manager.all()  # noqa: SLF001


def _scored(
    wish: Wish,
    *,
    run_id: int | None,
    today: date,
    currency: str,
    attributes: frozenset[str] = frozenset(),
    with_restricted: bool = False,
) -> QuerySet[Any] | None:
    """Return the keys of all who have what a list is sorted by, from an index of the scores alone.

    None where a condition asks for anything that is no score.
    """
    chosen = _of_scores(
        conditions.compile_tree(wish.tree, today=today, currency=currency, attributes=attributes)
    )
    if chosen is None:
        return None
    path = _path(wish).removeprefix("score__")
    minus = "-" if wish.sort.startswith("-") else ""
    hidden = Merge.objects.filter(undone_at=None).values("loser_id")
    found = (
        all_scores()
        .filter(chosen, run_id=run_id or 0, **{f"{path}__isnull": False})
        .exclude(customer_id__in=hidden)
    )
    if not with_restricted:
        found = found.exclude(customer_id__in=Customer.objects.filter(restricted=True).values("id"))
    return found.order_by(f"{minus}{path}", f"{minus}customer_id").values_list("customer_id", flat=True)


def _of_scores(asked: Q) -> Q | None:
    """Return a condition on customers as the same on their scores; None where it asks for anything else."""
    found: list[Any] = []
    for child in asked.children:
        if isinstance(child, Q):
            inner = _of_scores(child)
            if inner is None:
                return None
            found.append(inner)
        elif isinstance(child, tuple) and child[0].startswith("score__"):
            found.append((child[0].removeprefix("score__"), child[1]))
        else:
            return None
    return Q(*found, _connector=asked.connector, _negated=asked.negated)


def _page_of_search(
    wish: Wish, columns: Sequence[str], number: int, size: int, options: Mapping[str, Any]
) -> Page:
    """Return a page of those who were found by words: few enough to be put in order here.

    A database would rather walk through all customers in that order until it met the few.
    """
    ids = _matching(wish, with_restricted=options.get("with_restricted", False))
    plain = Wish(words="", tree=wish.tree, sort=wish.sort)
    rows = _in_order(find_customers(plain, **options).filter(id__in=ids[:MATCHED]), wish, columns)
    return Page(rows=_part_of(rows, number, size), count=len(rows), more=len(ids) > MATCHED)


def _few(
    wish: Wish,
    *,
    run_id: int | None,
    today: date,
    currency: str,
    attributes: frozenset[str] = frozenset(),
    with_restricted: bool = False,
) -> list[int] | None:
    """Return the keys of all who fit where they are few, or None.

    Who asks for anything but scores asks every record: once is enough, where a walk in the order of the list and
    a count would each ask all of them again. Whom a list hides is looked up for those who fit, not for everybody.
    """
    chosen = conditions.compile_tree(
        wish.tree, today=today, currency=currency, attributes=attributes, few=True
    )
    fit = list(_with_scores(run_id).filter(chosen).order_by().values_list("id", flat=True)[: MATCHED + 1])
    if len(fit) > MATCHED:
        return None
    visible = _visible(Customer.objects.filter(id__in=fit), with_restricted=with_restricted)
    return list(visible.order_by().values_list("id", flat=True))


def _with_scores(run_id: int | None) -> QuerySet[Customer]:
    return Customer.objects.annotate(score=FilteredRelation("scores", condition=Q(scores__run=run_id or 0)))


def _in_order(found: QuerySet[Customer], wish: Wish, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the values of a few customers in the order of a list, those who lack what it is sorted by at the end."""
    path, minus = _path(wish), wish.sort.startswith("-")
    rows = sorted(found.order_by().values_list(path, "id", *columns), key=lambda row: row[1])
    # Of equals an index of scores gives the last first where it is read from its end.
    equals = reversed(rows) if minus and path.startswith("score__") else rows
    known = sorted(
        (row for row in equals if row[0] is not None),
        key=lambda row: row[0].casefold() if isinstance(row[0], str) else row[0],
        reverse=minus,
    )
    return [row[2:] for row in (*known, *(row for row in rows if row[0] is None))]


def _part_of(rows: list[tuple[Any, ...]], number: int, size: int) -> list[tuple[Any, ...]]:
    """Return one page of them; a page behind the last is the last."""
    start = (max(1, min(number, -(-len(rows) // size))) - 1) * size
    return rows[start : start + size]


def _matching(wish: Wish, *, with_restricted: bool) -> list[int]:
    """Return the keys of customers in whose names, addresses and ids the words stand, one more than are shown."""
    found = _visible(Customer.objects.filter(matching(wish.words)), with_restricted=with_restricted)
    return list(found.order_by().values_list("id", flat=True)[: MATCHED + 1])


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
    names = set(counted_attributes())
    for attributes in Customer.objects.order_by("-id").values_list("attributes", flat=True)[:sample]:
        names.update(attributes or {})
    return frozenset(name for name in names if condition_fields.can_be_asked(name))


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
