"""What people and commands do with files: bring in, correct, start, stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from treue.app.core import audit
from treue.app.customers.models import ImportedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treue.app.core.audit import Actor


def import_paths(
    paths: Sequence[str | Path],
    *,
    by: Actor,
    tell: Callable[[str, float], None] = lambda _words, _share: None,
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

    Returns
    -------
    ImportedFile
        With the counts, and ``reading["counts"]`` per table.

    Raises
    ------
    TreueError
        When they cannot be used; nothing is written then.
    """
    from treue.app.customers.importing.work import bring_in

    named = [str(Path(path).absolute()) for path in paths]
    file = ImportedFile.objects.create(
        name=", ".join(Path(path).name for path in named)[:255],
        path=named[0][:1000] if named else "",
        state=ImportedFile.State.RUNNING,
        reading={"paths": named},
        actor=audit.name_of(by),
    )
    try:
        return bring_in(file, tell)
    except BaseException as error:
        ImportedFile.objects.filter(id=file.id).update(state=ImportedFile.State.FAILED, why=str(error)[:1000])
        raise
