"""An outlook as sentences and a table, and why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.cli import output
from treue.cli.figures import NOTHING, in_words
from treue.cli.rehearsal import LACKING, SHORT
from treue.kernel.status import Status
from treue.models.names import MODEL_NAMES

if TYPE_CHECKING:
    from treue.history.history import History
    from treue.kernel.registry import Unit
    from treue.models.choice import Choice
    from treue.models.outlook import Outlook
    from treue.models.totals import Total

MOST = 10
"""Customers in the table."""

AS_SO_FAR = "95 % if all goes on as so far"

RETURNED = "{have:,} customers came back in the last third of the history, and {need:,} are needed to judge"

COLUMNS = ("Customer", "Repeat purchases", "Silent for", "Active", "Expected purchases", "Expected loss")


def why_not(choice: Choice) -> str:
    """Return why nothing is predicted, in one sentence.

    Parameters
    ----------
    choice : Choice
        Without a model.
    """
    if choice.missing:
        words = LACKING | {"returned": RETURNED}
        short = "; ".join(words[one.what].format(have=one.have, need=one.need) for one in choice.missing)
        return f"there is not enough yet to predict anything: {short}"
    failed = "; ".join(f"{_name(name)}: {_faults(tests)}" for name, tests in choice.failed.items())
    return (
        f"no model foresaw the last third of this history, so nothing is predicted ({failed}); "
        "`treue backtest` with the same files shows it, and --model NAME uses one all the same"
    )


def _name(name: str | None) -> str:
    return MODEL_NAMES.get(str(name), str(name))


def _faults(tests: tuple[str, ...]) -> str:
    return " and ".join(SHORT.get(test, "it could not be fitted") for test in tests)


def verdict(choice: Choice) -> str:
    """Return which model is used and how it fared in its back-test."""
    name = _name(choice.name)
    if choice.status is Status.OK:
        return f"By {name}, which passed its back-test{_rehearsed(choice)}."
    faults = choice.failed.get(str(choice.name))
    if faults:
        return (
            f"Warning: {name} failed its back-test, because {_faults(faults)}. Do not rely on these numbers."
        )
    short = "; ".join(
        (LACKING | {"returned": RETURNED})[one.what].format(have=one.have, need=one.need)
        for one in choice.missing
    )
    return f"Warning: {name} has not been tested: {short}. Do not rely on these numbers."


def _rehearsed(choice: Choice) -> str:
    found = choice.backtest
    expected = found.candidate(str(choice.name)).value("expected") if found else None
    if found is None or expected is None:
        return ""
    return f": fitted up to {found.split_on}, it expected {expected:,.0f} orders until {found.as_of}, and {found.actual:,} came"


def tell_outlook(found: Outlook, choice: Choice, history: History, *, quiet: bool) -> None:
    """Print the totals, then the customers with the greatest expected loss.

    Parameters
    ----------
    found : Outlook
        What is expected.
    choice : Choice
        By which model.
    history : History
        For its days and currency.
    quiet : bool
        True leaves out the remarks, not a warning.
    """
    made = found.predictions
    currency = history.currency
    output.say(
        f"The next {made.horizon_days} days after {history.as_of.isoformat()}, "
        f"{output.counted(made.table.num_rows, 'customer', 'customers')} known today"
    )
    last = found.last_year
    output.write_table(
        ("", "Expected", AS_SO_FAR, "Same days last year"),
        [
            (
                "Orders",
                *_cells(found.orders, "count", currency),
                _whole(last.orders, "count", currency) if last else NOTHING,
            ),
            (
                "Revenue",
                *_cells(found.revenue, "money", currency),
                _whole(last.revenue, "money", currency) if last else NOTHING,
            ),
        ],
        right=("Expected", AS_SO_FAR, "Same days last year"),
    )
    if choice.status is not Status.OK or not quiet:
        output.say(verdict(choice))
    if not quiet:
        _remarks(found)
    _at_risk(found, currency)


def _cells(total: Total | None, unit: Unit, currency: str) -> tuple[str, str]:
    if total is None:
        return NOTHING, NOTHING
    value, low, high = (
        _whole(number, unit, currency)
        for number in (total.value, total.prediction_low, total.prediction_high)
    )
    return value, f"{low} to {high}"


def _whole(number: float, unit: Unit, currency: str) -> str:
    """Return a total without decimals, which would promise too much."""
    return f"{number:,.0f} {currency}" if unit == "money" else f"{number:,.0f}"


def _remarks(found: Outlook) -> None:
    last, value = found.last_year, found.predictions.value
    if last is None:
        output.say("The history does not reach back to the same days of last year.")
    else:
        whom = output.counted(last.customers, "customer", "customers")
        output.say(f"Last year: {last.first_on} to {last.last_on}, of the {whom} known before.")
    output.say(
        "Customers who are yet to be won are in none of these numbers; orders of one day count as one."
    )
    if value.note:
        output.say(f"No values are told: {value.note}.")
    elif value.correlation is not None:
        output.say(
            f"How much customers spend and how often they buy have a correlation of {value.correlation:.2f}."
        )


def _at_risk(found: Outlook, currency: str) -> None:
    rows = found.predictions.at_risk(MOST).to_pylist()
    if not rows:
        return
    output.write_table(
        COLUMNS,
        [
            (
                row["customer_id"],
                f"{row['repeat_count']:,}",
                f"{row['age_days'] - row['recency_days']:,} days",
                in_words(row["probability_alive"], "share", currency),
                f"{row['expected_purchases']:.2f}",
                in_words(row["value_at_risk"], "money", currency),
            )
            for row in rows
        ],
        right=COLUMNS[1:],
        title=f"The customers with the greatest expected loss{'' if found.revenue else ' of purchases'}",
    )


def outlook_json(found: Outlook, choice: Choice, history: History) -> dict[str, Any]:
    """Return the outlook as plain JSON types: totals, and the customers with the greatest expected loss."""
    made, last = found.predictions, found.last_year
    return {
        "status": choice.status.value,
        "model": made.model,
        "alive_model": made.alive_model,
        "failed": {name: list(tests) for name, tests in choice.failed.items()},
        "missing": [one.as_dict() for one in choice.missing],
        "as_of": history.as_of.isoformat(),
        "horizon_days": made.horizon_days,
        "n_customers": made.table.num_rows,
        "currency": history.currency,
        "expected_orders": _total(found.orders),
        "expected_revenue": _total(found.revenue),
        "last_year": None
        if last is None
        else {
            "first_on": last.first_on.isoformat(),
            "last_on": last.last_on.isoformat(),
            "orders": last.orders,
            "revenue": last.revenue,
            "n_customers": last.customers,
        },
        "frequency_value_correlation": made.value.correlation,
        "value_note": made.value.note,
        "at_risk": [_plain(row) for row in made.at_risk(MOST).to_pylist()],
    }


def _total(total: Total | None) -> dict[str, float] | None:
    if total is None:
        return None
    names = ("value", "ci_low", "ci_high", "prediction_low", "prediction_high")
    return {name: float(getattr(total, name)) for name in names}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    date = row["expected_date_of_next_purchase"]
    return row | {"expected_date_of_next_purchase": date.isoformat() if date else None}
