"""Background work that did not come to its end, in the words of whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.app.privacy.night import STEPS
from treue.app.privacy.retention import RULES
from treue.kernel.language import message

if TYPE_CHECKING:
    from treue.app.core.models import Job
    from treue.kernel.language import Language

KINDS: Final = {
    "cycle": message("Figures and scores were not computed"),
    "demo": message("The demonstration firm was not made"),
    "import": message("A file was not brought in"),
    "import-reading": message("A file was not read"),
    "retention": message("What is older than its period was not all deleted"),
    "erase-again": message("Whom a backup brought back was not erased again"),
    "backup": message("Nightly backup"),
}
"""What did not happen, by the kind of the work."""
PARTS: Final = {**STEPS, **{rule.name: rule.words for rule in RULES}}
"""Parts of the nightly work, as its errors name them."""
IN_THE_LOG: Final = message("the server’s log says why")


def not_done(job: Job, language: Language) -> str:
    """Return what did not happen and why; what only English words tell stays in the server's log for the others.

    Parameters
    ----------
    job : Job
        It has failed.
    language : Language
        Of whoever reads it.

    Returns
    -------
    str
        One sentence.
    """
    what = language.gettext(KINDS.get(job.kind, job.kind))
    return f"{what}: {_why(job, language)}"


def _why(job: Job, language: Language) -> str:
    # An engine's error may stand in brackets behind the name of the part.
    parts = [part.partition(" (")[0] for part in job.words.split(", ")]
    if job.kind == "retention" and all(part in PARTS for part in parts):
        named = "; ".join(language.gettext(PARTS[part]) for part in parts)
        return f"{named}; {language.gettext(IN_THE_LOG)}"
    told = language.gettext(job.words)
    if job.words and (language.code == "en" or told != job.words):
        return told
    return language.gettext(IN_THE_LOG)
