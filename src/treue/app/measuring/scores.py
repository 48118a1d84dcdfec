"""One row per customer: where it stands, how it buys, what it is expected to do, and what is at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from treue.app.measuring.extract import hidden_customers
from treue.kernel.errors import NotEnoughData
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.history.history import History

MONTH_DAYS: Final = 30
YEAR_DAYS: Final = 365
GONE_SHARE: Final = 0.95

COLUMNS: Final = (
    "customer_id",
    "rung",
    "rung_since",
    "rung_before",
    "evidence",
    "orders_count",
    "net_amount",
    "first_on",
    "last_on",
    "silent_days",
    "usual_gap_days",
    "return_share",
    "alive_share",
    "value_ahead",
    "stake",
    "care_rank",
    "risk",
    "recency_score",
    "frequency_score",
    "money_score",
)
"""The columns of a score that the library fills, in the order of :func:`score_table`."""


def score_table(history: History) -> pa.Table:
    """Return what the library says of each customer.

    Parameters
    ----------
    history : History
        Whose engine is DuckDB.

    Returns
    -------
    pyarrow.Table
        :data:`COLUMNS`; a customer who objected to scores is not in it.
    """
    engine = history.engine
    standing = _standing(history, None)
    before = _standing(history, history.as_of_day + 1 - MONTH_DAYS)
    bought = _bought(history)
    ahead = _ahead(history)
    care = _care(history)
    names = {
        name: engine.load(table, f"score_{name}")
        for name, table in (
            ("now", standing),
            ("before", before),
            ("bought", bought),
            ("ahead", ahead),
            ("care", care),
        )
    }
    sql = _JOINED.format(as_of=history.as_of.isoformat(), gone=GONE_SHARE, **names)
    found: pa.Table = engine.connection.sql(sql).to_arrow_table()  # type: ignore[attr-defined]
    return _without(found, hidden_customers(no_profiling=True))


_JOINED = """
SELECT CAST(people.customer_id AS BIGINT) AS customer_id,
       coalesce(now.rung, '') AS rung,
       DATE '1970-01-01' + now.since_day AS rung_since,
       coalesce(before.rung, '') AS rung_before,
       coalesce(now.evidence, '') AS evidence,
       coalesce(bought.orders_count, 0) AS orders_count,
       coalesce(bought.net_amount, 0) AS net_amount,
       DATE '1970-01-01' + bought.first_day AS first_on,
       DATE '1970-01-01' + bought.last_day AS last_on,
       CAST(DATE '{as_of}' - (DATE '1970-01-01' + bought.last_day) AS INTEGER) AS silent_days,
       care.usual_gap_days AS usual_gap_days,
       ahead.return_share AS return_share,
       ahead.alive_share AS alive_share,
       ahead.value_ahead AS value_ahead,
       care.stake AS stake,
       care.care_rank AS care_rank,
       CASE WHEN bought.last_day IS NULL THEN ''
            WHEN ahead.alive_share IS NOT NULL AND 1 - ahead.alive_share >= {gone} THEN 'gone'
            WHEN care.care_rank IS NOT NULL THEN 'silent'
            ELSE 'none' END AS risk,
       bought.recency_score, bought.frequency_score, bought.money_score
FROM (SELECT customer_id FROM {now} UNION SELECT customer_id FROM {bought}) AS people
LEFT JOIN {now} AS now USING (customer_id)
LEFT JOIN {before} AS before USING (customer_id)
LEFT JOIN {bought} AS bought USING (customer_id)
LEFT JOIN {ahead} AS ahead USING (customer_id)
LEFT JOIN {care} AS care USING (customer_id)
ORDER BY 1
"""


def _standing(history: History, day: int | None) -> pa.Table:
    import pyarrow as pa

    from treue.ladder.standing import rungs_at

    try:
        return history.engine.arrow(
            rungs_at(history, day).select("customer_id", "rung", "since_day", "evidence")
        )
    except NotEnoughData:
        empty = pa.schema(
            [
                ("customer_id", pa.string()),
                ("rung", pa.string()),
                ("since_day", pa.int32()),
                ("evidence", pa.string()),
            ]
        )
        return empty.empty_table()


def _bought(history: History) -> pa.Table:
    """Return orders, amounts, days and the three scores of each buyer."""
    import pyarrow as pa

    from treue.measures.rfm import rfm_scores

    if not history.has("purchases"):
        names = (
            "orders_count",
            "net_amount",
            "first_day",
            "last_day",
            "recency_score",
            "frequency_score",
            "money_score",
        )
        return pa.schema(
            [("customer_id", pa.string()), *((name, pa.int64()) for name in names)]
        ).empty_table()
    F = history.engine.F
    scored = rfm_scores(history)
    firsts = history.active_days.groupBy("customer_id").agg(F.min("day").alias("first_day"))
    firsts = firsts.withColumnRenamed("customer_id", "first_customer_id")
    joined = scored.join(firsts, on=F.col("customer_id") == F.col("first_customer_id"), how="left")
    return history.engine.arrow(
        joined.select(
            "customer_id",
            "orders_count",
            "net_amount",
            F.col("first_day").cast("int").alias("first_day"),
            (F.lit(history.as_of_day) - F.col("recency_days")).cast("int").alias("last_day"),
            "recency_score",
            "frequency_score",
            F.col("value_score").alias("money_score"),
        )
    )


def _ahead(history: History) -> pa.Table:
    """Return what a model that passed its back-test expects of each buyer; nothing where none did."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from treue.history.worth import find_worth
    from treue.models.choice import choose_model
    from treue.models.expected import HORIZON_DAYS
    from treue.models.predictions import make_predictions

    empty = pa.schema(
        [
            ("customer_id", pa.string()),
            ("return_share", pa.float64()),
            ("alive_share", pa.float64()),
            ("value_ahead", pa.int64()),
        ]
    ).empty_table()
    if not history.has("purchases"):
        return empty
    choice = choose_model(history)
    if choice.model is None:
        return empty
    soon = make_predictions(history, HORIZON_DAYS, choice, dates=False).table
    year = make_predictions(history, YEAR_DAYS, choice, dates=False).table
    share = find_worth(history).share or 1.0
    major = pc.multiply(
        year["expected_revenue"].cast(pa.float64()), pa.scalar(share * 10 ** minor_digits(history.currency))
    )
    return pa.table(
        {
            "customer_id": soon["customer_id"],
            "return_share": soon["probability_of_purchase"].cast(pa.float64()),
            "alive_share": soon["probability_alive"].cast(pa.float64()),
            "value_ahead": pc.round(major).cast(pa.int64()),
        }
    )


def _care(history: History) -> pa.Table:
    import pyarrow as pa

    from treue.report.at_risk import ranked_care

    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("usual_gap_days", pa.float64()),
            ("stake", pa.int64()),
            ("care_rank", pa.int32()),
        ]
    )
    if not history.has("purchases"):
        return schema.empty_table()
    try:
        rows = ranked_care(history)
    except NotEnoughData:
        return schema.empty_table()
    return pa.table(
        {
            "customer_id": [row["customer_id"] for row in rows],
            "usual_gap_days": [float(row["usual_gap_days"]) for row in rows],
            "stake": [int(row["stake"]) for row in rows],
            "care_rank": list(range(1, len(rows) + 1)),
        },
        schema=schema,
    )


def _without(table: pa.Table, hidden: list[int]) -> pa.Table:
    if not hidden:
        return table
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.invert(pc.is_in(table["customer_id"], pa.array(hidden, pa.int64()))))


def write_scores(run_id: int, table: pa.Table) -> None:
    """Write the scores of a run that nobody sees yet.

    Parameters
    ----------
    run_id : int
        The run.
    table : pyarrow.Table
        From :func:`score_table`.
    """
    import pyarrow as pa

    rows = table.append_column("run_id", pa.array([run_id] * len(table), pa.int64()))
    if connection.vendor == "sqlite":
        for name in ("rung_since", "first_on", "last_on"):
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, rows[name].cast(pa.string()))
        _write_by_rows(rows)
        return
    from adbc_driver_postgresql import dbapi

    from treue.app.customers.importing.staging import postgres_address

    with dbapi.connect(postgres_address()) as writer:
        with writer.cursor() as cursor:
            cursor.adbc_ingest("measuring_score", rows, mode="append")
        writer.commit()


def _write_by_rows(rows: pa.Table) -> None:
    """Write through Django's own connection: SQLite has one writer, and this one holds its lock in turns."""
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    places = ", ".join(["%s"] * len(rows.column_names))
    sql = f"INSERT INTO measuring_score ({names}) VALUES ({places})"
    for batch in rows.to_batches(max_chunksize=20_000):
        columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
        with connection.cursor() as cursor:
            cursor.executemany(sql, list(zip(*columns, strict=True)))
