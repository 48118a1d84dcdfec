"""The ladder as the page shows it: a stair of people, who moved, and how far one gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from treue.charts.ladder_stair import MOST_DOTS, Step, ladder_stair, people_per_dot
from treue.kernel.language import message
from treue.kernel.status import Status
from treue.ladder.rungs import ADVOCATE, CLIENT, CUSTOMER, PROSPECT, RUNGS, SUSPECT
from treue.report.blocks import figure_block
from treue.report.drawn import Chart, Drawing, Table
from treue.report.marks import mark_of
from treue.report.values import interval_text, value_text

if TYPE_CHECKING:
    from typing import Any

    from treue.charts.drawing import Size
    from treue.kernel.estimate import Figure
    from treue.kernel.language import Language
    from treue.ladder.movement import RungMovement
    from treue.report.contents import Report
    from treue.report.marks import Mark

NAMES: Final = {
    SUSPECT: (message("suspect"), message("suspects")),
    PROSPECT: (message("prospect"), message("prospects")),
    CUSTOMER: (message("customer"), message("customers")),
    CLIENT: (message("client"), message("clients")),
    ADVOCATE: (message("advocate"), message("advocates")),
}
"""A rung for one person and for many."""

EVIDENCE: Final = {
    SUSPECT: message("known to you, no sign of interest in the last 12 months"),
    PROSPECT: message("a visit, sign-up or reply of their own in the last 12 months"),
    CUSTOMER: message("one purchase, still active"),
    CLIENT: message("purchases on two days or more, still active"),
    ADVOCATE: message("a referral that led to a customer, or a public recommendation, in the last 12 months"),
}
"""What puts somebody on a rung."""

ABSENT: Final = {
    SUSPECT: message("people who were known before they showed interest"),
    PROSPECT: message("visits, sign-ups or replies"),
    ADVOCATE: message("referrals or public recommendations"),
}
"""What a history lacks that cannot show a rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderView:
    """The ladder in one language.

    Parameters
    ----------
    stair : Chart or None
        None where nobody is on the ladder.
    people : str
        How many are on it.
    former : str
        How many have lapsed and are off it; empty when unknown.
    absent : str
        Which rungs this history cannot show, and why; empty when it shows all.
    blocks : list
        How likely it is to get further, and how long it takes.
    """

    stair: Chart | None
    people: str
    former: str
    absent: str
    blocks: list[Any]


def ladder_section(report: Report, language: Language) -> LadderView:
    """Return the ladder with its movement.

    Parameters
    ----------
    report : Report
        What was measured.
    language : Language
        For words and numbers.

    Returns
    -------
    LadderView
        With what the history cannot show.
    """
    shown = [
        (rung, figure)
        for rung, figure in report.by_segment("ladder_occupancy").items()
        if figure.value is not None and figure.numerator is not None
    ]
    missing = [rung for rung in RUNGS if rung not in {rung for rung, _ in shown}] if shown else []
    total = int(shown[0][1].denominator or 0) if shown else 0
    former = ""
    if report.former:
        former = language.ngettext(
            "{count} former customer is off the ladder.",
            "{count} former customers are off the ladder.",
            report.former,
        )
    return LadderView(
        stair=_stair(shown, report, language) if total else None,
        people=language.ngettext("{count} person", "{count} people", total) if total else "",
        former=former,
        absent=_absent(missing, language),
        blocks=_further(report, language),
    )


def _absent(rungs: list[str], language: Language) -> str:
    if not rungs:
        return ""
    sentences = [
        language.gettext(
            "No {rung} can be seen: the files hold no {what}.",
            rung=language.gettext(NAMES[rung][1]),
            what=language.gettext(ABSENT[rung]),
        )
        for rung in rungs
        if rung in ABSENT
    ]
    return " ".join(sentences)


def rung_name(rung: str, count: float, language: Language) -> str:
    """Return the name of a rung for one person or for many."""
    one, many = NAMES[rung]
    return language.gettext(one if count == 1 else many)


def _stair(shown: list[tuple[str, Figure]], report: Report, language: Language) -> Chart:
    moves = {one.rung: one for one in report.movement.rungs} if report.movement else {}
    steps = []
    for rung, figure in shown:
        count = int(figure.numerator or 0)
        steps.append(
            Step(
                count=count,
                number=language.number(count),
                name=rung_name(rung, count, language),
                notes=_notes(moves.get(rung), language),
                told=_told(rung, figure, moves.get(rung), language),
            )
        )
    seen = {rung for rung, _ in shown}
    unseen = [
        Step(count=None, number=language.gettext("cannot tell yet"), name=rung_name(rung, 2, language))
        for rung in RUNGS
        if rung not in seen
    ]
    order = {rung_name(rung, count, language): place for place, rung in enumerate(RUNGS) for count in (1, 2)}
    steps = sorted([*steps, *unseen], key=lambda step: order[step.name])
    per_dot = people_per_dot([step.count or 0 for step in steps], MOST_DOTS)
    label = language.gettext(
        "The ladder from below: {steps}.",
        steps=", ".join(f"{s.number} {s.name}" for s in steps if s.count is not None),
    )
    dot = language.ngettext(
        "A dot is one person; the height is the rung, not a count.",
        "A dot is about {count} people; the height is the rung, not a count.",
        per_dot,
    )
    sizes: tuple[Size, ...] = ("wide", "narrow")
    drawn = {
        size: Drawing(partial(ladder_stair, steps, per_dot=per_dot, size=size, label=label)) for size in sizes
    }
    note = dot
    if report.movement is not None:
        period = language.period(report.movement.period.label)
        note += " " + language.gettext(
            "↑ came to the rung, ↓ left it downwards or went quiet, in {period}.", period=period
        )
    return Chart(
        title=language.gettext("The ladder"),
        wide=drawn["wide"],
        narrow=drawn["narrow"],
        note=note,
        table=_table(shown, moves, report, language),
    )


def _told(rung: str, figure: Figure, move: RungMovement | None, language: Language) -> str:
    """Return a step in words, for the pointer: how many of all, its interval, and who moved."""
    share = value_text(figure.value or 0.0, figure, "share", language, "EUR")
    interval = interval_text(figure, "share", language, "EUR")
    count = int(figure.numerator or 0)
    words = f"{language.number(count)} {rung_name(rung, count, language)}: {share}"
    if interval:
        words += f" ({interval})"
    moved = (
        [
            (language.gettext("climbed up"), move.climbed),
            (language.gettext("new"), move.new),
            (language.gettext("came back"), move.returned),
            (language.gettext("fell"), move.fell),
            (language.gettext("went quiet"), move.quiet),
        ]
        if move
        else []
    )
    return "; ".join([words, *(f"{name} {language.number(number)}" for name, number in moved if number)])


def _notes(move: RungMovement | None, language: Language) -> tuple[str, ...]:
    if move is None or not (move.up or move.down):
        return ()
    return (f"↑ {language.number(move.up)}   ↓ {language.number(move.down)}",)


def _table(
    shown: list[tuple[str, Figure]], moves: dict[str, RungMovement], report: Report, language: Language
) -> Table:
    rows = []
    for rung, figure in shown:
        move = moves.get(rung)
        value = "–" if figure.value is None else value_text(figure.value, figure, "share", language, "EUR")
        rows.append(
            (
                rung_name(rung, 2, language),
                language.gettext(EVIDENCE[rung]),
                language.number(figure.numerator or 0),
                value,
                interval_text(figure, "share", language, report.data["currency"]) or "–",
                *(
                    language.number(number)
                    for number in (
                        (move.climbed, move.new, move.returned, move.fell, move.quiet) if move else ()
                    )
                ),
            )
        )
    head: tuple[str, ...] = (
        language.gettext("Rung"),
        language.gettext("Evidence"),
        language.gettext("People"),
        language.gettext("Share"),
        language.gettext("95% interval"),
    )
    if moves:
        head += (
            language.gettext("climbed up"),
            language.gettext("new"),
            language.gettext("came back"),
            language.gettext("fell"),
            language.gettext("went quiet"),
        )
    rest: tuple[Mark, ...] = ({},) * (len(head) - 4)
    return Table(
        caption=language.gettext("The ladder"),
        head=head,
        rows=tuple(rows),
        marks=tuple(({}, {}, {}, mark_of(figure), *rest) for _, figure in shown),
    )


def _further(report: Report, language: Language) -> list[Any]:
    """Chances of getting further from the present rungs, the likeliest questions first."""
    titles = {
        ("probability_of_client_within_12_months", CUSTOMER): language.gettext(
            "A new customer becomes a client within 12 months"
        ),
        ("probability_of_advocate_within_12_months", CLIENT): language.gettext(
            "A new client becomes an advocate within 12 months"
        ),
        ("probability_of_advocate", CLIENT): language.gettext("A new client ever becomes an advocate"),
    }
    blocks = []
    for (name, rung), title in titles.items():
        for figure in report.of(name):
            if (
                figure.segment == rung and figure.status is not Status.UNDEFINED
            ):  # rungs unseen are named above
                blocks.append(figure_block(figure, report, language, label=title))
                break
    return blocks
