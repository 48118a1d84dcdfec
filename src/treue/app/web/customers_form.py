"""The filter of the list of customers: what stands in the address becomes a tree, and goes back into the form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from treue.app.core.wrong import said
from treue.app.customers import condition_fields, conditions
from treue.app.customers.export import SHOWN, columns_of
from treue.app.customers.named import NAMED
from treue.app.customers.typed_numbers import number_shown
from treue.app.customers.words import named
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from treue.kernel.language import Language

PLACE: Final = re.compile(r"g(\d)(?:c(\d\d?))?-(match|not|field|op|value)")


@dataclass(slots=True)
class Filter:
    """What somebody asks the list for.

    Parameters
    ----------
    words : str
        What to look for.
    tree : dict
        Conditions as they were typed, complete or not, for the form.
    sort : str
        Order.
    columns : tuple of str
        What is shown.
    wrong : str
        What cannot be, in one sentence; empty where all is right.
    """

    words: str = ""
    tree: dict[str, Any] = field(default_factory=lambda: {"match": "all", "groups": []})
    sort: str = "-money"
    columns: tuple[str, ...] = SHOWN
    wrong: str = ""

    @property
    def checked(self) -> dict[str, Any]:
        """The conditions that are complete; none where one is wrong."""
        return {"match": "all", "groups": []} if self.wrong else self.tree

    @property
    def active(self) -> bool:
        """Whether there is any condition."""
        return any(group["conditions"] for group in self.tree["groups"])


def read_filter(sent: QueryDict, attributes: frozenset[str], language: Language) -> Filter:
    """Return what an address asks for.

    Parameters
    ----------
    sent : QueryDict
        The address's parameters.
    attributes : frozenset of str
        Further columns that there are.
    language : Language
        In which numbers are typed, and is said what is wrong.

    Returns
    -------
    Filter
        With a sentence where something cannot be.
    """
    found = Filter(words=sent.get("words", "").replace("\x00", "")[:200], tree=_tree(sent))
    found.sort = sent.get("sort", "") or "-money"
    known = columns_of(attributes)
    found.columns = tuple(name for name in sent.getlist("column") if name in known) or SHOWN
    add = sent.get("add", "")
    complete = [
        {
            **group,
            "conditions": [
                conditions.in_plain_numbers(one, attributes, language)
                for one in group["conditions"]
                if one["field"]
            ],
        }
        for group in found.tree["groups"]
    ]
    try:
        conditions.check({**found.tree, "groups": _without_fresh(complete)}, attributes)
    except WrongArgument as error:
        found.wrong = said(error, language)
    found.tree["groups"] = complete
    if add:
        _add(found.tree, add)
    return found


def _tree(sent: QueryDict) -> dict[str, Any]:
    groups: dict[int, dict[str, Any]] = {}
    for key, values in sent.lists():
        place = PLACE.fullmatch(key)
        if place is None:
            continue
        group = groups.setdefault(int(place[1]), {"match": "all", "not": False, "conditions": {}})
        if place[2] is None:
            if place[3] == "match":
                group["match"] = "any" if values[-1] == "any" else "all"
            elif place[3] == "not":
                group["not"] = values[-1] == "1"
            continue
        one = group["conditions"].setdefault(int(place[2]), {"field": "", "op": "", "value": ""})
        if place[3] in one:
            one[place[3]] = values[-1].replace("\x00", "")[: conditions.LONGEST_VALUE + 1]
    ordered = []
    for number in sorted(groups):
        group = groups[number]
        ordered.append({**group, "conditions": [group["conditions"][k] for k in sorted(group["conditions"])]})
    return {"match": "any" if sent.get("match") == "any" else "all", "groups": ordered}


def _without_fresh(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out conditions whose comparison was not chosen yet."""
    return [
        {**group, "conditions": [one for one in group["conditions"] if one["op"]]}
        for group in groups
        if any(one["op"] for one in group["conditions"])
    ]


def _add(tree: dict[str, Any], where: str) -> None:
    fresh = {"field": "rung", "op": "is", "value": "client"}
    if where == "group" and len(tree["groups"]) < conditions.MOST_GROUPS:
        tree["groups"].append({"match": "all", "not": False, "conditions": [fresh]})
    elif where in map(str, range(len(tree["groups"]))):
        group = tree["groups"][int(where)]
        if len(group["conditions"]) < conditions.MOST_CONDITIONS:
            group["conditions"].append(fresh)


def parameters(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the address's parameters of a tree, as :func:`read_filter` reads them.

    Examples
    --------
    >>> parameters({"match": "all", "groups": [{"match": "any", "not": True, "conditions":
    ...     [{"field": "rung", "op": "is", "value": "client"}]}]})[:3]
    [('match', 'all'), ('g0-match', 'any'), ('g0-not', '1')]
    """
    found = [("match", str(tree.get("match", "all")))]
    for number, group in enumerate(tree.get("groups", [])):
        found.append((f"g{number}-match", group["match"]))
        if group.get("not"):
            found.append((f"g{number}-not", "1"))
        for place, one in enumerate(group["conditions"]):
            found += [(f"g{number}c{place}-{key}", one[key]) for key in ("field", "op", "value")]
    return found


def in_words(tree: Mapping[str, Any], language: Language, attributes: frozenset[str]) -> str:
    """Return a tree as one sentence, for the head of the list.

    Parameters
    ----------
    tree : mapping
        Checked conditions.
    language : Language
        In which the words are.
    attributes : frozenset of str
        Further columns that there are.

    Returns
    -------
    str
        Empty where there are no conditions.
    """
    _ = language.gettext
    joined = {"all": f" {_('and')} ", "any": f" {_('or')} "}
    parts = []
    for group in tree["groups"]:
        inside = joined[group["match"]].join(
            _condition(one, language, attributes) for one in group["conditions"]
        )
        several = len(group["conditions"]) > 1 and len(tree["groups"]) > 1
        words = f"({inside})" if several or (group["not"] and len(group["conditions"]) > 1) else inside
        parts.append(_("not {condition}", condition=words) if group["not"] else words)
    return joined[tree["match"]].join(parts)


def _condition(one: Mapping[str, str], language: Language, attributes: frozenset[str]) -> str:
    found = condition_fields.field_of(one["field"], attributes)
    value, comparison = one["value"], condition_fields.OPERATORS[found.kind][one["op"]]
    operator = language.gettext(comparison)
    if found.choices is not None and value in found.choices:
        value = language.gettext(found.choices[value])
    elif found.kind in NAMED and one["op"] in {"is", "is_not"}:
        value = named(found.kind, value, language)
    elif condition_fields.is_number(found, one["op"]):
        value = number_shown(value, language)
    return f"{language.gettext(found.label)} {operator} {value}".strip()
