"""The pieces of work of an import; each may be killed and begun again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from treue.app.core import audit, jobs
from treue.app.core.models import Firm
from treue.app.customers.importing import history_files
from treue.app.customers.importing.set_aside import write_set_aside
from treue.app.customers.importing.staging import Staging
from treue.app.customers.models import ImportedFile
from treue.kernel.errors import Refused, TreueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.app.core.jobs import Working
    from treue.app.customers.importing.history_files import HistoryFile

CYCLE = "cycle"


def number_of(subject: str) -> int:
    """Return the number of the imported file that a piece of work is about.

    Examples
    --------
    >>> number_of("import:12")
    12
    """
    return int(subject.partition(":")[2])


def work(working: Working) -> None:
    """Bring a file in; the job ``import``."""
    file = ImportedFile.objects.get(id=number_of(working.subject))
    try:
        bring_in(file, working.tell)
    except jobs.CancelledError:
        _ended(file, ImportedFile.State.CANCELLED, "")
        raise
    except TreueError as error:
        _ended(file, ImportedFile.State.FAILED, str(error))
        raise
    except Exception:
        _ended(
            file, ImportedFile.State.FAILED, "Something unforeseen went wrong; the server's log says what."
        )
        raise


def _ended(file: ImportedFile, state: ImportedFile.State, why: str) -> None:
    ImportedFile.objects.filter(id=file.id, state=ImportedFile.State.RUNNING).update(
        state=state, why=why, finished_at=timezone.now()
    )


def bring_in(file: ImportedFile, tell: Callable[[str, float], None]) -> ImportedFile:
    """Read a file that is marked as running and write all of it, or nothing.

    Parameters
    ----------
    file : ImportedFile
        In the state ``running``; one that is done already is left alone.
    tell : callable
        Takes what is being done and the share done; may raise to stop.

    Returns
    -------
    ImportedFile
        As it is now.

    Raises
    ------
    TreueError
        When the file cannot be used, or somebody asked to stop; nothing is written then.
    """
    file.refresh_from_db()
    if file.state == ImportedFile.State.DONE:
        return file
    paths = file.reading.get("paths") or [file.path]
    firm = Firm.the()
    with history_files.read(paths, file.choices, firm, lambda words, share: tell(words, share / 2)) as found:
        tell("reading", 0.5)
        with Staging(file.id) as staging:
            history_files.stage(found, staging, lambda words, share: tell(words, 0.5 + share / 4))
            write_set_aside(file, found.engine, found.reading.set_aside_table)
            staging.ready()
            tell("writing", 0.75)
            with transaction.atomic():
                if history_files.holds_money(found):
                    _settle_currency(found.currency)
                with connection.cursor() as cursor:
                    counts = history_files.write_down(cursor, found, staging, file.id)
                _done(file, found.counts, counts, found)
    file.refresh_from_db()
    return file


def _settle_currency(currency: str) -> None:
    """Let the first file say in which currency the firm counts; refuse a later one that counts in another."""
    if Firm.objects.filter(id=1, currency="").update(currency=currency):
        return
    settled = Firm.objects.get(id=1).currency
    if settled != currency:
        raise Refused(
            f"currency={currency}: this firm counts in {settled}; say what one {currency} is worth in {settled}"
        )


def _done(
    file: ImportedFile, rows: tuple[int, int, int], counts: dict[str, dict[str, int]], found: HistoryFile
) -> None:
    """Write down what came of it, in the transaction of the rows themselves."""
    reading = {name: value for name, value in file.reading.items() if name not in {"rows", "examples"}}
    reading["counts"] = counts
    reading["set_aside"] = dict(found.reading.set_aside_counts) | found.reasons
    added = sum(one["added"] for one in counts.values())
    finished = ImportedFile.objects.filter(id=file.id, state=ImportedFile.State.RUNNING).update(
        state=ImportedFile.State.DONE,
        rows_read=rows[0],
        accepted=rows[1],
        set_aside=rows[2],
        added=added,
        reading=reading,
        why="",
        finished_at=timezone.now(),
    )
    if not finished:
        raise jobs.CancelledError("somebody stopped this import")
    detail = {"read": rows[0], "accepted": rows[1], "set_aside": rows[2], "added": added}
    audit.write("import.done", by=file.actor, subject=f"import:{file.id}", detail=detail)
    # Ordered with the rows: whatever kills this process, new rows never wait for figures longer than a night.
    jobs.order(CYCLE)
