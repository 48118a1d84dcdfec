"""The steps of a query, each written down once: what Treue changes about sqlframe's frames.

A frame of sqlframe carries all steps before it as one tree and copies this tree several times at each step, so the
time to write a reduction down grows with the square of its length. Here a finished step leaves the tree: what follows
sees only its name and its columns, and its text is made when a query that needs it is written.
"""

from __future__ import annotations

from functools import cache, wraps
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlframe.base import util
from sqlframe.base.column import Column
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
    query : sqlglot.exp.Expr or None
        The step itself without those before it; None for a table that is already there.
    before : tuple of Step
        The steps that it reads.
    """

    __slots__ = ("_text", "before", "name", "query")

    def __init__(self, name: str, query: exp.Expr | None, before: tuple[Step, ...] = ()) -> None:
        self.name = name
        self.query = query
        self.before = before
        self._text: str | None = None

    def text(self, write: Callable[[exp.Expr], str]) -> str | None:
        """Return the SQL of the step, which `write` makes once; None for a table."""
        if self._text is None and self.query is not None:
            self._text = write(self.query)
        return self._text


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
        def _create_hash_from_expression(self, _: object) -> str:
            # sqlframe names a step by a hash of its text, which it writes for that purpose only.
            return f"step_{next(_NUMBERS)}"

        def _convert_leaf_to_cte(self, sequence_id: str | None = None, name: str | None = None) -> Any:
            frame = super()._convert_leaf_to_cte(sequence_id, name)
            query = frame.expression
            *before, finished = query.ctes
            steps = tuple(one.args[STEP] for one in before)
            finished.set(STEP, Step(finished.alias, finished.this, steps))
            finished.set("this", exp.Select(expressions=[column.this.copy() for column in query.expressions]))
            query.args["with_"].set("expressions", [finished])
            return frame

        def copy(self, **changes: Any) -> Any:
            # sqlframe's own copies the tree even where another one takes its place.
            kept = {name: value for name, value in vars(self).items() if name not in changes}
            for name in ("expression", "known_uuids", "pending_hints", "display_name_mapping"):
                if name in kept:
                    kept[name] = kept[name].copy()
            return self.__class__(**{**kept, **changes, "join_on_uuid": f"frame_{next(_NUMBERS)}"})

    return SteppedFrame


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
    named = exp.Select(
        expressions=[
            normalize_identifiers(exp.to_identifier(name), dialect=session.input_dialect) for name in columns
        ]
    )
    query = exp.Select(expressions=[exp.Column(this=name.copy()) for name in named.expressions])
    query.set("from_", exp.From(this=exp.to_table(table)))
    frame = session._df(session, query, last_op=Operation.NO_OP)  # noqa: SLF001
    known = exp.CTE(this=named, alias=exp.TableAlias(this=exp.to_identifier(table)))
    for key, value in (("branch_id", frame.branch_id), ("sequence_id", frame.sequence_id)):
        known.set(key, value)
    known.set(STEP, Step(table, None))
    query.set("with_", exp.With(expressions=[known]))
    return frame


def remembered(col: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return sqlframe's function `col` so that it parses each name once and not each time."""
    known: dict[str, exp.Expr] = {}

    @wraps(col)
    def remembering(name: Any) -> Any:
        if not isinstance(name, str):
            return col(name)
        if name not in known:
            known[name] = col(name).expression
        return Column(known[name].copy())

    return remembering


def unburden(functions: Any) -> None:
    """Spare the functions of sqlframe what has the same outcome each time.

    Parameters
    ----------
    functions : module
        sqlframe's functions of a dialect.
    """
    functions.col = remembered(functions.col)
    # Each function asks for the name of the dialect, and sqlframe looks through all dialects there are.
    util.dialect_to_string = lambda dialect: type(dialect).__name__.lower()


def light_session(sessions: Any) -> Any:
    """Return sqlframe's class of sessions of a dialect, spared what has the same outcome each time."""

    class LightSession(sessions):  # type: ignore[misc]
        _df = stepped(sessions._df)  # noqa: SLF001

        @property
        def _random_id(self) -> str:
            name = f"treue_frame_{next(_NUMBERS)}"
            self.known_ids.add(name)
            return name

        @cache  # noqa: B019  (a session lives as long as the process)
        def _normalize_string(self, value: str) -> str:
            return str(super()._normalize_string(value))

    return LightSession
