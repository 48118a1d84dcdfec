"""What the figures about contacts mean: they are the application's own, beside the measures of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from treue.app.measuring.contact_figures import LABELS
from treue.kernel.language import message
from treue.report.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_CONTACTS: Final = {
    "first_response_median": Explanation(
        LABELS["first_response_median"],
        message(
            "The time within which half of the contacts that customers began in the last 90 days had their first "
            "answer. What is solved without a word before is answered at that moment; one that still waits counts "
            "with the time it has waited for."
        ),
        message("the first t with Ŝ(t) ≤ ½; Ŝ: share still waiting (Kaplan and Meier)"),
        message(
            "It says nothing of how good the answers were, and nights and weekends count. Contacts of a file that "
            "does not tell of answers are left out."
        ),
        message(
            "Fifty customers write at nine. Ten have an answer after 1 hour, ten after 2, ten after 4, and twenty "
            "still wait after 6: half are answered within 4 hours. Without those who wait it would be 2."
        ),
    ),
    "resolution_median": Explanation(
        LABELS["resolution_median"],
        message(
            "The time within which half of the contacts that customers began in the last 90 days were solved. One "
            "that was opened again counts until it is solved anew, one that is open with the time it has been open."
        ),
        message("the first t with Ŝ(t) ≤ ½; Ŝ: share still open (Kaplan and Meier)"),
        message(
            "Whoever closes contacts early makes it shorter: look at how many are opened again. Nights and weekends "
            "count. Contacts of a file that does not tell of solutions are left out."
        ),
        message(
            "Of forty contacts ten are solved within a day, twelve more within 3 days, and eighteen are open after "
            "10 days: half are solved within 3 days."
        ),
    ),
    "reopen_rate": Explanation(
        LABELS["reopen_rate"],
        message(
            "Of the contacts that customers began in the last 90 days and that were solved at least once, the share "
            "that was opened again."
        ),
        message("|opened again| / |solved|"),
        message(
            "Who gives up does not write again, and what was solved yesterday has had little time to come back: the "
            "true share is rather higher."
        ),
        message("50 contacts were solved and 10 of them opened again: 20%, between 11.2% and 33.0%."),
    ),
}
"""Each figure about contacts to its explanation."""


def line_of(name: str, panel: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what a run says of a figure about contacts; empty where it says nothing.

    Parameters
    ----------
    name : str
        Which figure.
    panel : mapping or None
        The part of the page about contacts; None without a run.
    """
    lines: list[Mapping[str, Any]] = panel["lines"] if panel else []
    return next((line for line in lines if line.get("id") == name), {})
