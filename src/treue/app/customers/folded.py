"""Texts in small letters of every alphabet, the same on both databases: SQLite itself knows those of English alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, F, Func, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import Exact, GreaterThan

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Combinable
    from django.db.models.sql.compiler import SQLCompiler

IN_SQLITE: Final = "TREUE_LOWER"
"""What SQLite is taught to call."""


class Folded(Func):
    """A text in small letters.

    Not :meth:`str.casefold`, which also writes ß as ss: PostgreSQL does not. With ``english=True`` SQLite knows
    English letters alone, which is enough, and many times faster, where it is compared with a text of these.
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


def attribute(own: str) -> Combinable:
    """Return the text of a further column; empty for whoever has none, so that a comparison can be turned round."""
    return Coalesce(KeyTextTransform(own, "attributes"), Value(""), output_field=CharField())


def compared(whole: Combinable | str, operator: str, text: str) -> Exact | GreaterThan:
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
    Lookup
        For :class:`django.db.models.Q`.
    """
    english = text.isascii()
    mine = Folded(F(whole) if isinstance(whole, str) else whole, english=english)
    sought = Folded(Value(text, output_field=CharField()), english=english)
    if operator == "is":
        return Exact(mine, sought)
    place = StrIndex(mine, sought)
    return Exact(place, 1) if operator == "starts" else GreaterThan(place, 0)
