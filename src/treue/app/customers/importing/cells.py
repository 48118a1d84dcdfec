"""How a value of the library is written so that Django reads it back: SQL of DuckDB, one expression a field."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from django.db import models

from treue.engine.duckdb import quoted
from treue.history.sources.times import FIRST_YEAR, LAST_YEAR
from treue.history.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.app.customers.importing.targets import Target

SQL_TYPES: Final = {
    "text": "VARCHAR", "instant": "TIMESTAMP", "date": "DATE", "money": "BIGINT", "count": "BIGINT",
    "number": "DOUBLE", "flag": "BOOLEAN",
}  # fmt: skip


CANONICAL: Final = {
    table.name: {column.name: column.type for column in table.columns} for table in TABLES.values()
}
"""Columns of each canonical table with their types."""


def years(column: str) -> str:
    """Return SQL of whether an instant or day lies in the years that Treue knows."""
    return f"year({column}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"


def text(column: str, longest: int | None) -> str:
    """Return SQL of a text without NUL, which PostgreSQL cannot keep, cut to the length of its field."""
    clean = f"replace({column}, chr(0), '')"
    return clean if longest is None else f"left({clean}, {longest})"


def instant(column: str, vendor: str) -> str:
    """Return SQL of a UTC instant as Django writes it."""
    if vendor != "sqlite":
        return f"timezone('UTC', {column})"
    whole = f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
    return f"CASE WHEN microsecond({column}) % 1000000 = 0 THEN {whole} ELSE strftime({column}, '%Y-%m-%d %H:%M:%S.%f') END"


def value(target: Target, name: str, vendor: str) -> str:
    """Return SQL of the value of a field that is no person.

    Parameters
    ----------
    target : Target
        Where it goes.
    name : str
        The field.
    vendor : {"sqlite", "postgresql"}
        Which database it is for.

    Returns
    -------
    str
        An expression over the canonical table ``t``.
    """
    found = target.field_of(name)
    column = f"t.{quoted(target.columns[name])}"
    if isinstance(found, models.DateTimeField):
        kept = instant(column, vendor)
        return f"CASE WHEN {years(column)} THEN {kept} END"
    if isinstance(found, models.DateField):
        kept = f"CAST({column} AS VARCHAR)" if vendor == "sqlite" else column
        return f"CASE WHEN {years(column)} THEN {kept} END"
    if isinstance(found, models.FloatField):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    if isinstance(found, models.BooleanField):
        kept = column if found.null else f"coalesce({column}, {str(found.get_default()).lower()})"
        return f"CAST({kept} AS BIGINT)" if vendor == "sqlite" else kept
    if isinstance(found, models.CharField | models.TextField):
        kept = text(column, None if name in target.key else found.max_length)
        return kept if found.null else f"coalesce({kept}, '')"
    return column


def unusable(target: Target, has: Sequence[str]) -> str:
    """Return SQL that is the reason why a row cannot be kept, NULL where it can.

    The readers of plain files look at this themselves; canonical tables are taken as they are.

    Parameters
    ----------
    target : Target
        Where the row would go.
    has : sequence of str
        Columns that the table has.

    Returns
    -------
    str
        An expression over the canonical table ``t``.
    """
    cases = []
    required = set(TABLES[target.table].required)
    for name, column in target.columns.items():
        found, cell = target.field_of(name), f"t.{quoted(column)}"
        if column not in has:
            continue
        if column in required:
            cases.append((f"{cell} IS NULL", "missing"))
            if isinstance(found, models.DateField):
                cases.append((f"NOT coalesce({years(cell)}, false)", "bad_time"))
        if name in target.key or name in target.people:
            longest = getattr(found, "max_length", None) or 200
            if CANONICAL[target.table][column] == "text":
                reason = (
                    "bad_customer" if name in target.people or target.table == "customers" else "bad_order"
                )
                cases.append((f"strlen({cell}) > {longest} AND length({cell}) > {longest}", reason))
                cases.append((f"{cell} = ''", "missing"))
    return "CASE " + " ".join(f"WHEN {test} THEN '{reason}'" for test, reason in cases) + " END"


def attributes(names: Sequence[str]) -> str:
    """Return SQL of further columns as one JSON object with those that hold something; NULL where none does.

    Parameters
    ----------
    names : sequence of str
        Columns of the canonical table ``t``.

    Returns
    -------
    str
        An expression.
    """
    if not names:
        return "CAST(NULL AS VARCHAR)"
    pairs = []
    for name in names:
        cell = f"nullif(replace(CAST(t.{quoted(name)} AS VARCHAR), chr(0), ''), '')"
        # As Django writes and asks for it: SQLite before 3.45 finds no name that is spelt with the sign itself.
        key = json.dumps(name.replace("\0", "")).replace("'", "''")
        pairs.append(f"'{key}:' || CAST(to_json({cell}) AS VARCHAR)")
    return f"'{{' || nullif(concat_ws(',', {', '.join(pairs)}), '') || '}}'"


def literal(plain: object, vendor: str) -> str:
    """Return SQL of a default of Django for the database.

    Parameters
    ----------
    plain : object
        The default.
    vendor : {"sqlite", "postgresql"}
        Which database it is for.

    Returns
    -------
    str
        A constant.
    """
    if isinstance(plain, bool):
        return ("1" if plain else "0") if vendor == "sqlite" else str(plain).upper()
    if isinstance(plain, datetime):
        kept = plain.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return f"'{kept}'" if vendor == "sqlite" else f"TIMESTAMPTZ '{kept}+00'"
    if isinstance(plain, date):
        return f"'{plain.isoformat()}'"
    if isinstance(plain, int | float):
        return repr(plain)
    if isinstance(plain, dict):
        return "'{}'" if vendor == "sqlite" else "'{}'::jsonb"
    return "'" + str(plain).replace("'", "''") + "'"
