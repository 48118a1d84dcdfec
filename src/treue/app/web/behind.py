"""The customers behind a figure: for each measure the lists that lead to them, and what each of them shows.

A list says how it stands to the figure: it holds everybody who was counted (``n``), those who make up the
numerator, or the rest of the two. A figure that counts no customers leads to the nearest list, or says why not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

from treue.app.customers.condition_fields import RUNGS
from treue.app.customers.figure_parts import PAYING
from treue.app.web.customers_form import parameters
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from treue.kernel.language import Language

Counts = Literal["n", "numerator", "rest", ""]
Conditions = tuple[tuple[str, str, str], ...]

LADDER: Final = ("suspect", "prospect", "customer", "client", "advocate")
DIGITS: Final = ("recency", "frequency", "spending")


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as it is written down.

    Parameters
    ----------
    words : str
        What it shows.
    counts : str
        How it stands to the figure; empty where it is only the nearest.
    all_of : tuple
        Field, comparison and value of each condition; ``{start}`` is the figure's first day, ``{grown}`` the day
        before which a customer was won who has the figure's age, ``{days}`` that age.
    any_of : tuple
        Conditions of which one is enough.
    sort : str
        Order of the list.
    """

    words: str
    counts: Counts
    all_of: Conditions = ()
    any_of: Conditions = ()
    sort: str = "-money"


@dataclass(frozen=True, slots=True)
class Link:
    """A list for one figure.

    Parameters
    ----------
    words, query : str
        What it shows, and the parameters of its address.
    count : int or None
        How many the figure counts there; None where it counts something else.
    """

    words: str
    query: str
    count: int | None


def _period(key: str) -> Conditions:
    return (("period", "is", key),)


def _rungs(*names: str) -> Conditions:
    return tuple(("rung", "is", name) for name in names)


STARTED: Final = Shown(message("All who were customers when the period began"), "n", _period("start"))
KEPT, LOST = message("Those who still were when it ended"), message("Those who no longer were when it ended")
GROWN: Final = Shown(
    message("Those whose first purchase is long enough ago"), "n", (("first", "until", "{grown}"),)
)
BUYERS: Final = Shown(message("Everybody who ever bought"), "n", (("orders", "least", "1"),))
LIKELY: Final = Shown(
    message("Everybody who ever bought, the likeliest to return first"),
    "n",
    (("orders", "least", "1"),),
    sort="-returns",
)
EVER: Final = Shown(
    message("Everybody who ever was a customer"), "n", (("stands", "is", "ever"),), sort="last"
)
ALL_BUYERS: Final = Shown(BUYERS.words, "", BUYERS.all_of)
ROSE: Final = (("moved", "is", "up"),)
FELL: Final = (("moved", "is", "down"),)
RECENT: Final = (("last", "since", "{start}"),)
PAID: Final = Shown(
    message("All who paid by contract when the time began"), "n", (("contract", "is", "start"),)
)
PAID_LESS: Final = Shown(
    message("Those who pay less since, or nothing"),
    "",
    any_of=(("contract", "is", "less"), ("contract", "is", "ended")),
)
PAID_MORE: Final = Shown(message("Those who pay more since"), "", (("contract", "is", "more"),))


def _below(*names: str) -> tuple[Shown, ...]:
    words = message("Who stands on the rungs below today; the figure counts all who ever came to them")
    return (Shown(words, "", any_of=_rungs(*names)),)


BEHIND: Final[dict[str, tuple[Shown, ...]]] = {
    "retention_rate": (
        STARTED,
        Shown(KEPT, "numerator", _period("kept")),
        Shown(LOST, "rest", _period("lost")),
    ),
    "attrition_rate": (
        STARTED,
        Shown(LOST, "numerator", _period("lost")),
        Shown(KEPT, "rest", _period("kept")),
    ),
    "churn_incidence": (
        Shown(message("Everybody who was a customer in the period"), "n", _period("any")),
        Shown(
            message("Those who were gone when it ended; who left and came back in it is not among them"),
            "",
            _period("gone"),
        ),
    ),
    "early_loss": (
        Shown(message("All who were won in the period"), "n", _period("won")),
        Shown(message("Those who were gone again when it ended"), "numerator", _period("won_lost")),
    ),
    "active_customers": (
        Shown(message("All who are customers now"), "n", (("stands", "is", "now"),), sort="-last"),
    ),
    "active_customers_expected": (LIKELY,),
    "resurrection_share": (
        Shown(message("All who were silent for longer than the window"), "n", (("silence", "is", "any"),)),
        Shown(message("Those who came back after all"), "numerator", (("silence", "is", "back"),)),
    ),
    "cohort_retention": (Shown(EVER.words, "", EVER.all_of, sort="last"),),
    "n_day_retention": (ALL_BUYERS,),
    "bracket_retention": (ALL_BUYERS,),
    "unbounded_retention": (ALL_BUYERS,),
    "survival": (EVER,),
    "survival_median": (EVER,),
    "repeat_purchase_rate": (
        GROWN,
        Shown(
            message("Those who bought again in time"),
            "numerator",
            (*GROWN.all_of, ("again", "most", "{days}")),
        ),
    ),
    "time_between_purchases": (
        BUYERS,
        Shown(
            message("Those who bought on two days or more: their gaps are known"),
            "",
            (("again", "least", "0"),),
            sort="-orders",
        ),
    ),
    "purchase_frequency": (Shown(message("All who bought in this time"), "n", RECENT, sort="-orders"),),
    "average_order_value": (
        Shown(message("All who bought in this time; the figure counts their orders"), "", RECENT),
    ),
    "historic_clv": (GROWN,),
    "rfm": (BUYERS,),
    "probability_existing_buys": (
        Shown(message("All who were customers 90 days ago"), "n", (("before", "is", "existing"),)),
        Shown(message("Those who have bought since"), "numerator", (("before", "is", "existing"), *RECENT)),
    ),
    "probability_new_buys": (
        Shown(
            message(
                "All whose first purchase was in these 90 days; visitors without a record are in no list"
            ),
            "",
            (("first", "since", "{start}"),),
        ),
    ),
    "expected_returners": (LIKELY,),
    "expected_orders": (LIKELY,),
    "expected_revenue": (LIKELY,),
    "gross_revenue_retention": (PAID, PAID_LESS),
    "net_revenue_retention": (PAID, PAID_LESS, PAID_MORE),
    "mrr_movement": (PAID_LESS, PAID_MORE),
    "ladder_occupancy": (Shown(message("Everybody on the ladder"), "n", any_of=_rungs(*LADDER)),),
    "ladder_transition": (
        Shown(message("Who rose within the last 30 days; the figure counts all past quarters"), "", ROSE),
        Shown(message("Who fell or left within the last 30 days"), "", FELL),
    ),
    "probability_of_prospect_within_12_months": _below("suspect"),
    "probability_of_customer_within_12_months": _below("suspect", "prospect"),
    "probability_of_client": _below("suspect", "prospect", "customer"),
    "probability_of_client_within_12_months": _below("suspect", "prospect", "customer"),
    "probability_of_advocate": _below("suspect", "prospect", "customer", "client"),
    "probability_of_advocate_within_12_months": _below("suspect", "prospect", "customer", "client"),
    "time_to_climb": _below("suspect", "prospect", "customer", "client"),
    "referral_rate": (
        Shown(message("All who are customers now"), "n", (("stands", "is", "now"),), sort="-last"),
    ),
}
"""Measure to its lists, of the figure as it stands now."""

NOBODY: Final = {
    "referral_conversion": message(
        "There is no list behind it: people who were invited have a record only once they are customers."
    ),
}
"""Measure to why no list leads to the people behind it."""

DIVIDED: Final = ("ladder_occupancy", "rfm", "mrr_movement", "cohort_retention")
"""Measures with a list for each of their parts."""


def all_who_moved(*, up: bool) -> str:
    """Return the parameters of the list of all who rose, or fell, within the last 30 days."""
    return _query(Shown("", "", ROSE if up else FELL), {})


def links(name: str, figures: Sequence[Mapping[str, Any]], as_of: date, language: Language) -> list[Link]:
    """Return the lists behind a measure.

    Parameters
    ----------
    name : str
        The measure.
    figures : sequence of mapping
        Its figures as they stand, as the library gave them; none where it has none.
    as_of : datetime.date
        The last day observed.
    language : Language
        For words.

    Returns
    -------
    list of Link
        The whole first; none where the measure has no figure or no list.
    """
    if not figures:
        return []
    alone = figures[0]
    found = []
    for shown in BEHIND.get(name, ()):
        places = _places(alone, as_of)
        if any("{" + key + "}" in value for _, _, value in shown.all_of for key in places if not places[key]):
            continue
        found.append(Link(language.gettext(shown.words), _query(shown, places), _count(shown, alone)))
    return found


def parts(
    name: str, figures: Sequence[Mapping[str, Any]], language: Language, *, contracts: bool
) -> list[Link]:
    """Return the lists behind the parts of a measure: each rung, class, movement or cohort.

    Parameters
    ----------
    name : str
        The measure.
    figures : sequence of mapping
        Its figures as they stand; of cohorts each with its first period.
    language : Language
        For words.
    contracts : bool
        Whether customers are judged by their contracts: their cohorts have no day of purchase.

    Returns
    -------
    list of Link
        None where the measure has no parts that are lists.
    """
    if name not in DIVIDED or (contracts and name == "cohort_retention"):
        return []
    return [
        Link(words, _query(Shown("", "", conditions), {}), count)
        for figure in figures
        for words, conditions, count in _part(name, figure, language)
    ]


def _part(
    name: str, figure: Mapping[str, Any], language: Language
) -> Iterator[tuple[str, Conditions, int | None]]:
    segment = str(figure["segment"] or "")
    if name == "ladder_occupancy" and figure["numerator"] is not None:
        yield language.gettext(RUNGS[segment]), _rungs(segment), int(figure["numerator"])
    elif name == "rfm":
        classes = tuple(("is", digit) for digit in segment)
        conditions = tuple((field, *one) for field, one in zip(DIGITS, classes, strict=True))
        yield segment, conditions, int(figure["numerator"])
    elif name == "mrr_movement":
        key = MOVEMENTS[segment]
        yield language.gettext(PAYING[key][0]), (("contract", "is", key),), int(figure["n"])
    elif name == "cohort_retention" and figure["period"] == segment:
        since, before = figure["window"].split("/")
        until = date.fromisoformat(before) - timedelta(days=1)
        conditions = (("first", "since", since), ("first", "until", until.isoformat()))
        yield language.period(segment), conditions, int(figure["n"])


MOVEMENTS: Final = {
    "start": "start",
    "new": "new",
    "expansion": "more",
    "contraction": "less",
    "churn": "ended",
    "reactivation": "returned",
    "end": "end",
}
"""Part of the movement of monthly revenue to the choice of customers behind it."""


def _places(figure: Mapping[str, Any], as_of: date) -> dict[str, str]:
    window = str(figure["window"])
    since = re.match(r"\d{4}-\d{2}-\d{2}(?=/)", window)
    age = re.match(r"\d+(?= days)", window)
    days = int(age.group()) if age else 0
    return {
        "start": since.group() if since else "",
        "days": str(days) if age else "",
        "grown": (as_of - timedelta(days=days)).isoformat() if age else "",
    }


def _query(shown: Shown, places: Mapping[str, str]) -> str:
    def written(conditions: Conditions) -> list[dict[str, str]]:
        return [
            {"field": field, "op": operator, "value": value.format(**places)}
            for field, operator, value in conditions
        ]

    groups = [
        {"match": match, "not": False, "conditions": written(conditions)}
        for match, conditions in (("all", shown.all_of), ("any", shown.any_of))
        if conditions
    ]
    return urlencode([("sort", shown.sort), *parameters({"match": "all", "groups": groups})])


def _count(shown: Shown, figure: Mapping[str, Any]) -> int | None:
    if shown.counts == "n":
        return int(figure["n"])
    if shown.counts == "" or figure["numerator"] is None:
        return None
    part = int(figure["numerator"])
    return part if shown.counts == "numerator" else int(figure["n"]) - part
