"""How the first rows of a file were read, to be shown beside the rows themselves before anything is written."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from treue.app.core.addresses import normal_email
from treue.app.customers import merging
from treue.app.customers.importing.stable_ids import credit_of
from treue.app.customers.models import ContactPoint, Customer, ExternalId, Purchase
from treue.engine.duckdb import quoted
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.app.core.models import Firm
    from treue.app.customers.importing.contacts_in import People
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.reading import Reading

ROWS: Final = 20


def first_orders(
    engine: DuckDBEngine, tables: Mapping[str, str], reading: Reading, firm: Firm
) -> list[dict[str, Any]]:
    """Return how the first rows of a file of orders were read.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    tables : mapping of str to str
        Canonical table to engine table, with the ids of the reader.
    reading : Reading
        Which row became which order.
    firm : Firm
        Its zone says which day it was.

    Returns
    -------
    list of dict
        ``line`` and either ``customer``, ``on`` (ISO 8601, a day of the firm), ``amount`` (minor units) and
        ``conflict`` (whether the order's number stands in the records for another customer or day), or ``reason``.
        Empty for files of anything else.
    """
    kept, ledger = reading.rows.get("purchases"), reading.set_aside_table
    orders = [file for file in reading.files if file.source != "canonical" and "purchases" in file.tables]
    if kept is None or not orders or "purchases" not in tables:
        return []
    returned = "(SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS whom, NULL AS amount WHERE false)"
    if "returns" in tables:
        each = f"SELECT {credit_of('r')} AS id, r.customer_id AS whom, sum(r.amount) AS amount"
        returned = f"({each} FROM {quoted(tables['returns'])} r GROUP BY 1, 2)"
    # As they will stand in the records.
    rows = engine.connection.execute(
        "SELECT k.line, replace(k.id, chr(0), ''), replace(p.customer_id, chr(0), ''), p.ordered_at, coalesce(p.net_amount, -c.amount) "
        f"FROM {quoted(kept)} k LEFT JOIN {quoted(tables['purchases'])} p ON p.order_id = k.id "
        f"LEFT JOIN {returned} c ON c.id = k.id AND c.whom = k.credited WHERE k.file = 0 ORDER BY k.line LIMIT {ROWS}"
    ).fetchall()
    zone = ZoneInfo(firm.timezone)
    found = {
        line: {
            "line": line,
            "order": order,
            "customer": customer,
            "on": at.replace(tzinfo=UTC).astimezone(zone).date().isoformat() if at else None,
            "amount": amount,
        }
        for line, order, customer, at, amount in rows
    }
    if ledger:
        aside = engine.connection.execute(
            f"SELECT line, reason FROM {quoted(ledger)} WHERE path = ? AND line > 0 ORDER BY line LIMIT {ROWS}",
            [orders[0].path],
        ).fetchall()
        found |= {line: {"line": line, "reason": reason} for line, reason in aside}
    first = [found[line] for line in sorted(found)][:ROWS]
    _mark_conflicts(first, zone)
    return first


def first_people(people: People) -> list[dict[str, Any]]:
    """Return how the first rows of a file of people were read.

    Parameters
    ----------
    people : People
        What was read.

    Returns
    -------
    list of dict
        ``line`` and either ``customer`` (name, else address, else number), ``email``, ``phone`` and ``on`` (first
        seen), or ``reason``.
    """
    found: dict[int, dict[str, Any]] = {
        one.line: {
            "line": one.line,
            "customer": one.texts["name"] or one.texts["company"] or one.code,
            "email": one.email,
            "phone": one.phone,
            "on": one.first_seen_at.date().isoformat() if one.first_seen_at else None,
        }
        for one in people.persons[:ROWS]
    }
    aside = people.engine.connection.execute(
        f"SELECT line, reason FROM {quoted(people.ledger.table)} ORDER BY line LIMIT {ROWS}"
    ).fetchall()
    found |= {line: {"line": line, "reason": reason} for line, reason in aside}
    return [found[line] for line in sorted(found)][:ROWS]


def without_nul(told: Any) -> Any:
    r"""Return what is told of a file without the sign NUL in any text of it: PostgreSQL keeps none.

    Parameters
    ----------
    told : str, number, bool, None, list, tuple or dict
        Plain JSON types.

    Returns
    -------
    str, number, bool, None, list or dict
        The same.

    Examples
    --------
    >>> without_nul({"rows": [["Le\0a", 1, None]]})
    {'rows': [['Lea', 1, None]]}
    """
    if isinstance(told, str):
        return told.replace("\0", "")
    if isinstance(told, list | tuple):
        return [without_nul(one) for one in told]
    if isinstance(told, dict):
        return {without_nul(name): without_nul(one) for name, one in told.items()}
    return told


def _mark_conflicts(rows: list[dict[str, Any]], zone: ZoneInfo) -> None:
    """Mark the orders whose number the records know of another customer or day."""
    known = {
        code: (customer, at.astimezone(zone).date().isoformat())
        for code, customer, at in Purchase.objects.filter(
            code__in=[row["order"] for row in rows if row.get("customer")]
        ).values_list("code", "customer_id", "ordered_at")
    }
    for row in rows:
        if row.get("order") in known and row.get("customer"):
            customer, day = known[row["order"]]
            row["conflict"] = day != row["on"] or not _is(row["customer"], customer)


def _is(code: str, customer: int) -> bool:
    """Whether an id of a file is that customer, or a record that was merged with theirs."""
    whole = merging.whole_of(Customer.objects.get(pk=customer))
    if ExternalId.objects.filter(system="", value=code, customer__in=whole).exists():
        return True
    try:
        return ContactPoint.objects.filter(
            kind="email", normal=normal_email(code), customer__in=whole
        ).exists()
    except WrongArgument:
        return False
