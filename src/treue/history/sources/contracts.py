"""Tables of contracts: who, since when, until when, for how much a month."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from treue.history.sources.amounts import text_of
from treue.history.sources.columns import match_names
from treue.history.sources.layout import PLAIN
from treue.history.sources.recognition import CONTRACT_ROLES, attributes_of, choices_of, mapped, unrecognised
from treue.history.sources.stage import Builder, StagedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings
    from treue.history.sources.raw import RawTable


def stage_contracts(
    engine: DuckDBEngine, raw: RawTable, settings: Settings, mapping: Mapping[str, str], ledger: Ledger
) -> StagedFile:
    """Return a canonical table of contracts with amounts in major units, and how it was read."""
    found = match_names(raw.headers, CONTRACT_ROLES, mapped(raw.headers, mapping))
    if "monthly" not in found:
        amount = match_names(raw.headers, ("amount", "price"), found)
        place = amount.get("amount", amount.get("price"))
        if place is not None:
            found["monthly"] = place
    if "customer" not in found:
        raise unrecognised(raw, ["customer"])
    builder = Builder(
        engine, raw, replace(settings, timezone="UTC"), choices_of(mapping, PLAIN), found, raw.table
    )
    builder.identifier("customer", "customer_id", "bad_customer", "no_customer")
    if "contract" in found:
        builder.identifier("contract", "contract_id", "bad_order", None)
    builder.time("started", "started_at", None, required=True)
    if "ended" in found:
        builder.time("ended", "ended_at", None, required=False)
        place = found["ended"]
        builder.checks.append(("bad_time", f"{text_of(place)} IS NOT NULL AND ended_at IS NULL", f"c{place}"))
        builder.checks.append(("bad_period", "ended_at < started_at", f"c{place}"))
    currency = None
    if "monthly" in found:
        currency = builder.amount("monthly", "amount", None)
        bad = f"{text_of(found['monthly'])} IS NOT NULL AND amount IS NULL OR abs(amount) > 10000000000000"
        builder.checks.append(("bad_amount", bad, f"c{found['monthly']}"))
    if "currency" in found:
        builder.text("currency", "currency")
        builder.columns["currency"] = f"upper({builder.columns['currency']})"
    elif currency:
        builder.columns["currency"] = currency
    if "end_reason" in found:
        builder.text("end_reason", "end_reason")
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
