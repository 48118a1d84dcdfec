"""Erase a customer: rows, words in texts, files, pages of the database file; what stays is a keyed mark."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.utils import timezone

from treue.app.core import audit, erased_list, jobs
from treue.app.core.wrong import Wrong
from treue.app.customers import search, suppression
from treue.app.customers.importing import left_over
from treue.app.customers.importing.services import IMPORT
from treue.app.customers.models import Blocked, ContactPoint, Customer, ExternalId, ImportedFile
from treue.app.privacy import elsewhere, stored
from treue.app.privacy.declared import Declared, declarations, rows_of
from treue.app.privacy.whole import Person, Words
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

log = logging.getLogger("treue.privacy")

SMALL_GROUP: Final = 5
"""A figure about fewer customers than this could be read as one of somebody."""
PATIENCE_SECONDS: Final = 2.0
CYCLE: Final = "cycle"
ERASE_AGAIN: Final = "erase-again"


@dataclass(slots=True)
class Erased:
    """What was erased.

    Parameters
    ----------
    rows : dict of str to int
        Label of a model to how many of its rows were deleted, emptied or rid of the person's words.
    files : int
        How many files of the home folder were removed.
    outside : list of str
        Files elsewhere on the server that were brought in by their path; Treue does not touch them.
    """

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    outside: list[str] = field(default_factory=list)

    def add(self, label: str, count: int) -> None:
        """Count rows."""
        if count:
            self.rows[label] = self.rows.get(label, 0) + count


def preview(person: Person) -> list[tuple[Declared, int]]:
    """Return how many rows of each table would go, without those that have none."""
    counted = ((one, one.rows(person.ids).count()) for one in declarations())
    return [(one, count) for one, count in counted if count]


def erase_person(
    person: Person,
    *,
    by: audit.Actor,
    block: bool = True,
    why: str = "request",
    look: Callable[[], None] = lambda: None,
    swept: bool = False,
) -> Erased:
    """Erase all that is kept of a person.

    Parameters
    ----------
    person : Person
        Who.
    by : User or str
        Who does it.
    block : bool
        Whether a mark keeps files from bringing the person back.
    why : str
        For the audit log: ``request``, ``silent`` or ``restored``.
    look : callable
        A last look in the transaction in which the rows go; what it raises keeps them.
    swept : bool
        Whether what killed imports left has just been removed: each table in use is waited for, once for all.

    Returns
    -------
    Erased
        Counts.

    Raises
    ------
    Wrong
        When a file is being brought in by work that is not over: it may hold the person.
    """
    if _something_is_brought_in():
        raise Wrong(message("A file is being brought in right now; erase when it is done"))
    words = person.words()
    # Files first: should this stop halfway, the record is still there and says that it is not done.
    done = Erased(files=len(stored.remove_files_naming(words)), outside=stored.outside())
    if not swept:
        left_over.remove_all_waiting(timezone.now())
    with transaction.atomic():
        look()
        values = person.values()
        if block:
            suppression.block(values)
        _delete_rows(person, done)
        _clear_words(words, done)
        for label, count in elsewhere.mask_in_texts(words).items():
            done.add(label, count)
        done.add("customers.Segment", elsewhere.delete_filters(words, timezone.now().date()))
        _delete_small_groups(done)
        _close_waiting_files()
        audit.write(
            "customer.erased",
            by=by,
            subject=f"customer:{person.customer.pk}",
            detail={"records": len(person.ids), "rows": done.rows, "files": done.files, "why": why},
        )
        jobs.order(CYCLE)
    after_erasing()
    return done


def _something_is_brought_in() -> bool:
    """Whether a file is being brought in; one whose work was given up keeps its state and holds nobody up."""
    running = ImportedFile.objects.filter(state=ImportedFile.State.RUNNING).values_list("pk", flat=True)
    return any(jobs.unfinished(IMPORT, f"import:{pk}") is not None for pk in running)


def _delete_rows(person: Person, done: Erased) -> None:
    for one in declarations():
        for column in one.cut:
            changed = one.everything.filter(**{f"{column}__in": person.ids}).update(**{column: None})
            done.add(one.model, changed)
        if one.owners or one.through:
            # Counted by the table itself: what hangs on it was counted where it is declared.
            done.add(one.model, one.rows(person.ids).delete()[1].get(one.model, 0))


def _clear_words(words: Words, done: Erased) -> None:
    """Delete rows, or empty what of them holds the person's words, though they belong to nobody."""
    for one in declarations():
        rows = one.everything.filter(**one.settled)
        for pk, *values in (
            rows.values_list("pk", *one.searched).iterator(chunk_size=200) if one.searched else ()
        ):
            mine = one.everything.filter(pk=pk)
            if one.found == "delete":
                if any(words.named_in(_plain(value)) for value in values):
                    done.add(one.model, mine.delete()[1].get(one.model, 0))
                continue
            cleared = {
                name: _without(value, words)
                for name, value in zip(one.searched, values, strict=True)
                if words.stand_in(_plain(value))
            }
            if cleared:
                done.add(one.model, mine.update(**cleared))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without(value: Any, words: Words) -> Any:
    """Return a text as empty, or JSON without the parts in which the words stand."""
    if not isinstance(value, dict):
        return "" if isinstance(value, str) else {}
    return {
        name: part
        for name, part in value.items()
        if not words.stand_in(_plain(name)) and not words.stand_in(_plain(part))
    }


def _delete_small_groups(done: Erased) -> None:
    small = rows_of("measuring.RunFigure").filter(segment__isnull=False, figure__n__lt=SMALL_GROUP)
    done.add("measuring.RunFigure", small.delete()[0])


def _close_waiting_files() -> None:
    """Close imports that wait for a file which is not there any more."""
    waiting = ImportedFile.objects.filter(state__in=[ImportedFile.State.UPLOADED, ImportedFile.State.READ])
    gone = [pk for pk, path in waiting.values_list("pk", "path") if not path or not Path(path).exists()]
    ImportedFile.objects.filter(pk__in=gone).update(state=ImportedFile.State.CANCELLED)


def after_erasing() -> None:
    """Bring what the database file still shows of deleted rows to an end, and keep the marks outside of it too."""
    if connection.in_atomic_block:
        transaction.on_commit(after_erasing)
        return
    keep_list()
    overwrite()


def overwrite(patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Cut SQLite's journal; False where a reader keeps the old pages for now.

    ``secure_delete`` has overwritten deleted rows already, but the journal holds them until it is cut.

    Parameters
    ----------
    patience_seconds : float
        How long to wait for whoever reads. Somebody may be waiting for the page of an erasure; the night has time.

    Returns
    -------
    bool
        Whether it was cut.
    """
    if connection.vendor != "sqlite":
        return True
    search.forget()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        usual = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout={int(patience_seconds * 1000)}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return bool(cursor.fetchone()[0] == 0)
        finally:
            cursor.execute(f"PRAGMA busy_timeout={usual}")


def vacuum() -> None:
    """Give deleted rows free on PostgreSQL, which keeps them in its files until then; it may take a while.

    What it knows of the values of columns, to plan its queries, is counted anew: it holds names and addresses.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for one in declarations():
            if one.owners or one.through or one.searched:
                cursor.execute(f'VACUUM (ANALYZE) "{one.table._meta.db_table}"')  # noqa: SLF001


def keep_list(more: Iterable[str] = ()) -> set[str]:
    """Write all marks into the home folder, so that a restored older backup can be told of them.

    Parameters
    ----------
    more : iterable of str
        Further marks.

    Returns
    -------
    set of str
        All marks there are, in the database, in the file and further.
    """
    with erased_list.held(stored.home()) as marks:
        # Read while the list is held: whoever lets somebody back takes the mark out of it afterwards.
        marks.update(Blocked.objects.values_list("digest", flat=True).iterator(), more)
    return marks


def forget_in_list(values: Iterable[suppression.Value]) -> None:
    """Remove marks from the file in the home folder, so that a restore does not erase who was let back."""
    with erased_list.held(stored.home()) as marks:
        marks.difference_update(suppression.digest_of(value) for value in values)


def erase_again(*, by: audit.Actor) -> int:
    """Erase whoever an older backup brought back; returns how many.

    What was written down after an erasure is somebody else, or somebody who came back: it stays.
    """
    marks = dict(Blocked.objects.values_list("digest", "at").iterator())
    if not marks:
        return 0
    left_over.remove_all_waiting(timezone.now())

    def erase(customer: Customer) -> bool:
        if not Customer.objects.filter(pk=customer.pk).exists():
            return False
        erase_person(Person.of(customer), by=by, why="restored", swept=True)
        return True

    return erase_each(_marked(marks), erase)


def erase_each(customers: Iterable[Customer], erase: Callable[[Customer], bool]) -> int:
    """Erase one after the other; the first error is raised when all others are done.

    Parameters
    ----------
    customers : iterable of Customer
        Whom.
    erase : callable
        Erases one; returns whether it did.

    Returns
    -------
    int
        How many.
    """
    count = 0
    errors: list[Exception] = []
    for customer in list(customers):
        try:
            count += erase(customer)
        except Wrong as error:
            log.warning("customer %s was not erased: %s", customer.pk, error)
            errors.append(error)
        except Exception as error:
            log.exception("customer %s could not be erased", customer.pk)
            errors.append(error)
    if errors:
        raise errors[0]
    return count


def _marked(marks: Mapping[str, datetime]) -> Iterable[Customer]:
    """Yield customers one of whose addresses or ids carries a mark that is younger than it."""
    rows = [
        *(
            (pk, suppression.values_of_code(code), since)
            for pk, code, since in Customer.objects.values_list("pk", "code", "created_at")
        ),
        *(
            (pk, suppression.values_of_code(value, system), since)
            for pk, system, value, since in ExternalId.objects.values_list(
                "customer_id", "system", "value", "customer__created_at"
            )
        ),
        *(
            (pk, [(kind, normal)], since)
            for pk, kind, normal, since in ContactPoint.objects.values_list(
                "customer_id", "kind", "normal", "added_at"
            )
        ),
    ]
    found = {
        pk
        for pk, values, since in rows
        if any(since < marks.get(suppression.digest_of(value), since) for value in values)
    }
    return Customer.objects.filter(pk__in=found)
