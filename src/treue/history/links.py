"""Credit notes find the order they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine


def link_credits(engine: DuckDBEngine, work: str, purchases: str, minor: str, credit: str) -> str:
    """Return a table of the rows that give money back, each with its order where it can be found.

    Tried in this order: the order it names; the order of the same number, or of the number without
    a letter before or behind it (C536379, 1001-R); the customer's latest earlier order with that
    product at that price; the customer's latest earlier order of exactly that amount. A guess (the
    last two) is dropped where the returns of an order would exceed its amount.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    work : str
        Staged rows of all files.
    purchases : str
        The canonical purchases made from them.
    minor : str
        SQL of a row's amount in minor units.
    credit : str
        SQL of the rows that give money back.

    Returns
    -------
    str
        Engine table with ``credit_id, order_id, customer_id, returned_at, amount`` and the row's ``file, line``.
    """
    table = fresh_name("credits")
    own = f"abs({minor})"
    engine.connection.execute(
        f"""CREATE TEMP TABLE {quoted(table)} AS
        WITH credits AS (
            SELECT file, line, order_id AS credit_id, customer_id, ordered_at AS returned_at, {own} AS amount,
                product_id, abs(unit) AS unit, refers_to,
                nullif(regexp_extract(order_id, '^[A-Za-z]{{1,3}}[-_ ]?(\\d.*)$', 1), '') AS no_prefix,
                nullif(regexp_extract(order_id, '^(.*\\d)[-_ ]?[A-Za-z]{{1,6}}$', 1), '') AS no_suffix
            FROM {quoted(work)} WHERE {credit}
        ), wholes AS (
            SELECT credit_id, sum(amount) AS whole FROM credits GROUP BY credit_id
        ), named AS (
            SELECT c.file, c.line, arg_min(p.order_id, CASE p.order_id WHEN c.refers_to THEN 1
                WHEN c.credit_id THEN 2 WHEN c.no_prefix THEN 3 ELSE 4 END) AS order_id
            FROM (SELECT file, line, customer_id, credit_id, refers_to, no_prefix, no_suffix,
                unnest([refers_to, credit_id, no_prefix, no_suffix]) AS wanted FROM credits) c
            JOIN {quoted(purchases)} p ON p.order_id = c.wanted AND p.customer_id = c.customer_id
            GROUP BY c.file, c.line
        ), products AS (
            SELECT order_id, customer_id, ordered_at, product_id, abs(unit) AS unit
            FROM {quoted(work)} WHERE NOT ({credit}) AND product_id IS NOT NULL
                AND customer_id IN (SELECT customer_id FROM credits)
        ), by_product AS (
            SELECT c.file, c.line, arg_max(p.order_id, (p.ordered_at, p.order_id)) AS order_id
            FROM credits c JOIN products p ON p.customer_id = c.customer_id AND p.product_id = c.product_id
                AND p.ordered_at <= c.returned_at AND (p.unit = c.unit OR c.unit IS NULL)
            GROUP BY c.file, c.line
        ), by_amount AS (
            SELECT c.file, c.line, arg_max(p.order_id, (p.ordered_at, p.order_id)) AS order_id
            FROM credits c JOIN wholes w USING (credit_id) JOIN {quoted(purchases)} p
                ON p.customer_id = c.customer_id AND p.ordered_at <= c.returned_at AND p.net_amount = w.whole
            GROUP BY c.file, c.line
        ), linked AS (
            SELECT c.credit_id, c.customer_id, c.returned_at, c.amount, c.line, c.file, n.order_id IS NOT NULL AS sure,
                coalesce(n.order_id, b.order_id, a.order_id) AS order_id
            FROM credits c LEFT JOIN named n USING (file, line) LEFT JOIN by_product b USING (file, line)
                LEFT JOIN by_amount a USING (file, line)
        ), summed AS (
            SELECT *, sum(amount) OVER (PARTITION BY order_id ORDER BY sure DESC, returned_at, credit_id, amount, file, line)
                AS so_far FROM linked
        )
        SELECT s.credit_id, CASE WHEN s.sure OR s.so_far <= p.net_amount THEN s.order_id END AS order_id,
            s.customer_id, s.returned_at, s.amount, s.file, s.line
        FROM summed s LEFT JOIN {quoted(purchases)} p ON p.order_id = s.order_id WHERE s.amount > 0"""
    )
    return table
