"""Why a contract may end, in a sentence; light, for pages that load no numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from treue.kernel.language import message
from treue.report.churn_words import reason_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from treue.kernel.language import Language


WITHOUT_SIGNS: Final[dict[tuple[str | None, bool], str]] = {
    ("classifier", True): message(
        "From a model of all that is known of the contract and the customer; no single sign stands out."
    ),
    ("classifier", False): message("From a model of all that is known of the contract and the customer."),
    ("life-table", True): message(
        "Contracts that have run for as long as this one end more often than others."
    ),
    ("life-table", False): message(
        "From how long the contract has run, and what became of contracts as old as this one."
    ),
    (None, True): message("Likelier than others to end the contract."),
    ("base-rate", False): message("As often as contracts end on average: nothing tells them apart yet."),
}
"""What a probability is of, and whether it is unusual, to what is said where there is no sign to name."""


def contract_reason(
    ends_on: date | None,
    loss: float | None,
    signs: Sequence[Sequence[Any]],
    language: Language,
    currency: str,
    *,
    used: str | None,
    unusual: bool = True,
) -> str:
    """Return why a contract may end, or that its end is agreed on.

    Parameters
    ----------
    ends_on : datetime.date or None
        The end, where it is agreed on and near.
    loss : float or None
        Probability that it ends soon; None where nothing can tell.
    signs : sequence of (str, float)
        Features that make the loss likelier, and their values, the strongest first.
    language : Language
        In which the words are.
    currency : str
        ISO 4217 code of amounts.
    used : str or None
        What the probability is of: ``classifier``, ``life-table``, ``base-rate``, or None where that is not known.
    unusual : bool
        Whether the loss is unusually likely.

    Returns
    -------
    str
        One sentence; empty where there is nothing to say.
    """
    if ends_on is not None:
        return language.gettext("The contract ends on {day}.", day=language.date(ends_on))
    if loss is None:
        return ""
    if not signs:
        return language.gettext(WITHOUT_SIGNS[used, unusual]) if (used, unusual) in WITHOUT_SIGNS else ""
    words = "; ".join(
        reason_in_words(SimpleNamespace(code=code, value=value), language, currency)  # type: ignore[arg-type]
        for code, value in signs
    )
    return language.gettext("Signs of it, which need not be causes: {signs}.", signs=words)
