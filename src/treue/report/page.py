"""A report becomes one HTML page that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from treue.kernel.language import Language
from treue.report.care_sentences import care_intro, care_nobody, care_rest, care_sentence, stake_sentence
from treue.report.data_quality import absent_words, data_facts, file_facts, set_aside_words
from treue.report.groups_section import groups_section
from treue.report.how import explain
from treue.report.ladder import ladder_section
from treue.report.returning import returning_section
from treue.report.sections import (
    care_line,
    cohort_section,
    contract_line,
    open_figures,
    purchases_section,
    retention_section,
    survival_section,
)
from treue.report.sentences import EMPHASIS, active_sentence, change_sentence, lead_sentence, lost_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from treue.report.contents import Report


def render_html(report: Report, language: str = "en") -> str:
    """Return a report as one self-contained HTML page.

    Parameters
    ----------
    report : Report
        What was measured.
    language : {"en", "de", "nb"}
        In which language.

    Returns
    -------
    str
        A whole document; write it as UTF-8.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    return begin_html(report, language)()


def begin_html(report: Report, language: str = "en") -> Callable[[], str]:
    """Begin a page; inside :func:`treue.charts.drawing.drawing_aside` its drawings are made beside whatever comes next.

    Parameters
    ----------
    report : Report
        What was measured.
    language : {"en", "de", "nb"}
        In which language.

    Returns
    -------
    callable
        Returns what :func:`render_html` does.

    Raises
    ------
    WrongArgument
        When the language is not spoken here.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    spoken = Language(language)
    environment = Environment(
        loader=PackageLoader("treue.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = spoken.gettext
    context = page_context(report, spoken)
    template = environment.get_template("report.html.j2")

    def finish() -> str:
        page = template.render(context)
        return page if page.endswith("\n") else page + "\n"

    return finish


def page_context(report: Report, language: Language) -> dict[str, Any]:
    """Return everything the template needs, every word in one language.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    dict
        Plain strings, drawings, and small objects of them.
    """
    as_of = language.date(report.as_of)
    return {
        "language": language,
        "title": language.gettext("Customer retention, {day}", day=as_of),
        "as_of": as_of,
        "navigation": navigation(
            language, with_groups=bool(report.divisions), with_model=report.choice is not None
        ),
        "lead": stressed(lead_sentence(report, language)),
        "change": stressed(change_sentence(report, language)),
        "care_sentence": stressed(care_sentence(report, language)),
        "active_words": active_sentence(report, language),
        "lost_words": lost_sentence(report, language),
        "retention": retention_section(report, language),
        "care": [contract_line(row, report, language) for row in report.contracts]
        or [care_line(row, report, language) for row in report.care],
        "with_rhythm": not report.contracts,
        "care_intro": care_intro(report, language),
        "care_rest": care_rest(report, language),
        "care_none": care_nobody(report, language),
        "stake_words": stake_sentence(report, language),
        "returning": returning_section(report, language),
        "rhythm_title": rhythm_title(report, language),
        "ladder": ladder_section(report, language),
        "cohorts": cohort_section(report, language),
        "survival": survival_section(report, language),
        "groups": groups_section(report, language),
        "purchases": purchases_section(report, language),
        "data_facts": data_facts(report, language),
        "set_aside": set_aside_words(report, language),
        "files": file_facts(report, language),
        "open": open_figures(report, language),
        "absent": absent_words(report, language),
        "how": explain(report, language),
        "footer": language.gettext(
            "Written by Treue {version} from {first} to {last}. Only the list of whom to care for names customers, by "
            "the ids of your file.",
            version=_version(),
            first=language.date(_day(report.data["first_day"])),
            last=as_of,
        ),
    }


def navigation(
    language: Language, *, with_groups: bool = False, with_model: bool = False
) -> list[tuple[str, str]]:
    """Return the parts of the page in their order: id and short name."""
    ahead = [("returning", language.gettext("Ahead"))] if with_model else []
    groups = [("groups", language.gettext("Groups"))] if with_groups else []
    return [
        ("retention", language.gettext("Retention")),
        ("care", language.gettext("This week")),
        *ahead,
        ("ladder", language.gettext("Ladder")),
        ("cohorts", language.gettext("Cohorts")),
        ("survival", language.gettext("Staying")),
        *groups,
        ("purchases", language.gettext("Purchases")),
        ("data", language.gettext("Data")),
        ("how", language.gettext("How")),
    ]


def stressed(sentence: str) -> Markup:
    """Return a sentence as HTML with what stands between asterisks stressed.

    Parameters
    ----------
    sentence : str
        Plain text; everything in it is escaped.

    Returns
    -------
    Markup
        Safe HTML.

    Examples
    --------
    >>> str(stressed("*83 in 100* < all"))
    '<em>83 in 100</em> &lt; all'
    """
    parts = sentence.split(EMPHASIS)
    html = Markup("")
    for place, part in enumerate(parts):
        html += Markup("<em>{}</em>").format(part) if place % 2 and place < len(parts) - 1 else escape(part)
    return html


def rhythm_title(report: Report, language: Language) -> str:
    """Return the head of the column of rhythm strips, with the time it covers."""
    from treue.charts.rhythm_strip import STRIP_DAYS
    from treue.report.cannot_tell import observed_days

    if observed_days(report) >= STRIP_DAYS:
        return language.gettext("Rhythm, two years")
    return language.gettext("Rhythm, {time}", time=language.about(observed_days(report)))


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def _version() -> str:
    from treue import __version__

    return __version__
