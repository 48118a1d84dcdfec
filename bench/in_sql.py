"""The four reductions as a person who knows DuckDB writes them, from the Parquet file to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from bench.reductions import WINDOW_DAYS, Answer

if TYPE_CHECKING:
    from pathlib import Path

# One row per customer and day with a kept order, as day numbers.
DAYS = """
SELECT customer_id, (epoch_us(ordered_at) // 86400000000)::INTEGER AS day
FROM orders WHERE net_amount > 0 GROUP BY ALL
"""

RFM = """
WITH days AS (
  SELECT customer_id, (epoch_us(ordered_at) // 86400000000)::INTEGER AS day,
         count(*) FILTER (net_amount > 0) AS orders, sum(net_amount)::BIGINT AS amount
  FROM orders GROUP BY ALL HAVING orders > 0
), customers AS (
  SELECT customer_id, min(day) AS first_day, max(day) AS last_day, count(*) AS days,
         sum(orders)::BIGINT AS orders, sum(amount)::BIGINT AS amount
  FROM days GROUP BY customer_id
)
SELECT count(*), sum(first_day)::BIGINT, sum(last_day)::BIGINT, sum(days)::BIGINT, sum(orders)::BIGINT,
       sum(amount)::BIGINT, sum(last_day * orders)::BIGINT, sum(days * (amount % 1000))::BIGINT
FROM customers
"""

# A customer's months, once each; the first of them is the cohort.
COHORTS = """
WITH months AS (
  SELECT customer_id, (year(ordered_at) * 12 + month(ordered_at) - 1)::INTEGER AS month
  FROM orders WHERE net_amount > 0 GROUP BY ALL
), firsts AS (
  SELECT customer_id, min(month) AS cohort FROM months GROUP BY customer_id
)
SELECT cohort, month - cohort AS age, count(*) AS customers
FROM months JOIN firsts USING (customer_id) GROUP BY ALL ORDER BY ALL
"""

# A spell starts on a day of buying after a longer silence and ends so many days after its last one.
# `state just before day t`: start < t <= end.
RETENTION = f"""
WITH days AS ({DAYS}), told AS (
  SELECT customer_id, day, lag(day) OVER story AS before FROM days
  WINDOW story AS (PARTITION BY customer_id ORDER BY day)
), starts AS (
  SELECT customer_id, day, before + {WINDOW_DAYS} AS ended FROM told
  WHERE before IS NULL OR day - before > {WINDOW_DAYS}
), lasts AS (
  SELECT max(day) + {WINDOW_DAYS} AS ended FROM days GROUP BY customer_id
), events AS (
  SELECT date_trunc('month', DATE '1970-01-01' + day) AS month, count(*) FILTER (ended IS NULL) AS acquired,
         count(ended) AS reactivated, 0 AS lost, 0 AS returned
  FROM starts WHERE day <= $as_of GROUP BY month
  UNION ALL
  SELECT date_trunc('month', DATE '1970-01-01' + ended), 0, 0, count(*),
         count(*) FILTER (date_trunc('month', DATE '1970-01-01' + day)
                          = date_trunc('month', DATE '1970-01-01' + ended))
  FROM starts WHERE ended <= $as_of GROUP BY 1
  UNION ALL
  SELECT date_trunc('month', DATE '1970-01-01' + ended), 0, 0, count(*), 0
  FROM lasts WHERE ended <= $as_of GROUP BY 1
), months AS (
  SELECT month, sum(acquired)::BIGINT AS acquired, sum(reactivated)::BIGINT AS reactivated,
         sum(lost)::BIGINT AS lost, sum(returned)::BIGINT AS returned
  FROM events GROUP BY month
), sums AS (
  SELECT *, sum(acquired + reactivated - lost) OVER (ORDER BY month)::BIGINT AS at_end FROM months
)
SELECT (year(month) * 12 + month(month) - 1)::BIGINT, at_end - acquired - reactivated + lost AS at_start, at_end,
       at_end - acquired - reactivated + returned AS retained, acquired, reactivated, lost
FROM sums ORDER BY month
"""

# Changes only: a row when somebody's rung changes, never a row per customer and month.
LADDER = f"""
WITH days AS ({DAYS}), told AS (
  SELECT customer_id, day, lag(day) OVER story AS before, row_number() OVER story AS nth FROM days
  WINDOW story AS (PARTITION BY customer_id ORDER BY day)
), steps AS (
  SELECT day, before, nth, before + {WINDOW_DAYS} AS ended, day - before > {WINDOW_DAYS} AS after_silence
  FROM told WHERE nth <= 2 OR day - before > {WINDOW_DAYS}
), lasts AS (
  SELECT max(day) + {WINDOW_DAYS} AS ended, count(*) = 1 AS bought_once FROM days GROUP BY customer_id
), changes AS (
  SELECT day, count(*) FILTER (nth = 1) - count(*) FILTER (nth = 2 AND NOT after_silence) AS customers,
         count(*) FILTER (nth > 1) AS clients, -count(*) FILTER (nth > 1 AND after_silence) AS former
  FROM steps GROUP BY day
  UNION ALL
  SELECT ended, -count(*) FILTER (nth = 2), -count(*) FILTER (nth > 2), count(*)
  FROM steps WHERE after_silence GROUP BY ended
  UNION ALL
  SELECT ended, -count(*) FILTER (bought_once), -count(*) FILTER (NOT bought_once), count(*)
  FROM lasts GROUP BY ended
), months AS (
  SELECT date_trunc('month', DATE '1970-01-01' + day) AS month, sum(customers) AS customers,
         sum(clients) AS clients, sum(former) AS former
  FROM changes WHERE day <= $as_of GROUP BY month
)
SELECT (year(month) * 12 + month(month))::BIGINT, sum(customers) OVER past::BIGINT,
       sum(clients) OVER past::BIGINT, sum(former) OVER past::BIGINT
FROM months WINDOW past AS (ORDER BY month) ORDER BY month
"""

QUERIES = {"rfm": RFM, "cohorts": COHORTS, "retention": RETENTION, "ladder": LADDER}


def reduce_orders(names: tuple[str, ...], orders: Path, as_of_day: int) -> dict[str, Answer]:
    """Return the answers of the reductions named."""
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"CREATE VIEW orders AS FROM read_parquet('{orders}')")
    answers = {}
    for name in names:
        values = {"as_of": as_of_day} if "$as_of" in QUERIES[name] else {}
        answers[name] = [list(row) for row in connection.execute(QUERIES[name], values).fetchall()]
    connection.close()
    return answers
