"""What is said about the rows of a file of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Sequence

MERGE_REFUSED: Final = message("no file can merge these two records; an owner has to look at them")
REASONS: Final = {
    "bad_email": message("not a valid e-mail address"),
    "bad_phone": message("not a valid telephone number, and no other address"),
    "broken_cell": message(
        "a cell is too long or goes on in the next line; perhaps a quotation mark is not closed"
    ),
    "no_address": message("neither an address nor a number of the customer"),
    "erased": message("somebody whom you erased; nothing of it was kept"),
    "two_customers": message("its number and its address belong to two different customers"),
    "merge_refused": MERGE_REFUSED,
    # Files that were brought in before the two were told as one.
    "merge_circle": MERGE_REFUSED,
    "merge_restricted": MERGE_REFUSED,
}
NO_PROOF: Final = message(
    "The column {column} says yes to advertising but not when and where that was said: it gives no consent."
)
NO_PHONE: Final = message(
    "Telephone numbers that could not be read and were left out: {count}; the rows were taken."
)
SHARED_PHONE: Final = message(
    "Telephone numbers of somebody whom you erased, left out: {count}; the rows were taken."
)
NOT_KEPT: Final = message("Not kept, because it says more of a person than is needed: {columns}.")
TAKEN: Final = message(
    "Names and addresses go into the customers' records where they are missing there: {columns}. They are no consent."
)
DROPPED: Final = "Not kept, because they may describe persons: "
"""How the reader begins to name the columns that its reports do not need."""


def without_taken(note: str, taken: Sequence[str]) -> str:
    """Return a sentence of the reader without the columns that the records take; empty where none is left.

    Examples
    --------
    >>> without_taken("Not kept, because they may describe persons: Billing Name, Notes.", ["Billing Name"])
    'Not kept, because they may describe persons: Notes.'
    """
    if not note.startswith(DROPPED):
        return note
    left = [name for name in note.removeprefix(DROPPED).removesuffix(".").split(", ") if name not in taken]
    return f"{DROPPED}{', '.join(left)}." if left else ""
