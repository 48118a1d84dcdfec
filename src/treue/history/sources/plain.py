"""Tables of orders whose columns are found by name and content, and those of the known shops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources.amounts import text_of
from treue.history.sources.columns import match_content, match_names, plain_name
from treue.history.sources.recognition import attributes_of, choices_of, mapped, unrecognised
from treue.history.sources.stage import Builder, Stage, order_expressions, status_values
from treue.history.sources.statuses import ALL_KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings
    from treue.history.sources.layout import Layout
    from treue.history.sources.raw import RawTable

ORDER_ROLES = (
    "customer", "order", "time", "amount", "quantity", "price", "currency", "refund", "refund_time", "refers",
    "status", "discount", "coupon", "channel", "margin", "product", "category", "line",
)  # fmt: skip


def stage_orders(
    engine: DuckDBEngine, raw: RawTable, layout: Layout, settings: Settings, mapping: Mapping[str, str],
    ledger: Ledger, today: date | None,
) -> Stage:  # fmt: skip
    """Return the rows of a file as typed rows of orders.

    Raises
    ------
    WrongTable
        When no column for the customer, the date or the amount can be found.
    """
    found = mapped(raw.headers, mapping)
    notes = list(layout.notes)
    if layout.roles:
        _preset(engine, raw, layout, found)
    else:
        found = _by_name(engine, raw, found)
    missing = [name for name in ("customer", "time") if name not in found]
    if "amount" not in found and "price" not in found:
        missing.append("amount")
    if missing:
        raise unrecognised(raw, missing)
    builder = Builder(engine, raw, settings, choices_of(mapping, layout), found, _filled(engine, raw, layout))
    order_expressions(builder, layout, today)
    given = frozenset(builder.columns)
    lines = "order" in found and (
        layout.fill_by is not None or bool(found.keys() & {"product", "quantity", "price", "line"})
    )
    kept, dropped = attributes_of(engine, raw, found)
    for name, place in kept.items():
        builder.columns[name] = text_of(place)
    table = builder.build(ledger)
    if dropped:
        notes.append("Not kept, because they may describe persons: " + ", ".join(dropped) + ".")
    if "amount" not in found:
        notes.append(
            "The amount of a row is quantity times price."
            if "quantity" in found
            else "The amount of a row is its price."
        )
    totals = layout.order_totals or (
        lines and "amount" in found and _is_total(engine, table, raw.headers[found["amount"]], found)
    )
    if lines and not totals:
        notes.append("Rows of one order number are lines of one order and are summed.")
    return Stage(
        raw=raw, table=table, given=given, attributes={name: raw.headers[place] for name, place in kept.items()},
        lines=lines, totals=totals, columns={name: raw.headers[place] for name, place in found.items()},
        source=layout.name, notes=[*notes, *builder.notes],
    )  # fmt: skip


def _preset(engine: DuckDBEngine, raw: RawTable, layout: Layout, found: dict[str, int]) -> None:
    plain = [plain_name(header) for header in raw.headers]
    for field, names in layout.roles.items():
        places = [plain.index(name) for name in names if name in plain]
        if field not in found and places:
            found[field] = _fullest(engine, raw, places) if field == "customer" else places[0]
            if field == "product" and len(places) > 1:
                found[field] = _first_filled(engine, raw, places)


def _fullest(engine: DuckDBEngine, raw: RawTable, places: list[int]) -> int:
    """Return the column that names most customers: guests have an e-mail address but no number."""
    if len(places) == 1:
        return places[0]
    counts = ", ".join(f"count(DISTINCT line) FILTER ({text_of(p)} NOT IN ('0', ''))" for p in places)
    row = engine.connection.execute(f"SELECT {counts} FROM {quoted(raw.table)}").fetchall()[0]
    return places[row.index(max(row))]


def _first_filled(engine: DuckDBEngine, raw: RawTable, places: Sequence[int]) -> int:
    """Return the first column that holds anything: a shop may never have given its articles a number."""
    counts = ", ".join(f"count({text_of(place)})" for place in places)
    row = engine.connection.execute(f"SELECT {counts} FROM {quoted(raw.table)}").fetchall()[0]
    return next((place for place, count in zip(places, row, strict=True) if count), places[0])


def _by_name(engine: DuckDBEngine, raw: RawTable, given: dict[str, int]) -> dict[str, int]:
    found = match_names(raw.headers, ORDER_ROLES, given)
    place = found.get("status")
    if place is not None and "status" not in given and not status_values(engine, raw, place) & ALL_KNOWN:
        del found["status"]
    if "discount" in found and "discount" not in given and _is_share(raw.sample(engine), found["discount"]):
        del found["discount"]
    if (
        "id" in (plain := [plain_name(header) for header in raw.headers])
        and plain.index("id") not in found.values()
    ):
        _bare_id(engine, raw, plain.index("id"), found)
    if not {"customer", "time"} <= found.keys() or not found.keys() & {"amount", "price"}:
        match_content(raw.headers, raw.sample(engine), found)
    return found


def _is_share(sample: Sequence[Sequence[str | None]], place: int) -> bool:
    """Return whether a column of discounts holds shares or percentages instead of money."""
    values = [row[place] or "" for row in sample if row[place]]
    share = re.compile(r"^(0|1|0?[.,]\d+|[01][.,]0+)$")
    return any(value.strip("0.,") for value in values) and all(
        value.endswith("%") or share.match(value) for value in values
    )


def _bare_id(engine: DuckDBEngine, raw: RawTable, place: int, found: dict[str, int]) -> None:
    """Let a column called only `id` be the order where it never repeats, else the customer."""
    query = f"SELECT count(c{place}), count(DISTINCT c{place}) FROM {quoted(raw.table)}"
    filled, different = engine.connection.execute(query).fetchall()[0]
    if "customer" not in found and different < filled:
        found["customer"] = place
    elif "customer" in found and "order" not in found and different == filled:
        found["order"] = place


def _filled(engine: DuckDBEngine, raw: RawTable, layout: Layout) -> str:
    """Return the table of texts with an order's fields repeated on each of its lines."""
    plain = [plain_name(header) for header in raw.headers]
    if layout.fill_by is None or layout.fill_by not in plain:
        return raw.table
    by = plain.index(layout.fill_by)
    view = fresh_name("view_filled")
    cells = ", ".join(
        f"c{i}"
        if i == by or name.startswith("lineitem")
        else f"first_value(c{i} IGNORE NULLS) OVER w AS c{i}"
        for i, name in enumerate(plain)
    )
    engine.connection.execute(
        f"CREATE TEMP VIEW {quoted(view)} AS SELECT line, {cells} FROM "
        f"(SELECT line, {', '.join(f'{text_of(i)} AS c{i}' for i in range(len(plain)))} FROM {quoted(raw.table)}) "
        f"WINDOW w AS (PARTITION BY c{by}, CASE WHEN c{by} IS NULL THEN line END ORDER BY line "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )
    raw.drop = (view, *raw.drop)
    return view


def _is_total(engine: DuckDBEngine, table: str, header: str, found: Mapping[str, int]) -> bool:
    """Return whether lines repeat their order's total instead of stating their own amount."""
    name = plain_name(header)
    says_order = ("ordertotal", "ordervalue", "orderamount", "grandtotal", "bestellsumme", "bestellwert", "auftragssumme",
                  "auftragswert", "ordresum", "ordrebeløp", "ordretotal", "ordreverdi", "rechnungsbetrag")  # fmt: skip
    if name in says_order:
        return True
    if not {"quantity", "price"} <= found.keys():
        return False
    query = f"""SELECT count(*), count(*) FILTER (low = high), count(*) FILTER (odd > 0) FROM (
        SELECT min(amount) AS low, max(amount) AS high, count(*) AS n,
        count(*) FILTER (abs(amount - round(quantity::DOUBLE * unit::DOUBLE, 4)) > 0.011) AS odd
        FROM {quoted(table)} WHERE reason IS NULL AND order_id IS NOT NULL GROUP BY order_id) WHERE n > 1"""
    orders, constant, odd = engine.connection.execute(query).fetchall()[0]
    return bool(orders and constant == orders and 2 * odd > orders)
