"""What is said of customers with a running contract, as a part of the scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from treue.kernel.units import day_of

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.history import History

ENDING: Final = "ending"
LEAVING: Final = "leaving"
STEADY: Final = "steady"


def contract_part(history: History, engine: DuckDBEngine) -> str:
    """Put what is said of each customer with a running contract into a table.

    Parameters
    ----------
    history : History
        In the engine; its customers' ids are keys of the database.
    engine : DuckDBEngine
        Where the table goes.

    Returns
    -------
    str
        Name of a table with the columns ``customer_id``, ``yearly_amount``, ``ends_on``, ``loss_share``,
        ``value_ahead``, ``stake``, ``care_rank``, ``risk``, ``reasons``; empty where contracts do not decide who
        is active.
    """
    import numpy as np
    import pyarrow as pa

    from treue.models.contract_care import contract_care

    care = contract_care(history)
    columns: dict[str, pa.Array] = {
        "customer_id": pa.array([], pa.string()),
        "yearly_amount": pa.array([], pa.int64()),
        "ends_on": pa.array([], pa.date32()),
        "loss_share": pa.array([], pa.float64()),
        "value_ahead": pa.array([], pa.float64()),
        "stake": pa.array([], pa.int64()),
        "care_rank": pa.array([], pa.int32()),
        "risk": pa.array([], pa.string()),
        "reasons": pa.array([], pa.string()),
    }
    if care is None:
        return engine.load(pa.table(columns), "score_contract")
    count = len(care.customer_id)
    ranked = care.ranked()
    ranks: list[int | None] = [None] * count
    stakes: list[int | None] = [None] * count
    reasons: list[str | None] = [None] * count
    listed = zip(ranked.tolist(), care.stake[ranked].tolist(), care.reasons(ranked), strict=True)
    for rank, (place, stake, told) in enumerate(listed, start=1):
        ranks[place] = rank
        stakes[place] = int(stake)
        reasons[place] = json.dumps([[one.code, one.value] for one in told]) if told else None

    def known(values: Any) -> pa.Array:
        return pa.array(values, pa.float64(), mask=np.isnan(values))

    agreed = care.agreed.tolist()
    kinds = zip(care.soon.tolist(), care.unusual.tolist(), care.known.tolist(), strict=True)
    columns |= {
        "customer_id": care.customer_id,
        "yearly_amount": pa.array(care.yearly, mask=care.yearly == 0),
        "ends_on": pa.array(
            [day_of(day) if over else None for day, over in zip(care.ends_day.tolist(), agreed, strict=True)],
            pa.date32(),
        ),
        "loss_share": known(care.loss),
        "value_ahead": known(np.rint(care.ahead)),
        "stake": pa.array(stakes, pa.int64()),
        "care_rank": pa.array(ranks, pa.int32()),
        "risk": pa.array(
            [
                ENDING if soon else LEAVING if odd else STEADY if certain else ""
                for soon, odd, certain in kinds
            ]
        ),
        "reasons": pa.array(reasons, pa.string()),
    }
    return engine.load(pa.table(columns), "score_contract")
