"""What went back of an order that is there already, in the money in which the order stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from treue.app.customers.importing.staging import Staging


def as_stored(cursor: CursorWrapper, staging: Staging, *, converted: bool) -> None:
    """Let no more go back of an order than stands in the records for it.

    An order that is there stays as it is, also where a later file states another amount or is converted at another
    rate. Of a cancelled one all of that goes back, of a refunded one the share that the file states, and no more
    than all.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction, after the purchases have landed and before the returns do.
    staging : Staging
        Holds both; amounts of returns change.
    converted : bool
        Whether amounts of the file were converted at rates.
    """
    least = "min" if staging.vendor == "sqlite" else "least"
    share, kinds = "r.amount", "r.code LIKE 'cancelled:%' OR r.code LIKE 'refund:%'"
    if converted:
        at_rate = "CAST(round(r.amount * 1.0 * p.net_amount / s.net_amount) AS BIGINT)"
        share = f"CASE WHEN s.net_amount > 0 THEN {at_rate} ELSE r.amount END"
        kinds += " OR r.code LIKE 'credit:%'"
    cursor.execute(
        f"UPDATE {staging.name('returns')} AS r SET amount = CASE WHEN r.code LIKE 'cancelled:%' THEN p.net_amount "
        f"WHEN r.code LIKE 'refund:%' THEN {least}(p.net_amount, {share}) ELSE {share} END "
        f"FROM {staging.name('purchases')} s, customers_purchase p WHERE s.code = r.purchase_code "
        f"AND p.code = s.code AND p.net_amount <> s.net_amount AND p.net_amount > 0 AND ({kinds})"
    )
