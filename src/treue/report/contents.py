"""What a report holds, before any language: counts of the data, settings, figures, whom to care for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treue.kernel.errors import NotEnoughData
from treue.kernel.registry import measures_named
from treue.models.choice import begin_choice, choose_model
from treue.models.expected import HORIZON_DAYS, outlook_ahead
from treue.report.groups import MOST_CHOICES, MOST_COLUMNS, divide
from treue.report.measured import AFTER_MODELS, REPORTED, Measured
from treue.report.projection import projected_figures
from treue.report.windows import window_choices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from treue.history.history import History
    from treue.history.reading import Reading
    from treue.history.survival_curves import SurvivalCurve
    from treue.history.window import ActivityWindow
    from treue.kernel.aside import Begin
    from treue.kernel.estimate import Figure
    from treue.kernel.registry import Measure
    from treue.ladder.movement import Movement
    from treue.measures.care import CareRow, CareSummary
    from treue.measures.order_quality import OrderQuality
    from treue.measures.retention import RetentionChange
    from treue.models.choice import Choice
    from treue.models.outlook import LastYear
    from treue.models.renewal_outlook import RenewalOutlook
    from treue.report.contracts_at_risk import ContractRow, ContractSummary
    from treue.report.groups import Division
    from treue.report.windows import WindowChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a page says, without a language.

    Parameters
    ----------
    data : dict
        ``rows_read``, ``accepted``, ``set_aside``, ``customers``, ``orders``, ``returns``,
        ``first_day``, ``last_day`` (ISO dates) and ``currency``.
    settings : dict
        The choices in force, with ``activity`` and ``window_days`` as they were found.
    series : dict
        Measure and division (None, ``month`` and so on) to its figures.
    missing : dict
        Measure to the reason why this history does not hold it.
    measures : dict
        Name to the registered measure.
    as_of : datetime.date
        The last day observed.
    change : RetentionChange or None
        How retention differs from an earlier period.
    care : tuple of CareRow
        Whom to care for first, at most ten.
    care_summary : CareSummary or None
        How many deserve care in all; None without purchases.
    contracts : tuple of ContractRow
        Whose contract may end, at most ten; empty where contracts do not decide who is active.
    contract_summary : ContractSummary or None
        How many there are of them.
    movement : Movement or None
        Who went up and down the ladder in the last period.
    former : int
        Buyers who have lapsed and are off the ladder.
    window : ActivityWindow or None
        The activity window, where silence is what ends a customer.
    reading : Reading or None
        How the files were read.
    quality : OrderQuality or None
        Which orders count and which do not; None without purchases.
    choice : Choice or None
        The model that says who is likely to come back, or why there is none; None without purchases.
    last_year : LastYear or None
        What happened a year ago in the days that lie ahead; None where the history does not hold them, or no
        model is shown.
    divisions : tuple of Division
        How each group of customers stays, by the columns that divide them; empty where none does.
    survival_all : SurvivalCurve or None
        How long all customers stay, beside the groups; None without divisions.
    renewal : RenewalOutlook or None
        How contracts will go on to be renewed; None where customers are no contracts.
    windows : tuple of WindowChoice
        Retention under other activity windows, where they were asked for.
    """

    data: dict[str, Any]
    settings: dict[str, Any]
    series: dict[tuple[str, str | None], list[Figure]]
    missing: dict[str, str]
    measures: dict[str, Measure]
    as_of: date
    change: RetentionChange | None = None
    care: tuple[CareRow, ...] = ()
    care_summary: CareSummary | None = None
    contracts: tuple[ContractRow, ...] = ()
    contract_summary: ContractSummary | None = None
    movement: Movement | None = None
    former: int = 0
    window: ActivityWindow | None = None
    reading: Reading | None = None
    quality: OrderQuality | None = None
    choice: Choice | None = None
    last_year: LastYear | None = None
    divisions: tuple[Division, ...] = ()
    survival_all: SurvivalCurve | None = None
    renewal: RenewalOutlook | None = None
    windows: tuple[WindowChoice, ...] = ()

    @property
    def figures(self) -> list[Figure]:
        """Every figure once, measure by measure, as JSON and the page hold them."""
        found: dict[tuple[Any, ...], Figure] = {}
        by_group = [
            [*one.retention, *([one.standardised] if one.standardised else []), *one.survival_figures]
            for one in self.divisions
        ]
        ahead = projected_figures(self.renewal, self.as_of) if self.renewal else []
        for group in (*self.series.values(), *by_group, ahead):
            for figure in group:
                found.setdefault((figure.id, figure.window, figure.period, figure.segment), figure)
        return list(found.values())

    def of(self, name: str, by: str | None = None) -> list[Figure]:
        """Return the figures of one measure in one division; none where there are none."""
        return self.series.get((name, by), [])

    def one(self, name: str) -> Figure | None:
        """Return the figure of a measure as it stands now, or None."""
        found = self.of(name)
        return found[-1] if found else None

    def by_segment(self, name: str) -> dict[str, Figure]:
        """Return the figures of one measure by their segment, in their order."""
        return {figure.segment: figure for figure in self.of(name) if figure.segment is not None}


def build_report(
    history: History,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    begin: Begin | None = None,
    more: Sequence[str] = (),
    choices: bool = False,
) -> Report:
    """Measure everything a report says.

    Parameters
    ----------
    history : History
        What happened.
    progress : callable, optional
        Called before each measure with its name, its place from 0, and how many there are.
    begin : callable, optional
        Begins the rehearsal of the models elsewhere, while everything else is measured; as
        :meth:`treue.kernel.aside.Aside.begin` does.
    more : sequence of str
        Further measures that are computed and explained, as they stand, though no section shows them.
    choices : bool
        Whether a reader may choose what is shown: then there are more columns that divide customers, and
        retention under other activity windows.

    Returns
    -------
    Report
        Ready to be written as a page in any language, or as JSON.

    Raises
    ------
    NotEnoughData
        When the history holds neither a purchase nor a contract.
    """
    data = data_counts(history)
    if begin is not None:
        begin_choice(history, begin, HORIZON_DAYS)
    known = measures_named([*REPORTED, *more])
    measured = Measured(history, known, progress)
    # All that needs no model comes first: the models may be at work meanwhile.
    measured.add(name for name in known if name not in AFTER_MODELS)
    movement, former = _movement(history)
    groups, survival_all = _groups(history, MOST_CHOICES if choices else MOST_COLUMNS)
    windows = window_choices(history) if choices else ()
    change, quality = _change(history), _quality(history)
    measured.add(name for name in known if name in AFTER_MODELS)
    care, care_summary = _care(history)
    contracts, contract_summary = _contracts(history)
    return Report(
        data=data,
        settings=settings_in_force(history),
        series=measured.series,
        missing=measured.missing,
        measures=known,
        as_of=history.as_of,
        change=change,
        care=care,
        care_summary=care_summary,
        contracts=contracts,
        contract_summary=contract_summary,
        movement=movement,
        former=former,
        window=history.window if history.has("purchases") else None,
        reading=history.reading,
        quality=quality,
        choice=choose_model(history) if history.has("purchases") else None,
        last_year=_last_year(history),
        divisions=groups,
        survival_all=survival_all,
        renewal=_renewal(history),
        windows=windows,
    )


def data_counts(history: History) -> dict[str, Any]:
    """Return how much was read and what it holds.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    dict
        See :class:`Report`; a history that was not read from files has its orders as rows.
    """
    F = history.engine.F
    arrow = history.engine.arrow
    counts: dict[str, int] = defaultdict(int)
    if history.has("purchases"):
        # Orders that came back or cost nothing were still read: data are counted here, not purchases kept.
        table = arrow(history.customer_days.groupBy().agg(F.countDistinct("customer_id").alias("customers")))
        counts["customers"] = int(table["customers"][0].as_py() or 0)
        purchases = history.frame("purchases")
        if history.settings.as_of is not None:
            day = history.day_of_instant("ordered_at")
            purchases = purchases.withColumn("day", day).where(F.col("day") <= F.lit(history.as_of_day))
        table = arrow(purchases.groupBy().agg(F.count("order_id").alias("orders")))
        counts["orders"] = int(table["orders"][0].as_py() or 0)
    else:
        table = arrow(
            history.spells.select("customer_id").distinct().groupBy().agg(F.count("customer_id").alias("n"))
        )
        counts["customers"] = int(table["n"][0].as_py() or 0)
    if history.has("returns"):
        table = arrow(history.frame("returns").groupBy().agg(F.count("amount").alias("n")))
        counts["returns"] = int(table["n"][0].as_py() or 0)
    reading = history.reading
    rows = reading.as_dict() if reading else {"rows_read": None, "accepted": None, "set_aside": None}
    return {
        **rows,
        "customers": counts["customers"],
        "orders": counts["orders"],
        "returns": counts["returns"],
        "first_day": history.first_day.isoformat(),
        "last_day": history.as_of.isoformat(),
        "currency": history.currency,
    }


def settings_in_force(history: History) -> dict[str, Any]:
    """Return the firm's choices with what was found in the data where it chose nothing.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    dict
        Plain JSON types.
    """
    settings = history.settings.as_dict()
    settings["as_of"] = history.as_of.isoformat()
    settings["activity"] = history.activity
    settings["currency"] = history.currency
    if history.activity == "window" and history.has("purchases"):
        settings["window_days"] = history.window_days
        settings["window_automatic"] = history.window.automatic
    return settings


def report_json(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON types.

    Parameters
    ----------
    report : Report
        What was measured.

    Returns
    -------
    dict
        ``data``, ``settings``, ``figures`` and, where customers are divided into groups, ``comparisons``;
        no customer appears in it.
    """
    plain: dict[str, Any] = {
        "data": report.data,
        "settings": report.settings,
        "figures": [figure.as_dict() for figure in report.figures],
    }
    if report.divisions:
        from treue.report.groups import comparisons_json

        plain["comparisons"] = comparisons_json(report.divisions)
    return plain


def _change(history: History) -> RetentionChange | None:
    from treue.measures.retention import retention_change

    try:
        return retention_change(history)
    except NotEnoughData:
        return None


def _quality(history: History) -> OrderQuality | None:
    from treue.measures.order_quality import order_quality

    return order_quality(history) if history.has("purchases") else None


def _last_year(history: History) -> LastYear | None:
    ahead = outlook_ahead(history) if history.has("purchases") else None
    return ahead.last_year if ahead else None


def _care(history: History) -> tuple[tuple[CareRow, ...], CareSummary | None]:
    from treue.report.at_risk import first_to_care_for, whole_care

    if not history.has("purchases"):
        return (), None
    try:
        return tuple(first_to_care_for(history)), whole_care(history)
    except NotEnoughData:
        return (), None


def _contracts(history: History) -> tuple[tuple[ContractRow, ...], ContractSummary | None]:
    from treue.report.contracts_at_risk import contracts_at_risk

    rows, summary = contracts_at_risk(history, most=10)
    return tuple(rows), summary


def _renewal(history: History) -> RenewalOutlook | None:
    from treue.models.renewal_outlook import renewal_outlook

    return renewal_outlook(history) if history.activity == "contract" else None


def _groups(history: History, most: int) -> tuple[tuple[Division, ...], SurvivalCurve | None]:
    from treue.history.survival_curves import survival_curves

    groups = divide(history, most)
    curves = survival_curves(history) if groups else []
    return groups, curves[0] if curves else None


def _movement(history: History) -> tuple[Movement | None, int]:
    from treue.ladder.movement import recent_movement
    from treue.ladder.occupancy import counts_at
    from treue.ladder.rungs import FORMER

    try:
        return recent_movement(history), counts_at(history)[FORMER]
    except NotEnoughData:
        return None, 0
