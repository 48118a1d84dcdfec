"""Take a filter apart where any of its conditions is enough, and an index finds who fits each of them.

No index finds who fits one condition or another. Where each has its own, they are asked one after the other and who was
found is put together; where one has none, all are asked of everybody at once, and of many the first are found soon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.condition_fields import field_of
from treue.app.customers.conditions import check
from treue.app.customers.models import Customer
from treue.app.customers.named import NAMED
from treue.app.customers.trigrams import INDEXED, parts

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOKED_UP: Final = frozenset(
    {
        *("net_amount", "orders_count", "last_on", "return_share", "value_ahead", "stake", "again_days"),
        *("rung", "part", "silence", "paying", "stands", "moved"),
    }
)
"""Columns of the scores that an index begins with, behind the run: each is written every night."""

NOT_BY_INDEX: Final = frozenset({"is_not", "empty"})
"""Comparisons that hold for those whom an index does not find."""


def alternatives(tree: Mapping[str, Any], attributes: frozenset[str]) -> list[dict[str, Any]]:
    """Return the trees of which any is enough, each of them found by an index; else the whole tree.

    Parameters
    ----------
    tree : mapping
        See :mod:`treue.app.customers.conditions`.
    attributes : frozenset of str
        Further columns that there are.

    Returns
    -------
    list of dict
        Whoever fits one of them fits the tree, and nobody else does.

    Raises
    ------
    WrongArgument
        When a condition cannot be.
    """
    whole = check(dict(tree), attributes)
    groups = whole["groups"]
    if len(groups) == 1 and groups[0]["match"] == "any":
        groups = [{**groups[0], "conditions": [one]} for one in groups[0]["conditions"]]
    elif whole["match"] != "any":
        return [whole]
    each = [{**whole, "groups": [group]} for group in groups]
    return each if all(_by_index(group, attributes) for group in groups) else [whole]


def _by_index(group: Mapping[str, Any], attributes: frozenset[str]) -> bool:
    enough = all if group["match"] == "any" else any
    return not group["not"] and enough(_looked_up(one, attributes) for one in group["conditions"])


def _looked_up(condition: Mapping[str, str], attributes: frozenset[str]) -> bool:
    field, operator = field_of(condition["field"], attributes), condition["op"]
    if operator in NOT_BY_INDEX:
        return False
    if field.path.startswith("score__"):
        return field.path.removeprefix("score__") in LOOKED_UP
    if field.kind in NAMED and operator == "is":
        return True
    if field.kind == "address" or (field.path,) in INDEXED[Customer]:
        return bool(parts(condition["value"]))
    # Of these an index has the few: switches that are set, levels of expertise that are known.
    if field.kind == "flag":
        return condition["value"] == "yes"
    return field.kind == "choice" and bool(condition["value"])
