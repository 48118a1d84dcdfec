"""How each figure is computed, in words for the owner and as a formula for the statistician."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from treue.kernel.language import message


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a measure is.

    Parameters
    ----------
    words : str
        The definition, in English, a key of the translations.
    formula : str
        The formula in plain characters; a key of the translations where it holds words.
    caution : str
        When it misleads; may be empty.
    """

    words: str
    formula: str
    caution: str = ""


EXPLANATIONS: Final = {
    "retention_rate": Explanation(
        message(
            "Of the customers you had when the period began, the share who still were customers when it ended."
        ),
        "|A(t₀) ∩ A(t₁)| / |A(t₀)|",
        message("Customers won during the period are in neither number, so growth cannot hide a loss."),
    ),
    "attrition_rate": Explanation(
        message(
            "The rest to 100% of the retention rate: customers you had at the start and no longer at the end."
        ),
        "1 − |A(t₀) ∩ A(t₁)| / |A(t₀)|",
    ),
    "churn_incidence": Explanation(
        message("Losses per 100 customers and month, counting everyone for as long as they were customers."),
        message("losses / customer-months"),
        message("Unlike the attrition rate it also sees those who came and went within one period."),
    ),
    "early_loss": Explanation(
        message("Of the customers won in a period, the share who were gone again when it ended."),
        message("|won and gone| / |won|"),
    ),
    "active_customers": Explanation(
        message("How many are customers at the moment, by the definition of an active customer above."),
        "|A(t)|",
        message("It can grow while many leave, as long as more are won."),
    ),
    "resurrection_share": Explanation(
        message(
            "Of those who were silent for longer than the activity window, the share who came back after all."
        ),
        message("came back / silent for longer than W"),
        message("It is the error of calling silence a loss; the window is chosen to keep it at 5% or below."),
    ),
    "cohort_retention": Explanation(
        message(
            "Of everyone whose first purchase fell into one month or quarter, the share active in a later one."
        ),
        message("active in period n / size of the cohort"),
        message("A share can rise again, because people come back. Cells whose time is not over are marked."),
    ),
    "survival": Explanation(
        message(
            "The share still customers so many days after the first purchase, allowing for those whose time "
            "is not over."
        ),
        "S(t) = ∏ (1 − dᵢ / nᵢ)",
        message(
            "Customers older than the records enter at the age they had when the records began. The curve stops "
            "where fewer than ten remain."
        ),
    ),
    "survival_median": Explanation(
        message("The number of days after which half of the customers are gone."),
        "min t: S(t) ≤ 0.5",
    ),
    "repeat_purchase_rate": Explanation(
        message(
            "Of the customers whose first purchase is long enough ago, the share who bought again on another day."
        ),
        message("second purchase within the time / first purchase long enough ago"),
        message("Newcomers who have not had the time are left out; counted in, they would push it down."),
    ),
    "purchase_frequency": Explanation(
        message("Orders per customer who bought at all in the time shown."),
        message("orders / buyers"),
        message("Silent customers are not in it, so it does not show that people leave."),
    ),
    "average_order_value": Explanation(
        message("Net revenue divided by orders. Orders that came back whole are no orders."),
        message("Σ revenue / Σ orders"),
    ),
    "time_between_purchases": Explanation(
        message(
            "The typical gap between two purchases: half of the gaps are shorter. Gaps that are still open count "
            "for as long as they have lasted."
        ),
        "min t: S(t) ≤ 0.5",
        message("Closed gaps alone would look too short."),
    ),
    "historic_clv": Explanation(
        message("What a customer has brought so far on average, later money counted a little less."),
        "Σ mₜ / (1 + d)ᵗ",
        message("Compare only customers of the same age: the young have not had the time."),
    ),
    "rfm": Explanation(
        message(
            "Customers sorted by how recently, how often and for how much they bought, each from 1 to 5."
        ),
        "1 + ⌊5 (2r − 1) / 2n⌋",
    ),
    "gross_revenue_retention": Explanation(
        message(
            "Of the monthly revenue from contracts at the start, the share still there, growth not counted."
        ),
        message("Σ min(endᵢ, startᵢ) / Σ startᵢ"),
    ),
    "net_revenue_retention": Explanation(
        message("The monthly revenue at the end from customers you had at the start, compared with then."),
        message("Σ endᵢ / Σ startᵢ"),
        message("Above 100% the customers who stay spend more than the lost ones took away."),
    ),
    "mrr_movement": Explanation(
        message(
            "What changed the monthly revenue: new, more, less, lost and returned contracts. They add up to the "
            "change."
        ),
        message("start + new + more − less − lost + returned = end"),
    ),
    "probability_existing_buys": Explanation(
        message("The share of customers who bought within 90 days, counted from days chosen in advance."),
        message("bought within 90 days / customers"),
    ),
    "probability_new_buys": Explanation(
        message("The share of visitors and prospects who made a first purchase within 90 days."),
        message("first purchase within 90 days / visitors and prospects"),
    ),
    "ladder_occupancy": Explanation(
        message(
            "How the people you know are spread over the rungs. Each stands on the highest rung for which there "
            "is evidence."
        ),
        "nₖ / n",
        message(
            "The intervals hold for all rungs together. A high survey score is an intention, not advocacy."
        ),
    ),
    "ladder_transition": Explanation(
        message("Of those on a rung when a quarter began, the share on each rung when it ended."),
        "nᵢⱼ / nᵢ",
    ),
    "probability_of_client_within_12_months": Explanation(
        message(
            "Of those who stand on a rung, the share who become clients within 12 months; leaving before counts "
            "as not getting there."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        message("It is the mean of all on the rung, no promise for one person."),
    ),
    "probability_of_advocate_within_12_months": Explanation(
        message(
            "Of those who stand on a rung, the share who become advocates within 12 months; leaving before "
            "counts as not getting there."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        message("It is the mean of all on the rung, no promise for one person."),
    ),
    "probability_of_advocate": Explanation(
        message("Of those who stand on a rung, the share who ever become advocates before they leave."),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ,  B = (I − Q)⁻¹ R",
        message("It is the mean of all on the rung, no promise for one person."),
    ),
    "time_to_climb": Explanation(
        message("How long the way up takes those who arrive."),
        "P̃ᵢⱼ = Pᵢⱼ hⱼ / hᵢ",
        message("It speaks only of those who arrive; most leave before."),
    ),
    "expected_returners": Explanation(
        message("How many of the known customers are expected to buy at least once in the next 90 days."),
        "Σ P(Xᵢ(t, t + 90) ≥ 1)",
        message("It holds if all goes on as so far: no model knows seasons, prices or what you plan."),
    ),
    "expected_orders": Explanation(
        message(
            "How many orders the known customers are expected to make in the next 90 days; orders of one day count once."
        ),
        "Σ E[Xᵢ(t, t + 90)]",
        message("It holds if all goes on as so far: no model knows seasons, prices or what you plan."),
    ),
    "expected_revenue": Explanation(
        message(
            "What these orders are expected to be worth: each customer’s expected orders times what theirs are worth."
        ),
        "Σ E[Xᵢ] · E[Mᵢ]",
        message("It is told only where how much people spend does not go with how often they buy."),
    ),
}
"""Measure to its explanation; a measure that is not here shows its label and its numbers."""

METHODS: Final = {
    "prediction_parameters_and_chance": message(
        "limits of the number that will be seen: what is not known of the model, and the chance of each customer"
    ),
    "wilson_weighted": message(
        "Wilson of each group, put together with the weights of the mix (Zou and Donner)"
    ),
    "wilson": message("Wilson’s interval for one share"),
    "newcombe_correlated": message(
        "Newcombe’s interval for a difference, with customers who are in both periods"
    ),
    "garwood": message("exact interval for a rate of events (Garwood)"),
    "goodman": message("Goodman’s intervals for the shares of a whole"),
    "greenwood_loglog": message("Greenwood’s interval on the log-log scale"),
    "delta_loglog": message("delta method on the log-log scale"),
    "greenwood_clustered": message("Greenwood’s interval, allowing for several gaps of one customer"),
    "bootstrap_customers": message("drawing customers again and again (bootstrap)"),
    "bootstrap_customers_normal": message("drawing customers again and again (bootstrap)"),
    "linearised": message("linearised interval of a ratio of sums over customers"),
    "t": message("interval of a mean (Student’s t)"),
    "aalen_johansen_log_log": message("Aalen and Johansen’s estimate, interval on the log-log scale"),
    "aalen_johansen_bootstrap": message("Aalen and Johansen’s estimate, drawing customers again and again"),
}
"""Code of an interval to its words; an unknown code is shown as it is."""

WINDOWS: Final = (
    message("now"),
    message("just before {day}"),
    message("at the end of {day}"),
    message("90 days after {day}"),
    message("{count} days from the first purchase"),
    message("{count} days of silence"),
    message("first {count} days on the rung"),
    message("nobody came to the rung"),
    message("no complete period with anybody on the rung"),
    message("not in this history"),
    message("day {count}"),
    message("day {count} or later"),
    message("days {count} to {other}"),
    message("net revenue, no margin given"),
    message("margin"),
    message("margin at {count} % of net revenue"),
    message("margin, at {count} % of net revenue where orders carry none"),
)
"""Windows that are words; the numbers and days in them are written in the language of the page."""

REASONS: Final = {
    "no_customer": message("no customer"),
    "bad_customer": message("the customer is longer than 200 characters"),
    "bad_order": message("the order number is longer than 200 characters"),
    "no_time": message("no date"),
    "bad_time": message("the date cannot be read"),
    "future_date": message("dated in the future"),
    "no_amount": message("no amount"),
    "bad_amount": message("the amount is not a number"),
    "bad_quantity": message("the quantity is not a number"),
    "bad_currency": message("the currency is not known"),
    "not_paid": message("never paid"),
    "duplicate": message("the same row once more"),
    "missing": message("a value that is needed is missing"),
    "order_conflict": message("the same order number with other content"),
    "bad_period": message("the end is before the start"),
    "bad_value": message("a value of the wrong kind"),
    "bad_json": message("not a JSON object"),
    "nul_byte": message("a zero byte in the row"),
    "too_many_cells": message("more cells than the header has"),
    "too_long": message("the line is too long"),
    "unbalanced_quote": message("a quotation mark that never closes"),
}
"""Code of a reason for setting a row aside to its words; an unknown code is shown as it is."""
