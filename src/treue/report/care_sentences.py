"""What a report says of the care list: how many are on it, why, what to do, and what the amounts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.models.contract_care import CANNOT_TELL

if TYPE_CHECKING:
    from treue.kernel.language import Language
    from treue.measures.care import CareRow
    from treue.report.contents import Report
    from treue.report.contracts_at_risk import ContractSummary


def care_sentence(report: Report, language: Language) -> str:
    """Return how many customers have gone quieter than is their habit.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        One sentence.
    """
    if report.contract_summary is not None:
        return _contract_sentence(report.contract_summary, language)
    summary = report.care_summary
    if summary is None:
        return language.gettext("Without purchases there is no rhythm to see, so nobody is named for care.")
    if not summary.customers:
        return language.gettext("Nobody with a habit of buying is quieter than usual.")
    return language.ngettext(
        "*{count} returning customer* has been quiet for longer than usual.",
        "*{count} returning customers* have been quiet for longer than usual.",
        summary.customers,
    )


def _contract_sentence(summary: ContractSummary, language: Language) -> str:
    if summary.used in CANNOT_TELL:
        if not summary.customers:
            return language.gettext("Whose contract may end cannot be told yet.")
        return language.ngettext(
            "*{count} customer* has agreed on an end of the contract within a year. Who else may end theirs cannot "
            "be told yet.",
            "*{count} customers* have agreed on an end of the contract within a year. Who else may end theirs "
            "cannot be told yet.",
            summary.customers,
        )
    if not summary.customers:
        return language.gettext("No contract is unusually likely to end within 90 days.")
    return language.ngettext(
        "*{count} customer* is clearly likelier than others to end the contract within 90 days, or has agreed on an end within a year.",
        "*{count} customers* are clearly likelier than others to end the contract within 90 days, or have agreed on an end within a year.",
        summary.customers,
    )


def care_reason(row: CareRow, language: Language) -> str:
    """Return why a customer is on the care list.

    Parameters
    ----------
    row : CareRow
        One customer.
    language : Language
        For words and numbers.

    Returns
    -------
    str
        For example ``Usually buys every 5 weeks. Silent for 14 weeks. Not one of 20 earlier pauses was as long.``
    """
    parts = [_habit(row, language), _silence(row.silent_days, language)]
    if row.reason.kind == "beyond_own_rhythm":
        parts.append(_pauses(row, language))
    if row.lost_share is not None:
        parts.append(
            language.gettext("Has left with a probability of {share}.", share=language.chance(row.lost_share))
        )
    return " ".join(parts)


def _pauses(row: CareRow, language: Language) -> str:
    gaps = row.reason.gaps_count
    longer = gaps - row.reason.shorter_count
    if longer <= 0:
        return language.gettext("Not one of {count} earlier pauses was as long.", count=language.number(gaps))
    return language.ngettext(
        "{count} of {gaps} earlier pauses was as long.",
        "{count} of {gaps} earlier pauses were as long.",
        longer,
        gaps=language.number(gaps),
    )


def _habit(row: CareRow, language: Language) -> str:
    unit, count = language.span(row.usual_gap_days)
    if row.reason.kind != "beyond_own_rhythm":
        return language.gettext(
            "Has bought on few days so far; others buy again {after}.",
            after=language.after(row.usual_gap_days),
        )
    if unit == "days":
        return language.ngettext("Usually buys every day.", "Usually buys every {count} days.", count)
    if unit == "weeks":
        return language.ngettext("Usually buys every week.", "Usually buys every {count} weeks.", count)
    if unit == "months":
        return language.ngettext("Usually buys every month.", "Usually buys every {count} months.", count)
    return language.ngettext("Usually buys every year.", "Usually buys every {count} years.", count)


def _silence(days: int, language: Language) -> str:
    unit, count = language.span(days)
    if unit == "days":
        return language.ngettext("Silent for {count} day.", "Silent for {count} days.", count)
    if unit == "weeks":
        return language.ngettext("Silent for {count} week.", "Silent for {count} weeks.", count)
    if unit == "months":
        return language.ngettext("Silent for {count} month.", "Silent for {count} months.", count)
    return language.ngettext("Silent for {count} year.", "Silent for {count} years.", count)


def care_intro(report: Report, language: Language) -> str:
    """Return what to do with the care list."""
    if report.contracts:
        return language.ngettext(
            "Talk to this customer before the contract is over.",
            "Talk to these {count} first, before the contract is over.",
            len(report.contracts),
        )
    summary = report.care_summary
    if summary is None or not summary.customers:
        return ""
    if _with_chances(report):
        return language.ngettext(
            "Write to this customer or call.", "Write to these {count} first, or call.", len(report.care)
        )
    return language.ngettext(
        "Write to this customer or call, before the silence becomes a habit.",
        "Write to these {count} first, or call, before the silence becomes a habit.",
        len(report.care),
    )


def care_nobody(report: Report, language: Language) -> str:
    """Return why the care list is empty."""
    return care_sentence(report, language)


def care_rest(report: Report, language: Language) -> str:
    """Return where the rest of the care list is."""
    summary = report.contract_summary or report.care_summary
    if summary is None or summary.customers <= len(report.contracts or report.care):
        return ""
    return language.gettext(
        "All {count} are in the care list beside this page, a file for your spreadsheet.",
        count=language.number(summary.customers),
    )


def _contract_stake(report: Report, language: Language) -> str:
    stake = (
        language.gettext(
            "At stake is what the contract brings in a year times the probability that it ends within 90 days; "
            "an end agreed on within a year counts as certain."
        )
        if report.settings.get("margin_share") is None
        else language.gettext(
            "At stake is the margin of the contract in a year times the probability that it ends within 90 days; "
            "an end agreed on within a year counts as certain."
        )
    )
    used = report.contract_summary.used if report.contract_summary else None
    if used == "classifier":
        return f"{stake} " + language.gettext(
            "The probability is that of a model that foretold the last 90 days better than the age of the contracts does."
        )
    if used == "life-table":
        return f"{stake} " + language.gettext(
            "The probability is how often contracts of the same age have ended so far: a model that knows more of each "
            "customer could not be tried, or foretold no better."
        )
    return stake


def _with_chances(report: Report) -> bool:
    """Whether a model says of each customer on the list how likely it has left."""
    return bool(report.care) and report.care[0].lost_share is not None


def _chance_words(gone: int, language: Language) -> str:
    """Return what a high probability means, and how many are left out because they have almost surely left."""
    words = language.gettext(
        "Whoever has a high probability has probably left already; a call to somebody with a middle one is more "
        "often in time."
    )
    if not gone:
        return words
    more = language.ngettext(
        "{count} more has almost surely left and is not on the list.",
        "{count} more have almost surely left and are not on the list.",
        gone,
    )
    return f"{words} {more}"


def stake_sentence(report: Report, language: Language) -> str:
    """Return what the amounts of the care list are, so that nobody takes them for a forecast."""
    if report.contracts:
        return _contract_stake(report, language)
    summary = report.care_summary
    if summary is None or not summary.customers:
        return ""
    if _with_chances(report):
        base = (
            language.gettext(
                "At stake is the revenue so far per year times the probability that the customer has left; the "
                "list is ranked by it."
            )
            if summary.worth.kind == "revenue"
            else language.gettext(
                "At stake is the margin so far per year times the probability that the customer has left; the "
                "list is ranked by it."
            )
        )
        return f"{base} {_chance_words(summary.gone, language)}"
    if summary.worth.kind == "revenue":
        base = language.gettext(
            "At stake is the revenue so far per year, the more of it the more unusual the silence."
        )
    else:
        base = language.gettext(
            "At stake is the margin so far per year, the more of it the more unusual the silence."
        )
    return base + " " + language.gettext("It is no forecast.")
