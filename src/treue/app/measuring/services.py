"""What staff may order of the daily cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from treue.app.core import audit, firms, jobs
from treue.app.measuring.cycle import KIND

if TYPE_CHECKING:
    from treue.app.core.models import User


@transaction.atomic
def order_cycle(*, by: User) -> None:
    """Let figures and scores be computed as soon as the worker is free.

    Parameters
    ----------
    by : User
        Who asked for it.
    """
    jobs.order(KIND)
    audit.write("cycle.ordered", by=by)


@transaction.atomic
def use_window(days: int, *, by: User) -> None:
    """Let every figure count with another activity window, from a cycle on that begins at once.

    Parameters
    ----------
    days : int
        Days of silence after which a customer counts as lapsed, 1 or more.
    by : User
        Who decided it.
    """
    firms.change_firm({"window_days": days}, by=by)
    order_cycle(by=by)
