"""The work of a night, step by step: one that fails stops no other."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from treue.app.core.jobs import CancelledError
from treue.kernel.errors import TreueError
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("treue.privacy")

STEPS: Final = {
    "erase again": message("erasing again whom a backup brought back"),
    "merged records": message("keeping the switches of merged records alike"),
    "waiting rows": message("removing what interrupted imports left waiting"),
    "periods": message("deleting what is older than its period"),
    "list of erased": message("keeping the list of the erased"),
    "space of deleted rows": message("giving back the space of deleted rows"),
    "journal": message("cutting the journal of the database"),
}
"""Steps of the night and what each does."""


class NotAll(TreueError):
    """Some of the work of a night could not be done."""


class Night:
    """What of the work of a night could not be done, so that one failure does not stop the rest."""

    def __init__(self) -> None:
        self._failed: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do one thing; what goes wrong is written into the server's log and told at the end."""
        try:
            yield
        except CancelledError:
            raise
        except NotAll as error:
            self._failed.append(str(error))
        except Exception as error:
            log.exception("%s could not be done this night", name)
            # The words of an unforeseen error may hold somebody's.
            self._failed.append(f"{name} ({error})" if isinstance(error, TreueError) else name)

    def end(self) -> None:
        """Say what could not be done.

        Raises
        ------
        NotAll
            When anything could not.
        """
        if self._failed:
            raise NotAll(", ".join(self._failed))
