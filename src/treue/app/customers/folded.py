"""Texts in small letters of every alphabet, the same on both databases: SQLite itself knows those of English alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import BooleanField, CharField, F, Func, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Combinable
    from django.db.models.sql.compiler import SQLCompiler

MOST_OTHERS: Final = 4
_NOT_AS_IT_IS: Final = re.compile(r"[^\x00-\x7f]|[ik]")
IN_SQLITE: Final = "TREUE_LOWER"
"""What SQLite is taught to call."""


class Folded(Func):
    """A text in small letters.

    Not :meth:`str.casefold`, which also writes ß as ss: PostgreSQL does not. With ``english=True`` letters of English
    alone become small, which is enough, and several times faster, where it is compared with a text of these.
    """

    function = "LOWER"
    output_field = CharField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL for SQLite, which calls back for each text that may have other letters.

        Parameters
        ----------
        compiler : SQLCompiler
            Of the question.
        connection : BaseDatabaseWrapper
            To the database.
        **more
            As Django hands it on.

        Returns
        -------
        tuple of str and tuple
            SQL and its values.
        """
        name = self.function if self.extra.get("english") else IN_SQLITE
        return self.as_sql(compiler, connection, function=name, **more)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL for PostgreSQL, whose order of letters is not asked where English ones are enough."""
        if self.extra.get("english"):
            more["template"] = '%(function)s((%(expressions)s) COLLATE "C")'
        return self.as_sql(compiler, connection, **more)


class ByLetters(Func):
    """A text by which a list is sorted: large letters beside small ones, of English alone on SQLite."""

    template = "%(expressions)s"
    output_field = CharField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL for SQLite; PostgreSQL sorts by the language of the database."""
        return self.as_sql(compiler, connection, template="%(expressions)s COLLATE NOCASE", **more)


def teach(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a fresh connection to SQLite what :class:`Folded` calls."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(IN_SQLITE, 1, lower, deterministic=True)


def lower(text: Any) -> str | None:
    """Return a text in small letters; what is no text as one.

    Examples
    --------
    >>> lower("ÅSE ØHLER"), lower(None)
    ('åse øhler', None)
    """
    return None if text is None else str(text).lower()


def sizes(text: str) -> list[str]:
    """Return a text in small letters and those with its other letters than English ones in capitals.

    SQLite's own small letters leave these as they are. Of a text with many of them, all or none are capitals.

    Examples
    --------
    >>> sizes("Norge"), sizes("Österreich"), len(sizes("Größe")), len(sizes("Ελλάδα"))
    (['norge'], ['österreich', 'Österreich'], 2, 3)
    """
    small = text.lower()
    others = dict.fromkeys(letter for letter in small if not letter.isascii() and len(letter.upper()) == 1)
    if len(others) > MOST_OTHERS:
        capitals = small.translate({ord(letter): letter.upper() for letter in others})
        return list(dict.fromkeys([small, small[:1].upper() + small[1:], capitals]))
    found = [small]
    for letter in others:
        found += [one.replace(letter, letter.upper()) for one in found]
    return found


def attribute(own: str) -> Combinable:
    """Return the text of a further column; empty for whoever has none, so that a comparison can be turned round."""
    return Coalesce(KeyTextTransform(own, "attributes"), Value(""), output_field=CharField())


class Like(Func):
    """A text against a pattern, as SQLite itself compares them: letters of English alone in either size."""

    arg_joiner = " LIKE "
    template = "(%(expressions)s ESCAPE '\\')"
    arity = 2
    output_field = BooleanField()


def pattern(operator: str, text: str) -> str:
    r"""Return a pattern that every text fits which compares so, whatever the size of its letters.

    Of a text with other letters than English ones it holds the longest stretch without them, and without those two
    letters that others become when they are made small: İ and the sign of kelvin.

    Examples
    --------
    >>> pattern("starts", "50 %"), pattern("contains", "De_Vries"), pattern("is", "Ødegård")
    ('50 \\%%', '%De\\_Vries%', '%deg%')
    """
    if text.isascii():
        before, behind = {"is": ("", ""), "starts": ("", "%"), "contains": ("%", "%")}[operator]
        return f"{before}{_as_itself(text)}{behind}"
    return f"%{_as_itself(_plain_part(text))}%"


def _plain_part(text: str) -> str:
    """Return the longest stretch of a text, in small letters, that has no letter which others become."""
    return max(_NOT_AS_IT_IS.split(text.lower()), key=len)


def _as_itself(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def compared(whole: Combinable | str, operator: str, text: str) -> Q:
    """Return the condition that a text is, contains or starts with another, whatever the size of its letters.

    Parameters
    ----------
    whole : expression or str
        The text, or the field that holds it; never null.
    operator : {"is", "contains", "starts"}
        How it is compared.
    text : str
        What is looked for.

    Returns
    -------
    Q
        A condition.
    """
    column = F(whole) if isinstance(whole, str) else whole
    if connection.vendor == "sqlite":
        fits = Q(Like(column, Value(pattern(operator, text))))
        # A pattern knows letters of English; who has others is one of those that fit it.
        return fits if text.isascii() else fits & _folded(column, operator, text)
    return _folded(column, operator, text)


def begun(column: Combinable, text: str) -> Q:
    """Return the condition that a text starts with another of English letters and a sign, in a form for an index.

    Parameters
    ----------
    column : expression
        The text.
    text : str
        In small letters.

    Returns
    -------
    Q
        A condition.
    """
    mine = Folded(column, english=True)
    behind = text[:-1] + chr(ord(text[-1]) + 1)
    return Q(GreaterThanOrEqual(mine, Value(text))) & Q(LessThan(mine, Value(behind)))


def _folded(column: Combinable, operator: str, text: str) -> Q:
    english = text.isascii()
    mine = Folded(column, english=english)
    sought = Folded(Value(text, output_field=CharField()), english=english)
    if operator == "is":
        return Q(Exact(mine, sought))
    place = StrIndex(mine, sought)
    return Q(Exact(place, 1) if operator == "starts" else GreaterThan(place, 0))
