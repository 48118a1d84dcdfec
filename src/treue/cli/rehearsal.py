"""A back-test in sentences and tables, for somebody without statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.cli import output
from treue.kernel.status import Status
from treue.models.names import MODEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from treue.kernel.estimate import Figure
    from treue.models.backtest import Backtest
    from treue.models.candidate import Candidate
    from treue.models.choice import Missing
    from treue.models.profit import Costs
    from treue.models.trials import Trial

QUESTIONS = {
    "total": "Are all purchases together foreseen to within a quarter, or inside the band?",
    "pattern": "Do they come when expected, not in a season?",
    "skill": "Does it tell who comes back better than one rate for everybody?",
    "slope": "Are its probabilities neither too bold nor too timid?",
    "coverage": "Do about 95 % of customers keep inside their intervals?",
}

SHORT = {
    "total": "the total is off by more than a quarter",
    "pattern": "purchases come in seasons that it does not know",
    "skill": "it tells who comes back no better than one rate for everybody",
    "slope": "its probabilities are too bold or too timid",
    "coverage": "its intervals are too narrow or too wide",
}

LACKING = {
    "customers": "{have:,} customers with an order, and {need:,} are needed",
    "days": "{have:,} days of history, and {need:,} are needed",
    "thrice": "{have:,} customers who bought on three days or more, and {need:,} are needed",
}

SCORES = {
    "expected_over_actual": "Expected over actual purchases",
    "returned_expected": "Share who come back, expected",
    "returned_observed": "Share who came back",
    "brier_skill": "Brier skill (0 = one rate for everybody, 1 = perfect)",
    "brier": "Brier score (0 = perfect)",
    "log_loss": "Log-loss (0 = perfect)",
    "auc": "AUC (0.5 = chance, 1 = perfect order)",
    "lift_10": "Lift among the 10 % ranked highest",
    "lift_20": "Lift among the 20 % ranked highest",
    "calibration_slope": "Calibration slope (1 = right)",
    "calibration_intercept": "Calibration intercept (0 = right)",
    "coverage": "Customers inside their 95 % interval, spread evenly",
    "coverage_as_shown": "Customers inside the whole numbers shown for 95 %",
    "log_score": "Log score per customer (higher is better)",
    "empc": "EMPC: most profit per customer from writing to those who leave",
}


def tell(found: Backtest, missing: Sequence[Missing], currency: str, costs: Costs | None) -> None:
    """Write a back-test for people: a sentence, the tests, then the numbers.

    Parameters
    ----------
    found : Backtest
        What came of it.
    missing : sequence of Missing
        What the history is short of for any model to be shown.
    currency : str
        Of the firm's costs.
    costs : Costs or None
        The firm's own numbers.
    """
    shown = found.best or next((one for one in found.candidates if one.model), None)
    output.say(_first_sentence(found, shown))
    output.say(_verdict(found, missing))
    output.say()
    fitted = [one for one in found.candidates if one.model is not None]
    _tests(fitted)
    _scores(fitted, found, currency if costs else None)
    if shown is not None:
        _frequencies(shown)
        _path(shown)


def _first_sentence(found: Backtest, shown: Candidate | None) -> str:
    customers = output.counted(found.customers, "customer", "customers")
    start = f"Of the {customers} won by {_day(found.split_on)}"
    happened = f"{found.actual:,} happened"
    if shown is None:
        came_back = output.counted(found.returned, "customer", "customers")
        return f"{start}, {came_back} bought again until {_day(found.as_of)}; no model could be fitted."
    expected = shown.value("expected") or 0.0
    words = (
        f"{start}, {_name(shown)} expected {expected:,.0f} repeat purchases until {_day(found.as_of)} "
        f"(95 % band {shown.total_low:,.0f} to {shown.total_high:,.0f}); {happened}"
    )
    if found.actual:
        off = expected / found.actual - 1
        words += f", so it foretold {100 * abs(off):.1f} % too {'many' if off > 0 else 'few'}"
    return f"{words}."


def _verdict(found: Backtest, missing: Sequence[Missing]) -> str:
    lines = [_of_candidate(one) for one in found.candidates]
    if found.best is not None and not missing:
        lines.append(
            f"{_name(found.best)} made what happened most likely, so it is the one that is shown."
            if len(found.passed) > 1
            else f"{_name(found.best)} is the one that is shown."
        )
    elif missing:
        short = "; ".join(LACKING[one.what].format(have=one.have, need=one.need) for one in missing)
        lines.append(f"There is not enough yet for a model to be shown: {short}.")
    elif found.status is Status.INSUFFICIENT:
        lines.append("There is not enough yet to judge any model, so none is shown.")
    else:
        lines.append("So no model of these is shown.")
    return "\n".join(lines)


def _of_candidate(one: Candidate) -> str:
    name = _name(one)
    if one.model is None:
        return f"{name}: could not be fitted: {one.problem}"
    if one.status is Status.INSUFFICIENT:
        return f"{name}: fewer than 100 customers came back after the split, so it cannot be judged."
    if one.failed:
        return f"{name}: failed, because {' and '.join(SHORT[test] for test in one.failed)}."
    judged = [trial for trial in one.trials if trial.passed is not None]
    return f"{name}: passed {'all' if len(judged) == len(one.trials) else len(judged)} of {len(one.trials)} tests."


def _tests(fitted: Sequence[Candidate]) -> None:
    if not fitted:
        return
    names = [_name(one) for one in fitted]
    rows = [
        [QUESTIONS[trials[0].name], *[_cell(trial) for trial in trials]]
        for trials in zip(*[one.trials for one in fitted], strict=True)
    ]
    output.write_table(["Test", *names], rows)
    output.say()


def _cell(trial: Trial) -> str:
    word = {True: "passed", False: "FAILED", None: "not judged"}[trial.passed]
    return word if trial.value is None else f"{word} ({trial.value:.2f})"


def _scores(fitted: Sequence[Candidate], found: Backtest, currency: str | None) -> None:
    if not fitted:
        return
    rows = []
    for score, label in SCORES.items():
        if score in fitted[0].scores:
            shown = f"{label}, {currency}" if score == "empc" else label
            rows.append([shown, *[_number(one.scores[score]) for one in fitted]])
    for letter in range(4):
        cells = [list(one.model.parameters.items())[letter] for one in fitted if one.model is not None]
        rows.append(
            [f"Parameter {letter + 1} ({found.unit}s)", *[f"{name} {held:.3f}" for name, held in cells]]
        )
    output.write_table(["Number (95 % interval)", *[_name(one) for one in fitted]], rows)
    output.say()


def _number(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    if figure.ci_low is None or figure.ci_high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.ci_low:.3f} to {figure.ci_high:.3f})"


def _frequencies(shown: Candidate) -> None:
    rows = [
        (
            f"{row.repeat_count}{' or more' if row.or_more else ''}",
            f"{row.customers:,}",
            f"{row.expected:.2f}",
            f"{row.actual:.2f}",
            "–" if row.actual_low is None else f"{row.actual_low:.2f} to {row.actual_high:.2f}",
        )
        for row in shown.by_frequency
    ]
    columns = ("Repeat purchases before", "Customers", "Expected after", "Happened after", "95 % interval")
    output.write_table(
        columns, rows, right=columns[1:], title=f"{_name(shown)}, by how often they had bought"
    )
    output.say()


def _path(shown: Candidate) -> None:
    after = [week for week in shown.weeks if week.held_out]
    kept = [week for place, week in enumerate(after, 1) if place % 4 == 0 or place == len(after)]
    rows = [
        (
            week.ends_on.isoformat(),
            f"{week.cumulative_expected:,.0f}",
            f"{week.cumulative_low:,.0f} to {week.cumulative_high:,.0f}",
            f"{week.cumulative_actual:,}",
        )
        for week in kept
    ]
    columns = ("From the split to", "Expected", "95 % band", "Happened")
    output.write_table(
        columns, rows, right=columns[1:], title=f"{_name(shown)}, all purchases as they add up"
    )


def _name(one: Candidate) -> str:
    return MODEL_NAMES.get(one.name, one.name)


def _day(day: date) -> str:
    from babel.dates import format_date

    return str(format_date(day, "d MMMM y", locale="en"))
