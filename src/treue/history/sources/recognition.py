"""What kind of table a file holds, and which of its columns are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.sources import shopify, stripe, woocommerce
from treue.history.sources.columns import NAMES, attribute_name, is_personal, match_names, plain_name
from treue.history.sources.layout import PLAIN, Layout
from treue.history.sources.own_columns import EVENTS, likest
from treue.history.sources.stage import ORDER_FIELDS
from treue.history.tables import TABLES
from treue.kernel.errors import WrongArgument, WrongTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.sources.raw import RawTable

LAYOUTS: tuple[Layout, ...] = (shopify.LAYOUT, woocommerce.LAYOUT, woocommerce.PLUGIN, stripe.LAYOUT)

CONTRACT_ROLES = ("customer", "contract", "monthly", "started", "ended", "end_reason", "currency")
CUSTOMER_ROLES = ("customer", "first_seen", "acquired_via", "country", "language", "segment")
CHOICES = ("dates", "decimals")
"""Entries of a mapping that are no columns."""
TABLE = "table"
"""The entry of a mapping that says which table the files are; its others are columns of that table."""


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raise WrongArgument when a mapping names a field that does not exist, or a table that files cannot be said to be."""
    known: list[str] = [*NAMES]
    if TABLE in mapping:
        if mapping[TABLE] not in EVENTS:
            raise WrongArgument(
                f"map {TABLE}={mapping[TABLE]!r} is not on offer; give one of {', '.join(EVENTS)}"
            )
        known = [TABLE, *TABLES[mapping[TABLE]].schema.names]
    for name in mapping:
        if name not in known and name not in CHOICES:
            fields = ", ".join([*known, *CHOICES])
            raise WrongArgument(f"map={name!r} is not a field; give one of {fields}")


def mapped(headers: list[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Return the places of the columns that the user has named, as far as this file has them."""
    plain = [plain_name(header) for header in headers]
    exact = {header.casefold(): place for place, header in reversed(list(enumerate(headers)))}
    found = {}
    for field, column in mapping.items():
        if field in CHOICES or field == TABLE:
            continue
        place = exact.get(column.strip().casefold())
        if place is None and plain_name(column) in plain:
            place = plain.index(plain_name(column))
        if place is not None:
            found[field] = place
    return found


def layout_of(headers: list[str]) -> Layout:
    """Return the kind of export that a header set is, or the plain one."""
    plain = [plain_name(header) for header in headers]
    return next((layout for layout in LAYOUTS if layout.fits(plain)), PLAIN)


def kind_of(headers: list[str], given: Mapping[str, int]) -> str:
    """Return whether a plain table holds ``orders``, ``contracts`` or ``customers``."""
    contract = match_names(headers, CONTRACT_ROLES, given)
    order = match_names(headers, ("customer", "order", "time", "amount", "price", "quantity"), given)
    if "started" in contract and contract.keys() & {"contract", "monthly", "ended"} and "order" not in order:
        return "contracts"
    customer = match_names(headers, CUSTOMER_ROLES, given)
    if "customer" in customer and not order.keys() & {"amount", "price", "order"} and len(customer) > 1:
        return "customers"
    return "orders"


def choices_of(mapping: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """Return the choices about dates and decimals; Stripe's times are UTC whatever the firm's zone is."""
    chosen = {name: text for name, text in mapping.items() if name in CHOICES}
    return {**chosen, "_utc": "yes"} if layout.name == "stripe" else chosen


def unrecognised(raw: RawTable, missing: Iterable[str]) -> WrongTable:
    """Return the error that names what is missing, what was seen, and how to say it."""
    seen = ", ".join(repr(header) for header in raw.headers[:30])
    like = likest(raw.stem, raw.headers)
    if like is not None:
        table, lacking = like
        return WrongTable(
            f"{raw.label}: read as the table {table.name}, it has no column: {', '.join(lacking)}. "
            f"The columns are {seen}. Add what is missing under that name"
        )
    wanted = ", ".join(missing)
    example = ",".join(f"{name}=COLUMN" for name in missing)
    return WrongTable(
        f"{raw.label}: no column was recognised for: {wanted}. The columns are {seen}. "
        f"Say which is which with --map {example}"
    )


def attributes_of(
    engine: DuckDBEngine, raw: RawTable, found: Mapping[str, int]
) -> tuple[dict[str, int], list[str]]:
    """Return the unknown columns that are kept, and the names of those that are not."""
    canonical = (
        {c.name for table in TABLES.values() for c in table.columns}
        | ORDER_FIELDS.keys()
        | {"line", "reason"}
    )
    kept: dict[str, int] = {}
    dropped = []
    sample = raw.sample(engine, 200)
    for place, header in enumerate(raw.headers):
        values = [row[place] for row in sample if row[place]]
        if place in found.values() or (not values and header == f"column {place + 1}"):
            continue
        if is_personal(header) or sum("@" in (value or "") for value in values) > 0.2 * len(values):
            dropped.append(header)
            continue
        name = attribute_name(header)
        if name in {"country", "language", "segment"}:
            canonical.discard(name)
        number = 1
        unique = name
        while unique in kept or unique in canonical:
            number += 1
            unique = f"{name}_{number}"
        kept[unique] = place
    return kept, dropped
