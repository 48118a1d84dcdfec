"""The steps of a query, each written down once: what Treue changes about sqlframe's frames.

A frame of sqlframe carries all steps before it as one tree and copies this tree several times at each step, so the
time to write a reduction down grows with the square of its length. Here a finished step leaves the tree: what follows
sees only its name and its columns, and its text is made when a query that needs it is written.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sqlframe.base.operations import Operation
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STEP = "step"
"""Under this word a common table expression of a frame keeps its :class:`Step`."""

_NUMBERS = count(1)


class Step:
    """A step of a query that has a name.

    Parameters
    ----------
    name : str
        How later steps call it.
    columns : tuple of sqlglot.exp.Identifier
        Names of its columns.
    query : sqlglot.exp.Expr, optional
        The step itself without those before it; none for a table that is already there.
    before : tuple of Step
        The steps that it reads.
    """

    __slots__ = ("_text", "before", "columns", "name", "query")

    def __init__(
        self,
        name: str,
        columns: tuple[exp.Identifier, ...],
        query: exp.Expr | None = None,
        before: tuple[Step, ...] = (),
    ) -> None:
        self.name = name
        self.columns = columns
        self.query = query
        self.before = before
        self._text: str | None = None

    def text(self, write: Callable[[exp.Expr], str]) -> str | None:
        """Return the SQL of the step, which `write` makes once; None for a table."""
        if self._text is None and self.query is not None:
            self._text = write(self.query)
        return self._text

    def read(self, **known_as: str) -> exp.Select:
        """Return a query that reads all columns of the step.

        Parameters
        ----------
        **known_as : str
            ``branch_id`` and ``sequence_id``, by which sqlframe finds the table that a column belongs to.

        Returns
        -------
        sqlglot.exp.Select
            The tree of a frame.
        """
        shown = [_Shown(column.name) for column in self.columns]
        name = exp.TableAlias(this=exp.to_identifier(self.name))
        known = exp.CTE(this=exp.Select(expressions=shown), alias=name, **known_as, **{STEP: self})
        return exp.Select(
            expressions=[exp.Column(this=column.copy()) for column in self.columns],
            from_=exp.From(this=exp.to_table(self.name)),
            with_=exp.With(expressions=[known]),
        )


class _Shown:
    """The name of a column that a step shows: what sqlframe asks of it, and nothing that it would copy."""

    is_star = False

    def __init__(self, name: str) -> None:
        self.name = self.output_name = self.alias_or_name = name


def steps_of(query: Any) -> tuple[Step, ...]:
    """Return the steps that the tree of a frame, `query`, names."""
    return tuple(one.args[STEP] for one in query.ctes)


def in_order(last: Iterable[Step]) -> list[Step]:
    """Return the steps `last` and all that they read, each once and after what it reads itself."""
    found: dict[Step, None] = {}
    waiting = [(step, False) for step in last]
    while waiting:
        step, ready = waiting.pop()
        if ready:
            found.setdefault(step)
        elif step not in found:
            waiting.append((step, True))
            waiting.extend((one, False) for one in step.before)
    return list(found)


def stepped(frames: Any) -> Any:
    """Return sqlframe's class `frames` of a dialect, with finished steps left out of the tree."""

    class SteppedFrame(frames):  # type: ignore[misc]
        def _convert_leaf_to_cte(self, sequence_id: str | None = None, name: str | None = None) -> Any:
            query = self.expression.copy()
            before = steps_of(query)
            query.set("with_", None)
            step = Step(name or f"step_{next(_NUMBERS)}", _columns(query), query, before)
            known_as = {"branch_id": self.branch_id, "sequence_id": sequence_id or self.sequence_id}
            return self.copy(expression=step.read(**known_as), sequence_id=known_as["sequence_id"])

        def alias(self, *_: object, **__: object) -> Any:
            raise NotImplementedError("give columns names that differ instead of a frame a name")

        def copy(self, **changes: Any) -> Any:
            # sqlframe's own copies the tree even where another one takes its place.
            kept = {name: value for name, value in vars(self).items() if name not in changes}
            for name in ("expression", "known_uuids", "pending_hints", "display_name_mapping"):
                if name in kept:
                    kept[name] = kept[name].copy()
            return self.__class__(**{**kept, **changes, "join_on_uuid": f"frame_{next(_NUMBERS)}"})

    return SteppedFrame


def _columns(query: exp.Expr) -> tuple[exp.Identifier, ...]:
    """Return the names of the columns of a query, or of the first of the queries that are put together."""
    while isinstance(query, exp.SetOperation):
        query = query.this
    found = (one.args["alias"] if isinstance(one, exp.Alias) else one.this for one in query.expressions)
    return tuple(one if isinstance(one, exp.Identifier) else exp.to_identifier(str(one)) for one in found)


def table_frame(session: Any, table: str, columns: Iterable[str]) -> Any:
    """Return a frame over a table.

    Parameters
    ----------
    session : object
        A session of sqlframe, whose frames are made by :func:`stepped`.
    table : str
        Name of the table.
    columns : iterable of str
        Names of its columns.

    Returns
    -------
    object
        All columns and rows.
    """
    dialect = session.input_dialect
    names = tuple(normalize_identifiers(exp.to_identifier(name), dialect=dialect) for name in columns)
    frame = session._df(session, exp.Select(), last_op=Operation.NO_OP)  # noqa: SLF001
    frame.expression = Step(table, names).read(branch_id=frame.branch_id, sequence_id=frame.sequence_id)
    return frame
