"""Find texts by any part of them through an index of their trigrams: every three letters that stand side by side.

The index finds some more than fit, never fewer, so that the whole comparison is asked of few. Two spaces stand behind
each text: so each of its letters begins a trigram, and a part of one or two letters is found as the beginning of one.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import BooleanField, Func, Q, TextField, Value
from django.db.models.expressions import RawSQL

from treue.app.customers.models import ContactPoint, Customer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model
    from django.db.models.sql.compiler import SQLCompiler

LONG: Final = 3
MANY: Final = 50_000
"""Where more texts have a part, one after the other is looked at: the first thousands are found sooner so."""
SAMPLED: Final = 1
"""Percent of the pages of a table of which PostgreSQL is asked how many texts have a part."""
MOST: Final = 40
"""So many trigrams of a part are looked for."""
OTHERS: Final = "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ"
"""Letters with which no others are one when they are made small, but their own capitals and the sign of ångström."""

PAD: Final = "  "
INDEXED: Final[dict[type[Model], tuple[tuple[str, ...], ...]]] = {
    Customer: (("name",), ("company",), ("country",), ("language",), ("segment",), ("acquired_via",)),
    ContactPoint: (("typed", "normal"),),
}
"""Which columns of which tables are in an index; those that mostly say the same stand together in it, as one text."""

_UNCLEAR: Final = re.compile(f"[^\x20-\x7e{OTHERS}]|[ik]")
_CONTROL: Final = re.compile("[^\x20-\x7e]")


def small(text: str) -> str:
    """Return the SQL of a text with English letters made small on PostgreSQL: the same on every locale."""
    return f"""lower(({text} || '{PAD}') COLLATE "C")"""


class Together(Func):
    """Some columns as one text."""

    arg_joiner = f" || '{PAD}' || "
    template = "(%(expressions)s)"
    output_field = TextField()


class Trigrams(Func):
    """The trigrams of some texts on PostgreSQL, as they are indexed: before each the place of its text."""

    output_field = TextField()

    def as_postgresql(
        self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL: each text is cut at every third letter, once from each of the first three."""
        texts = [compiler.compile(one)[0] for one in self.get_source_expressions()]
        cut = " || ".join(
            rf"regexp_replace(substr({small(text)}, {start}), '(.{{3}})', E'{place}\\1\x01', 'g') || E'\x01'"
            for place, text in enumerate(texts)
            for start in (1, 2, 3)
        )
        return rf"array_to_tsvector(array_remove(string_to_array({cut}, E'\x01'), ''))", ()


class Filled(Func):
    """Whether any of some columns has a text: who has none is not in the index, which costs an import of orders less."""

    arg_joiner = " || "
    template = "(%(expressions)s <> '')"
    output_field = BooleanField()


class _Has(Func):
    """Whether trigrams fit what is asked."""

    arg_joiner = " @@ "
    template = "(%(expressions)s::tsquery)"
    arity = 2
    output_field = BooleanField()


def parts(text: str) -> list[str]:
    """Return the trigrams by which a text is found, in small letters; else its longest beginning of one.

    Parameters
    ----------
    text : str
        What is looked for.

    Returns
    -------
    list of str
        At most forty of three letters, or one of one or two; empty where it has no letter of which the other forms
        are known.

    Examples
    --------
    >>> parts("Zorn"), parts("De"), parts("Ødegård"), parts("Økk Åse"), parts("Ж")
    (['zor', 'orn'], ['de'], ['øde', 'deg', 'egå', 'går', 'ård'], [' ås', 'åse'], [])
    """
    # Of English letters alone the databases make small what English does; of others İ and the sign of kelvin too.
    pieces = _CONTROL.split(text.lower()) if text.isascii() else _UNCLEAR.split(text.lower())
    found = [one[at : at + LONG] for one in pieces for at in range(len(one) - LONG + 1)]
    if found:
        return list(dict.fromkeys(found))[:MOST]
    return [longest] if (longest := max(pieces, key=len)) else []


def written(part: str) -> list[str]:
    """Return a part in small letters and in each way in which its other letters than English ones may stand.

    Examples
    --------
    >>> written("deg"), written("øst"), len(written("åøa"))
    (['deg'], ['øst', 'Øst'], 6)
    """
    forms = (
        letter if letter.isascii() else letter + letter.upper() + ("\u212b" if letter == "å" else "")
        for letter in part
    )
    return ["".join(one) for one in product(*forms)]


def having(model: type[Model], column: str, text: str) -> Q:
    """Return a condition that holds for all rows of a table with a text in a column, and for few others.

    Among the others are rows with the text in a column that stands together with it.

    Parameters
    ----------
    model, column : type and str
        A key of :data:`INDEXED` and one of its columns.
    text : str
        What is looked for.

    Returns
    -------
    Q
        Empty where no index helps: so many rows have it, or none of its letters can be looked up.
    """
    sought = parts(text)
    if not sought:
        return Q()
    place = next(place for place, columns in enumerate(INDEXED[model]) if column in columns)
    if connection.vendor == "sqlite":
        return _on_sqlite(model, place, sought)
    return _on_postgres(model, place, sought, [text.lower()] if text.isascii() else sought)


def index_of(model: type[Model]) -> str:
    """Return the name of a table's index."""
    return f"{_table(model)}_trigrams"


def _table(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001


def _on_sqlite(model: type[Model], place: int, sought: Sequence[str]) -> Q:
    # Its index has large letters as small ones, these others too.
    index, column = index_of(model), INDEXED[model][place][0]
    if len(sought[0]) == LONG:
        quotes = [part.replace('"', '""') for part in sought]
        every = " AND ".join(f'"{one}"' for one in quotes)
        values = [f"{column} : ({every})"]
        sql = f"SELECT rowid FROM {index} WHERE {index} MATCH %s"
    else:
        # One or two letters are no word of the index; the list of its words is in order.
        (begun,) = sought
        values = [begun, begun[:-1] + chr(ord(begun[-1]) + 1), column]
        sql = f"SELECT doc FROM {index}_words WHERE term >= %s AND term < %s AND col = %s"
    # The names of indexes are those above.
    return Q() if _more_than(MANY, sql, values) else Q(pk__in=RawSQL(sql, values))  # noqa: S611


def _on_postgres(model: type[Model], place: int, sought: Sequence[str], whole: Sequence[str]) -> Q:
    # By a sample: PostgreSQL reads all that its index finds before it gives the first.
    places = INDEXED[model]
    text = small(f"({Together.arg_joiner.join(places[place])})")
    has = _asked(whole, " AND ", " OR ", lambda _: f"strpos({text}, %s) > 0")
    sample = f"SELECT 1 FROM {_table(model)} TABLESAMPLE SYSTEM ({SAMPLED}) WHERE {has}"
    if _more_than(MANY * SAMPLED // 100, sample, [form for one in whole for form in written(one)]):
        return Q()
    ahead = "" if len(sought[0]) == LONG else ":*"
    asked = _asked(sought, " & ", " | ", lambda form: f"{quoted(f'{place}{form}')}{ahead}")
    filled = Filled(*(column for columns in places for column in columns))
    texts = Trigrams(*(Together(*columns) for columns in places))
    return Q(filled) & Q(_Has(texts, Value(asked)))


def quoted(word: str) -> str:
    """Return a word as PostgreSQL reads it in what its index is asked."""
    plain = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{plain}'"


def _asked(sought: Sequence[str], both: str, either: str, one: Callable[[str], str]) -> str:
    """Return what asks for every part in any of its forms."""
    return both.join(f"({either.join(map(one, written(part)))})" for part in sought)


def _more_than(most: int, sql: str, values: Sequence[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT 1 OFFSET {most}", values)
        return cursor.fetchone() is not None
