"""Why no model of who comes back is shown: what is missing, or which test each of them failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message
from treue.kernel.status import Status
from treue.models.names import MODEL_NAMES

if TYPE_CHECKING:
    from treue.kernel.language import Language
    from treue.models.choice import Choice

EXPECTED = ("expected_returners", "expected_orders", "expected_revenue")
"""The measures that need a model."""

FAULTS: Final = {
    "fit": message("could not be fitted"),
    "total": message("was off by more than a quarter in all"),
    "pattern": message("missed when purchases come, as a season does"),
    "skill": message("told who comes back no better than one rate for everybody"),
    "slope": message("gave probabilities that were too bold or too timid"),
    "coverage": message("gave limits that were too narrow or too wide"),
}
"""What a model did wrong, by the name of the test."""


def why_no_model(choice: Choice, language: Language) -> str:
    """Return why no model of who comes back is shown; empty where one is."""
    if choice.status is Status.OK and choice.model is not None:
        return ""
    if choice.missing:
        return " ".join(_lacking(one.what, one.have, one.need, language) for one in choice.missing)
    parts = []
    for name, tests in choice.failed.items():
        faults = ", ".join(language.gettext(FAULTS[test]) for test in tests if test in FAULTS)
        parts.append(f"{MODEL_NAMES.get(name, name)} {faults}.")
    if not parts:
        return language.gettext("No model could be tried on this history.")
    intro = language.gettext(
        "Every model was tried on days it had not seen, and none passed, so no forecast is shown."
    )
    return f"{intro} {' '.join(parts)}"


def why_not_final(choice: Choice, language: Language) -> str:
    """Return in which direction a forecast may be wrong; empty where its model kept to its limits."""
    missed = choice.backtest.missed if choice.backtest else None
    if missed == "more":
        return language.gettext(
            "On days that the model had not seen, more orders came than its limits allowed for: this may be too low."
        )
    if missed == "fewer":
        return language.gettext(
            "On days that the model had not seen, fewer orders came than its limits allowed for: this may be too high."
        )
    return ""


def _lacking(what: str, have: int, need: int, language: Language) -> str:
    counts = {"have": language.number(have), "need": language.number(need)}
    if what == "customers":
        return language.gettext("A model needs {need} customers with an order; there are {have}.", **counts)
    if what == "days":
        return language.gettext("A model needs {need} days of history; there are {have}.", **counts)
    if what == "thrice":
        return language.gettext(
            "A model needs {need} customers who bought on three days or more; there are {have}.", **counts
        )
    return language.gettext(
        "A model is judged by customers who came back in the last third of the history; it needs {need}, and "
        "there are {have}.",
        **counts,
    )


def why_no_revenue(language: Language) -> str:
    """Return why orders are expected and no revenue is."""
    return language.gettext(
        "What customers spend goes with how often they buy, or too few have bought again, so no value can be put on "
        "the orders expected."
    )
