"""A fitted model as a table and a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treue.cli import output

if TYPE_CHECKING:
    from treue.models.fitted import Fitted
    from treue.models.fitting import Fit

STRONG = 0.9
"""Above this correlation two parameters are hardly known apart."""

CONTINUOUS = {"bg-nbd", "mbg-nbd", "pareto-nbd"}


def fit_table(done: Fit, currency: str, *, quiet: bool) -> None:
    """Print a fitted model: parameters with intervals, what they mean, and how sure that is.

    Parameters
    ----------
    done : Fit
        A fit with a model.
    currency : str
        Of the amounts; empty where it is not known.
    quiet : bool
        True prints the parameters alone.
    """
    model = done.model
    if model is None:
        raise ValueError("there is nothing to print without a model")
    title = None if quiet else f"{done.name}, {_of_whom(done)}"
    output.write_table(
        ("Parameter", "Value", "95 % interval", "Standard error"),
        parameter_rows(model),
        right=("Value", "95 % interval", "Standard error"),
        title=title,
    )
    if not quiet:
        output.say(f"Log-likelihood  {model.log_likelihood:,.1f}")
        for line in [*meaning(done, currency), *correlation_note(model)]:
            output.say(line)


def _of_whom(done: Fit) -> str:
    whom = (
        f"{output.counted(done.n_customers, 'customer', 'customers')} ({done.n_distinct:,} different cases)"
    )
    if done.unit is None or done.name == "gamma-gamma":
        return whom
    kind = "time in" if done.name in CONTINUOUS else "periods of one"
    return f"{whom}, {kind} {done.unit}{'s' if done.name in CONTINUOUS else ''}"


def parameter_rows(model: Fitted) -> list[tuple[str, str, str, str]]:
    """Return letter, value, 95 % interval and standard error of each parameter.

    The interval comes from the parameter's logarithm, so that it never reaches below 0.
    """
    optimum = model.optimum
    rows = []
    for place, (letter, value) in enumerate(model.parameters.items()):
        if optimum is None:
            rows.append((letter, f"{value:,.3f}", "–", "–"))
            continue
        spread = 1.96 * float(np.sqrt(optimum.covariance[place, place]))
        low, high = value * np.exp(-spread), value * np.exp(spread)
        rows.append(
            (letter, f"{value:,.3f}", f"{low:,.3f} to {high:,.3f}", f"{optimum.standard_errors[place]:,.3f}")
        )
    return rows


def meaning(done: Fit, currency: str = "") -> list[str]:
    """Return what the parameters say, in words.

    Parameters
    ----------
    done : Fit
        A fit with a model.
    currency : str
        Of the amounts; empty where it is not known.
    """
    model: Any = done.model
    unit = done.unit or "period"
    if done.name in {"bg-nbd", "mbg-nbd"}:
        after = "repeat purchase" if done.name == "bg-nbd" else "purchase"
        return [
            f"An active customer buys {model.r / model.alpha:.3g} times a {unit} on average.",
            f"After a {after} {model.a / (model.a + model.b):.1%} of the customers leave.",
        ]
    if done.name == "pareto-nbd":
        return [
            f"An active customer buys {model.r / model.alpha:.3g} times a {unit} on average.",
            f"Customers leave at a rate of {model.s / model.beta:.3g} a {unit} on average, at any moment.",
        ]
    if done.name == "bg-bb":
        return [
            f"An active customer takes {model.alpha / (model.alpha + model.beta):.1%} of the opportunities.",
            f"Before an opportunity {model.gamma / (model.gamma + model.delta):.1%} of the customers leave.",
        ]
    if done.name == "gamma-gamma":
        return _worth(model, currency)
    gone = 1 - float(model.survival(1))
    lines = [f"At the first renewal {gone:.1%} of the customers leave."]
    if done.name == "beta-discrete-weibull":
        way = "falls" if model.c < 1 else "rises"
        lines.append(
            f"A customer's own chance of leaving {way} with every renewal (c {'<' if model.c < 1 else '>'} 1)."
        )
    else:
        lines.append("That fewer leave later is sorting: those who leave easily have gone.")
    return lines


def _worth(model: Any, currency: str) -> list[str]:
    if model.q <= 1:
        return [
            "Customers differ so much in what they spend that the mean over all of them is infinite (q <= 1)."
        ]
    mean = model.p * model.v / (model.q - 1)
    return [f"Over all customers an order is worth {mean:,.2f} {currency}".rstrip() + " on average."]


def correlation_note(model: Fitted) -> list[str]:
    """Return a sentence on the two parameters that are least known apart."""
    if model.optimum is None:
        return []
    letters, matrix = model.LETTERS, np.tril(model.optimum.correlation, -1)
    one, other = np.unravel_index(np.abs(matrix).argmax(), matrix.shape)
    r = float(matrix[one, other])
    pair = f"{letters[other]} and {letters[one]}"
    if abs(r) < STRONG:
        return [f"Largest correlation between parameters: {r:.2f}, of {pair} (on the log scale)."]
    together = "their ratio is known better" if r > 0 else "their product is known better"
    return [f"{pair} have a correlation of {r:.2f} on the log scale: {together} than either."]
