"""The papers' data for the models."""

import duckdb
import numpy as np
import pytest

from treue.models.summary import Summary


@pytest.fixture(scope="session")
def cdnow_sample(shared_data) -> Summary:
    """Return the 2,357 customers of the papers, to week 39, in weeks."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """WITH days AS (SELECT DISTINCT customer_id, ordered_at AS day FROM read_csv(?)
                             WHERE ordered_at <= DATE '1997-09-30')
               SELECT count(*) - 1, max(day) - min(day), DATE '1997-09-30' - min(day) FROM days
               GROUP BY customer_id""",
            [str(shared_data / "cdnow_sample_orders.csv")],
        ).fetchall()
    x, t_x, age = np.array(rows, dtype=float).T
    return Summary.of(x, t_x / 7, age / 7, unit="week")
