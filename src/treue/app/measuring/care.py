"""Whom to care for first, as people work through the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery

from treue.app.customers.models import CareStep
from treue.app.measuring.models import Score

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet


def care_list(run_id: int, today: date) -> QuerySet[Score]:
    """Return the scores of the customers to care for, the greatest stake first.

    Parameters
    ----------
    run_id : int
        The run whose scores are shown.
    today : datetime.date
        The firm's day: who was put off or taken care of comes back when the time is over.

    Returns
    -------
    QuerySet
        Without those whose newest step hides them, who are restricted, or who are merged into another.
    """
    newest = CareStep.objects.filter(customer=OuterRef("customer")).order_by("-at", "-pk")
    return (
        Score.objects.filter(run_id=run_id, care_rank__isnull=False, customer__restricted=False)
        .annotate(hidden_until=Subquery(newest.values("hidden_until")[:1]))
        .filter(Q(hidden_until=None) | Q(hidden_until__lte=today))
        .exclude(customer__merged_into__isnull=False, customer__merged_into__undone_at=None)
        .select_related("customer")
        .order_by("care_rank")
    )
