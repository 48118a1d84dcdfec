"""What was read, what was set aside and why, and what the files do not hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from treue.kernel.language import message
from treue.report.explanations import REASONS
from treue.report.reading_notes import note_words

if TYPE_CHECKING:
    from treue.kernel.language import Language
    from treue.report.contents import Report

TABLES: Final = {
    "contracts": message("contracts"),
    "visits": message("visits"),
    "referrals": message("referrals"),
    "mentions": message("recommendations in public"),
    "answers": message("survey answers"),
    "contacts": message("contacts"),
    "purchases": message("purchases"),
    "returns": message("returns"),
    "customers": message("customer master data"),
}
"""Canonical table to its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """How one file was read, in one language; a note says whether it is in that language, else it is English."""

    path: str
    words: str
    notes: tuple[tuple[str, bool], ...]


def data_facts(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return the counts of the data, each with its name.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words, numbers and dates.

    Returns
    -------
    list of (str, str)
        In the order of reading.
    """
    data = report.data
    facts = []
    if data["rows_read"] is not None:
        facts += [
            (language.gettext("Rows read"), language.number(data["rows_read"])),
            (language.gettext("Accepted"), language.number(data["accepted"])),
            (language.gettext("Set aside"), language.number(data["set_aside"])),
        ]
    facts += [
        (language.gettext("Customers"), language.number(data["customers"])),
        (language.gettext("Orders"), language.number(data["orders"])),
        (language.gettext("Returns"), language.number(data["returns"])),
        *_what_does_not_count(report, language),
        (
            language.gettext("Time"),
            (
                f"{language.date(date.fromisoformat(data['first_day']))} – "
                f"{language.date(date.fromisoformat(data['last_day']))}"
            ),
        ),
        (language.gettext("Currency"), data["currency"]),
        (language.gettext("Time zone"), str(report.settings["timezone"])),
    ]
    return facts


def _what_does_not_count(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return the orders and returns that a reader would miss in the figures; nothing where there are none."""
    quality = report.quality
    if quality is None:
        return []
    counts = (
        (language.gettext("Orders that came to nothing"), quality.zero_or_negative - quality.fully_returned),
        (language.gettext("Returned in full"), quality.fully_returned),
        (language.gettext("Returns without an order"), quality.unlinked_returns),
    )
    return [(name, language.number(count)) for name, count in counts if count > 0]


def set_aside_words(report: Report, language: Language) -> list[str]:
    """Return how many rows were set aside for each reason, the most frequent first."""
    if report.reading is None:
        return []
    counts = sorted(report.reading.set_aside_counts.items(), key=lambda item: (-item[1], item[0]))
    examples = {example.reason: example for example in report.reading.examples}
    words = []
    for code, count in counts:
        reason = language.gettext(REASONS.get(code, code.replace("_", " ")))
        rows = language.ngettext("{count} row", "{count} rows", count)
        text = f"{rows}: {reason}"
        if code in examples and examples[code].line:
            text += " " + language.gettext(
                "(first in line {line})", line=language.number(examples[code].line)
            )
        words.append(text)
    return words


def file_facts(report: Report, language: Language) -> list[FileFacts]:
    """Return how each file was read."""
    if report.reading is None:
        return []
    found = []
    for file in report.reading.files:
        columns = ", ".join(
            f"{field} ← {column}" for field, column in file.columns.items() if field != column
        )
        words = language.gettext(
            "{accepted} of {rows} rows.",
            accepted=language.number(file.accepted),
            rows=language.number(file.rows_read),
        )
        if columns:
            words += " " + language.gettext("Columns: {columns}.", columns=columns)
        found.append(
            FileFacts(
                path=file.path, words=words, notes=tuple(note_words(note, language) for note in file.notes)
            )
        )
    return found


def absent_words(report: Report, language: Language) -> str:
    """Return what was not measured because the files do not hold it."""
    tables = list(dict.fromkeys(table for table in report.missing.values() if table in TABLES))
    if not tables:
        return ""
    names = ", ".join(language.gettext(TABLES[table]) for table in tables)
    measures = ", ".join(
        language.gettext(report.measures[name].label)
        for name, table in report.missing.items()
        if table in TABLES and name in report.measures
    )
    return language.gettext(
        "The files hold no {tables}, so these are not measured: {measures}.", tables=names, measures=measures
    )
