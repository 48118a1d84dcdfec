"""How each figure is computed, in words for the owner and as a formula for the statistician."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message
from treue.report.meanings_customers import OF_CUSTOMERS
from treue.report.meanings_ladder import OF_LADDER

if TYPE_CHECKING:
    from treue.report.explanation import Explanation

EXPLANATIONS: Final[dict[str, Explanation]] = {**OF_CUSTOMERS, **OF_LADDER}
"""Every measure of the library to its explanation."""

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
    "bootstrap_customers_one_step": message(
        "drawing customers again and again (bootstrap), each time with the model moved one step toward its new fit"
    ),
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
    "number_conflict": message("the same number for another customer"),
    "bad_period": message("the end is before the start"),
    "bad_value": message("a value of the wrong kind"),
    "bad_json": message("not a JSON object"),
    "nul_byte": message("a zero byte in the row"),
    "too_many_cells": message("more cells than the header has"),
    "too_long": message("the line is too long"),
    "unbalanced_quote": message("a quotation mark that never closes"),
}
"""Code of a reason for setting a row aside to its words; an unknown code is shown as it is."""
