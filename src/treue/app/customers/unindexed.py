"""Keep SQLite from an index: it takes any before the one of an order, and before reading a table from end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, Func, Q

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class Unindexed(Func):
    """A column by which SQLite shall not look up rows. PostgreSQL counts what an index spares, and is left alone."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL for SQLite: a call, behind which it does not see that a joined row has to be there.

        A plus, its sign for this, would let it begin with the table that is joined.
        """
        return self.as_sql(compiler, connection, template="ifnull(%(expressions)s, NULL)", **more)


def unindexed(chosen: Q, prefix: str = "") -> tuple[dict[str, Any], Q]:
    """Return a condition on columns by none of which SQLite looks up rows, and the names that it needs.

    Parameters
    ----------
    chosen : Q
        The condition.
    prefix : str
        With what the paths of these columns begin; other conditions stay as they are.

    Returns
    -------
    dict and Q
        For :meth:`~django.db.models.query.QuerySet.alias`, and the condition. On PostgreSQL no names, and the same.

    Examples
    --------
    >>> unindexed(Q(score__rung="client"), "score__")[1]
    <Q: (AND: ('unindexed_rung', 'client'))>
    """
    names: dict[str, Any] = {}
    if connection.vendor != "sqlite":
        return names, chosen

    def renamed(asked: Q) -> Q:
        if asked.negated:
            # What must not hold is looked up by no index; and of a name Django would forget those who have no value.
            return asked
        children: list[Any] = []
        for child in asked.children:
            if isinstance(child, Q):
                children.append(renamed(child))
            elif isinstance(child, tuple) and child[0].startswith(prefix):
                column, *how = child[0].removeprefix(prefix).split("__")
                names[f"unindexed_{column}"] = Unindexed(F(f"{prefix}{column}"))
                children.append(("__".join([f"unindexed_{column}", *how]), child[1]))
            else:
                children.append(child)
        return Q(*children, _connector=asked.connector, _negated=asked.negated)

    return names, renamed(chosen)
