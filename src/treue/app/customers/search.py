"""Find customers by the beginnings of words in their names, addresses and ids: by index, however many there are."""

from __future__ import annotations

import re
from typing import Final

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

MOST_WORDS: Final = 6
LONGEST: Final = 100
SHORTEST_BEGINNING: Final = 3
"""Shorter words are looked for whole: so many begin with any two letters that no index helps."""

BETWEEN: Final = r"[\s!-/:-@\[-`{-~]+"
WORDS_IN_POSTGRES: Final = (
    f"array_to_tsvector(array_remove(regexp_split_to_array(search_text, E'{BETWEEN}'), ''))".replace(
        "\\", "\\\\"
    )
)
"""The words of a customer on PostgreSQL, as they are indexed: the same on every locale."""

_IN_SQLITE: Final = "SELECT rowid FROM customers_search WHERE customers_search MATCH %s"
_IN_POSTGRES: Final = f"SELECT id FROM customers_customer WHERE {WORDS_IN_POSTGRES} @@ %s::tsquery"


def typed_words(text: str) -> list[tuple[str, bool]]:
    """Return the words of what somebody typed, and of which a beginning is enough.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    list of tuple of str and bool
        At most six words, without signs. Before a sign, as in an address, a word stands whole.

    Examples
    --------
    >>> typed_words("BRANDT lea@firm.example")
    [('brandt', True), ('lea', False), ('firm', False), ('example', True)]
    """
    found: list[tuple[str, bool]] = []
    for together in text.casefold().split():
        words = [word[:LONGEST] for word in re.split(BETWEEN, together) if word]
        found += [(word, False) for word in words[:-1]]
        found += [(word, len(word) >= SHORTEST_BEGINNING) for word in words[-1:]]
    return found[:MOST_WORDS]


def matching(text: str) -> Q:
    """Return the condition that all words somebody typed begin words of a customer.

    Parameters
    ----------
    text : str
        As typed; signs between words do not matter.

    Returns
    -------
    Q
        For customers. It holds for nobody where nothing but signs was typed.
    """
    words = typed_words(text)
    if not any(letter.isalnum() for word, _ in words for letter in word):
        return Q(pk__in=[])
    lite = connection.vendor == "sqlite"
    sql, both, quote, ahead = (_IN_SQLITE, " AND ", '"', "*") if lite else (_IN_POSTGRES, " & ", "'", ":*")
    parts = [
        f"{quote}{word.replace(chr(0), '')}{quote}{ahead if beginning else ''}" for word, beginning in words
    ]
    # Only quoted words are in the parameter, and the statement is fixed.
    return Q(pk__in=RawSQL(sql, [both.join(parts)]))  # noqa: S611


def forget() -> None:
    """Make what deleted customers left in the index disappear from the file.

    SQLite's index marks what is deleted and keeps it until its parts are merged.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO customers_search(customers_search) VALUES ('optimize')")
