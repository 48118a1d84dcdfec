"""Who is who: records that were found to be one customer, reversibly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


def merge_map(merges: Iterable[Mapping[str, Any]], before: datetime | None = None) -> dict[str, str]:
    """Return where each merged id ended up.

    Parameters
    ----------
    merges : iterable of mapping
        Rows with ``from_id``, ``into_id``, ``merged_at`` and ``undone_at`` (None while in force).
    before : datetime.datetime, optional
        Only merges made before this UTC instant, and not undone before it, count: so a report as of
        an earlier day can be reproduced.

    Returns
    -------
    dict
        From every id that was merged away to the id that stayed. Chains are followed; a merge of a
        record with itself, or one that would close a circle, changes nothing.

    Examples
    --------
    >>> from datetime import datetime
    >>> day = datetime(2026, 1, 1)
    >>> merge_map([{"from_id": "a", "into_id": "b", "merged_at": day, "undone_at": None},
    ...            {"from_id": "b", "into_id": "c", "merged_at": day, "undone_at": None}])
    {'a': 'c', 'b': 'c'}
    """
    into: dict[str, str] = {}

    def root(identity: str) -> str:
        while identity in into:
            identity = into[identity]
        return identity

    rows = [
        row
        for row in merges
        if before is None or (row["merged_at"] is not None and row["merged_at"] < before)
    ]
    for row in sorted(rows, key=lambda row: (row["merged_at"], row["from_id"], row["into_id"])):
        undone = row.get("undone_at")
        if undone is not None and (before is None or undone < before):
            continue
        here, there = root(row["from_id"]), root(row["into_id"])
        if here != there:
            into[here] = there
    return {identity: root(identity) for identity in into}
