"""Who stays, group by group: which columns divide customers, and what is counted in each group."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from treue.history.headline import comparable, headline_counts
from treue.history.period_counts import period_counts
from treue.history.segments import NO_SEGMENT
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.estimate import MINIMUM_N, Figure, count_status, proportion
from treue.kernel.many_groups import benjamini_hochberg, shrunken_shares
from treue.kernel.status import Status
from treue.measures.retention import VERSION
from treue.measures.standardised import VERSION as STANDARDISED_VERSION
from treue.measures.standardised import MixChange, mix_change, standardised_share
from treue.measures.survival import survival
from treue.measures.survival_segments import SurvivalComparison, compare_survival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treue.history.history import History
    from treue.history.period_counts import PeriodCount

MOST_COLUMNS: Final = 2
"""A page shows no more divisions than somebody reads, and each one more is one more chance of a false alarm."""

MOST_CHOICES: Final = 6
"""Divisions that somebody may choose from, one at a time."""

MOST_GROUPS = 12
LEAST_PEOPLE = 5
"""Fewer people than this would be recognised."""

PREFERRED: Final = ("segment", "acquired_via", "channel", "country")
"""Columns that a firm divides its customers by, in this order; others follow by name."""

NEVER: Final = {"currency"}
"""A currency divides amounts, not customers."""

OTHERS = "others"
"""The group that small groups are joined into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Customers divided by one column, and how each group stays.

    Parameters
    ----------
    column : str
        Name of the column.
    table : str
        Where it is: ``customers``, or ``purchases`` or ``contracts``, then its first value counts.
    retention : tuple of Figure
        Retention rate of each group in the period the report is judged by.
    shrunken : tuple of (float or None)
        The same shares drawn toward the share of all, in the same order.
    ranked : bool
        True when every group is large enough to be ranked; then they stand in the order of `shrunken`.
    joined : int
        How many groups of fewer than five people stand together as ``others``.
    mix : MixChange or None
        How the total moved against the groups.
    standardised : Figure or None
        The later rate of `mix` with the mix of the earlier period.
    group_gone : bool
        Whether a group of the earlier period is not there in the later one, so that the others stand for it.
    survival : SurvivalComparison or None
        How long the groups stay.
    survival_figures : tuple of Figure
        The curves of the groups as figures.
    adjusted_p_value : float or None
        Of `survival`, held against the number of comparisons in the report.
    """

    column: str
    table: str
    retention: tuple[Figure, ...]
    shrunken: tuple[float | None, ...]
    ranked: bool
    joined: int
    mix: MixChange | None
    standardised: Figure | None
    group_gone: bool
    survival: SurvivalComparison | None
    survival_figures: tuple[Figure, ...]
    adjusted_p_value: float | None = None

    @property
    def could_be_chance(self) -> bool:
        """Whether groups that stay equally long would often look so different, seen with all comparisons made."""
        return self.adjusted_p_value is None or self.adjusted_p_value >= 0.05


def divide(history: History, most: int = MOST_COLUMNS) -> tuple[Division, ...]:
    """Return how each group of customers stays, by the few columns that divide them best by name.

    Parameters
    ----------
    history : History
        What happened.
    most : int
        How many columns at most. Every comparison counts against chance, whether or not somebody looks at it.

    Returns
    -------
    tuple of Division
        None where no column divides customers into a few groups.
    """
    found: list[Division] = []
    for column in likely_columns(history):
        if len(found) == most:
            break
        try:
            counts = headline_counts(history, column)
            if divides(counts, of_customers=history.segment_columns[column] == "customers"):
                found.append(_division(history, column, counts))
        except (WrongArgument, NotEnoughData):
            continue
    return _adjusted(_told_apart(found))


def likely_columns(history: History) -> list[str]:
    """Return columns with 2 to 12 values, those that firms divide by first.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    list of str
        Chosen by their names and values alone, before anybody looks at who stays.
    """
    engine, F = history.engine, history.engine.F
    likely: list[str] = []
    by_table: dict[str, list[str]] = {}
    for column, table in history.segment_columns.items():
        if column not in NEVER:
            by_table.setdefault(table, []).append(column)
    for table, columns in by_table.items():
        counted = [F.countDistinct(column).alias(column) for column in columns]
        row = engine.arrow(engine.frame(history.tables[table]).agg(*counted)).to_pylist()[0]
        likely += [column for column in columns if 2 <= row[column] <= MOST_GROUPS]
    place = {name: number for number, name in enumerate(PREFERRED)}
    return sorted(likely, key=lambda column: (place.get(column.casefold(), len(place)), column))


def divides(counts: Sequence[PeriodCount], *, of_customers: bool) -> bool:
    """Return whether groups are worth a place on the page.

    Parameters
    ----------
    counts : sequence of PeriodCount
        The period the report is judged by, one per group.
    of_customers : bool
        Whether the column describes customers; of an order's column numbers are quantities, not groups.

    Returns
    -------
    bool
        True when at least two groups have 30 customers, and at most half of all are of unknown group.
    """
    named = [count for count in counts if count.segment != NO_SEGMENT]
    whole = sum(count.at_start for count in counts)
    unknown = whole - sum(count.at_start for count in named)
    numbers = all(re.fullmatch(r"[-+]?[\d.,]+", count.segment or "") for count in named)
    large = sum(count.at_start >= MINIMUM_N for count in named)
    return large >= 2 and 2 * unknown <= whole and (of_customers or not numbers)


def _division(history: History, column: str, counts: Sequence[PeriodCount]) -> Division:
    groups, joined = joined_groups([(c.segment or "", c.retained, c.at_start) for c in counts])
    first = counts[0]
    figures = [
        proportion(
            "retention_rate",
            retained,
            n,
            window=first.period.window,
            as_of=history.as_of,
            version=VERSION,
            provisional=first.provisional,
            period=first.period.label,
            segment=segment,
        )
        for segment, retained, n in groups
    ]
    shrunken = shrunken_shares([kept for _, kept, _ in groups], [n for _, _, n in groups])
    ranked = all(figure.status is Status.OK for figure in figures)
    order = sorted(
        range(len(groups)),
        key=lambda place: (-(shrunken[place] or 0.0) if ranked else 0.0, -groups[place][2], groups[place][0]),
    )
    mix = mix_change(history, column)
    standardised, gone = _standardised(history, column) if mix is not None else (None, False)
    comparison = compare_survival(history, column)
    return Division(
        column=column,
        table=history.segment_columns[column],
        retention=tuple(figures[place] for place in order),
        shrunken=tuple(shrunken[place] for place in order),
        ranked=ranked,
        joined=joined,
        mix=mix,
        standardised=standardised,
        group_gone=gone,
        survival=comparison,
        survival_figures=tuple(survival(history, by=column)) if comparison is not None else (),
    )


def joined_groups(groups: Sequence[tuple[str, int, int]]) -> tuple[list[tuple[str, int, int]], int]:
    """Return groups with those of fewer than five people joined, so that nobody can be recognised.

    What remains of the total would tell a single small group, so the joined one takes in the next
    smallest until it has five people.

    Parameters
    ----------
    groups : sequence of (str, int, int)
        Name, customers retained, customers at the start.

    Returns
    -------
    tuple of (list, int)
        The groups that may be shown, ``others`` last, and how many are in it; groups of nobody are left out.

    Examples
    --------
    >>> joined_groups([("a", 70, 90), ("b", 20, 30), ("c", 1, 2)])
    ([('a', 70, 90), ('others', 21, 32)], 2)
    """
    there = sorted((group for group in groups if group[2]), key=lambda group: -group[2])
    apart = [group for group in there if group[2] >= LEAST_PEOPLE]
    small = [group for group in there if group[2] < LEAST_PEOPLE]
    while small and apart and sum(n for _, _, n in small) < LEAST_PEOPLE:
        small.append(apart.pop())
    if not small:
        return apart, 0
    both = (OTHERS, sum(kept for _, kept, _ in small), sum(n for _, _, n in small))
    return ([*apart, both] if both[2] >= LEAST_PEOPLE else apart), len(small)


def _standardised(history: History, column: str) -> tuple[Figure | None, bool]:
    pair = comparable(period_counts(history, "quarter"))
    if pair is None:
        return None, False
    earlier, later = pair[0].period.label, pair[1].period
    divided = period_counts(history, "quarter", column)
    weights = {c.segment or "": c.at_start for c in divided if c.period.label == earlier and c.at_start}
    after = {c.segment or "": (c.retained, c.at_start) for c in divided if c.period.label == later.label}
    value, low, high, missing = standardised_share(weights, after)
    status = count_status(pair[1].at_start, pair[1].retained, provisional=pair[1].provisional)
    if value is None:
        status = Status.UNDEFINED
    elif missing and status is Status.OK:
        status = Status.INSUFFICIENT
    figure = Figure(
        id="retention_rate_standardised",
        value=value,
        numerator=None,
        denominator=None,
        n=pair[1].at_start,
        ci_low=low,
        ci_high=high,
        ci_method=None if value is None else "wilson_weighted",
        status=status,
        window=later.window,
        as_of=history.as_of,
        definition_version=STANDARDISED_VERSION,
        period=later.label,
        segment=f"mix of {column} in {earlier}",
    )
    return figure, missing


def _told_apart(divisions: Sequence[Division]) -> list[Division]:
    """Return divisions in which no two columns have a group of the same name."""
    seen: set[str | None] = set()
    found = []
    for one in divisions:
        both = {figure.segment for figure in (*one.retention, *one.survival_figures)}
        doubled = both & seen
        seen |= both

        def named(figure: Figure, doubled: set[str | None] = doubled, column: str = one.column) -> Figure:
            return (
                replace(figure, segment=f"{column}: {figure.segment}")
                if figure.segment in doubled
                else figure
            )

        found.append(
            replace(
                one,
                retention=tuple(named(figure) for figure in one.retention),
                survival_figures=tuple(named(figure) for figure in one.survival_figures),
            )
        )
    return found


def _adjusted(divisions: Sequence[Division]) -> tuple[Division, ...]:
    raw = [one.survival.p_value if one.survival else None for one in divisions]
    adjusted = iter(benjamini_hochberg([value for value in raw if value is not None]))
    return tuple(
        one if value is None else replace(one, adjusted_p_value=next(adjusted))
        for one, value in zip(divisions, raw, strict=True)
    )


def comparisons_json(divisions: Sequence[Division]) -> list[dict[str, object]]:
    """Return what a page says about groups beside the figures, as plain JSON types."""
    tests = sum(one.adjusted_p_value is not None for one in divisions)
    return [
        {
            "column": one.column,
            "table": one.table,
            "segments": [figure.segment for figure in one.retention],
            "ranked": one.ranked,
            "joined": one.joined,
            "total_opposes_segments": bool(one.mix and one.mix.opposes),
            "survival_test": None
            if one.survival is None
            else ("restricted_mean" if one.survival.crosses else "log_rank"),
            "p_value": one.survival.p_value if one.survival else None,
            "p_value_adjusted": one.adjusted_p_value,
            "tests": tests,
        }
        for one in divisions
    ]
