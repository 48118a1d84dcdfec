"""Rows of texts become typed rows: one expression a field, the first thing wrong is the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from babel.numbers import list_currencies

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources.amounts import DECIMAL, LARGEST, currency_code, read_amounts, text_of
from treue.history.sources.statuses import status_class
from treue.history.sources.times import FIRST_YEAR, LAST_YEAR, read_times, with_steps
from treue.kernel.units import zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings
    from treue.history.sources.layout import Layout
    from treue.history.sources.raw import RawTable

ID_LENGTH = 200
BLANK_IDS = (
    "null", "none", "nan", "nil", "undefined", "n/a", "na", "#n/a", "-", "?", "unknown", "guest", "(not set)",
    "unbekannt", "gast", "ukjent", "gjest",
)  # fmt: skip

_UNKNOWN_CURRENCY = "currency NOT IN (" + ", ".join(f"'{code}'" for code in sorted(list_currencies())) + ")"

ORDER_FIELDS: dict[str, str] = {
    "order_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "ordered_at": "TIMESTAMP",
    "amount": DECIMAL,
    "currency": "VARCHAR",
    "quantity": "DOUBLE",
    "unit": DECIMAL,
    "product_id": "VARCHAR",
    "line_number": "BIGINT",
    "category": "VARCHAR",
    "margin": DECIMAL,
    "discount": DECIMAL,
    "coupon_code": "VARCHAR",
    "channel": "VARCHAR",
    "status": "VARCHAR",
    "refund": DECIMAL,
    "refunded_at": "TIMESTAMP",
    "refers_to": "VARCHAR",
}
"""The columns of a staged order row."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """Typed rows of one file, ready to become orders.

    Parameters
    ----------
    raw : RawTable
        The rows as texts.
    table : str
        Engine table of the rows that are sound, with ``line``.
    given : frozenset of str
        Which columns of :data:`ORDER_FIELDS` the table has; also ``treue_read_at`` where times as the file says them
        differ from the UTC instants.
    attributes : dict
        Attribute column to the file's own column name.
    lines : bool
        Whether a row is a line of an order.
    totals : bool
        Whether the amount of a line is the whole order's.
    columns : dict
        Field to the file's own column name, for the record.
    """

    raw: RawTable
    table: str
    given: frozenset[str]
    attributes: dict[str, str]
    lines: bool
    totals: bool
    columns: dict[str, str]
    source: str = "plain"
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class StagedFile:
    """Typed rows of a file of contracts or customers, and how they were read.

    Parameters
    ----------
    raw : RawTable
        The rows as texts.
    table : str
        Engine table of the rows with ``line`` and ``reason``.
    attributes : dict
        Attribute column to the file's own column name.
    notes : list of str
        What was decided.
    columns : dict
        Field to the file's own column name.
    """

    raw: RawTable
    table: str
    attributes: dict[str, str]
    notes: list[str]
    columns: dict[str, str]


@dataclass(slots=True)
class Builder:
    """Collects the expressions of a staged table while fields are looked at one by one."""

    engine: DuckDBEngine
    raw: RawTable
    settings: Settings
    mapping: Mapping[str, str]
    found: dict[str, int]
    table: str
    steps: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    checks: list[tuple[str, str, str]] = field(default_factory=list)
    """Reason, SQL condition over texts and columns, SQL of the wrong value."""
    notes: list[str] = field(default_factory=list)

    def header(self, field_name: str) -> str:
        """Return the file's own name of a field's column."""
        return self.raw.headers[self.found[field_name]]

    def identifier(self, field_name: str, name: str, reason: str, missing: str | None) -> None:
        """Read ids: trimmed, words that mean nothing are no id, 17850.0 is 17850 where all are so."""
        place = self.found[field_name]
        text = text_of(place)
        sample = [cell for row in self.raw.sample(self.engine, 200) if (cell := row[place])]
        value = text
        if sample and all(cell.endswith(".0") and cell[:-2].isdecimal() for cell in sample):
            value = f"regexp_replace({text}, '^([0-9]+)[.]0$', '\\1')"
            self.notes.append(
                f"Numbers in {self.header(field_name)!r} such as {sample[0]!r} are read as {sample[0][:-2]!r}."
            )
        if sample and sum("@" in cell for cell in sample) >= 0.9 * len(sample):
            value = f"lower({value})"
            self.notes.append(
                f"E-mail addresses in {self.header(field_name)!r} are compared without capitals."
            )
        words = ", ".join(f"'{word}'" for word in BLANK_IDS)
        self.columns[name] = (
            f"CASE WHEN strlen({text}) <= 10 AND lower({text}) IN ({words}) THEN NULL ELSE {value} END"
        )
        if missing:
            self.checks.append((missing, f"{name} IS NULL", f"c{place}"))
        self.checks.append(
            (reason, f"strlen({name}) > {ID_LENGTH} AND length({name}) > {ID_LENGTH}", f"c{place}")
        )

    def time(self, field_name: str, name: str, today: date | None, *, required: bool) -> str:
        """Read a date; where it is required, say what is wrong with it. Return SQL of it as the file says it."""
        place = self.found[field_name]
        utc_only = self.mapping.get("_utc") == "yes"
        zone = "UTC" if utc_only else self.settings.timezone
        read = read_times(
            self.engine,
            self.table,
            place,
            self.header(field_name),
            timezone=zone,
            order=self.mapping.get("dates"),
        )
        self.steps.extend(layer for layer in read.steps if layer not in self.steps)
        if read.note:
            self.notes.append(read.note)
        self.columns[name] = read.value
        if required:
            years = f"year({name}) NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"
            self.checks.append(("no_time", f"{text_of(place)} IS NULL", f"c{place}"))
            self.checks.append(("bad_time", f"{name} IS NULL OR {years}", f"c{place}"))
            if today is not None:
                self.checks.append(("future_date", f"{name} >= {self._day_end(today)}", f"c{place}"))
        else:
            self.columns[name] = (
                f"CASE WHEN year({read.value}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN {read.value} END"
            )
        return read.as_read

    def _day_end(self, today: date) -> str:
        """Return SQL of the first UTC instant after the local day `today`."""
        local = datetime.combine(today + timedelta(days=1), time(), zone(self.settings.timezone))
        return f"TIMESTAMP '{local.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"

    def amount(self, field_name: str, name: str, reason: str | None, *, required: bool = False) -> str | None:
        """Read an amount; return SQL of the currency in its cells, if any."""
        place = self.found[field_name]
        read = read_amounts(
            self.engine, self.table, place, self.header(field_name), decimals=self.mapping.get("decimals"),
            timezone=self.settings.timezone, typed=place in self.raw.typed,
        )  # fmt: skip
        if read.note:
            self.notes.append(read.note)
        self.columns[name] = read.value
        if required:
            self.checks.append(("no_amount", f"{text_of(place)} IS NULL", f"c{place}"))
        if reason:
            self.checks.append((reason, f"{name} IS NULL OR abs({name}) > {LARGEST}", f"c{place}"))
        return read.currency

    def text(self, field_name: str, name: str) -> None:
        """Read a text, cut at 200 characters."""
        text = text_of(self.found[field_name])
        self.columns[name] = (
            f"CASE WHEN strlen({text}) > {ID_LENGTH} THEN left({text}, {ID_LENGTH}) ELSE {text} END"
        )

    def build(self, ledger: Ledger) -> str:
        """Make the staged table; set aside what is wrong; return the table's name."""
        table = fresh_name("stage")
        reasons = " ".join(f"WHEN {condition} THEN '{code}'" for code, condition, _ in self.checks)
        values = " ".join(f"WHEN '{code}' THEN {value}" for code, _, value in self.checks)
        inner = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in self.columns.items())
        cells = ", ".join(f"c{i}" for i in range(len(self.raw.headers)))
        names = ", ".join(quoted(name) for name in self.columns)
        self.engine.connection.execute(
            f"CREATE TEMP TABLE {quoted(table)} AS SELECT line, {names}, "
            f"CASE {reasons} END AS reason FROM (SELECT line, {cells}, {inner} "
            f"FROM {with_steps(self.table, tuple(self.steps))})"
        )
        bad = f"SELECT line, reason FROM {quoted(table)} WHERE reason IS NOT NULL"
        ledger.add_query(
            self.raw.label, self.table, len(self.raw.headers), bad, f"CASE b.reason {values} END"
        )
        return table


def status_values(engine: DuckDBEngine, raw: RawTable, place: int) -> set[str]:
    """Return the different values of a column in lower case, at most 200."""
    query = f"SELECT DISTINCT lower({text_of(place)}) FROM {quoted(raw.table)} LIMIT 200"
    return {row[0] for row in engine.connection.execute(query).fetchall() if row[0]}


def order_expressions(builder: Builder, layout: Layout, today: date | None) -> None:
    """Add the fields of an order to a builder."""
    found = builder.found
    builder.identifier("customer", "customer_id", "bad_customer", "no_customer")
    if "order" in found:
        builder.identifier("order", "order_id", "bad_order", None)
    as_read = builder.time("time", "ordered_at", today, required=True)
    if as_read != builder.columns["ordered_at"]:
        builder.columns["treue_read_at"] = as_read
    if "status" in found:
        _status(builder, layout)
    currency = _amount(builder, layout)
    _currency(builder, currency)
    for field_name, name in (("margin", "margin"), ("discount", "discount"), ("refund", "refund")):
        if field_name in found:
            builder.amount(field_name, name, None)
    if "refund" in found and layout.taxed and "tax" in found:
        # A refund includes its tax; the order's own share of net tells how much of it was revenue.
        share = f"({builder.columns['amount']})::DOUBLE / nullif(({builder.columns['_gross']})::DOUBLE, 0)"
        refund = f"({builder.columns['refund']})::DOUBLE"
        builder.columns["refund"] = f"try_cast(round({refund} * ({share}), 6) AS {DECIMAL})"
    builder.columns.pop("_gross", None)
    if "refund_time" in found:
        builder.time("refund_time", "refunded_at", None, required=False)
        if layout.name != "stripe" and _is_cancellation(builder.header("refund_time")):
            status = builder.columns.get("status", "NULL")
            filled = text_of(found["refund_time"])
            builder.columns["status"] = f"CASE WHEN {filled} IS NOT NULL THEN 'cancelled' ELSE {status} END"
    for field_name, name in (
        ("product", "product_id"), ("category", "category"), ("coupon", "coupon_code"), ("channel", "channel"),
        ("refers", "refers_to"),
    ):  # fmt: skip
        if field_name in found:
            builder.text(field_name, name)
    if "line" in found:
        builder.columns["line_number"] = f"try_cast({text_of(found['line'])} AS BIGINT)"


def _is_cancellation(header: str) -> bool:
    return header.casefold().startswith(("cancel", "storn", "kansell"))


def _status(builder: Builder, layout: Layout) -> None:
    text = text_of(builder.found["status"])
    builder.columns["status"] = status_class(text, layout.unpaid)
    value = f"c{builder.found['status']}"
    if "captured" in builder.found:
        captured = text_of(builder.found["captured"])
        builder.columns["status"] = (
            f"CASE WHEN lower({captured}) IN ('false', 'no', '0') THEN 'not_paid' ELSE {builder.columns['status']} END"
        )
    builder.checks.append(("not_paid", "status = 'not_paid'", value))


def _amount(builder: Builder, layout: Layout) -> str | None:
    found = builder.found
    currency = None
    if "quantity" in found:
        builder.amount("quantity", "quantity", None)
    if "price" in found:
        currency = builder.amount("price", "unit", None)
    if "amount" in found:
        currency = builder.amount("amount", "amount", "bad_amount", required=True) or currency
        if layout.taxed and "tax" in found:
            builder.amount("tax", "_tax", None)
            gross, tax = builder.columns["amount"], builder.columns.pop("_tax")
            builder.columns["_gross"] = gross
            builder.columns["amount"] = f"{gross} - coalesce({tax}, 0)"
    elif "quantity" in found:
        product = f"({builder.columns['quantity']})::DOUBLE * ({builder.columns['unit']})::DOUBLE"
        builder.columns["amount"] = f"try_cast(round({product}, 6) AS {DECIMAL})"
        price, quantity = found["price"], found["quantity"]
        builder.checks.append(("bad_quantity", "quantity IS NULL OR abs(quantity) > 1e9", f"c{quantity}"))
        builder.checks.append(("no_amount", f"{text_of(price)} IS NULL", f"c{price}"))
        builder.checks.append(("bad_amount", f"amount IS NULL OR abs(amount) > {LARGEST}", f"c{price}"))
    else:
        builder.columns["amount"] = builder.columns["unit"]
        price = found["price"]
        builder.checks.append(("no_amount", f"{text_of(price)} IS NULL", f"c{price}"))
        builder.checks.append(("bad_amount", f"amount IS NULL OR abs(amount) > {LARGEST}", f"c{price}"))
    return currency


def _currency(builder: Builder, in_amount: str | None) -> None:
    if "currency" in builder.found:
        place = builder.found["currency"]
        own = currency_code(text_of(place), builder.settings.timezone)
        builder.columns["currency"] = f"coalesce({own}, {in_amount})" if in_amount else own
        builder.checks.append(("bad_currency", _UNKNOWN_CURRENCY, f"c{place}"))
    elif in_amount:
        builder.columns["currency"] = in_amount
        value = f"c{builder.found.get('amount', builder.found.get('price', 0))}"
        builder.checks.append(("bad_currency", _UNKNOWN_CURRENCY, value))
