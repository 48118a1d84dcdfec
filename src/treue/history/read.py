"""The one door from files to a history: find the reader of each file, read, set aside, put together."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from treue.engine.duckdb import DuckDBEngine, quoted
from treue.history.checks import Ledger
from treue.history.currencies import checked_rates, one_currency
from treue.history.orders import Money, assemble_orders, attributes_of
from treue.history.reading import FileReading, Reading
from treue.history.records_of import assemble_contracts, assemble_customers
from treue.history.sources import canonical, files, recognition
from treue.history.sources.columns import plain_name
from treue.history.sources.contracts import stage_contracts
from treue.history.sources.customers import stage_customers
from treue.history.sources.events import stage_events
from treue.history.sources.own_columns import table_of_columns
from treue.history.sources.plain import stage_orders
from treue.history.tables import TABLES
from treue.kernel.errors import Refused, TreueError, WrongTable, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from treue.history.settings import Settings
    from treue.history.sources.raw import RawTable
    from treue.history.sources.stage import Stage, StagedFile


@dataclass(slots=True)
class Collection:
    """What has been read so far.

    Parameters
    ----------
    orders : list of Stage
        Files of orders.
    contracts, customers : list of StagedFile
        Files of contracts and of customers.
    canonical : list of CanonicalFile
        Files that are canonical tables.
    unused : list of FileReading
        Files and sheets that gave no rows, with the reason.
    """

    orders: list[Stage] = field(default_factory=list)
    contracts: list[StagedFile] = field(default_factory=list)
    customers: list[StagedFile] = field(default_factory=list)
    canonical: list[canonical.CanonicalFile] = field(default_factory=list)
    unused: list[FileReading] = field(default_factory=list)


def read_files(
    paths: Sequence[str | Path],
    settings: Settings,
    *,
    mapping: Mapping[str, str] | None = None,
    rates: Mapping[str, Decimal] | None = None,
    engine: DuckDBEngine | None = None,
    progress: Callable[[str, float], None] | None = None,
    today: date | None = None,
    keep_rows: bool = False,
    or_nothing: bool = False,
) -> tuple[DuckDBEngine, dict[str, str], Reading, Settings]:
    r"""Turn files and folders into the tables of a history.

    Rows that cannot be used are set aside with a reason and never stop the run; the rows accepted
    and the rows set aside add up to the rows read, always.

    Parameters
    ----------
    paths : sequence of str or Path
        Files (CSV, TSV, JSON lines, Parquet, Excel, packed with gzip or not) or folders of them.
    settings : Settings
        The firm's choices; the time zone is that of times without an offset.
    mapping : mapping of str to str, optional
        Field to column name where recognition needs help, as ``{"customer": "Kunde"}``; also
        ``dates`` (``day-first``, ``month-first``) and ``decimals`` (``comma``, ``point``). With ``table`` the files are
        that table (``{"table": "contacts", "opened_at": "Datum"}``), and the fields are its columns.
    rates : mapping of str to Decimal, optional
        Worth of one unit of a foreign currency in the history's currency.
    engine : DuckDBEngine, optional
        Where the tables go. Default: a new one.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.
    today : datetime.date, optional
        Rows dated after this local day are set aside as ``future_date``. Default: no day is too late.
    keep_rows : bool
        Whether :attr:`Reading.rows` tells which row became what.
    or_nothing : bool
        Whether files of which not one row can be used are shown as they were read, instead of refused.

    Returns
    -------
    tuple
        The engine; canonical table name to engine table; the record of the reading; the settings
        with the currency found.

    Raises
    ------
    WrongTable
        When a file cannot be used at all; the message says why and what would help.
    WrongArgument
        When an option cannot be right.
    Refused
        When currencies are mixed, or a date or an amount could mean two things.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from treue.history.settings import Settings
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> file = folder / "orders.csv"
    >>> _ = file.write_text("Kunde;Datum;Betrag\nA;31.12.2024;1.234,50\n;1.1.2025;10,00\n")
    >>> engine, tables, reading, settings = read_files([file], Settings())
    >>> reading.as_dict(), reading.set_aside_counts
    ({'rows_read': 2, 'accepted': 1, 'set_aside': 1}, {'no_customer': 1})
    >>> engine.close()
    """
    chosen = dict(mapping or {})
    recognition.check_mapping(chosen)
    known_rates = checked_rates(rates)
    own = engine is None
    engine = engine or DuckDBEngine()
    try:
        with tempfile.TemporaryDirectory(prefix="treue-read-") as folder:
            kept: dict[str, str] | None = {} if keep_rows else None
            run = _Run(
                engine,
                settings,
                chosen,
                known_rates,
                Path(folder),
                progress or (lambda *_: None),
                today,
                kept,
                or_nothing=or_nothing,
            )
            return run.read(paths)
    except duckdb.OutOfMemoryException:
        # Not the fault of the files; whoever runs this knows what to say about memory.
        if own:
            engine.close()
        raise
    except duckdb.Error as error:
        if own:
            engine.close()
        if was_interrupted(error):
            raise
        first = str(error).splitlines()[0]
        raise WrongTable(f"the files could not be put together: {first}") from error
    except TreueError:
        if own:
            engine.close()
        raise


@dataclass(slots=True)
class _Run:
    engine: DuckDBEngine
    settings: Settings
    mapping: dict[str, str]
    rates: dict[str, Decimal]
    folder: Path
    progress: Callable[[str, float], None]
    today: date | None
    kept: dict[str, str] | None
    or_nothing: bool = False

    def read(self, paths: Sequence[str | Path]) -> tuple[DuckDBEngine, dict[str, str], Reading, Settings]:
        ledger = Ledger(self.engine)
        found = Collection()
        inputs = files.list_files(paths)
        found.unused.extend(files.repeated(inputs))
        for number, file in enumerate(inputs.files):
            self.progress(f"reading {file.label}", number / (len(inputs.files) + 1))
            self._read_file(file, found, ledger)
        self.progress("putting orders together", len(inputs.files) / (len(inputs.files) + 1))
        self._check_mapping_used(found)
        tables, readings, settings = self._assemble(found, ledger)
        self.progress("done", 1.0)
        reading = Reading(
            files=tuple(readings),
            set_aside_counts=ledger.counts_by_reason(),
            examples=ledger.examples(),
            set_aside_table=ledger.table,
            rows=self.kept or {},
        )
        if not reading.accepted and not self.or_nothing:
            raise WrongTable(why_nothing(reading))
        return self.engine, tables, reading, settings

    def _read_file(self, file: files.InputFile, found: Collection, ledger: Ledger) -> None:
        try:
            # Whoever says which column is what says of a plain table.
            plain = bool(self.mapping.keys() - set(recognition.CHOICES))
            wanted = None if plain else canonical.table_of(file)
            if wanted is not None:
                read = canonical.read_canonical(self.engine, file, wanted, self.folder, ledger)
                if read is not None:
                    found.canonical.append(read)
                    return
            for raw in files.read_raw(self.engine, file, self.folder):
                table = None if plain else table_of_columns(raw.headers)
                if table is not None:
                    found.canonical.append(canonical.from_texts(self.engine, raw, table, ledger))
                    continue
                if recognition.TABLE in self.mapping:
                    found.canonical.append(self._events(raw, ledger))
                    continue
                self._stage(raw, found, ledger, sheet=raw.label != file.label)
        except WrongTable as error:
            if not file.in_folder:
                raise
            found.unused.append(files.not_used(file.label, _why_not(file.label, error)))

    def _events(self, raw: RawTable, ledger: Ledger) -> canonical.CanonicalFile:
        table = TABLES[self.mapping[recognition.TABLE]]
        try:
            return stage_events(self.engine, raw, table, self.settings, self.mapping, ledger, self.today)
        except Refused as error:
            # Of several files, this is the one that must be looked at.
            raise Refused(f"{raw.label}: {error}") from error

    def _stage(self, raw: RawTable, found: Collection, ledger: Ledger, *, sheet: bool) -> None:
        ledger.add(raw.rejected)
        layout = recognition.layout_of(raw.headers)
        kind = (
            "orders"
            if layout.roles
            else recognition.kind_of(raw.headers, recognition.mapped(raw.headers, self.mapping))
        )
        taken = {stage.raw.stem for stage in found.orders}
        number = 1
        stem = raw.stem
        while raw.stem in taken:
            number += 1
            raw.stem = f"{stem}-{number}"
        try:
            if kind == "orders":
                found.orders.append(
                    stage_orders(self.engine, raw, layout, self.settings, self.mapping, ledger, self.today)
                )
            elif kind == "contracts":
                found.contracts.append(stage_contracts(self.engine, raw, self.settings, self.mapping, ledger))
            else:
                found.customers.append(stage_customers(self.engine, raw, self.settings, self.mapping, ledger))
        except WrongTable as error:
            ledger.forget(raw.label)
            if not sheet:
                raise
            found.unused.append(files.not_used(raw.label, _why_not(raw.label, error)))
        except Refused as error:
            # Of several files, this is the one that must be looked at.
            raise Refused(f"{raw.label}: {error}") from error

    def _check_mapping_used(self, found: Collection) -> None:
        if recognition.TABLE in self.mapping:
            return
        columns = {header.casefold() for stage in found.orders for header in stage.raw.headers}
        columns |= {
            header.casefold() for stage in found.contracts + found.customers for header in stage.raw.headers
        }
        plain_columns = {plain_name(header) for header in columns}
        for name, column in self.mapping.items():
            if name in recognition.CHOICES or column.strip().casefold() in columns:
                continue
            if plain_name(column) not in plain_columns:
                seen = ", ".join(sorted(columns)[:30])
                raise WrongTable(
                    f"map {name}={column}: no file has a column {column!r}; the columns are {seen}"
                )

    def _assemble(
        self, found: Collection, ledger: Ledger
    ) -> tuple[dict[str, str], list[FileReading], Settings]:
        _refuse_two_units(found)
        currencies = self._currencies(found)
        base, factors, notes = one_currency(currencies, self.settings.currency, self.rates)
        money = Money(base, factors)
        settings = replace(self.settings, currency=base)
        tables: dict[str, str] = {}
        if found.orders:
            tables, more = assemble_orders(self.engine, found.orders, money, settings, ledger, self.kept)
            found.orders[-1].notes.extend(more)
        if found.contracts:
            tables["contracts"] = assemble_contracts(self.engine, found.contracts, money, ledger, self.kept)
        if found.customers:
            tables["customers"] = assemble_customers(self.engine, found.customers, ledger)
        tables = canonical.join_tables(self.engine, tables, found.canonical, money)
        readings = self._readings(found, ledger, notes)
        for stage in found.orders:
            self._release(stage)
        for file in [*found.contracts, *found.customers]:
            self._release(file)
        return tables, readings, settings

    def _release(self, stage: Stage | StagedFile) -> None:
        """Let go of texts and typed rows, which are part of the history now."""
        self.engine.drop(stage.table)
        stage.raw.release(self.engine)

    def _currencies(self, found: Collection) -> set[str]:
        """Return the currency codes in all files."""
        codes: set[str] = set()
        for stage in found.orders:
            if "currency" in stage.given:
                codes |= self._distinct(stage.table)
        for contract in found.contracts:
            if "currency" in contract.columns or "currency" in self.engine.columns(contract.table):
                codes |= self._distinct(contract.table)
        for file in found.canonical:
            codes |= file.currencies
        return codes

    def _distinct(self, table: str) -> set[str]:
        query = f"SELECT DISTINCT currency FROM {quoted(table)} WHERE reason IS NULL AND currency IS NOT NULL"
        return {row[0] for row in self.engine.connection.execute(query).fetchall()}

    def _readings(self, found: Collection, ledger: Ledger, notes: list[str]) -> list[FileReading]:
        aside = ledger.counts_by_file()
        kept = attributes_of(found.orders)
        readings = [file.reading(aside.get(file.label, 0)) for file in found.canonical]
        for stage in found.orders:
            names = ("purchases",) + (("order_lines",) if "product_id" in stage.given else ())
            attributes = tuple(name for name in kept if name in stage.attributes)
            readings.append(
                _reading(stage.raw, stage.source, names, stage.columns, attributes, stage.notes, aside)
            )
        for name, staged in (("contracts", found.contracts), ("customers", found.customers)):
            for one in staged:
                attributes = tuple(one.attributes)
                readings.append(
                    _reading(one.raw, "plain", (name,), one.columns, attributes, one.notes, aside)
                )
        if readings:
            readings[0] = replace(readings[0], notes=(*readings[0].notes, *notes))
        return readings + found.unused


def _why_not(label: str, error: WrongTable) -> str:
    return f"Not used: {str(error).removeprefix(f'{label}: ')}"


def _reading(
    raw: RawTable,
    source: str,
    tables: tuple[str, ...],
    columns: dict[str, str],
    attributes: tuple[str, ...],
    notes: list[str],
    aside: Mapping[str, int],
) -> FileReading:
    rows = raw.rows + len(raw.rejected)
    set_aside = aside.get(raw.label, 0)
    return FileReading(
        path=raw.label,
        source=source,
        tables=tables,
        rows_read=rows,
        accepted=rows - set_aside,
        set_aside=set_aside,
        columns=columns,
        attributes=attributes,
        notes=tuple(dict.fromkeys([*raw.notes, *notes])),
        stem=raw.stem,
    )


def _refuse_two_units(found: Collection) -> None:
    """Refuse canonical returns or lines beside plain orders: the ones are in cents, the others in euros."""
    beside = [file.label for file in found.canonical if file.name in canonical.OF_AN_ORDER]
    if found.orders and beside and all(file.name != "purchases" for file in found.canonical):
        orders = found.orders[0].raw.label
        raise WrongTable(
            f"{beside[0]}: its amounts are minor units (cents) by its name and columns, but {orders} holds orders in "
            "whole units; give both as canonical tables, or both as plain files under other names"
        )


def why_nothing(reading: Reading) -> str:
    """Return why not one row of what was read can be used, and what would help."""
    names = ", ".join(file.path for file in reading.files[:5]) or "the folder"
    counts = reading.set_aside_counts
    if not counts:
        why = next((note for file in reading.files for note in file.notes if note.startswith("Not used")), "")
        return f"{names}: no rows were found. {why or 'Give a file with rows below its header'}"
    example = reading.examples[0]
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in counts.items())
    return (
        f"{names}: not one row can be used: {reasons}. The first, line {example.line}: {example.message}. "
        "Say which column is which with --map, for example --map customer=COLUMN,time=COLUMN,amount=COLUMN"
    )
