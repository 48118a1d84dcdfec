"""Records that are one customer: all of them, and what one of them forbids, which holds for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from treue.app.core import audit
from treue.app.customers.models import Customer, Merge
from treue.app.customers.queries import all_scores, one_with_merged, winner_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SWITCHES: Final = ("no_marketing", "no_profiling", "restricted")
"""What a customer may forbid."""
REFUSED: Final = "merge_refused"
"""Why a file does not merge two records; one reason for all causes, because one of them is the owners' to know."""
BATCH: Final = 500


def top_of(customer: Customer) -> Customer:
    """Return the record under which all that are one customer stand, whichever of them is given."""
    top, seen = customer, {customer.pk}
    while (above := winner_of(top)) is not None and above.pk not in seen:
        top = above
        seen.add(top.pk)
    return top


def shown_as(ids: Iterable[int]) -> dict[int, Customer]:
    """Return for each record the customer under whom it is shown, asked for together."""
    tops = tops_of(ids)
    people = Customer.objects.in_bulk(set(tops.values()))
    return {one: people[top] for one, top in tops.items()}


def tops_of(ids: Iterable[int]) -> dict[int, int]:
    """Return for each record the one under which it stands, itself where it was never merged."""
    above: dict[int, int] = {}
    records = list(dict.fromkeys(ids))
    fresh = records
    while fresh:
        pairs = Merge.objects.filter(loser_id__in=fresh, undone_at=None).values_list("loser_id", "winner_id")
        found = dict(pairs)
        above |= found
        fresh = [winner for winner in found.values() if winner not in above]
    return {one: _top(one, above) for one in records}


def tops_of_all() -> dict[int, int]:
    """Return for every merged record the one under which it stands."""
    above = dict(Merge.objects.filter(undone_at=None).values_list("loser_id", "winner_id"))
    return {one: _top(one, above) for one in above}


def _top(one: int, above: Mapping[int, int]) -> int:
    seen = {one}
    while one in above and above[one] not in seen:
        one = above[one]
        seen.add(one)
    return one


def whole_of(customer: Customer) -> list[int]:
    """Return the ids of all records that are one customer, whichever of them is given."""
    return one_with_merged(top_of(customer))


def is_restricted(customer: Customer) -> bool:
    """Whether any record of this customer is restricted."""
    return Customer.objects.filter(pk__in=whole_of(customer), restricted=True).exists()


def spread(ids: Sequence[int]) -> list[str]:
    """Let what one of several records forbids hold for all of them; call it in a transaction.

    Nothing is ever switched off here, so that no word that comes in at the same moment is lost.

    Parameters
    ----------
    ids : sequence of int
        All records of one customer.

    Returns
    -------
    list of str
        Which switches were turned on anywhere.
    """
    mine = Customer.objects.filter(pk__in=ids)
    turned = [
        name
        for name in SWITCHES
        if mine.filter(**{name: True}).exists() and mine.filter(**{name: False}).update(**{name: True})
    ]
    if "no_profiling" in turned:
        _delete_scores(ids)
    return turned


@transaction.atomic
def spread_everywhere(*, by: audit.Actor) -> int:
    """Do the same for everybody who has several records.

    Parameters
    ----------
    by : User or str
        Who does it, for the audit log.

    Returns
    -------
    int
        How many switches were turned on.
    """
    groups = list(_groups(Merge.objects.filter(undone_at=None).values_list("loser_id", "winner_id")))
    merged = Merge.objects.filter(Q(loser=OuterRef("pk")) | Q(winner=OuterRef("pk")), undone_at=None)
    changed = 0
    for name in SWITCHES if groups else ():
        said = Customer.objects.filter(Exists(merged), **{name: True})
        forbids = set(said.values_list("pk", flat=True))
        missing = sorted(
            pk for group in groups if not forbids.isdisjoint(group) for pk in group if pk not in forbids
        )
        for start in range(0, len(missing), BATCH):
            some = missing[start : start + BATCH]
            changed += Customer.objects.filter(pk__in=some).update(**{name: True})
            if name == "no_profiling":
                _delete_scores(some)
    if changed:
        audit.write("customer.switches_spread", by=by, detail={"switched": changed})
    return changed


def take_back(actor: str) -> dict[str, int]:
    """Take back those merges of an import that cannot be; call it in its transaction.

    Parameters
    ----------
    actor : str
        ``import:12``.

    Returns
    -------
    dict of str to int
        Why to how many: one that closes a circle would hide all of its records, and who is restricted is
        touched by no file. Which of the two it was is not told.
    """
    rows = list(
        Merge.objects.filter(undone_at=None)
        .order_by("merged_at", "pk")
        .values_list("pk", "actor", "loser_id", "winner_id")
    )
    own = [(pk, loser, winner) for pk, by, loser, winner in rows if by == actor]
    if not own:
        return {}
    # From each record towards the one under which it stands, in steps.
    above = {loser: winner for _, by, loser, winner in rows if by != actor}

    def top(one: int) -> int:
        seen = {one}
        while one in above and above[one] not in seen:
            one = above[one]
            seen.add(one)
        return one

    closed = {top(pk) for pk in Customer.objects.filter(restricted=True).values_list("pk", flat=True)}
    gone: list[int] = []
    for pk, loser, winner in own:
        ends = {top(loser), top(winner)}
        if not closed.isdisjoint(ends) or len(ends) == 1:
            gone.append(pk)
        else:
            above[loser] = winner
    for start in range(0, len(gone), BATCH):
        Merge.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    return {REFUSED: len(gone)} if gone else {}


def _delete_scores(ids: Iterable[int]) -> None:
    """Delete the scores of all past days."""
    all_scores().filter(customer__in=ids).delete()


def _groups(pairs: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield the records of each customer who has several."""
    near: dict[int, set[int]] = {}
    for loser, winner in pairs:
        near.setdefault(loser, set()).add(winner)
        near.setdefault(winner, set()).add(loser)
    while near:
        first, fresh = near.popitem()
        group = [first]
        while fresh:
            one = fresh.pop()
            if one in near:
                fresh |= near.pop(one)
                group.append(one)
        yield group
