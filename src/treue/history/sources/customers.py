"""Tables of customers: who, since when, from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.sources.amounts import text_of
from treue.history.sources.columns import match_names
from treue.history.sources.layout import PLAIN
from treue.history.sources.recognition import CUSTOMER_ROLES, attributes_of, choices_of, mapped
from treue.history.sources.stage import Builder, StagedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings
    from treue.history.sources.raw import RawTable


def stage_customers(
    engine: DuckDBEngine, raw: RawTable, settings: Settings, mapping: Mapping[str, str], ledger: Ledger
) -> StagedFile:
    """Return a canonical table of customers, and how it was read."""
    found = match_names(raw.headers, CUSTOMER_ROLES, mapped(raw.headers, mapping))
    builder = Builder(engine, raw, settings, choices_of(mapping, PLAIN), found, raw.table)
    builder.identifier("customer", "customer_id", "bad_customer", "no_customer")
    if "first_seen" in found:
        builder.time("first_seen", "first_seen_at", None, required=False)
    for name in ("acquired_via", "country", "language", "segment"):
        if name in found:
            builder.text(name, name)
    kept, dropped = attributes_of(engine, raw, found)
    for name, place in kept.items():
        builder.columns[name] = text_of(place)
    if dropped:
        builder.notes.append("Not kept, because they may describe persons: " + ", ".join(dropped) + ".")
    return StagedFile(
        raw=raw,
        table=builder.build(ledger),
        attributes={name: raw.headers[place] for name, place in kept.items()},
        notes=builder.notes,
        columns={name: raw.headers[place] for name, place in found.items()},
    )
