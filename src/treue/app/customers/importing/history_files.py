"""A file of orders, contracts or canonical tables: read, staged, landed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from treue.app.core.models import Firm
from treue.app.customers import merging, search
from treue.app.customers.importing import (
    cells,
    credit_notes,
    erased,
    number_conflicts,
    order_conflicts,
    order_people,
    people,
    refunds,
)
from treue.app.customers.importing.landing import land, land_people
from treue.app.customers.importing.order_people import OrderPeople
from treue.app.customers.importing.preview import first_orders
from treue.app.customers.importing.rates import rates_of
from treue.app.customers.importing.stable_ids import with_stable_ids
from treue.app.customers.importing.targets import PEOPLE, TARGETS, Target
from treue.app.customers.models import Merge
from treue.engine.duckdb import DuckDBEngine, quoted
from treue.engine.seam import fresh_name
from treue.history.checks import sentences
from treue.history.read import read_files
from treue.history.settings import Settings
from treue.history.sources.columns import NAMES
from treue.history.sources.recognition import CHOICES, TABLE
from treue.history.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.staging import Staging
    from treue.history.reading import Reading

BATCH_ROWS = 100_000
MONEY = frozenset({"purchases", "returns", "contracts", "order_lines"})


@dataclass(slots=True)
class HistoryFile:
    """Files of one import, read.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    tables : dict of str to str
        Canonical table to engine table, with ids that hold in every file.
    reading : Reading
        How the files were read.
    currency : str
        Of all amounts.
    unusable : int
        Accepted rows that the database cannot keep, or that contradict it; they are set aside too.
    """

    engine: DuckDBEngine
    tables: dict[str, str]
    reading: Reading
    currency: str
    unusable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    settled: dict[str, dict[str, str]] = field(default_factory=dict)
    """Canonical table to the fields that say the same in every row, which therefore do not wait with it."""
    told: OrderPeople = field(default_factory=OrderPeople)
    """What files of orders say of persons."""
    first: list[dict[str, Any]] = field(default_factory=list)
    """How the first rows were read, where that was asked for."""
    converted: bool = False
    """Whether amounts were converted at rates that somebody gave."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows read, accepted and set aside."""
        return (
            self.reading.rows_read,
            self.reading.accepted - self.unusable,
            self.reading.set_aside + self.unusable,
        )

    @property
    def all_reasons(self) -> dict[str, int]:
        """Why rows were set aside, by the reader and here, and how many."""
        return dict(Counter(self.reading.set_aside_counts) + Counter(self.reasons))


def read(
    paths: Sequence[str | Path],
    choices: Mapping[str, Any],
    firm: Firm,
    tell: Callable[[str, float], None],
    *,
    preview: bool = False,
) -> HistoryFile:
    """Read files as the library does, with the firm's zone and currency.

    Parameters
    ----------
    paths : sequence of str or Path
        Files and folders.
    choices : mapping
        What a person said about the reading: field to column, ``table``, ``dates``, ``decimals``, ``currency``,
        ``rates``.
    firm : Firm
        Whose files they are.
    tell : callable
        Takes what is being done and the share done.
    preview : bool
        Whether it is to be shown how the first rows were read; then files of which nothing can be used are read too.

    Returns
    -------
    HistoryFile
        To be closed, or used in a ``with``.

    Raises
    ------
    TreueError
        When the files cannot be used, or are in a currency that is not the firm's.
    """
    currency = firm.currency or str(choices.get("currency") or "") or None
    settings = Settings(timezone=firm.timezone, currency=currency)
    mapping = _mapping(choices)
    today = timezone.now().astimezone(ZoneInfo(firm.timezone)).date()
    engine = DuckDBEngine()
    try:
        rates = rates_of(str(choices.get("rates") or ""))
        _, tables, reading, settings = read_files(
            paths,
            settings,
            mapping=mapping,
            rates=rates,
            engine=engine,
            progress=tell,
            today=today,
            keep_rows=True,
            or_nothing=preview,
        )
        first = first_orders(engine, tables, reading, firm) if preview else []
        told = order_people.gather(engine, paths, tables, reading, firm)
        found = HistoryFile(
            engine, with_stable_ids(engine, tables, reading), reading, settings.currency or ""
        )
        found.told, found.first, found.converted = told, first, bool(rates)
        for target in (PEOPLE, *TARGETS):
            if target.table in found.tables:
                _set_aside(found, target)
        erased.leave_out(found, order_people.erased_in(told))
    except BaseException:
        engine.close()
        raise
    return found


def _mapping(choices: Mapping[str, Any]) -> dict[str, str]:
    """Return what a person said about columns, as the library is told."""
    told = {name: str(choices[name]) for name in CHOICES if choices.get(name)}
    if table := choices.get(TABLE):
        fields = {name: choices.get(f"{table}.{name}") for name in TABLES[str(table)].schema.names}
        return told | {TABLE: str(table)} | {name: str(text) for name, text in fields.items() if text}
    told |= {name: str(choices[name]) for name in NAMES if name != "currency" and choices.get(name)}
    return told | ({"currency": str(choices["currency_column"])} if choices.get("currency_column") else {})


def _set_aside(found: HistoryFile, target: Target) -> None:
    """Set aside the rows of a canonical table that the database cannot keep."""
    engine, table = found.engine, found.tables[target.table]
    reason = cells.unusable(target, list(engine.columns(table)))
    marked = f"(SELECT {reason} AS reason FROM {quoted(table)} t)"
    counts = dict(
        engine.connection.execute(
            f"SELECT reason, count(*) FROM {marked} WHERE reason IS NOT NULL GROUP BY reason"
        ).fetchall()
    )
    if not counts:
        return
    found.unusable += sum(counts.values())
    for name, count in counts.items():
        found.reasons[name] = found.reasons.get(name, 0) + count
    ledger = found.reading.set_aside_table
    row = order_conflicts.words(found, target.table)
    if ledger:
        engine.connection.execute(
            f"INSERT INTO {quoted(ledger)} SELECT ?, 0, reason, {sentences('reason')}, row FROM "
            f"(SELECT {reason} AS reason, {row} AS row FROM {quoted(table)} t) WHERE reason IS NOT NULL",
            [target.table],
        )
    name = fresh_name("kept")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(name)} AS SELECT t.* FROM {quoted(table)} t WHERE ({reason}) IS NULL"
    )
    found.tables[target.table] = name


def stage(found: HistoryFile, staging: Staging, tell: Callable[[str, float], None]) -> None:
    """Let all rows wait beside the database.

    Parameters
    ----------
    found : HistoryFile
        What was read.
    staging : Staging
        Where to.
    tell : callable
        Takes what is being done and the share done; may raise to stop.
    """
    everybody = people.gather(found.engine, found.tables)
    sql = people.staged_sql(found.engine, everybody, found.tables, staging.vendor)
    _keep(found, staging, "people", sql)
    if found.told.rows:
        order_people.stage(found.told, found.engine, everybody, staging)
    present = [target for target in TARGETS if target.table in found.tables]
    for place, target in enumerate(present):
        tell(f"preparing {target.table.replace('_', ' ')}", place / (len(present) + 1))
        found.settled[target.table] = _settled(found, target, staging.vendor)
        _keep(found, staging, target.table, _staged_sql(found, target, everybody, staging.vendor))
    tell("writing", len(present) / (len(present) + 1))


def _keep(found: HistoryFile, staging: Staging, table: str, sql: str) -> None:
    staging.keep(table, found.engine.connection.sql(sql).to_arrow_reader(BATCH_ROWS))


def _settled(found: HistoryFile, target: Target, vendor: str) -> dict[str, str]:
    """Return the fields that are empty in every row, and where all say one thing currency and marks, as SQL constants.

    Most files fill half of the columns; what is not there is neither carried nor compared.
    """
    table = found.tables[target.table]
    columns = found.engine.columns(table)
    same: dict[str, str] = {}
    asked = []
    for name, column in target.columns.items():
        if name in target.key or name in target.people or target.table == "returns":
            continue
        own = target.field_of(name)
        empty = "NULL" if own.null else cells.literal(own.get_default(), vendor)
        if column not in columns:
            same[name] = empty
        elif column not in TABLES[target.table].required:
            asked.append((name, column, empty))
    if target.attributes and not columns.keys() - cells.CANONICAL[target.table].keys():
        same["attributes"] = "NULL"
    counts = ", ".join(
        f"count(t.{quoted(column)}), count(*) - count(t.{quoted(column)}), "
        f"min(CAST(t.{quoted(column)} AS VARCHAR)) = max(CAST(t.{quoted(column)} AS VARCHAR)), "
        f"min(CAST(t.{quoted(column)} AS VARCHAR))"
        if name == "currency" or name in target.tells
        else f"count(t.{quoted(column)}), 1, false, NULL"
        for name, column, _ in asked
    )
    if counts:
        row = found.engine.connection.execute(f"SELECT {counts} FROM {quoted(table)} t").fetchall()[0]
        for place, (name, _, empty) in enumerate(asked):
            filled, lacking, one, value = row[4 * place : 4 * place + 4]
            if not filled:
                same[name] = empty
            elif one and not lacking:
                same[name] = cells.literal(value == "true" if name in target.tells else value[:3], vendor)
    return same


def _staged_sql(found: HistoryFile, target: Target, everybody: str, vendor: str) -> str:
    """Return the query of the rows as they wait: persons by their number."""
    table = found.tables[target.table]
    columns = found.engine.columns(table)
    settled = found.settled[target.table]
    chosen, joins = [], ""
    for name, column in target.columns.items():
        if name in settled:
            continue
        place = target.column(name)
        if name in target.people:
            joins += f" LEFT JOIN {quoted(everybody)} {place}_p ON {place}_p.code = replace(t.{quoted(column)}, chr(0), '')"
            chosen.append(f"{place}_p.number AS {place}")
        else:
            chosen.append(f"{cells.value(target, name, vendor)} AS {place}")
    if target.attributes and "attributes" not in settled:
        further = [name for name in columns if name not in cells.CANONICAL[target.table]]
        chosen.append(f"{cells.attributes(further)} AS attributes")
    missing = [
        column for name, column in target.columns.items() if column not in columns and name not in settled
    ]
    source = quoted(table)
    if missing:
        nothing = ", ".join(
            f"CAST(NULL AS {cells.SQL_TYPES[cells.CANONICAL[target.table][name]]}) AS {quoted(name)}"
            for name in missing
        )
        source = f"(SELECT *, {nothing} FROM {quoted(table)})"
    # Neighbours in the file are strangers; in this order what belongs to one customer is written to one place of
    # the index, which halves the time on a large table.
    order = f" ORDER BY {target.column(target.people[0])}_p.number" if target.people else ""
    if target.table == "purchases":
        order += ", t.ordered_at"
    return f"SELECT {', '.join(chosen)} FROM {source} t{joins}{order}"


def write_down(
    cursor: CursorWrapper, found: HistoryFile, staging: Staging, number: int
) -> dict[str, dict[str, int]]:
    """Take over everything that waits; call it in the transaction.

    Parameters
    ----------
    cursor : CursorWrapper
        Of that transaction.
    found : HistoryFile
        What was read.
    staging : Staging
        Where it waits.
    number : int
        Of the imported file.

    Returns
    -------
    dict
        Canonical table to how many rows are ``added`` and ``filled``.
    """
    counts = {"customers": land_people(cursor, staging)}
    if found.told.rows:
        filled, addresses = order_people.land(cursor, staging)
        # What a new record begins with was no gap.
        counts["customers"] = (
            counts["customers"][0],
            counts["customers"][1] + max(0, filled - counts["customers"][0]),
        )
        counts["contact_points"] = (addresses, 0)
    more: dict[str, dict[str, Any]] = {
        "purchases": {"file_id": number},
        "merges": {"actor": f"import:{number}"},
    }
    for target in TARGETS:
        if target.table in found.tables:
            settled = found.settled[target.table]
            if target.table == "returns":
                credit_notes.leave_out_known(cursor, found, staging)
            if target.table == "returns" and "purchases" in found.tables:
                refunds.as_stored(cursor, staging, converted=found.converted)
            leave_out = partial(_leave_out, cursor, found, staging, number, target)
            more_of = more.get(target.table, {})
            counts[target.table] = land(cursor, staging, target, more_of, settled, leave_out)
    if "merges" in found.tables:
        added, filled = counts["merges"]
        counts["merges"] = (added - _merge(found, f"import:{number}"), filled)
    staging.drop(cursor)
    return {name: {"added": added, "filled": filled} for name, (added, filled) in counts.items()}


def _leave_out(
    cursor: CursorWrapper, found: HistoryFile, staging: Staging, number: int, target: Target, added: int
) -> None:
    """Set aside what stands in the records for somebody else; a merge is known by both of its records."""
    if target.table == "purchases":
        order_conflicts.set_aside(cursor, found, staging, number, added)
    elif target.people and target.table != "merges":
        number_conflicts.set_aside(cursor, found, staging, target, added)


def _merge(found: HistoryFile, actor: str) -> int:
    """Let what one record forbids hold for all that it was merged with; returns how many merges cannot be."""
    gone = merging.take_back(actor)
    merging.spread_everywhere(by=actor)
    _find_by_all_records(actor)
    for reason, count in gone.items():
        found.unusable += count
        found.reasons[reason] = found.reasons.get(reason, 0) + count
    return sum(gone.values())


def _find_by_all_records(actor: str) -> None:
    """Let those be found by all of their records whom a file merged, or parted: a file may do either."""
    told = Merge.objects.filter(Q(actor=actor) | Q(undone_at__isnull=False)).order_by("pk")
    ids = sorted({one for pair in told.values_list("loser_id", "winner_id") for one in pair})
    for start in range(0, len(ids), search.WRITTEN):
        search.refresh(ids[start : start + search.WRITTEN])


def holds_money(found: HistoryFile) -> bool:
    """Whether the files settle in which currency the firm counts."""
    return bool(found.tables.keys() & MONEY)
