"""Which tables a backup holds, in which columns, and how a value is written so that both databases agree on it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.db.migrations.loader import MigrationLoader

from treue import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field, Model

Node = tuple[str, str]

LEFT_OUT: Final = {
    "sessions.Session": "everybody logs in anew",
    "core.Attempt": "counts of an hour",
    "contenttypes.ContentType": "Django makes them anew",
    "auth.Permission": "Django makes them anew",
    "auth.Group": "not used",
    "auth.Group_permissions": "not used",
}
"""Tables that no backup holds, and why."""
KINDS: Final = {
    "JSONField": "json",
    "DateTimeField": "instant",
    "DateField": "date",
    "BooleanField": "yes",
    "BinaryField": "bytes",
    "FloatField": "float",
}
VERSION: Final = __version__
WITH_FRACTION: Final = len("2026-01-01 00:00:00.000000")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is in the database at hand.

    Parameters
    ----------
    name : str
        In the database.
    columns : tuple of (str, str)
        Name and kind: ``json``, ``instant``, ``date``, ``yes``, ``bytes``, ``float``, ``text`` or ``whole``.
    key : str
        The column by which rows are put in order.
    numbered : bool
        Whether the database counts the key up by itself.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str
    numbered: bool

    def select(self, vendor: str) -> str:
        """Return the query of all rows, in an order on which both databases agree."""
        chosen = ", ".join(
            f'"{name}"::text' if kind == "json" and vendor == "postgresql" else f'"{name}"'
            for name, kind in self.columns
        )
        bytewise = ' COLLATE "C"' if vendor == "postgresql" and dict(self.columns)[self.key] == "text" else ""
        return f'SELECT {chosen} FROM "{self.name}" ORDER BY "{self.key}"{bytewise}'


def applied(connection: BaseDatabaseWrapper) -> list[Node]:
    """Return the changes of the database that were made, in order of their names."""
    loader = MigrationLoader(connection)
    return sorted(node for node in loader.applied_migrations if node in loader.disk_migrations)


def holds_anything(connection: BaseDatabaseWrapper) -> bool:
    """Whether anybody has an account or any customer is known."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))
        for name in names & {"core_user", "customers_customer"}:
            cursor.execute(f'SELECT 1 FROM "{name}" LIMIT 1')
            if cursor.fetchone() is not None:
                return True
    return False


def schema(connection: BaseDatabaseWrapper) -> list[Table]:
    """Return the tables as the database at hand has them, whatever this version would want; parents first."""
    loader = MigrationLoader(connection)
    nodes = [node for node in loader.applied_migrations if node in loader.graph.nodes]
    models = loader.project_state(nodes, at_end=True).apps.get_models(include_auto_created=True)
    chosen = {model._meta.label: model for model in models if model._meta.label not in LEFT_OUT}  # noqa: SLF001
    return [_table(model) for model in _parents_first(list(chosen.values()))]


def _table(model: type[Model]) -> Table:
    options = model._meta  # noqa: SLF001  (Django's own door to what a model is)
    columns = tuple((str(one.column), _kind(one)) for one in options.concrete_fields)
    key = options.pk
    assert key is not None  # noqa: S101  (Django gives every model one)
    return Table(
        str(options.db_table),
        columns,
        str(key.column),
        key.get_internal_type() in {"AutoField", "BigAutoField"},
    )


def _kind(one: Field[Any, Any]) -> str:
    target = one.target_field if one.is_relation else one  # type: ignore[attr-defined]
    name = target.get_internal_type()
    if name in KINDS:
        return KINDS[name]
    return "text" if name in {"CharField", "TextField"} else "whole"


def _parents_first(models: list[type[Model]]) -> list[type[Model]]:
    left = sorted(models, key=lambda model: model._meta.db_table)  # noqa: SLF001
    ordered: list[type[Model]] = []
    while left:
        for model in left:
            parents = {one.related_model for one in model._meta.concrete_fields if one.is_relation} - {model}  # noqa: SLF001
            if not parents & set(left):
                ordered.append(model)
                left.remove(model)
                break
        else:
            return ordered + left
    return ordered


def plain(kind: str) -> Callable[[Any], Any] | None:
    """Return how a value of the database becomes one of a backup; None where it is one already."""
    return {
        "json": lambda value: _json(value)[0],
        "instant": _instant,
        "date": lambda value: value.isoformat() if isinstance(value, date) else value,
        "yes": bool,
        "bytes": lambda value: base64.b64encode(bytes(value)).decode("ascii"),
        "float": float,
    }.get(kind)


@lru_cache(maxsize=65_536)
def _json(text: str) -> tuple[str, str]:
    """Return JSON in one way of writing, and as it is compared.

    Databases write the numbers of JSON columns in ways of their own, 1e22 or twenty-three digits; compared is
    what they mean.
    """
    value = json.loads(text)
    return encode(value), encode(_numbers(value))


def _numbers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: _numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return value


def _instant(value: Any) -> str:
    """Return an instant in UTC with six digits behind the second."""
    if isinstance(value, str):
        # As Django and the imports write it into SQLite: in UTC, with a fraction where there is one.
        if len(value) == WITH_FRACTION:
            return f"{value[:10]}T{value[11:]}"
        value = datetime.fromisoformat(value)
    at = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return str(at.isoformat(timespec="microseconds"))


def stored(kind: str, vendor: str) -> Callable[[Any], Any] | None:
    """Return how a value of a backup is handed to a database; None where it is taken as it is."""
    if kind == "bytes":
        return base64.b64decode
    if kind == "instant":
        if vendor == "sqlite":
            # As Django writes it: without a fraction where there is none.
            return lambda value: value.replace("T", " ").removesuffix(".000000")
        return lambda value: f"{value}+00"
    if kind == "yes" and vendor == "sqlite":
        return int
    return None


encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def lines(table: Table, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[str, str]]:
    """Yield each row as a line of a backup, and as the line that is compared."""
    makers = [(place, plain(kind)) for place, (_, kind) in enumerate(table.columns)]
    changing = [(place, maker) for place, maker in makers if maker is not None]
    jsons = [place for place, (_, kind) in enumerate(table.columns) if kind == "json"]
    for found in rows:
        row = list(found)
        for place, maker in changing:
            if row[place] is not None:
                row[place] = maker(row[place])
        line = encode(row)
        unlike = {place: _json(row[place])[1] for place in jsons if row[place] is not None}
        if all(row[place] == text for place, text in unlike.items()):
            yield line, line
        else:
            yield line, encode([unlike.get(place, value) for place, value in enumerate(row)])
