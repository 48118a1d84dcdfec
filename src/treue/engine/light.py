"""What sqlframe does over and over with the same outcome, done once."""

from __future__ import annotations

from functools import cache, wraps
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlframe.base import column, dataframe, normalize, util
from sqlglot import exp

from treue.engine.steps import stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NUMBERS = count(1)


def light_session(sessions: Any) -> Any:
    """Return sqlframe's class `sessions` of a dialect with frames in steps and names that cost nothing."""

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


def remembered(col: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return sqlframe's function `col` so that it parses each name once and not each time."""
    known: dict[str, exp.Expr] = {}

    @wraps(col)
    def remembering(name: Any) -> Any:
        if not isinstance(name, str):
            return col(name)
        if name not in known:
            made = col(name).expression
            if made.meta == {"display_name": made.name}:
                # Only a name that is shown in other letters than the database knows needs to be told.
                made._meta = None  # noqa: SLF001
            known[name] = made
        return column.Column(known[name].copy())

    return remembering


@cache
def unburden_all() -> None:
    """Spare every dialect of sqlframe what has the same outcome each time."""
    # Each function asks for the name of the dialect, and sqlframe looks through all dialects there are.
    util.dialect_to_string = lambda dialect: type(dialect).__name__.lower()
    normalize.normalize = _where_needed(normalize.normalize)
    for module in (util, column, dataframe):
        module.quote_preserving_alias_or_name = _plain_name(util.quote_preserving_alias_or_name)
    column.Column.__init__ = _folded_once(column.Column.__init__)


def unburden(functions: Any) -> None:
    """Spare a dialect of sqlframe, whose `functions` are a module, what has the same outcome each time."""
    unburden_all()
    functions.col = remembered(functions.col)


def _where_needed(normalized: Callable[..., None]) -> Callable[..., None]:
    """Look for the table that a column belongs to only where it names one."""

    def normalizing(session: Any, query: Any, columns: Sequence[Any], **options: Any) -> None:
        tables = {one.alias_or_name for one in query.ctes}
        for one in columns:
            for name in one.expression.find_all(exp.Identifier):
                if name.this in session.known_ids or name.this in tables:
                    normalized(session, query, [one], **options)
                    break

    return normalizing


def _plain_name(quoted_name: Callable[[Any], str]) -> Callable[[Any], str]:
    """Write a name as SQL only where it has to be quoted."""

    def naming(of: Any) -> str:
        name = of.args["alias"] if isinstance(of, exp.Alias) else of
        name = name.this if isinstance(name, exp.Column) else name
        plain = isinstance(name, exp.Identifier) and not name.args.get("quoted")
        return name.this if plain else quoted_name(of)

    return naming


def _folded_once(made: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Fold the letters of names where they come in, not again each time something is put on top of them."""

    def making(self: Any, expression: Any) -> None:
        if isinstance(expression, exp.Expr):
            self.expression = expression
        else:
            made(self, expression)

    return making
