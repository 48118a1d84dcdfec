"""Conditions on customers: a small tree of plain JSON that compiles to one query.

``{"match": "all", "groups": [{"match": "any", "not": false, "conditions": [{"field": "rung", "op": "is",
"value": "client"}]}]}``. Only the fields and comparisons of
:data:`~treue.app.customers.condition_fields.FIELDS` reach the database; a name that stands there is never built
from what somebody sent.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.lookups import Exact, In

from treue.app.core.wrong import Wrong
from treue.app.customers.condition_fields import OPERATORS, field_of, is_number
from treue.app.customers.folded import Folded, attribute, begun, compared, sizes
from treue.app.customers.models import ContactPoint, Customer, Merge
from treue.app.customers.named import NAMED, ways_of
from treue.app.customers.trigrams import INDEXED, having
from treue.app.customers.typed_numbers import group_sign, plain_number
from treue.app.customers.unindexed import Unindexed
from treue.kernel.errors import WrongArgument
from treue.kernel.language import message
from treue.kernel.units import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models.expressions import Combinable

    from treue.app.customers.condition_fields import Field
    from treue.kernel.language import Language

MOST_GROUPS: Final = 8
MOST_CONDITIONS: Final = 12
LONGEST_VALUE: Final = 200


def check(tree: Any, attributes: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a tree of conditions in its one form, or say what is wrong with it.

    Parameters
    ----------
    tree : object
        As it came from a form or a saved segment.
    attributes : frozenset of str
        Further columns that there are.

    Returns
    -------
    dict
        Groups without conditions are left out.

    Raises
    ------
    WrongArgument
        Naming the first condition that cannot be.
    """
    if not isinstance(tree, dict) or not isinstance(tree.get("groups", []), list):
        raise WrongArgument("conditions are not a tree of groups")
    groups = []
    for group in tree.get("groups", [])[:MOST_GROUPS]:
        if not isinstance(group, dict):
            raise WrongArgument("conditions are not a tree of groups")
        conditions = [
            _checked(one, attributes) for one in list(group.get("conditions", []))[:MOST_CONDITIONS]
        ]
        if conditions:
            groups.append({"match": _match(group), "not": bool(group.get("not")), "conditions": conditions})
    return {"match": _match(tree), "groups": groups}


def _match(part: Mapping[str, Any]) -> str:
    return "any" if part.get("match") == "any" else "all"


def _checked(condition: Any, attributes: frozenset[str]) -> dict[str, str]:
    if not isinstance(condition, dict):
        raise WrongArgument("conditions are not a tree of groups")
    name, operator = str(condition.get("field", "")), str(condition.get("op", ""))
    value = str(condition.get("value", "")).strip()
    found = field_of(name, attributes)
    if operator not in OPERATORS[found.kind]:
        raise Wrong(message("{what} cannot be compared with “{how}”"), what=found.label, how=operator[:20])
    if len(value) > LONGEST_VALUE or "\x00" in value:
        raise Wrong(message("{what}: “{value}…” is too long, or no text"), what=found.label, value=value[:20])
    _value(found, operator, value)
    plain = plain_number(found.label, value) if is_number(found, operator) else value
    return {"field": name, "op": operator, "value": plain}


def _value(found: Field, operator: str, text: str) -> Any:
    if operator == "empty":
        return ""
    if found.kind in {"choice", "flag"}:
        if text not in (found.choices or {}):
            raise Wrong(
                message("{what}: “{value}” is none of those on offer"), what=found.label, value=text[:20]
            )
        return text
    if found.kind in {"text", "address", *NAMED}:
        if not text:
            raise Wrong(message("{what}: write what to look for"), what=found.label)
        return text
    if found.kind == "date" and operator in {"since", "until"}:
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise Wrong(
                message("{what}: “{value}” is no day; it would be right as 2026-03-31"),
                what=found.label,
                value=text,
            ) from error
    return _number(found, text)


def _number(found: Field, text: str) -> float:
    number = float(plain_number(found.label, text))
    if not abs(number) < 1e12:
        raise Wrong(message("{what}: “{value}” is too large"), what=found.label, value=text)
    return number


def in_plain_numbers(
    condition: Mapping[str, str], attributes: frozenset[str], language: Language
) -> dict[str, str]:
    """Return a condition as somebody typed it with its number in the one form that is kept.

    Parameters
    ----------
    condition : mapping
        Field, comparison and value, right or not.
    attributes : frozenset of str
        Further columns that there are.
    language : Language
        Of whoever typed it: it says whether 1.000 is one or a thousand.

    Returns
    -------
    dict
        As it was typed where it is no number or could be two, which :func:`check` then says.
    """
    same = dict(condition)
    try:
        found = field_of(same["field"], attributes)
        if is_number(found, same["op"]):
            same["value"] = plain_number(found.label, same["value"], group_sign(language))
    except WrongArgument:
        return same
    return same


def compile_tree(
    tree: Mapping[str, Any],
    *,
    today: date,
    currency: str,
    attributes: frozenset[str] = frozenset(),
    few: bool = False,
) -> Q:
    """Return the query of a tree of conditions.

    Parameters
    ----------
    tree : mapping
        From :func:`check`.
    today : datetime.date
        From which days are counted back.
    currency : str
        ISO 4217, for amounts in whole units.
    attributes : frozenset of str
        Further columns that there are.
    few : bool
        Whether those who fit are wanted in no order and up to some number: by whatever index finds them. Of parts
        of texts the database is asked here whether its index finds few.

    Returns
    -------
    Q
        For customers with their score joined as ``score``; empty where there are no conditions.

    Raises
    ------
    WrongArgument
        When a condition cannot be.
    """
    whole = check(dict(tree), attributes)
    combined = Q()
    for group in whole["groups"]:
        inside = Q()
        together = _all_together(whole, group)
        for condition in group["conditions"]:
            one = _compiled(condition, today, currency, attributes, few=few, part=few and together)
            inside = inside | one if group["match"] == "any" else inside & one
        inside = ~inside if group["not"] else inside
        combined = combined | inside if whole["match"] == "any" else combined & inside
    return combined


def _all_together(whole: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """Tell whether whoever fits the tree fits each condition of a group.

    Else PostgreSQL would work out the trigrams of everybody: an index of them cannot find who fits something else.
    SQLite looks them up once, whatever stands beside.
    """
    alone = len(whole["groups"]) == 1 or whole["match"] == "all"
    every = len(group["conditions"]) == 1 or group["match"] == "all"
    return connection.vendor == "sqlite" or (alone and every and not group["not"])


def _compiled(
    condition: Mapping[str, str],
    today: date,
    currency: str,
    attributes: frozenset[str],
    *,
    few: bool,
    part: bool,
) -> Q:
    found = field_of(condition["field"], attributes)
    operator = condition["op"]
    value = _value(found, operator, condition["value"])
    path = found.path
    if found.kind == "text":
        return _text(path, operator, value, part=part)
    if found.kind == "address":
        return _address(path, operator, value, part=part)
    if found.kind in NAMED:
        return _named(found.kind, operator, value, few=few, part=part)
    if found.kind == "choice":
        several = found.members[value] if found.members is not None else (value,)
        one = len(several) == 1
        chosen = _one(path, several[0], few=few) if one else Q(**{f"{path}__in": several})
        return chosen if operator == "is" else ~chosen
    if found.kind == "flag":
        # Written so, an index of those few alone finds them.
        return _one(path, value == "yes", few=few)
    if found.kind == "date":
        return _day(path, operator, value, today)
    if found.kind == "share":
        value /= 100
    if found.kind == "money":
        value = round(value * 10 ** minor_digits(currency))
    return Q(**{f"{path}__{ {'least': 'gte', 'most': 'lte', 'is': 'exact'}[operator] }": value})


def _one(path: str, value: object, *, few: bool) -> Q:
    """Return who has one value; of the record, by an index where few are wanted, else beside it."""
    if path.startswith("score__"):
        return Q(**{path: value})
    if few:
        # Of texts, an index has those who have one.
        return Q(**{path: value}) & (Q(**{f"{path}__gt": ""}) if value and isinstance(value, str) else Q())
    return Q(Exact(Unindexed(F(path)), Value(value)))


def _text(path: str, operator: str, value: str, *, part: bool) -> Q:
    own = path.removeprefix("attributes__")
    whole = attribute(own) if own != path else F(path)
    if operator == "empty":
        return Q(Exact(whole, Value("")))
    if operator == "is_not":
        return ~compared(whole, "is", value)
    fits = compared(whole, operator, value)
    return having(Customer, path, value) & fits if part and (path,) in INDEXED[Customer] else fits


def _named(kind: str, operator: str, value: str, *, few: bool, part: bool) -> Q:
    """Return who has a country or a language, in whichever of its ways a file wrote it."""
    if operator not in {"is", "is_not"}:
        return _text(kind, operator, value, part=part)
    column: Combinable = F(kind) if few else Unindexed(F(kind))
    ways = ways_of(kind, value)
    found = Q(In(Folded(column, english=True), [form for way in ways for form in sizes(way)]))
    if kind == "language":
        for code in (way for way in ways if len(way) == 2 and way.isascii() and way.isalpha()):
            # That of one country too, as de-AT.
            found |= begun(column, f"{code}-") | begun(column, f"{code}_")
    return ~found if operator == "is_not" else found


def _address(kind: str, operator: str, value: str, *, part: bool) -> Q:
    """Return who can be reached so, at an address of their own or of a record merged into theirs."""
    # SQLite shall not begin with all addresses of a kind.
    points = ContactPoint.objects.filter(Exact(Unindexed(F("kind")), Value(kind)))
    near = Q()
    if operator != "empty":
        how = "is" if operator == "is_not" else operator
        points = points.filter(compared("typed", how, value) | compared("normal", how, value))
        if part and operator != "is_not":
            near = having(ContactPoint, "normal", value)
    # Of the merged, who are not many, by each of them.
    under = Merge.objects.filter(undone_at=None)
    once = under.filter(Exists(points.filter(customer_id=OuterRef("loser_id")))).values("winner_id")
    twice = under.filter(loser__in=once).values("winner_id")
    of_merged = [once, twice] if under.exists() else []
    if near:
        return Q(id__in=points.filter(near).values("customer_id").union(*of_merged))
    # Where no index finds the few, whoever is asked about has an address looked at.
    own = Q(Exists(points.filter(customer_id=OuterRef("pk"))))
    if operator in {"empty", "is_not"}:
        return reduce(and_, (~Q(id__in=found) for found in of_merged), ~own)
    return reduce(or_, (Q(id__in=found) for found in of_merged), own)


def _day(path: str, operator: str, value: Any, today: date) -> Q:
    if operator in {"since", "until"}:
        return Q(**{f"{path}__{'gte' if operator == 'since' else 'lte'}": value})
    try:
        edge = today - timedelta(days=int(value))
    except OverflowError as error:
        raise Wrong(message("That is more days than there have been")) from error
    return Q(**{f"{path}__gte": edge}) if operator == "within" else Q(**{f"{path}__lt": edge})
