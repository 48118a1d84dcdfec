"""What people and commands do with files: receive, correct, start, stop."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from treue.app import environment
from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Role
from treue.app.core.wrong import Wrong
from treue.app.customers.importing.choices import checked_choices
from treue.app.customers.importing.left_over import remove_waiting
from treue.app.customers.importing.places import (
    folder_of,
    harmless_name,
    is_there,
    set_aside_file,
    upload_of,
)
from treue.app.customers.importing.reason_words import shortened
from treue.app.customers.models import ImportedFile
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from treue.app.core.audit import Actor

State = ImportedFile.State
IMPORT: Final = "import"
READING: Final = "import-reading"

DEMO: Final = "demo"
"""The job that makes the demonstration firm."""
IN_DEMO: Final = message(
    "The invented customers of the demonstration firm are here; remove them first, on the page Today, so that "
    "yours are not removed with them"
)


def demo_is_here() -> bool:
    """Whether the demonstration firm is here or being made: nothing real may be mixed with it."""
    return Firm.the().is_demo or jobs.unfinished(DEMO) is not None


def refuse_in_demo() -> None:
    """Refuse what is real as long as the demonstration firm is here."""
    if demo_is_here():
        raise Wrong(IN_DEMO)


def receive(name: str, blocks: Iterable[bytes], *, by: Actor) -> ImportedFile:
    """Take a file that somebody sends, and have it read.

    Parameters
    ----------
    name : str
        As it was called where it came from; the file here gets a harmless one.
    blocks : iterable of bytes
        What is in it; it goes to the home folder as it comes.
    by : User or str
        Who sends it.

    Returns
    -------
    ImportedFile
        Uploaded; a piece of work that reads it is ordered.

    Raises
    ------
    Wrong
        When it is larger than an upload may be, or the demonstration firm is here.
    """
    refuse_in_demo()
    shown = "".join(letter for letter in name if letter.isprintable())[:255]
    file = ImportedFile.objects.create(name=shown, path="", actor=audit.name_of(by))
    # A database that was restored counts on from an earlier number, whose files may still lie here.
    shutil.rmtree(folder_of(file), ignore_errors=True)
    environment.private_folder(folder_of(file))
    folder = environment.private_folder(folder_of(file) / "upload")
    path = folder / harmless_name(name)
    try:
        size, digest = _keep(path, blocks)
        with transaction.atomic():
            file.path, file.size, file.digest = str(path), size, digest
            file.save(update_fields=["path", "size", "digest"])
            audit.write("import.received", by=by, subject=_subject(file), detail={"size": size})
            jobs.order(READING, _subject(file))
    except BaseException:
        shutil.rmtree(folder_of(file), ignore_errors=True)
        ImportedFile.objects.filter(id=file.id).delete()
        raise
    return file


def _keep(path: Path, blocks: Iterable[bytes]) -> tuple[int, str]:
    """Write a file as it comes; return its size and digest."""
    digest, size = hashlib.sha256(), 0
    path.touch(mode=0o600)
    with path.open("wb") as out:
        for block in blocks:
            size += len(block)
            if size > settings.UPLOAD_BYTES:
                raise Wrong(message("This file is larger than an upload may be."))
            digest.update(block)
            out.write(block)
    return size, digest.hexdigest()


def take_from_server(typed: str, *, by: Actor) -> ImportedFile:
    """Take a file or folder that lies on the server, and have it read; it stays where it is.

    Only owners may, and only below the folders of ``TREUE_IMPORT_FOLDERS``: who may log in to Treue must not
    be able to read whatever the server's account can.

    Parameters
    ----------
    typed : str
        Its path.
    by : User or str
        Who does it.

    Returns
    -------
    ImportedFile
        Uploaded; a piece of work that reads it is ordered.

    Raises
    ------
    Wrong
        When this account may not, or the path lies elsewhere or is not there, or the demonstration firm is here.
    """
    if getattr(by, "role", Role.OWNER) != Role.OWNER:
        raise Wrong(message("Only an owner may bring in files of the server."))
    refuse_in_demo()
    allowed = [Path(folder).resolve() for folder in settings.IMPORT_FOLDERS]
    try:
        path = Path(typed.strip()).resolve()
        good = any(path.is_relative_to(folder) for folder in allowed) and (path.is_file() or path.is_dir())
    except (OSError, ValueError):
        good = False
    if not good:
        # One sentence for both: whether a file elsewhere exists is nobody's business.
        raise Wrong(message("There is no such file in the folders that imports may come from."))
    size = path.stat().st_size if path.is_file() else 0
    with transaction.atomic():
        file = ImportedFile.objects.create(
            name=path.name[:255], path=str(path), size=size, actor=audit.name_of(by)
        )
        audit.write("import.received", by=by, subject=_subject(file), detail={"size": size, "server": True})
        jobs.order(READING, _subject(file))
    return file


def correct(file: ImportedFile, choices: Mapping[str, str], *, by: Actor) -> None:
    """Say how a file is to be read, and have it read again.

    Parameters
    ----------
    file : ImportedFile
        One that is not being brought in.
    choices : mapping of str to str
        Field to column; ``kind``, ``table``, ``dates``, ``decimals``, ``currency``, ``rates``.
    by : User or str
        Who does it.

    Raises
    ------
    Wrong
        When a choice cannot be right, or the file is being brought in, or is in already.
    """
    kept = checked_choices(choices)
    states = [State.UPLOADED, State.READ, State.FAILED, State.CANCELLED]
    with transaction.atomic():
        changed = ImportedFile.objects.filter(id=file.id, state__in=states).update(
            choices=kept, state=State.UPLOADED, why="", finished_at=None
        )
        if not changed:
            raise Wrong(message("This file is being brought in, or is in already."))
        audit.write("import.corrected", by=by, subject=_subject(file), detail={"fields": sorted(kept)})
        running = jobs.unfinished(READING, _subject(file))
        if running is not None:
            jobs.ask_to_stop(running)
        jobs.order(READING, _subject(file))


def start(file: ImportedFile, *, by: Actor) -> None:
    """Bring a file in, in the background; also one that was stopped or failed.

    Parameters
    ----------
    file : ImportedFile
        One that was read.
    by : User or str
        Who does it.

    Raises
    ------
    Wrong
        When it is being brought in or is in already, or lies no more where it lay, or the demonstration firm is
        here.
    """
    refuse_in_demo()
    if not is_there(file):
        raise Wrong(message("The file is no longer there; send it again."))
    if file.state == State.READ and (file.why or not file.accepted):
        raise Wrong(
            message("Not one row of this file can be used as it was read; correct the reading first.")
        )
    with transaction.atomic():
        running = jobs.unfinished(IMPORT, _subject(file))
        states = [State.READ, State.FAILED, State.CANCELLED]
        # Its piece of work was given up, as after too many crashes: it may begin again.
        states += [State.RUNNING] if running is None else []
        started = ImportedFile.objects.filter(id=file.id, state__in=states).update(
            state=State.RUNNING, why="", finished_at=None
        )
        if not started:
            raise Wrong(message("This file is being brought in, or is in already."))
        audit.write("import.started", by=by, subject=_subject(file))
        jobs.order(IMPORT, _subject(file))


def cancel(file: ImportedFile, *, by: Actor) -> None:
    """Stop bringing a file in; nothing of it stays in the records. One that has not begun is thrown away.

    Parameters
    ----------
    file : ImportedFile
        Any that is not in already.
    by : User or str
        Who does it.

    Raises
    ------
    Wrong
        When it is in already.
    """
    with transaction.atomic():
        for kind in (IMPORT, READING):
            running = jobs.unfinished(kind, _subject(file))
            if running is not None:
                jobs.ask_to_stop(running)
        begun = ImportedFile.objects.filter(id=file.id, state=State.RUNNING)
        left = ImportedFile.objects.filter(id=file.id, state__in=[State.UPLOADED, State.READ])
        # Whoever writes it looks for the state `running` in its last step, and takes everything back without it.
        stopped = begun.update(state=State.CANCELLED, finished_at=timezone.now())
        dropped = left.update(state=State.CANCELLED, finished_at=timezone.now())
        if not stopped and not dropped:
            raise Wrong(message("This file is in already, or was stopped before."))
        audit.write("import.cancelled", by=by, subject=_subject(file))
    if dropped or jobs.unfinished(IMPORT, _subject(file)) is None:
        remove_waiting(file.pk)
    if dropped:
        # What was read of a file of the server goes too; the file stays where it is.
        set_aside_file(file).unlink(missing_ok=True)
        if upload_of(file) is not None:
            shutil.rmtree(folder_of(file), ignore_errors=True)


def _subject(file: ImportedFile) -> str:
    return f"import:{file.pk}"


def import_paths(
    paths: Sequence[str | Path],
    *,
    by: Actor,
    tell: Callable[[str, float], None] = lambda _words, _share: None,
    invented: bool = False,
) -> ImportedFile:
    """Bring in files and folders at once, in this process.

    Parameters
    ----------
    paths : sequence of str or Path
        Files, and folders of them; what they hold is put together as one history.
    by : User or str
        Who does it.
    tell : callable
        Takes what is being done and the share done, 0 to 1.
    invented : bool
        Whether they are those of the demonstration firm; no others come in beside them.

    Returns
    -------
    ImportedFile
        With the counts, and ``reading["counts"]`` per table.

    Raises
    ------
    TreueError
        When they cannot be used, or the demonstration firm is here; nothing is written then.
    """
    if not invented:
        refuse_in_demo()
    from treue.app.customers.importing.work import bring_in

    named = [str(Path(path).absolute()) for path in paths]
    file = ImportedFile.objects.create(
        name=", ".join(Path(path).name for path in named)[:255],
        path=named[0][:1000] if named else "",
        state=State.RUNNING,
        reading={"paths": named},
        actor=audit.name_of(by),
    )
    try:
        return bring_in(file, tell)
    except BaseException as error:
        ImportedFile.objects.filter(id=file.id).update(state=State.FAILED, why=shortened(str(error)))
        raise
