"""What is known of one customer, in sentences: where it stands, why, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from treue.app.customers.condition_fields import EXPERTISE, RISKS, RUNGS
from treue.app.customers.words import (
    CHANNELS,
    ENDS,
    EVIDENCE,
    MENTIONS,
    OUTCOMES,
    PURPOSES,
    STEPS,
    VISITS,
    coded,
    country_name,
)
from treue.app.web import contract_words
from treue.app.web.contract_words import ahead_change, ahead_why, contract_told, contract_why
from treue.app.web.told import Told
from treue.history.spells import MINIMUM_GAPS
from treue.kernel.language import message
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from treue.app.core.models import Firm
    from treue.app.customers.models import Customer
    from treue.app.customers.timeline import Event
    from treue.kernel.language import Language

HIGHER: Final = {
    "suspect": message("A visit, a sign-up or a contact would make a prospect of this person."),
    "prospect": message("A first purchase would make a customer of this person."),
    "customer": message("A second purchase would make a client of this customer."),
    "client": message(
        "A public recommendation, or a referral that leads to a customer, would make an advocate of this client."
    ),
    "advocate": message("This is the highest rung; it holds for a year from the last recommendation."),
    "former": message("A purchase would bring this customer back to the ladder."),
}

KINDS: Final = {
    "purchase": message("Purchase"),
    "return": message("Return"),
    "contract": message("Contract begins"),
    "contract_end": message("Contract ends"),
    "visit": message("Visit"),
    "contact": message("Contact"),
    "promise": message("Promise"),
    "answer": message("Answer to a survey"),
    "referral": message("Referral"),
    "referred": message("Referred by another customer"),
    "mention": message("Public mention"),
    "note": message("Note"),
    "care": message("Care"),
    "consent": message("Consent"),
}

REFERRED: Final = {
    "referral": message("led to a customer on {day}"),
    "referred": message("became a customer on {day}"),
}
OWN_HABIT: Final = message("Usually buys again {after}; silent for {silence}.")
COMMON_HABIT: Final = message("Bought on few days so far; others buy again {after}. Silent for {silence}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of the timeline, every word written."""

    kind: str
    iso: str
    day: str
    title: str
    text: str
    who: str


def scores_told(score: Any, firm: Firm, language: Language) -> list[Told]:
    """Return everything that a score says, with reasons.

    Parameters
    ----------
    score : Score
        Of the run that is shown.
    firm : Firm
        For the currency and the window.
    language : Language
        In which the words are.

    Returns
    -------
    list of Told
        The rung first.
    """
    _ = language.gettext
    currency = firm.currency or "EUR"

    def money(minor: int) -> str:
        return language.money(from_minor(minor, currency), currency, digits=0)

    def exact(minor: int) -> str:
        return language.money(from_minor(minor, currency), currency)

    with_margin = _with_margin(score, firm)
    told = []
    of_contracts = firm.run is not None and firm.run.settings.get("activity") == "contract"
    shown, higher = (
        ({**EVIDENCE, **contract_words.EVIDENCE}, {**HIGHER, **contract_words.HIGHER})
        if of_contracts
        else (EVIDENCE, HIGHER)
    )
    if score.rung:
        since = language.date(score.rung_since) if score.rung_since else ""
        told.append(
            Told(
                label=_("Rung of the ladder"),
                value=_(RUNGS.get(score.rung, score.rung)),
                why=_(
                    "Since {day}, shown by {evidence}.",
                    day=since,
                    evidence=coded(shown, score.evidence, language),
                )
                if since
                else "",
                change=_(higher[score.rung]) if score.rung in higher else "",
                help="ladder_occupancy",
            )
        )
    if score.orders_count:
        told.append(
            Told(
                label=_("Bought so far"),
                value=money(score.net_amount),
                why=language.ngettext("{count} order", "{count} orders", score.orders_count),
                help="historic_clv",
            )
        )
    if score.silent_days is not None:
        told.append(rhythm_told(score, language))
    told += contract_told(score, _horizon(firm), currency, money, language, used=_rests_on(firm))
    if score.return_share is not None:
        told.append(_coming_back(score, _horizon(firm), language))
    if score.value_ahead is not None:
        told.append(
            Told(
                label=_("Expected margin of the next year")
                if with_margin
                else _("Expected revenue of the next year"),
                value=money(score.value_ahead),
                why=ahead_why(score, exact, language, with_margin=with_margin, share=_share(firm)),
                change=ahead_change(score, language),
                help="expected_revenue" if score.yearly_amount is None else "survival",
            )
        )
    if score.care_rank is not None and score.stake is not None:
        told.append(
            Told(
                label=_("At stake in a year"),
                value=money(score.stake),
                why=_("Place {rank} of the care list.", rank=language.number(score.care_rank)),
                change=_("A purchase takes the customer off the list at the next daily cycle.")
                if score.yearly_amount is None and score.loss_share is None
                else "",
            )
        )
    if score.recency_score:
        told.append(
            Told(
                label=_("Recency, frequency, money"),
                value=f"{score.recency_score} · {score.frequency_score} · {score.money_score}",
                why=_(
                    "From 1 to 5 each, in fifths of all customers; 5 is the most recent, most frequent, most bought."
                ),
                change=_(
                    "A purchase raises the first and can raise the other two; without one they sink while others buy."
                ),
                help="rfm",
            )
        )
    return told


def _with_margin(score: Any, firm: Firm) -> bool:
    """Whether what is expected of a customer is margin: of a contract only by the firm's own share."""
    settings = firm.run.settings if firm.run is not None else {}
    if score.yearly_amount is not None:
        return settings.get("margin_share") is not None
    return bool(settings.get("worth") != "revenue")


def _share(firm: Firm) -> float | None:
    """Return the margin per net revenue with which the run that is shown computed."""
    share: float | None = firm.run.settings.get("worth_share") if firm.run is not None else None
    return share


def own_habit(score: Any) -> float | None:
    """Return the usual gap of a customer where it is the customer's own; below three gaps it is that of all."""
    return score.usual_gap_days if score and (score.gaps_count or 0) >= MINIMUM_GAPS else None


def care_why(score: Any, firm: Firm, language: Language) -> str:
    """Return why a customer is on the care list: an unusual silence, or a contract that may end."""
    why = contract_why(score, firm.currency or "EUR", language, used=_rests_on(firm))
    return why or rhythm_told(score, language).why


def rhythm_told(score: Any, language: Language) -> Told:
    """Return how a customer buys and for how long it has been silent."""
    _ = language.gettext
    why = ""
    if score.usual_gap_days:
        known = own_habit(score) is not None
        words = OWN_HABIT if known else COMMON_HABIT
        why = _(words, after=language.after(score.usual_gap_days), silence=language.about(score.silent_days))
    elif score.last_on:
        why = _("Last purchase on {day}.", day=language.date(score.last_on))
    return Told(
        label=_("Rhythm"),
        value=_(RISKS[score.risk]) if score.risk in RISKS else language.about(score.silent_days),
        why=why,
        change=_("A purchase starts the count anew.") if score.risk in {"silent", "lapsed", "gone"} else "",
        help="time_between_purchases",
    )


def _rests_on(firm: Firm) -> str | None:
    """Return what the probabilities of contracts are of in the run that is shown."""
    used: str | None = firm.run.settings.get("contract_risk") if firm.run else None
    return used


def _horizon(firm: Firm) -> int:
    """Return for how many days ahead the chances of the run that is shown are."""
    return int(firm.run.settings.get("horizon_days", 90)) if firm.run else 90


def _coming_back(score: Any, days: int, language: Language) -> Told:
    _ = language.gettext
    why = _(
        "From how often and how recently the customer bought, and since when: {orders}, the last {silence} ago.",
        orders=language.ngettext("{count} order", "{count} orders", score.orders_count),
        silence=language.about(score.silent_days or 0),
    )
    if score.alive_share is not None:
        why += " " + _(
            "Has not left for good with a probability of {share}.",
            share=language.chance(score.alive_share),
        )
    return Told(
        label=_("Chance of buying again within {days} days", days=language.number(days)),
        value=language.chance(score.return_share),
        why=why,
        change=_("Each day of silence lowers it; a purchase raises it at once."),
        help="expected_returners",
    )


def event_told(
    event: Event, firm: Firm, place: ZoneInfo, people: dict[str, str], language: Language
) -> Happened:
    """Return an event in words.

    Parameters
    ----------
    event : Event
        What happened.
    firm : Firm
        For the currency.
    place : ZoneInfo
        The firm's zone.
    people : dict
        ``user:7`` to the name of the account.
    language : Language
        In which the words are.

    Returns
    -------
    Happened
        For the timeline.
    """
    thing = event.thing
    title, text = _told(event, firm, place, language)
    local = event.at.astimezone(place) if event.kind not in {"contract", "contract_end"} else event.at
    return Happened(
        kind=event.kind,
        iso=local.isoformat(timespec="minutes"),
        day=language.date(local.date()),
        title=title,
        text=text,
        who=people.get(getattr(thing, "actor", "") or "", ""),
    )


def _told(event: Event, firm: Firm, place: ZoneInfo, language: Language) -> tuple[str, str]:
    _, thing = language.gettext, event.thing
    kind = _(KINDS[event.kind])

    def money(minor: int | None, currency: str = "") -> str:
        code = currency or firm.currency or "EUR"
        return "" if minor is None else language.money(from_minor(minor, code), code)

    if event.kind == "purchase":
        more = [part for part in (thing.code, thing.channel, thing.coupon_code) if part]
        return f"{kind}, {money(thing.net_amount, thing.currency)}", " · ".join(more)
    if event.kind == "return":
        return f"{kind}, {money(thing.amount)}", thing.purchase_code or ""
    if event.kind in {"contract", "contract_end"}:
        monthly = money(thing.monthly_amount, thing.currency)
        why = coded(ENDS, thing.end_reason, language) if event.kind == "contract_end" else ""
        return kind, " · ".join(
            part for part in (thing.code, monthly and _("{money} a month", money=monthly), why) if part
        )
    if event.kind == "visit":
        return kind, " · ".join(
            part for part in (coded(VISITS, thing.kind, language), thing.campaign) if part
        )
    if event.kind == "contact":
        channel = coded(CHANNELS, thing.channel, language)
        fault = _("our own mistake") if thing.own_fault else ""
        state = _("open") if thing.solution_known else _("not known whether it was solved")
        state = _("solved") if thing.solved_at else state
        head = ", ".join(part for part in (kind, channel, state, fault) if part)
        return head, thing.text or thing.subject
    if event.kind == "promise":
        due = _("due {time}", time=instant_words(thing.due_at, place, language))
        known = [due] if thing.kept_known else [due, _("not known whether it was kept")]
        return ", ".join([kind, *([_("kept")] if thing.kept_at else known)]), thing.text
    if event.kind == "answer":
        score = "" if thing.score is None else language.number(thing.score)
        return f"{kind}: {score}" if score else kind, thing.survey
    if event.kind in REFERRED:
        if thing.converted_at is None:
            return kind, _("not taken up yet")
        return kind, _(REFERRED[event.kind], day=language.date(thing.converted_at.astimezone(place).date()))
    if event.kind == "mention":
        return f"{kind}: {coded(MENTIONS, thing.kind, language)}", thing.network or ""
    if event.kind == "care":
        return f"{kind}: {_(STEPS[thing.kind])}", " · ".join(
            part for part in (_(OUTCOMES[thing.outcome]), thing.text) if part
        )
    if event.kind == "consent":
        given = _("given") if thing.given else _("withdrawn")
        about = f"{coded(PURPOSES, thing.purpose, language)}, {coded(CHANNELS, thing.channel, language)}"
        return f"{kind} {given}: {about}", thing.text
    return kind, thing.text


def instant_words(at: datetime, place: ZoneInfo, language: Language) -> str:
    """Return an instant as day and time of the firm's zone."""
    local = at.astimezone(place)
    return f"{language.date(local.date())}, {local:%H:%M}"


def summary_of(customer: Customer, language: Language) -> str:
    """Return what is worth knowing first, in one line."""
    _ = language.gettext
    parts = [customer.company if customer.name else "", _("number {code}", code=customer.code)]
    parts += [customer.segment, country_name(customer.country, language)]
    if customer.expertise:
        parts.append(_(EXPERTISE[customer.expertise]))
    if customer.no_marketing:
        parts.append(_("no marketing"))
    return " · ".join(part for part in parts if part)
