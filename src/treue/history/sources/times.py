"""Dates and times as people write them become UTC instants; the whole column decides the order.

A time without an offset is local time of the firm's zone. Where clocks go back and an hour happens
twice, the first one is meant; a time in the hour that clocks skip counts with the offset before it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.history.sources.amounts import shown, text_of
from treue.kernel.errors import Refused, WrongArgument
from treue.kernel.units import zone_offsets

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine

ORDERS = ("day-first", "month-first")
FEW = 20
FIRST_YEAR, LAST_YEAR = 1970, 2199

_REST = r"(?:[T ,]+(?:kl\.?|um|at)?\s*(.*))?"
_YMD = rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})\.?{_REST}$"
_DMY = rf"^(?:[A-Za-zäøå]{{2,9}}[.,]+\s*)?(\d{{1,2}})[-/.]\s?(\d{{1,2}})[-/.]\s?(\d{{4}}|\d{{2}}){_REST}$"
_DAY_WORD = rf"^(?:[A-Za-zäøå]{{2,9}}[.,]+\s*)?(\d{{1,2}})\.?[ -]([A-Za-zä]{{3,9}})\.?,?[ -](\d{{4}}){_REST}$"
_WORD_DAY = (
    rf"^(?:[A-Za-z]{{2,9}}[.,]+\s*)?([A-Za-zä]{{3,9}})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){_REST}$"
)
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})[T ]?(\d{2})?(\d{2})?(\d{2})?$"
_CLOCK = r"^(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?(?:[.,]\d+)?\s*([AaPp])?\.?[Mm]?\.?\s*(?:Uhr)?\s*(Z|UTC|GMT)?\s*([-+]\d{2}:?(?:\d{2})?)?(?:\s*\[.*\])?$"
_MONTHS = ("jan", "feb", "m[aä]r", "apr", "ma[iy]", "jun", "jul", "aug", "sep", "o[ck]t", "nov", "de[csz]")


Steps = tuple[tuple[tuple[str, str], ...], ...]
"""Layers of named expressions; those of a layer use only the layers before it."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """How a column of dates is read, as SQL.

    Parameters
    ----------
    value : str
        Expression of a UTC timestamp, NULL where the text is no date; it may use `steps`.
    steps : tuple of layers
        Names and expressions to be computed before, layer by layer.
    as_read : str
        Expression of the timestamp as the file says it, whatever the firm's zone is: the local time where the
        text has no offset, else the UTC instant.
    note : str or None
        What was decided, where something was.
    """

    value: str
    steps: Steps
    as_read: str
    note: str | None = None


def read_times(
    engine: DuckDBEngine, table: str, column: int, header: str, *, timezone: str, order: str | None
) -> TimeColumn:
    """Decide from the whole column how its dates are written.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    table : str
        Table of texts.
    column : int
        Place of the column.
    header : str
        Its name, for messages.
    timezone : str
        IANA name of the zone of times without an offset.
    order : {"day-first", "month-first"} or None
        The order of 03/04/2024 where the user has said it.

    Returns
    -------
    TimeColumn
        SQL expressions over the table of texts.

    Raises
    ------
    Refused
        When no date in the column tells whether the day or the month comes first.
    """
    if order not in (None, *ORDERS):
        raise WrongArgument(f"dates={order!r} is not an order; give dates=day-first or dates=month-first")
    text = text_of(column)
    # LIKE is cheap, and once DuckDB has read a date these three shapes leave no doubt what it is.
    shapes = ("____-__-__", "____-__-_____:__", "____-__-_____:__:__")
    shape = " OR ".join(f"{text} LIKE '{one}'" for one in shapes)
    simple = f"try_cast({text} AS TIMESTAMP) IS NOT NULL AND ({shape})"
    odd = f"SELECT count(*) FROM {quoted(table)} WHERE {text} IS NOT NULL AND NOT ({simple})"
    if engine.connection.execute(odd).fetchone() == (0,):
        steps: Steps = (((f"t{column}_local", f"try_cast({text} AS TIMESTAMP)"),),)
        return TimeColumn(*_utc(engine, table, steps, column, timezone, "NULL"))
    day_first, note = _order(engine, table, text, header, order)
    steps = _parts(column, text, day_first=day_first)
    return TimeColumn(*_utc(engine, table, steps, column, timezone, f"t{column}_offset"), note)


def _order(
    engine: DuckDBEngine, table: str, text: str, header: str, order: str | None
) -> tuple[bool | None, str | None]:
    """Return whether the day stands before the month (None: unknown), and the sentence that says why."""
    if order is not None:
        return order == "day-first", None
    query = f"""SELECT count(*), count(*) FILTER (a > 12 AND b <= 12), count(*) FILTER (b > 12 AND a <= 12),
        count(*) FILTER (a <= 12 AND b <= 12 AND a <> b AND NOT dotted),
        any_value(t) FILTER (a <= 12 AND b <= 12 AND a <> b AND NOT dotted), any_value(filled)
        FROM (SELECT filled, t, p.a::INT AS a, p.b::INT AS b, regexp_matches(t, '^[^/-]*\\d[.]') AS dotted FROM (
            SELECT {text} AS t, regexp_extract({text}, '{_DMY}', ['a', 'b', 'y', 'r']) AS p, count({text}) OVER () AS filled
            FROM {quoted(table)}
        ) WHERE p.a <> '')"""
    total, days, months, unclear, example, filled = engine.connection.execute(query).fetchall()[0]
    if not total:
        return True, None
    if total * FEW < filled:
        # Damage among dates of another form must not stop the run: what is unclear is set aside.
        return None, None
    if days and months and unclear and min(days, months) * 20 > max(days, months):
        raise Refused(
            f"{shown(header)}={shown(example)!r}: {days:,} dates of the column have the day first and {months:,} the month; "
            "say --map dates=day-first or --map dates=month-first"
        )
    if days or months:
        first = days >= months
        if not unclear and not min(days, months):
            return first, None
        words = ("day", "month") if first else ("month", "day")
        note = f"In {header!r} the {words[0]} stands before the {words[1]}."
        less = min(days, months)
        return first, f"{note[:-1]}; {less:,} dates that cannot be read so were set aside." if less else note
    if unclear:
        raise Refused(
            f"{shown(header)}={shown(example)!r} could be day/month or month/day, and no other date in the column tells; "
            "say --map dates=day-first or --map dates=month-first"
        )
    return True, None


def _parts(column: int, text: str, *, day_first: bool | None) -> Steps:
    """Return layers that take a text apart into its local timestamp and its offset in seconds."""
    t, iso, dmy, dw, wd, com = (f"t{column}_{part}" for part in ("text", "iso", "dmy", "dw", "wd", "com"))
    day, rest, clock, offset, local = (
        f"t{column}_{part}" for part in ("day", "rest", "clock", "offset", "local")
    )
    a, b = f"{dmy}.a", f"{dmy}.b"
    if day_first is None:
        month_first = f"(CASE WHEN {b}::INT > 12 THEN true WHEN {a}::INT > 12 OR {a} = {b} THEN false END)"
    else:
        month_first = "false" if day_first else "true"
    european = f"{year_of(dmy)} || '-' || (CASE {month_first} WHEN true THEN {a} || '-' || {b} WHEN false THEN {b} || '-' || {a} END)"
    number = f"try_cast(replace({t}, ',', '.') AS DOUBLE)"
    serial = f"(regexp_matches({t}, '^[2-7]\\d{{4}}([.,]\\d+)?$'))"
    unix = f"(regexp_matches({t}, '^[1-9]\\d{{8,9}}([.]\\d+)?$'))"
    milli = f"(regexp_matches({t}, '^[1-9]\\d{{11,12}}$'))"
    return (
        ((t, text),),
        (
            (iso, f"regexp_extract({t}, '{_YMD}', ['y', 'm', 'd', 'r'])"),
            (dmy, f"regexp_extract({t}, '{_DMY}', ['a', 'b', 'y', 'r'])"),
            (dw, f"regexp_extract({t}, '{_DAY_WORD}', ['d', 'm', 'y', 'r'])"),
            (wd, f"regexp_extract({t}, '{_WORD_DAY}', ['m', 'd', 'y', 'r'])"),
            (com, f"regexp_extract({t}, '{_COMPACT}', ['y', 'm', 'd', 'h', 'i', 's'])"),
        ),
        (
            (
                day,
                (
                    f"try_cast(CASE WHEN {iso}.y <> '' THEN {iso}.y || '-' || {iso}.m || '-' || {iso}.d "
                    f"WHEN {dmy}.y <> '' THEN {european} "
                    f"WHEN {dw}.y <> '' THEN {dw}.y || '-' || {_month(f'{dw}.m')} || '-' || {dw}.d "
                    f"WHEN {wd}.y <> '' THEN {wd}.y || '-' || {_month(f'{wd}.m')} || '-' || {wd}.d "
                    f"WHEN {com}.y <> '' THEN {com}.y || '-' || {com}.m || '-' || {com}.d END AS DATE)"
                ),
            ),
            (
                rest,
                (
                    f"trim(CASE WHEN {iso}.y <> '' THEN {iso}.r WHEN {dmy}.y <> '' THEN {dmy}.r "
                    f"WHEN {dw}.y <> '' THEN {dw}.r WHEN {wd}.y <> '' THEN {wd}.r WHEN {com}.h <> '' THEN "
                    f"{com}.h || ':' || {com}.i || ':' || (CASE WHEN {com}.s = '' THEN '00' ELSE {com}.s END) ELSE '' END)"
                ),
            ),
        ),
        ((clock, f"regexp_extract({rest}, '{_CLOCK}', ['h', 'm', 's', 'half', 'z', 'o'])"),),
        (
            (
                offset,
                (
                    f"(CASE WHEN {unix} OR {milli} THEN 0 WHEN {clock}.o <> '' THEN "
                    f"(CASE WHEN {clock}.o[1] = '-' THEN -1 ELSE 1 END) * (3600 * substr({clock}.o, 2, 2)::INT + "
                    f"60 * coalesce(try_cast(substr(replace({clock}.o, ':', ''), 4, 2) AS INT), 0)) "
                    f"WHEN {clock}.z <> '' THEN 0 END)"
                ),
            ),
            (
                local,
                (
                    f"(CASE WHEN {serial} THEN TIMESTAMP '1899-12-30' + to_seconds(round({number} * 86400)::BIGINT) "
                    f"WHEN {unix} THEN make_timestamp(({number} * 1000000)::BIGINT) "
                    f"WHEN {milli} THEN make_timestamp(({number} * 1000)::BIGINT) "
                    f"WHEN {day} IS NULL THEN NULL WHEN {rest} = '' THEN {day}::TIMESTAMP "
                    f"ELSE {day}::TIMESTAMP + to_seconds({_seconds(clock)}) END)"
                ),
            ),
        ),
    )


def year_of(parts: str) -> str:
    """Return SQL of a year of four digits; 70 to 99 are of the last century."""
    century = f"(CASE WHEN {parts}.y < '70' THEN '20' ELSE '19' END)"
    return f"(CASE WHEN length({parts}.y) = 2 THEN {century} || {parts}.y ELSE {parts}.y END)"


def _month(word: str) -> str:
    cases = " ".join(
        f"WHEN regexp_matches(lower({word}), '^{stem}') THEN '{n}'" for n, stem in enumerate(_MONTHS, start=1)
    )
    return f"(CASE {cases} END)"


def _seconds(clock: str) -> str:
    """Return SQL of the seconds since midnight, NULL where the clock cannot show that."""
    hour = f"try_cast({clock}.h AS INT)"
    minute = f"coalesce(try_cast({clock}.m AS INT), 0)"
    second = f"coalesce(try_cast({clock}.s AS INT), 0)"
    half = f"upper({clock}.half)"
    twelve = (
        f"(CASE WHEN {half} = 'P' THEN {hour} % 12 + 12 WHEN {half} = 'A' THEN {hour} % 12 ELSE {hour} END)"
    )
    possible = (
        f"{hour} < 24 AND {minute} < 60 AND {second} < 61 AND ({half} = '' OR {hour} BETWEEN 1 AND 12) "
        f"AND ({half} <> '' OR {clock}.m <> '')"
    )
    return f"(CASE WHEN {possible} THEN 3600 * {twelve} + 60 * {minute} + {second} END)"


def _utc(
    engine: DuckDBEngine, table: str, steps: Steps, column: int, timezone: str, offset: str
) -> tuple[str, Steps, str]:
    """Return SQL of the UTC instant of a local timestamp, the layers it needs, and SQL of what was read."""
    local = f"t{column}_local"
    no_zone = f"(CASE WHEN {offset} IS NULL THEN {local} ELSE {local} - to_seconds({offset}) END)"
    if offset == "NULL":
        no_zone = local
    query = f"SELECT min({local}), max({local}) FROM {with_steps(table, steps)} WHERE {offset} IS NULL"
    query += f" AND year({local}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"
    if timezone in {"UTC", "Etc/UTC"}:
        return no_zone, steps, no_zone
    first, last = engine.connection.execute(query).fetchall()[0]
    if first is None or last is None:
        return no_zone, steps, no_zone
    changes = zone_offsets(timezone, first.date(), last.date())
    cases = ""
    # The latest change-overs first: a CASE stops at the first that fits, and shops grow.
    for (_, before), (second, after) in reversed(list(itertools.pairwise(changes))):
        cases += f"WHEN {local}_second >= {second + max(before, after)} THEN {after} "
    seconds = f"(CASE {cases} ELSE {changes[0][1]} END)" if cases else str(changes[0][1])
    instant = ((f"{local}_second", f"(epoch_us({local}) // 1000000)"),)
    shift = ((f"{local}_shift", f"coalesce({offset}, {seconds})" if offset != "NULL" else seconds),)
    return f"({local} - to_seconds({local}_shift))", (*steps, instant, shift), no_zone


def with_steps(table: str, steps: Steps) -> str:
    """Return SQL of the table of texts with the steps computed, each layer from the one below."""
    source = quoted(table)
    for layer in steps:
        columns = "".join(f", {expression} AS {name}" for name, expression in layer)
        source = f"(SELECT *{columns} FROM {source})"
    return source
