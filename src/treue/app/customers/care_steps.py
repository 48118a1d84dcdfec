"""Write down what staff did for a customer of the care list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from treue.app.core import audit
from treue.app.core.wrong import Wrong
from treue.app.customers.models import CareStep
from treue.app.customers.services import LONGEST_TEXT, NOT_OFFERED, subject_of
from treue.kernel.language import message

if TYPE_CHECKING:
    from datetime import date

    from treue.app.customers.models import Customer

HIDDEN_DAYS: Final = {"done": 30, "later": 7}
"""For how many days a customer stays off the care list after each step, unless a day is named."""


@transaction.atomic
def care_step(
    customer: Customer,
    kind: str,
    *,
    today: date,
    by: audit.Actor,
    outcome: str = "",
    text: str = "",
    days: int | None = None,
) -> CareStep:
    """Write down what was done about a customer of the care list.

    Parameters
    ----------
    customer : Customer
        Who.
    kind : {"done", "later", "reopened"}
        What was done.
    today : datetime.date
        The firm's day.
    by : User or str
        Who did it.
    outcome, text : str
        How it went.
    days : int, optional
        For how many days the customer stays off the list, 1 to 365.

    Returns
    -------
    CareStep
        The step.

    Raises
    ------
    WrongArgument
        When something is none of what can be.
    """
    if kind not in CareStep.Kind.values:
        raise Wrong(NOT_OFFERED, what=message("What was done"), value=kind)
    if outcome not in CareStep.Outcome.values:
        raise Wrong(NOT_OFFERED, what=message("How it went"), value=outcome)
    if days is not None and not 1 <= days <= 365:
        raise Wrong(message("{days} days are not between 1 and 365"), days=days)
    wait = days or HIDDEN_DAYS.get(kind, 0)
    made = CareStep.objects.create(
        customer=customer,
        kind=kind,
        outcome=outcome,
        text=text.replace("\x00", "").strip()[:LONGEST_TEXT],
        hidden_until=today + timedelta(days=wait) if wait else None,
        actor=audit.name_of(by),
    )
    audit.write(f"care.{kind}", by=by, subject=subject_of(customer), detail={"outcome": outcome})
    return made
