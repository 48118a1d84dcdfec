"""How long things are kept: one rule a purpose, looked after each night; nothing is without a period."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.models import AuditEntry, Firm
from treue.app.core.wrong import Wrong
from treue.app.customers import merging, suppression
from treue.app.customers.importing import left_over
from treue.app.customers.models import Customer, ImportedFile
from treue.app.privacy import erasing, silence, stored
from treue.app.privacy.declared import declared_by_model, rows_of
from treue.app.privacy.models import Period
from treue.app.privacy.night import Night
from treue.kernel.errors import TreueError
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from treue.app.core.jobs import Working

NIGHT_PATIENCE_SECONDS: Final = 30.0
"""How long the night waits for a reader of SQLite's journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is deleted when.

    Parameters
    ----------
    name : str
        By which declarations name it.
    words : str
        What is deleted, with ``{count}`` for the days.
    days : int
        After how many days, unless the firm chose otherwise.
    due : callable
        Takes the number of days and the instant; returns how many are due.
    delete : callable
        Takes the same; deletes them and returns how many.
    may_change : bool
        Whether the firm may choose another period.
    asks : bool
        Whether nothing is deleted before an owner has chosen: it would change what figures say of the past.
    one_by_one : bool
        Whether each that is deleted is a transaction of its own, because files go with it that no rollback
        brings back.
    """

    name: str
    words: str
    days: int
    due: Callable[[int, datetime], int]
    delete: Callable[[int, datetime], int]
    may_change: bool = False
    asks: bool = False
    one_by_one: bool = False


def _rows(label: str, column: str) -> tuple[Callable[[int, datetime], int], Callable[[int, datetime], int]]:
    """Return how rows of a table are counted and deleted: those whose column lies before the edge."""

    def rows(days: int, now: datetime) -> QuerySet[Any]:
        found: QuerySet[Any] = rows_of(label).filter(**{f"{column}__lt": now - timedelta(days=days)})
        return found

    return (
        lambda days, now: rows(days, now).count(),
        lambda days, now: int(rows(days, now).delete()[0]),
    )


def _old_scores(days: int, now: datetime) -> QuerySet[Any]:
    shown = Firm.objects.filter(id=1).values("run_id")
    runs = rows_of("measuring.Run").filter(started_at__lt=now - timedelta(days=days))
    found: QuerySet[Any] = runs.exclude(pk__in=[one["run_id"] for one in shown if one["run_id"]])
    return found


def _count_scores(days: int, now: datetime) -> int:
    old = _old_scores(days, now).values("pk")
    return int(rows_of("measuring.Score").filter(run__in=old).count())


def _delete_scores(days: int, now: datetime) -> int:
    old = list(_old_scores(days, now).values_list("pk", flat=True))
    rows_of("measuring.Panel").filter(run__in=old).delete()
    return int(rows_of("measuring.Score").filter(run__in=old).delete()[0])


def _old_previews(days: int, now: datetime) -> QuerySet[ImportedFile]:
    held = Q(reading__has_key="rows") | Q(reading__has_key="examples") | Q(reading__has_key="as_read")
    return ImportedFile.objects.filter(held, created_at__lt=now - timedelta(days=days))


def _delete_uploads(days: int, now: datetime) -> int:
    for file in _old_previews(days, now):
        kept = {
            name: part for name, part in file.reading.items() if name not in {"rows", "examples", "as_read"}
        }
        ImportedFile.objects.filter(pk=file.pk).update(reading=kept)
    return stored.remove(stored.older_than(days, now))


def _sessions(_days: int, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=now)


def _backups(days: int, now: datetime) -> list[Any]:
    from treue.app.core.backups import shelf

    return shelf.older_than(days, now)


def _remove_backups(days: int, now: datetime) -> int:
    from treue.app.core.backups import shelf

    return shelf.remove(shelf.older_than(days, now))


JOBS, LINKS = _rows("core.Job", "finished_at"), _rows("core.OneTimeLink", "expires_at")
ATTEMPTS, REQUESTS = _rows("core.Attempt", "began_at"), _rows("privacy.Request", "closed_at")


def _old_visits(days: int, now: datetime) -> QuerySet[Any]:
    """Return visits that are too old; who is restricted keeps what is kept of them."""
    restricted = list(Customer.objects.filter(restricted=True).values_list("pk", flat=True))
    kept = declared_by_model()["customers.Visit"].rows(restricted).values("pk")
    found: QuerySet[Any] = rows_of("customers.Visit").filter(at__lt=now - timedelta(days=days))
    return found.exclude(pk__in=kept) if restricted else found


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="silent",
        words=message("Customers of whom nothing was heard, with all that is kept of them"),
        days=3650,
        due=lambda days, now: len(silence.silent(days, now)),
        delete=silence.erase_silent,
        may_change=True,
        asks=True,
        one_by_one=True,
    ),
    Rule(
        name="visits",
        words=message("Visits"),
        days=1095,
        due=lambda days, now: _old_visits(days, now).count(),
        delete=lambda days, now: int(_old_visits(days, now).delete()[0]),
        may_change=True,
        asks=True,
    ),
    Rule(
        name="scores",
        words=message("Scores and parts of pages of past days"),
        days=400,
        due=_count_scores,
        delete=_delete_scores,
        may_change=True,
    ),
    Rule(
        name="requests",
        words=message("Answered requests about a person’s data"),
        days=1095,
        due=REQUESTS[0],
        delete=REQUESTS[1],
        may_change=True,
    ),
    Rule(
        name="uploads",
        words=message("Files that were brought in, their first rows and their rows set aside"),
        days=30,
        due=lambda days, now: len(stored.older_than(days, now)),
        delete=_delete_uploads,
        may_change=True,
    ),
    Rule(
        name="backups",
        words=message("Backups in the home folder"),
        days=35,
        due=lambda days, now: len(_backups(days, now)),
        delete=_remove_backups,
        may_change=True,
    ),
    Rule(name="jobs", words=message("Background work that has ended"), days=30, due=JOBS[0], delete=JOBS[1]),
    Rule(
        name="links", words=message("Links that set a password once"), days=30, due=LINKS[0], delete=LINKS[1]
    ),
    Rule(
        name="attempts", words=message("Counts of failed logins"), days=1, due=ATTEMPTS[0], delete=ATTEMPTS[1]
    ),
    Rule(
        name="sessions",
        words=message("Sessions that have ended"),
        days=0,
        due=lambda days, now: _sessions(days, now).count(),
        delete=lambda days, now: _sessions(days, now).delete()[0],
    ),
)
RULES_BY_NAME: Final = {rule.name: rule for rule in RULES}
LEAST_DAYS: Final = 1
MOST_DAYS: Final = 36_500


def days_of(name: str) -> int:
    """Return after how many days a rule deletes."""
    chosen = Period.objects.filter(rule=name).values_list("days", flat=True).first()
    return RULES_BY_NAME[name].days if chosen is None else int(chosen)


def in_force(rule: Rule) -> bool:
    """Whether a rule deletes."""
    return not rule.asks or Period.objects.filter(rule=rule.name).exists()


@transaction.atomic
def choose_days(name: str, days: int, *, by: audit.Actor) -> None:
    """Choose after how many days a rule deletes.

    Raises
    ------
    Wrong
        When the rule cannot be changed or the number cannot be.
    """
    rule = RULES_BY_NAME.get(name)
    if rule is None or not rule.may_change:
        raise Wrong(message("This period cannot be changed"))
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Wrong(
            message("A period is a whole number of days from {least} to {most}"),
            least=LEAST_DAYS,
            most=MOST_DAYS,
        )
    Period.objects.update_or_create(rule=name, defaults={"days": days})
    audit.write("privacy.period_chosen", by=by, detail={"rule": name, "days": days})


def preview(now: datetime) -> list[tuple[Rule, int, int]]:
    """Return each rule with its days and how many would be deleted now; with many customers it takes a while."""
    return [(rule, days, rule.due(days, now)) for rule in RULES for days in [days_of(rule.name)]]


def apply(now: datetime, tell: Callable[[str, float], None] = lambda _words, _share: None) -> dict[str, int]:
    """Delete what is kept for longer than it may; returns how many by rule.

    Each rule is a transaction with its own entry in the audit log; one that cannot be keeps no other from it.

    Parameters
    ----------
    now : datetime
        The instant.
    tell : callable
        Takes what is being done and the share done.

    Returns
    -------
    dict of str to int
        Without the rules that found nothing.

    Raises
    ------
    NotAll
        When all were tried, and names those that could not.
    """
    counts: dict[str, int] = {}
    night = Night()
    for place, rule in enumerate(RULES):
        tell(rule.name, place / len(RULES))
        if in_force(rule):
            with night.step(rule.name):
                _apply(rule, now, counts)
    night.end()
    return counts


def _apply(rule: Rule, now: datetime, counts: dict[str, int]) -> None:
    with nullcontext() if rule.one_by_one else transaction.atomic():
        count = rule.delete(days_of(rule.name), now)
        if count:
            audit.write("privacy.retention", by=audit.SYSTEM, detail={rule.name: count})
    if count:
        counts[rule.name] = count


def work(working: Working) -> None:
    """Look after the periods; the job ``retention`` of each night.

    Raises
    ------
    NotAll
        When all was tried, and names what could not be done.
    """
    now, night = timezone.now(), Night()
    with night.step("erase again"):
        erasing.erase_again(by=audit.SYSTEM)
    with night.step("merged records"):
        merging.spread_everywhere(by=audit.SYSTEM)
    with night.step("waiting rows"):
        left_over.remove_all_waiting(now)
    with night.step("periods"):
        apply(now, working.tell)
    with night.step("list of erased"):
        erasing.keep_list()
    with night.step("space of deleted rows"):
        if AuditEntry.objects.filter(action="customer.erased", at__gte=now - timedelta(days=2)).exists():
            erasing.vacuum()
    with night.step("journal"):
        if not erasing.overwrite(NIGHT_PATIENCE_SECONDS):
            raise TreueError(
                "the journal of the database could not be cut: a reader held it; it is tried again tomorrow"
            )
    night.end()


def work_again(_working: Working) -> None:
    """Erase again whoever a restored backup brought back; the job ``erase-again``."""
    suppression.keep_marks(erasing.keep_list())
    erasing.erase_again(by=audit.SYSTEM)
