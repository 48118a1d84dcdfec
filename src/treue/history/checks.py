"""Rows that cannot be used are set aside with a reason, counted, and never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.reading import SetAside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.engine.duckdb import DuckDBEngine

EXAMPLES = 20
ROW_CHARACTERS = 500

REASONS: dict[str, str] = {
    "no_customer": "there is no customer",
    "bad_customer": "the customer is longer than 200 characters",
    "bad_order": "the order number is longer than 200 characters",
    "no_time": "there is no date",
    "bad_time": "the date cannot be read, or is before 1970 or after 2199",
    "future_date": "the date is in the future",
    "no_amount": "there is no amount",
    "bad_amount": "the amount is not a number, or is beyond ten trillion",
    "bad_quantity": "the quantity is not a number",
    "bad_currency": "the currency is not a known code",
    "not_paid": "the order was never paid",
    "duplicate": "the same row of the same order stands in the data already",
    "order_conflict": "the order number stands in the data already with other content",
    "number_conflict": "the number stands in the data already for another customer",
    "bad_period": "the end is before the start",
    "missing": "a required value is missing",
    "bad_value": "a value has the wrong kind",
    "bad_json": "the line is not a JSON object",
    "nul_byte": "the row holds NUL bytes",
    "too_many_cells": "the row has more cells than the header",
    "too_long": "the line is too long",
    "unbalanced_quote": "a quotation mark is opened and not closed",
}
"""Every reason for setting a row aside: code to the sentence that explains it."""

SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("row", pa.string()),
    ]
)


def sentences(reason: str) -> str:
    """Return SQL that turns an expression of reason codes into sentences."""
    cases = " ".join(f"WHEN '{code}' THEN '{text}'" for code, text in REASONS.items())
    return f"(CASE {reason} {cases} ELSE {reason} END)"


class Ledger:
    """All rows set aside, in one engine table.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the table lives.
    """

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine
        self.table = fresh_name("set_aside")
        engine.connection.execute(
            f"CREATE TEMP TABLE {quoted(self.table)} "
            "(path VARCHAR, line BIGINT, reason VARCHAR, message VARCHAR, row VARCHAR)"
        )

    def add(self, rows: Sequence[SetAside]) -> None:
        """Set aside rows that were found bad while they were split into cells."""
        for start in range(0, len(rows), 20_000):
            part = rows[start : start + 20_000]
            arrow = pa.Table.from_arrays(
                [
                    pa.array([getattr(row, name) for row in part], SCHEMA.field(name).type)
                    for name in SCHEMA.names
                ],
                schema=SCHEMA,
            )
            self._engine.connection.register("treue_incoming", arrow)
            self._engine.connection.execute(f"INSERT INTO {quoted(self.table)} SELECT * FROM treue_incoming")
            self._engine.connection.unregister("treue_incoming")

    def add_query(self, label: str, raw: str, width: int, bad: str, value: str) -> None:
        """Set aside rows that a query found.

        Parameters
        ----------
        label : str
            The file as the user named it.
        raw : str
            Its table of texts.
        width : int
            Number of its columns.
        bad : str
            SQL with the columns ``line`` and ``reason``.
        value : str
            SQL over the table of texts and ``reason``: the value that is wrong.
        """
        cells = ", ".join(f"coalesce(r.c{i}, '')" for i in range(width))
        self._engine.connection.execute(
            f"INSERT INTO {quoted(self.table)} "
            f"SELECT ?, r.line, b.reason, {sentences('b.reason')} || "
            f"coalesce(' (' || left(nullif(trim({value}), ''), 80) || ')', ''), "
            f"left(concat_ws(', ', {cells}), {ROW_CHARACTERS}) "
            f"FROM {quoted(raw)} r JOIN ({bad}) b ON r.line = b.line",
            [label],
        )

    def forget(self, label: str) -> None:
        """Drop the rows of a file that turned out not to be used at all."""
        self._engine.connection.execute(f"DELETE FROM {quoted(self.table)} WHERE path = ?", [label])

    def counts_by_file(self) -> dict[str, int]:
        """Return how many rows of each file were set aside."""
        query = f"SELECT path, count(*) FROM {quoted(self.table)} GROUP BY path"
        return dict(self._engine.connection.execute(query).fetchall())

    def counts_by_reason(self) -> dict[str, int]:
        """Return how many rows were set aside for each reason, the most frequent first."""
        query = f"SELECT reason, count(*) FROM {quoted(self.table)} GROUP BY reason ORDER BY 2 DESC, 1"
        return dict(self._engine.connection.execute(query).fetchall())

    def examples(self) -> tuple[SetAside, ...]:
        """Return the first rows of each reason, at most 20 each."""
        rows = self._engine.connection.execute(
            f"SELECT path, line, reason, message, row FROM {quoted(self.table)} "
            f"QUALIFY row_number() OVER (PARTITION BY reason ORDER BY path, line) <= {EXAMPLES} "
            "ORDER BY reason, path, line"
        ).fetchall()
        return tuple(
            SetAside(path=path, line=line, reason=reason, message=message, row=row)
            for path, line, reason, message, row in rows
        )
