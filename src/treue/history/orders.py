"""Typed rows of all files become orders, their lines and their returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.currencies import minor_sql
from treue.history.kept_rows import keep_orders
from treue.history.links import link_credits
from treue.history.sources.stage import ORDER_FIELDS, Stage
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from treue.engine.duckdb import DuckDBEngine
    from treue.history.checks import Ledger
    from treue.history.settings import Settings


@dataclass(frozen=True, slots=True)
class Money:
    """The currency of the history and the factors of the others."""

    base: str
    factors: Mapping[str, Decimal]

    def minor(self, amount: str, currency: str | None = "currency") -> str:
        """Return SQL of an amount in major units as minor units of the history's currency."""
        return minor_sql(amount, currency, self.base, self.factors)

    def between(self, currency: str) -> Decimal:
        """Return the factor from minor units of a currency to those of the history's."""
        return self.factors[currency].scaleb(minor_digits(self.base) - minor_digits(currency))


def attributes_of(stages: Sequence[Stage]) -> list[str]:
    """Return the attribute columns of all files in order of appearance."""
    return list(dict.fromkeys(name for stage in stages for name in stage.attributes))


def _rows(engine: DuckDBEngine, stages: Sequence[Stage], attributes: Sequence[str], *, as_read: bool) -> str:
    """Return a view of the sound rows of all files with one set of columns."""
    parts = []
    for number, stage in enumerate(stages):
        stem = stage.raw.stem.replace("'", "''")
        columns = [
            f"CAST({quoted(name) if name in stage.given else 'NULL'} AS {kind}) AS {name}"
            for name, kind in ORDER_FIELDS.items()
            if name != "order_id"
        ]
        own = "order_id" if "order_id" in stage.given else "NULL"
        columns.append(f"coalesce({own}, '{stem}:' || line) AS order_id")
        columns.append(f"{own} IS NOT NULL AS named")
        if as_read:
            given = "treue_read_at" in stage.given
            columns.append(f"{'treue_read_at' if given else 'ordered_at'} AS treue_read_at")
        columns += [
            f"{quoted(a) if a in stage.attributes else 'NULL::VARCHAR'} AS {quoted(a)}" for a in attributes
        ]
        columns += [f"{number} AS file", "line", f"{stage.lines} AS is_line", f"{stage.totals} AS is_total"]
        parts.append(f"SELECT {', '.join(columns)} FROM {quoted(stage.table)} WHERE reason IS NULL")
    return engine.view(" UNION ALL ".join(parts), "view_rows")


def assemble_orders(
    engine: DuckDBEngine,
    stages: Sequence[Stage],
    money: Money,
    settings: Settings,
    ledger: Ledger,
    kept: dict[str, str] | None = None,
) -> tuple[dict[str, str], list[str]]:
    """Make purchases, order lines and returns from the typed rows of all files.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    stages : sequence of Stage
        One per file, in the order given.
    money : Money
        How amounts become minor units.
    settings : Settings
        The firm's zone.
    ledger : Ledger
        Takes duplicates and conflicts.
    kept : dict, optional
        Takes, as ``purchases``, a table of which row became which order (see :attr:`Reading.rows`).

    Returns
    -------
    tuple of (dict, list of str)
        Canonical table to engine table; sentences about returns.
    """
    attributes = attributes_of(stages)
    rows = _rows(engine, stages, attributes, as_read=kept is not None)
    flags = engine.connection.execute(
        f"SELECT bool_or(named), bool_or(amount < 0 OR quantity < 0), bool_or(status IS NOT NULL), "
        f"bool_or(refund > 0) FROM {quoted(rows)}"
    ).fetchall()[0]
    named, negative, status, refund = map(bool, flags)
    work = rows
    if named:
        work = _without_conflicts(engine, rows, attributes, stages, ledger, settings)
    several = named and any(stage.lines for stage in stages)
    if negative and several:
        before = work
        work = _with_order_sums(engine, before)
        if before != rows:
            engine.drop(before)
    credit = _credit(negative=negative, several=several) if negative or status else "false"
    purchases = _purchases(engine, work, attributes, stages, money, credit, several=several)
    tables = {"purchases": purchases}
    notes: list[str] = []
    if any("product_id" in stage.given for stage in stages):
        tables["order_lines"] = _order_lines(engine, work, money, credit)
    linked = None
    if negative or status or refund:
        linked = link_credits(engine, work, purchases, money.minor("amount"), credit)
        tables["returns"], notes = _returns(engine, work, purchases, linked, money, credit)
    if kept is not None:
        kept["purchases"] = keep_orders(engine, work, money.base, credit, linked)
    for name in filter(None, dict.fromkeys((work, rows, linked))):
        _forget(engine, name)
    return tables, notes


def _forget(engine: DuckDBEngine, name: str) -> None:
    """Drop a table or view that was needed only on the way."""
    query = "SELECT count(*) FROM duckdb_views() WHERE view_name = ?"
    view = engine.connection.execute(query, [name]).fetchone() != (0,)
    engine.connection.execute(f"DROP {'VIEW' if view else 'TABLE'} {quoted(name)}")


def _credit(*, negative: bool, several: bool) -> str:
    """Return SQL of the rows that give money back instead of taking it."""
    if not negative:
        return "coalesce(status = 'credit', false)"
    if not several:
        return "(coalesce(status = 'credit', false) OR coalesce(quantity < 0, false) OR amount < 0)"
    return (
        "(coalesce(status = 'credit', false) OR coalesce(quantity < 0, false) OR "
        "(amount < 0 AND (NOT is_line OR quantity IS NULL AND order_sum < 0)) OR (amount < 0 AND order_sum < 0))"
    )


def _with_order_sums(engine: DuckDBEngine, work: str) -> str:
    """Keep the rows with the sum of their order beside them, which tells a discount from a credit."""
    table = fresh_name("rows")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS "
        f"SELECT *, sum(amount) OVER (PARTITION BY order_id) AS order_sum FROM {quoted(work)}"
    )
    return table


def _without_conflicts(
    engine: DuckDBEngine,
    rows: str,
    attributes: Sequence[str],
    stages: Sequence[Stage],
    ledger: Ledger,
    settings: Settings,
) -> str:
    """Set aside rows that repeat or contradict their order; return the table or view of the others."""
    zone = settings.timezone.replace("'", "''")
    content = [name for name in ORDER_FIELDS if name != "order_id"] + [quoted(name) for name in attributes]
    sign = "(amount < 0 OR coalesce(quantity < 0, false) OR coalesce(status = 'credit', false))"
    marked = (
        f"SELECT file, line, order_id, customer_id, amount, is_line, is_total, {sign} AS negative, "
        f"hash({', '.join(content)}) AS digest, "
        f"CAST(timezone('{zone}', timezone('UTC', ordered_at)) AS DATE) AS day FROM {quoted(rows)} WHERE named"
    )
    # Nearly all orders are sound: a cheap aggregate finds the few that need the exact look.
    suspects = (
        f"SELECT order_id FROM ({marked}) GROUP BY order_id, negative HAVING count(*) > 1 AND ("
        "NOT bool_and(is_line) OR min(customer_id) <> max(customer_id) OR min(day) <> max(day) "
        "OR (bool_or(is_total) AND min(amount) <> max(amount)) OR count(*) > count(DISTINCT digest))"
    )
    table = fresh_name("conflicts")
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS SELECT file, line, CASE "
        "WHEN place = 1 THEN NULL WHEN copy > 1 THEN 'duplicate' WHEN negative THEN NULL "
        "WHEN customer_id <> first_customer OR day <> first_day OR NOT is_line THEN 'order_conflict' "
        "WHEN is_total AND amount <> first_amount THEN 'order_conflict' END AS trouble FROM ("
        "SELECT *, row_number() OVER (PARTITION BY order_id, negative, digest ORDER BY file, line) AS copy, "
        "row_number() OVER w AS place, first_value(customer_id) OVER w AS first_customer, "
        "first_value(day) OVER w AS first_day, first_value(amount) OVER w AS first_amount "
        f"FROM ({marked}) WHERE order_id IN ({suspects}) "
        "WINDOW w AS (PARTITION BY order_id, negative ORDER BY file, line))"
    )
    engine.connection.execute(f"DELETE FROM {quoted(table)} WHERE trouble IS NULL")
    if engine.connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone() == (0,):
        engine.drop(table)
        return rows
    for number, stage in enumerate(stages):
        bad = f"SELECT line, trouble AS reason FROM {quoted(table)} WHERE file = {number}"
        place = stage.raw.headers.index(stage.columns["order"]) if "order" in stage.columns else 0
        ledger.add_query(stage.raw.label, stage.raw.table, len(stage.raw.headers), bad, f"r.c{place}")
    sound = (
        f"SELECT r.* FROM {quoted(rows)} r ANTI JOIN {quoted(table)} t ON r.file = t.file AND r.line = t.line"
    )
    kept = fresh_name("rows")
    engine.connection.execute(f"CREATE TEMP TABLE {quoted(kept)} AS {sound}")
    engine.drop(table)
    return kept


def _purchases(
    engine: DuckDBEngine,
    work: str,
    attributes: Sequence[str],
    stages: Sequence[Stage],
    money: Money,
    credit: str,
    *,
    several: bool,
) -> str:
    """Make the canonical table of purchases."""
    table = fresh_name("purchases")
    given = frozenset().union(*(stage.given for stage in stages))
    own = [quoted(name) for name in attributes]
    ending = "".join(f", {name}" for name in own)
    if not several:
        select = (
            f"SELECT order_id, customer_id, ordered_at, {money.minor('amount')} AS net_amount, "
            f"'{money.base}' AS currency, {_optional(given, 'margin', money.minor('margin'))} AS margin_amount, "
            f"{_optional(given, 'discount', money.minor('discount'))} AS discount_amount, coupon_code, channel{ending} "
            f"FROM {quoted(work)} WHERE NOT ({credit})"
        )
    else:
        firsts = "".join(f", min({name}) AS {name}" for name in own)
        select = (
            "SELECT order_id, min(customer_id) AS customer_id, min(ordered_at) AS ordered_at, "
            f"coalesce(max({money.minor('amount')}) FILTER (is_total), "
            f"CAST(sum({money.minor('amount')}) AS BIGINT)) AS net_amount, '{money.base}' AS currency, "
            f"{_optional(given, 'margin', _per_order(money.minor('margin')))} AS margin_amount, "
            f"{_optional(given, 'discount', _per_order(money.minor('discount')))} AS discount_amount, "
            f"min(coupon_code) AS coupon_code, min(channel) AS channel{firsts} "
            f"FROM {quoted(work)} WHERE NOT ({credit}) GROUP BY order_id"
        )
    engine.connection.execute(f"CREATE TEMP TABLE {quoted(table)} AS {select}")
    return table


def _optional(given: frozenset[str], name: str, expression: str) -> str:
    return expression if name in given else "CAST(NULL AS BIGINT)"


def _per_order(amount: str) -> str:
    """Return SQL of an amount per order: once where lines repeat the order's, else the sum of the lines."""
    return f"coalesce(max({amount}) FILTER (is_total), CAST(sum({amount}) AS BIGINT))"


def _order_lines(engine: DuckDBEngine, work: str, money: Money, credit: str) -> str:
    """Make the canonical table of order lines."""
    table = fresh_name("order_lines")
    order = "line_number NULLS LAST, product_id, quantity, unit, file, line"
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(table)} AS SELECT order_id, "
        f"CAST(row_number() OVER (PARTITION BY order_id ORDER BY {order}) AS BIGINT) AS line_number, "
        f"product_id, quantity, {money.minor('unit')} AS unit_amount, category "
        f"FROM {quoted(work)} WHERE NOT ({credit}) AND product_id IS NOT NULL"
    )
    return table


def _returns(
    engine: DuckDBEngine, work: str, purchases: str, linked: str, money: Money, credit: str
) -> tuple[str, list[str]]:
    """Make the canonical table of returns and say how many found no order."""
    table = fresh_name("returns")
    engine.connection.execute(
        f"""CREATE TEMP TABLE {quoted(table)} AS
        SELECT 'credit:' || credit_id || coalesce(':' || order_id, '') AS return_id, order_id, customer_id,
            min(returned_at) AS returned_at, CAST(sum(amount) AS BIGINT) AS amount
        FROM {quoted(linked)} GROUP BY credit_id, order_id, customer_id
        UNION ALL
        SELECT 'cancelled:' || p.order_id, p.order_id, p.customer_id, coalesce(w.at, p.ordered_at), p.net_amount
        FROM {quoted(purchases)} p JOIN (
            SELECT order_id, min(refunded_at) AS at FROM {quoted(work)}
            WHERE status = 'cancelled' AND NOT ({credit}) GROUP BY order_id
        ) w ON w.order_id = p.order_id WHERE p.net_amount > 0
        UNION ALL
        SELECT 'refund:' || p.order_id, p.order_id, p.customer_id, coalesce(w.at, p.ordered_at),
            least(w.amount, p.net_amount)
        FROM {quoted(purchases)} p JOIN (
            SELECT order_id, min(refunded_at) AS at,
                CASE WHEN bool_or(is_total) THEN max({money.minor("refund")})
                     ELSE CAST(sum({money.minor("refund")}) AS BIGINT) END AS amount
            FROM {quoted(work)} WHERE refund > 0 AND NOT ({credit}) GROUP BY order_id
            HAVING NOT bool_or(coalesce(status = 'cancelled', false))
        ) w ON w.order_id = p.order_id WHERE least(w.amount, p.net_amount) > 0"""
    )
    query = f"SELECT count(*), count(*) FILTER (order_id IS NULL) FROM {quoted(table)}"
    total, lost = engine.connection.execute(query).fetchall()[0]
    notes = [f"{total:,} returns were found." if total > 1 else "1 return was found."] if total else []
    if lost:
        notes.append(
            f"{lost:,} of {total:,} returns belong to no order in the data and count by their own date."
        )
    return table, notes
