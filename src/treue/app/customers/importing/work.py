"""The pieces of work of an import; each may be killed and begun again."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from treue.app.core import audit, firms, jobs
from treue.app.core.models import Firm
from treue.app.customers.currencies import other_currency
from treue.app.customers.importing import contact_files, contacts_in, contacts_write, erased, history_files
from treue.app.customers.importing.contact_words import TAKEN, without_taken
from treue.app.customers.importing.left_over import remove_waiting
from treue.app.customers.importing.places import folder_of, set_aside_file, upload_of
from treue.app.customers.importing.preview import first_people, without_nul
from treue.app.customers.importing.queries import count_quality
from treue.app.customers.importing.reason_words import shortened
from treue.app.customers.importing.sample import sample_of
from treue.app.customers.importing.set_aside import whole_rows, write_set_aside
from treue.app.customers.importing.staging import Staging
from treue.app.customers.importing.unpacked import check_size
from treue.app.customers.models import ImportedFile, Purchase
from treue.engine.duckdb import DuckDBEngine
from treue.history.read import why_nothing
from treue.kernel.errors import Refused, TreueError, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from treue.app.core.jobs import Working
    from treue.app.customers.importing.contacts_in import People
    from treue.app.customers.importing.history_files import HistoryFile

    Tell = Callable[[str, float], None]

CYCLE = "cycle"
UNFORESEEN = "Something unforeseen went wrong; the server's log says what."
State = ImportedFile.State
READABLE: Final = (State.UPLOADED, State.READ)


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
        _ended(file, State.CANCELLED, "")
        raise
    except TreueError as error:
        _ended(file, State.FAILED, str(error))
        raise
    except Exception as error:
        # A process that is told to end in the midst of a query hears of it as an error; the work is begun again.
        if not was_interrupted(error):
            _ended(file, State.FAILED, UNFORESEEN)
        raise


def _ended(file: ImportedFile, state: ImportedFile.State, why: str) -> None:
    ImportedFile.objects.filter(id=file.id, state=State.RUNNING).update(
        state=state, why=shortened(why), finished_at=timezone.now()
    )


def work_reading(working: Working) -> None:
    """Read a file as it would be brought in and show it; the job ``import-reading``."""
    file = ImportedFile.objects.get(id=number_of(working.subject))
    if file.state not in READABLE:
        return
    set_aside_file(file).unlink(missing_ok=True)
    try:
        found = preview(file, working.tell)
        if not _show(file, found, found.pop("why", "")):
            # Thrown away meanwhile, or to be read otherwise: nobody will ask for these rows.
            set_aside_file(file).unlink(missing_ok=True)
    except jobs.CancelledError:
        # Whoever asked for it to stop has had it read anew, or has thrown the file away.
        raise
    except TreueError as error:
        _show(file, _headings(file), str(error))
    except Exception as error:
        if not was_interrupted(error):
            _show(file, {}, UNFORESEEN)
        raise


def _show(file: ImportedFile, found: dict[str, Any], why: str = "") -> bool:
    """Write down how a file was read, unless somebody has said meanwhile that it is to be read otherwise."""
    reading = {"paths": file.reading["paths"]} if "paths" in file.reading else {}
    reading |= found
    kind = reading.pop("kind", file.kind)
    rows = reading.pop("counts", (0, 0, 0))
    shown = ImportedFile.objects.filter(id=file.id, state__in=READABLE, choices=file.choices).update(
        state=State.READ,
        kind=kind,
        why=shortened(why),
        reading=without_nul(reading),
        rows_read=rows[0],
        accepted=rows[1],
        set_aside=rows[2],
    )
    return bool(shown)


def preview(file: ImportedFile, tell: Tell) -> dict[str, Any]:
    """Return how a file would be read: columns, rows, reasons, counts.

    Parameters
    ----------
    file : ImportedFile
        The file, with what a person said about its reading.
    tell : callable
        Takes what is being done and the share done; may raise to stop.

    Returns
    -------
    dict
        Plain JSON types, for :attr:`ImportedFile.reading`; also ``kind``, ``counts`` and ``why`` nothing can be used.
        The rows set aside are kept beside it.

    Raises
    ------
    TreueError
        When it cannot be used as it is.
    """
    paths = _paths(file)
    for path in paths:
        check_size(Path(path), settings.UPLOAD_BYTES)
    found = _headings(file)
    layout = contact_files.layout_of(found["headers"], file.choices)
    is_people = contact_files.is_contacts(layout) and "table" not in file.choices
    kind = file.choices.get("kind") or ("contacts" if is_people else "history")
    if kind == ImportedFile.Kind.CONTACTS:
        with DuckDBEngine() as engine:
            people = contacts_in.read_people(paths[0], file.choices, Firm.the(), tell, engine)
            _keep_aside(file, engine, people.ledger.table)
            consents = [one for person in people.persons for one in person.consents]
            found |= {
                "kind": kind,
                "files": _files_of(people, file),
                "people": {
                    "given": sum(one.given for one in consents),
                    "withdrawn": sum(not one.given for one in consents),
                },
                "notes": people.notes,
                "as_read": first_people(people),
                "reasons": people.ledger.counts_by_reason(),
                "examples": [asdict(one) for one in people.ledger.examples()],
                "counts": _counts(people.rows_read, people.ledger),
            }
        return found
    with history_files.read(paths, _choices(file), Firm.the(), tell, preview=True) as history:
        _keep_aside(file, history.engine, history.reading.set_aside_table)
        return found | {
            "why": "" if history.reading.accepted else why_nothing(history.reading),
            "kind": ImportedFile.Kind.HISTORY,
            "currency": history.currency,
            **_told(history),
            "as_read": history.first,
            "reasons": history.all_reasons,
            "counts": history.counts,
        }


def _keep_aside(file: ImportedFile, engine: DuckDBEngine, ledger: str | None) -> None:
    """Keep the rows set aside before anything is brought in, to be mended first."""
    write_set_aside(file, engine, ledger, whole_rows(engine, _paths(file), ledger))


def _headings(file: ImportedFile) -> dict[str, Any]:
    try:
        sample = sample_of(_paths(file)[0])
    except TreueError:
        return {"headers": [], "rows": []}
    return {"headers": sample.headers, "rows": sample.rows}


def _paths(file: ImportedFile) -> list[str]:
    return file.reading.get("paths") or [file.path]


def _choices(file: ImportedFile) -> Mapping[str, Any]:
    return {name: value for name, value in file.choices.items() if name != "kind"}


def _told(found: HistoryFile) -> dict[str, Any]:
    taken = found.told.columns
    columns = sorted({name for names in taken.values() for name in names})
    return {
        "files": [
            {
                "path": file.path,
                "source": file.source,
                "tables": list(file.tables),
                "columns": file.columns,
                "attributes": list(file.attributes),
                "notes": [
                    note for one in file.notes if (note := without_taken(one, taken.get(file.path, [])))
                ],
            }
            for file in found.reading.files
        ],
        "notes": [{"text": TAKEN, "columns": ", ".join(columns)}] if columns else [],
        "examples": [asdict(one) for one in found.reading.examples],
    }


def _files_of(people: People, file: ImportedFile) -> list[dict[str, Any]]:
    layout = people.layout
    return [
        {
            "path": file.name,
            "source": layout.source,
            "tables": ["contacts"],
            "columns": {name: layout.headers[place] for name, place in layout.columns.items()},
            "attributes": list(layout.further),
        }
    ]


def _counts(rows_read: int, ledger: Any) -> tuple[int, int, int]:
    aside = sum(ledger.counts_by_reason().values())
    return rows_read, rows_read - aside, aside


def bring_in(file: ImportedFile, tell: Tell) -> ImportedFile:
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
    if file.state != State.DONE:
        for path in _paths(file):
            check_size(Path(path), settings.UPLOAD_BYTES)
        (_bring_people if file.kind == ImportedFile.Kind.CONTACTS else _bring_history)(file, tell)
        file.refresh_from_db()
    if "quality" not in file.reading:
        file.reading["quality"] = count_quality()
        ImportedFile.objects.filter(id=file.id).update(reading=file.reading)
    _forget_upload(file)
    return file


def _bring_history(file: ImportedFile, tell: Tell) -> None:
    firm, marks = Firm.the(), erased.erased_so_far()
    with history_files.read(
        _paths(file), _choices(file), firm, lambda words, share: tell(words, share / 2)
    ) as found:
        tell("reading", 0.5)
        with Staging(file.id) as staging:
            whole = whole_rows(found.engine, _paths(file), found.reading.set_aside_table)
            history_files.stage(found, staging, lambda words, share: tell(words, 0.5 + share / 4))
            staging.ready()
            tell("writing", 0.75)
            with transaction.atomic():
                erased.refuse_if_somebody_was_erased(marks)
                _refuse_another_zone(firm.timezone)
                if history_files.holds_money(found):
                    _settle_currency(found.currency)
                with connection.cursor() as cursor:
                    counts = history_files.write_down(cursor, found, staging, file.id)
                # Conflicts with the records are known only now.
                whole = whole_rows(found.engine, _paths(file), found.reading.set_aside_table, whole)
                write_set_aside(file, found.engine, found.reading.set_aside_table, whole)
                reading = {
                    **_told(found),
                    "currency": found.currency,
                    "reasons": found.all_reasons,
                }
                _done(file, found.counts, counts, reading)


def _bring_people(file: ImportedFile, tell: Tell) -> None:
    with DuckDBEngine() as engine:
        people = contacts_in.read_people(
            _paths(file)[0],
            file.choices,
            Firm.the(),
            lambda words, share: tell(words, share / 2),
            engine,
        )
        tell("writing", 0.5)
        whole = whole_rows(engine, _paths(file), people.ledger.table)
        with transaction.atomic():
            erased.leave_people_out(people)
            written = contacts_write.write_people(people, f"import:{file.id}")
            contacts_in.set_conflicts_aside(people, written)
            whole = whole_rows(engine, _paths(file), people.ledger.table, whole)
            write_set_aside(file, engine, people.ledger.table, whole)
            counts = {
                "customers": {"added": written.customers, "filled": written.filled},
                "contact_points": {"added": written.contact_points, "filled": 0},
                "consents": {"added": written.consents, "filled": 0},
            }
            reading = {
                "files": _files_of(people, file),
                "notes": people.notes,
                "reasons": people.ledger.counts_by_reason(),
            }
            _done(file, _counts(people.rows_read, people.ledger), counts, reading)


def _refuse_another_zone(zone: str) -> None:
    """Refuse what was read in another time zone than the firm's is now, and let the first purchases keep it."""
    if not Purchase.objects.exists():
        firms.hold()
    # Where there are purchases nobody changes it any more.
    if Firm.the().timezone != zone:
        raise Refused("the time zone was changed while this file was read; bring it in again")


def _settle_currency(currency: str) -> None:
    """Let the first file say in which currency the firm counts; refuse a later one that counts in another."""
    # Where the settings say nothing, the rows that are there do.
    other = "" if Firm.the().currency else other_currency(currency)
    if not other and Firm.objects.filter(id=1, currency="").update(currency=currency):
        return
    settled = other or Firm.objects.get(id=1).currency
    if settled != currency:
        raise Refused(
            f"currency={currency}: this firm counts in {settled}; say what one {currency} is worth in {settled}"
        )


def _done(
    file: ImportedFile,
    rows: tuple[int, int, int],
    counts: dict[str, dict[str, int]],
    more: dict[str, Any],
) -> None:
    """Write down what came of it, in the transaction of the rows themselves."""
    kept = {name: value for name, value in file.reading.items() if name in {"paths", "headers"}}
    # The rows that were shown belong to persons; once they are in the records they need no second place.
    reading = {**kept, **more, "counts": counts, "examples": []}
    added = sum(one["added"] for one in counts.values())
    finished = ImportedFile.objects.filter(id=file.id, state=State.RUNNING).update(
        state=State.DONE,
        rows_read=rows[0],
        accepted=rows[1],
        set_aside=rows[2],
        added=added,
        reading=without_nul(reading),
        why="",
        finished_at=timezone.now(),
    )
    if not finished:
        raise jobs.CancelledError("somebody stopped this import")
    detail = {"read": rows[0], "accepted": rows[1], "set_aside": rows[2], "added": added}
    audit.write("import.done", by=file.actor, subject=f"import:{file.id}", detail=detail)
    # Ordered with the rows: whatever kills this process, new rows wait for no further word.
    jobs.order(CYCLE)


def _forget_upload(file: ImportedFile) -> None:
    """Remove the copy of an upload once all of it is in; a file of the server stays where it is."""
    # Whoever was killed right after the last step left this.
    remove_waiting(file.pk)
    upload = upload_of(file)
    if upload is not None:
        shutil.rmtree(upload.parent, ignore_errors=True)
    if not any(folder_of(file).glob("*")):
        shutil.rmtree(folder_of(file), ignore_errors=True)
