"""One row per customer: where it stands, how it buys, what it is expected to do, and what is at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.measuring.contract_scores import contract_part
from treue.app.measuring.parts import COLUMNS, parts_of
from treue.kernel.errors import NotEnoughData
from treue.kernel.units import minor_digits
from treue.ladder.rungs import FORMER, RUNGS

if TYPE_CHECKING:
    import pyarrow as pa

    from treue.app.measuring.people import Persons
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.history import History

MONTH_DAYS: Final = 30
YEAR_DAYS: Final = 365
_AHEAD: Final = ("value_ahead", "orders_ahead", "orders_ahead_low", "orders_ahead_high", "order_worth")
GONE_SHARE: Final = 0.95

TYPES: Final[dict[str, str]] = {
    "customer_id": "BIGINT",
    "rung": "VARCHAR",
    "rung_since": "DATE",
    "rung_before": "VARCHAR",
    "moved": "SMALLINT",
    "evidence": "VARCHAR",
    "orders_count": "INTEGER",
    "net_amount": "BIGINT",
    "first_on": "DATE",
    "last_on": "DATE",
    "silent_days": "INTEGER",
    "usual_gap_days": "DOUBLE",
    "gaps_count": "INTEGER",
    "return_share": "DOUBLE",
    "alive_share": "DOUBLE",
    "value_ahead": "BIGINT",
    "orders_ahead": "DOUBLE",
    "orders_ahead_low": "INTEGER",
    "orders_ahead_high": "INTEGER",
    "order_worth": "BIGINT",
    "stake": "BIGINT",
    "care_rank": "INTEGER",
    "risk": "VARCHAR",
    "recency_score": "SMALLINT",
    "frequency_score": "SMALLINT",
    "money_score": "SMALLINT",
    "yearly_amount": "BIGINT",
    "ends_on": "DATE",
    "loss_share": "DOUBLE",
    "reasons": "VARCHAR",
    **COLUMNS,
}
"""The columns of a score that the library fills, and their types in the engine."""


def score_table(history: History, engine: DuckDBEngine, persons: Persons) -> str:
    """Put what the library says of each customer into one table.

    Parameters
    ----------
    history : History
        In the engine; its customers' ids are keys of the database.
    engine : DuckDBEngine
        Where the table goes.
    persons : Persons
        Who objected to scores: they have no row.

    Returns
    -------
    str
        Name of a table with the columns :data:`TYPES`.
    """
    parts = {
        "now": _standing(history, engine),
        "before": _before(history, engine),
        "bought": _bought(history, engine),
        "rhythm": _rhythm(history, engine),
        "ahead": _ahead(history, engine),
        "care": _care(history, engine),
        "contract": contract_part(history, engine),
        **_parts(history, engine),
        "objected": _loaded(
            engine, "objected", id=("VARCHAR", [str(one) for one in sorted(persons.objected)])
        ),
    }
    made = _JOINED.format(as_of=history.as_of.isoformat(), gone=GONE_SHARE, levels=[FORMER, *RUNGS], **parts)
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in TYPES.items())
    engine.connection.execute(
        f"CREATE TEMP TABLE scores AS SELECT {columns} FROM ({made}) ORDER BY customer_id"
    )
    return "scores"


_JOINED = """
SELECT people.customer_id,
       coalesce(now.rung, '') AS rung,
       DATE '1970-01-01' + now.since_day AS rung_since,
       coalesce(before.rung, '') AS rung_before,
       nullif(sign(list_position({levels}, now.rung) - list_position({levels}, before.rung)), 0) AS moved,
       coalesce(now.evidence, '') AS evidence,
       coalesce(bought.orders_count, 0) AS orders_count,
       coalesce(bought.net_amount, 0) AS net_amount,
       DATE '1970-01-01' + bought.first_day AS first_on,
       DATE '1970-01-01' + bought.last_day AS last_on,
       DATE '{as_of}' - (DATE '1970-01-01' + bought.last_day) AS silent_days,
       rhythm.usual_gap_days, coalesce(rhythm.gaps_count, 0) AS gaps_count,
       ahead.return_share, ahead.alive_share, coalesce(ahead.value_ahead, contract.value_ahead) AS value_ahead,
       ahead.orders_ahead, ahead.orders_ahead_low, ahead.orders_ahead_high, ahead.order_worth,
       coalesce(care.stake, contract.stake) AS stake, coalesce(care.care_rank, contract.care_rank) AS care_rank,
       CASE WHEN contract.customer_id IS NOT NULL THEN contract.risk
            WHEN care.care_rank IS NOT NULL THEN 'silent'
            WHEN 1 - ahead.alive_share >= {gone} THEN 'gone'
            WHEN now.rung = 'former' THEN 'lapsed'
            WHEN rhythm.gaps_count >= 1 THEN 'none'
            ELSE '' END AS risk,
       bought.recency_score, bought.frequency_score, bought.money_score,
       contract.yearly_amount, contract.ends_on, contract.loss_share, contract.reasons,
       {parts}
FROM (SELECT customer_id FROM {now} UNION SELECT customer_id FROM {bought}) AS people
LEFT JOIN {now} AS now USING (customer_id)
LEFT JOIN {before} AS before USING (customer_id)
LEFT JOIN {bought} AS bought USING (customer_id)
LEFT JOIN {rhythm} AS rhythm USING (customer_id)
LEFT JOIN {ahead} AS ahead USING (customer_id)
LEFT JOIN {care} AS care USING (customer_id)
LEFT JOIN {contract} AS contract USING (customer_id)
{parted}
ANTI JOIN {objected} AS objected ON objected.id = people.customer_id
"""


def _standing(history: History, engine: DuckDBEngine) -> str:
    from treue.ladder.standing import rungs_at

    try:
        held = rungs_at(history).select("customer_id", "rung", "since_day", "evidence")
    except NotEnoughData:
        empty: list[Any] = []
        return _loaded(
            engine,
            "now",
            customer_id=("VARCHAR", empty),
            rung=("VARCHAR", empty),
            since_day=("INTEGER", empty),
            evidence=("VARCHAR", empty),
        )
    return engine.persist(held, "score_now")


def _before(history: History, engine: DuckDBEngine) -> str:
    """Keep on which rung each stood a month before, without asking again why."""
    from treue.ladder.stays import ladder_stays

    at = history.as_of_day + 1 - MONTH_DAYS
    try:
        stays = ladder_stays(history).frame
    except NotEnoughData:
        return _loaded(engine, "before", customer_id=("VARCHAR", []), rung=("VARCHAR", []))
    F = history.engine.F
    held = stays.where((F.col("from_day") < F.lit(at)) & (F.col("to_day") >= F.lit(at)))
    return engine.persist(held.select("customer_id", "rung"), "score_before")


def _bought(history: History, engine: DuckDBEngine) -> str:
    """Keep orders, amounts, days and the three scores of each buyer."""
    from treue.measures.rfm import rfm_scores

    numbers = [
        "orders_count",
        "net_amount",
        "first_day",
        "last_day",
        "recency_score",
        "frequency_score",
        "money_score",
    ]
    if not history.has("purchases"):
        empty: dict[str, tuple[str, list[Any]]] = {name: ("INTEGER", []) for name in numbers}
        return _loaded(engine, "bought", customer_id=("VARCHAR", []), **empty)
    F = engine.F
    scored = rfm_scores(history)
    days = history.customer_summary.select(F.col("customer_id").alias("summary_id"), "first_day", "last_day")
    joined = scored.join(days, on=F.col("customer_id") == F.col("summary_id"), how="inner")
    money = F.col("value_score").alias("money_score")
    return engine.persist(
        joined.select(
            *("customer_id", "orders_count", "net_amount", "first_day", "last_day"),
            *("recency_score", "frequency_score", money),
        ),
        "score_bought",
    )


def _rhythm(history: History, engine: DuckDBEngine) -> str:
    """Keep the usual gap of everybody who bought on two days or more, as the care list has it."""
    from treue.history.spells import rhythm_reach

    if not history.has("purchases"):
        empty: dict[str, tuple[str, list[Any]]] = {
            "usual_gap_days": ("DOUBLE", []),
            "gaps_count": ("INTEGER", []),
        }
        return _loaded(engine, "rhythm", customer_id=("VARCHAR", []), **empty)
    F = engine.F
    reach = rhythm_reach(engine, history.active_days).where(F.col("gaps_count") >= F.lit(1))
    return engine.persist(
        reach.select("customer_id", F.col("median_gap_days").alias("usual_gap_days"), "gaps_count"),
        "score_rhythm",
    )


def _ahead(history: History, engine: DuckDBEngine) -> str:
    """Keep what a model that passed its back-test expects of each buyer; nothing where none did."""
    import pyarrow as pa

    from treue.models.expected import outlook_ahead

    soon = outlook_ahead(history) if history.has("purchases") else None
    if soon is None:
        names = ("return_share", "alive_share", *_AHEAD)
        empty: dict[str, tuple[str, list[Any]]] = {name: ("DOUBLE", []) for name in names}
        return _loaded(engine, "ahead", customer_id=("VARCHAR", []), **empty)
    table = soon.predictions.table
    return engine.load(
        pa.table(
            {
                "customer_id": table["customer_id"],
                "return_share": table["probability_of_purchase"],
                "alive_share": table["probability_alive"],
                **_value_ahead(history),
            }
        ),
        "score_ahead",
    )


def _value_ahead(history: History) -> dict[str, pa.Array]:
    """Return the expected worth of the next year of each buyer and what it is made of, in the order of the predictions.

    Purchases with their limits, net revenue of each in minor units, and both times the firm's margin.
    """
    import numpy as np

    from treue.history.worth import find_worth
    from treue.models.choice import choose_model
    from treue.models.expected import outlook_ahead
    from treue.models.predictions import known, limits_of_purchases
    from treue.models.summary import length_of

    model, soon = choose_model(history).model, outlook_ahead(history)
    if model is None or soon is None:
        raise NotEnoughData("no model may be used, so nothing is predicted")
    rows, worth = soon.predictions.distinct, soon.predictions.value.expected
    days = length_of(model.unit)
    orders = model.expected_purchases_of_customer(rows.x, rows.t_x / days, rows.T / days, YEAR_DAYS / days)
    orders = orders[rows.place]
    low, high = limits_of_purchases(model, rows, YEAR_DAYS)
    counts = {
        "orders_ahead": known(orders),
        "orders_ahead_low": known(low[rows.place]),
        "orders_ahead_high": known(high[rows.place]),
    }
    if worth is None:
        nobody = known(np.full(len(rows.place), np.nan))
        return {"value_ahead": nobody, "order_worth": nobody, **counts}
    share, minor = find_worth(history).share, 10 ** minor_digits(history.currency)
    return {
        "value_ahead": known(np.round(orders * worth * ((1.0 if share is None else share) * minor))),
        "order_worth": known(np.round(worth * minor)),
        **counts,
    }


def _care(history: History, engine: DuckDBEngine) -> str:
    from treue.report.at_risk import ranked_care

    rows: list[dict[str, Any]] = []
    if history.has("purchases"):
        try:
            rows = ranked_care(history)
        except NotEnoughData:
            rows = []
    return _loaded(
        engine,
        "care",
        customer_id=("VARCHAR", [row["customer_id"] for row in rows]),
        stake=("BIGINT", [int(row["stake"]) for row in rows]),
        care_rank=("INTEGER", list(range(1, len(rows) + 1))),
    )


def _parts(history: History, engine: DuckDBEngine) -> dict[str, str]:
    """Keep in which part of which figures each is, as columns and joins; null where the history cannot tell."""
    told = dict.fromkeys(COLUMNS, "NULL")
    joins = []
    for number, (frame, columns) in enumerate(parts_of(history)):
        name = f"part_{number}"
        told |= {column: f"{name}.{column}" for column in columns}
        table = engine.persist(frame, f"score_{name}")
        joins.append(f"LEFT JOIN {table} AS {name} USING (customer_id)")
    return {
        "parts": ", ".join(f"{where} AS {column}" for column, where in told.items()),
        "parted": "\n".join(joins),
    }


def _loaded(engine: DuckDBEngine, hint: str, **columns: tuple[str, list[Any]]) -> str:
    """Load a small table whose columns are given with their types."""
    import pyarrow as pa

    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
    table = pa.table({name: pa.array(values, kinds[kind]) for name, (kind, values) in columns.items()})
    return engine.load(table, f"score_{hint}")
