"""What there is to see of imports, and how good what is there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, Min, OuterRef, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from treue.app.core import jobs
from treue.app.core.models import Firm, Job
from treue.app.customers.importing.places import is_there, set_aside_file
from treue.app.customers.importing.services import IMPORT, READING, State
from treue.app.customers.models import (
    Answer,
    Contact,
    ContactPoint,
    Contract,
    Customer,
    ImportedFile,
    Mention,
    OrderLine,
    Promise,
    Purchase,
    Referral,
    Return,
    Visit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ATTRIBUTES_OF: Final = 1_000
"""Customers with further columns at which is looked for their names."""
COUNTED: Final[dict[str, Any]] = {
    "customers": Customer,
    "purchases": Purchase,
    "order_lines": OrderLine,
    "returns": Return,
    "contracts": Contract,
    "visits": Visit,
    "contacts": Contact,
    "promises": Promise,
    "answers": Answer,
    "referrals": Referral,
    "mentions": Mention,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An imported file and the piece of work that is busy with it.

    Parameters
    ----------
    file : ImportedFile
        The file.
    job : Job or None
        Waiting or running; None where nothing is being done.
    """

    file: ImportedFile
    job: Job | None

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self.job is not None

    @property
    def stuck(self) -> bool:
        """Whether it should be brought in and nobody does so any more."""
        return self.file.state == ImportedFile.State.RUNNING and self.job is None

    @property
    def may_start(self) -> bool:
        """Whether it can be brought in as it stands."""
        state = self.file.state
        read = state == ImportedFile.State.READ and not self.file.why and self.file.accepted > 0
        again = state in {ImportedFile.State.FAILED, ImportedFile.State.CANCELLED} and self.file.rows_read > 0
        return not self.busy and (read or again or self.stuck) and is_there(self.file)


def standing_of(file: ImportedFile) -> Standing:
    """Return how a file stands."""
    subject = f"import:{file.pk}"
    return Standing(file, jobs.unfinished(IMPORT, subject) or jobs.unfinished(READING, subject))


def count_files() -> int:
    """Return how many files were ever sent or named."""
    return ImportedFile.objects.count()


def newest_files(start: int, count: int) -> Sequence[Standing]:
    """Return files and how they stand, the newest first.

    Parameters
    ----------
    start : int
        How many newer ones are left out.
    count : int
        How many at most.

    Returns
    -------
    sequence of Standing
        Each with the piece of work that is busy with it.
    """
    files = list(ImportedFile.objects.order_by("-id")[start : start + count])
    busy = {
        job.subject: job
        for job in Job.objects.filter(
            kind__in=[IMPORT, READING], state__in=[Job.State.WAITING, Job.State.RUNNING]
        )
    }
    return [Standing(file, busy.get(f"import:{file.pk}")) for file in files]


def is_zone_open() -> bool:
    """Whether the time zone was never chosen, and may still be: no purchase was read in it."""
    return Firm.the().timezone == "UTC" and not Purchase.objects.exists()


def has_set_aside(file: ImportedFile) -> bool:
    """Whether there is a file of the rows set aside, of the reading as it is shown."""
    return file.state != State.UPLOADED and bool(file.set_aside) and set_aside_file(file).is_file()


def quality() -> dict[str, Any] | None:
    """Return what was counted after the newest import, or None where nothing was ever brought in."""
    newest = (
        ImportedFile.objects.filter(state=ImportedFile.State.DONE, reading__has_key="quality")
        .order_by("-finished_at")
        .first()
    )
    return newest.reading["quality"] if newest is not None else None


def counted_attributes() -> list[str]:
    """Return the names of further columns of customers, as the newest import counted them."""
    return list((quality() or {}).get("attributes", []))


def _attributes() -> list[str]:
    """Look for the names behind all who have none, which is too slow for a page."""
    # Who came without further columns holds an empty object, and says nothing of what the others have.
    told = Customer.objects.annotate(words=Cast("attributes", TextField())).exclude(words__in=["{}", "null"])
    newest = told.order_by("-id").values_list("attributes", flat=True)[:ATTRIBUTES_OF]
    return sorted({name for attributes in newest for name in attributes or {}})


def count_quality() -> dict[str, Any]:
    """Count what is there and what it lacks; it looks at every row, so it is done once after each import.

    Returns
    -------
    dict
        ``at``, ``tables`` (name to rows), ``first_on`` and ``last_on`` (days of orders, or None), how many
        customers are ``without_address`` and ``without_order``, how many returns ``without_their_order``, and
        ``attributes`` (names of the further columns that customers have).
    """
    zone = ZoneInfo(Firm.the().timezone)
    span = Purchase.objects.aggregate(first=Min("ordered_at"), last=Max("ordered_at"))
    address = ContactPoint.objects.filter(customer=OuterRef("pk"))
    order = Purchase.objects.filter(customer=OuterRef("pk"))
    return {
        "at": timezone.now().isoformat(),
        "tables": {name: model.objects.count() for name, model in COUNTED.items()},
        "first_on": span["first"].astimezone(zone).date().isoformat() if span["first"] else None,
        "last_on": span["last"].astimezone(zone).date().isoformat() if span["last"] else None,
        "without_address": Customer.objects.filter(~Exists(address)).count(),
        "without_order": Customer.objects.filter(~Exists(order)).count(),
        "attributes": _attributes(),
        "without_their_order": Return.objects.filter(purchase_code=None).aggregate(found=Count("id"))[
            "found"
        ],
    }
