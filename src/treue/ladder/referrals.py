"""Whether invitations land, and how many customers bring somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.estimate import Figure, proportion
from treue.kernel.registry import measure
from treue.kernel.units import GRAINS, Period, day_number, day_of, periods
from treue.ladder.evidence import ADVOCACY
from treue.ladder.moves import complete_periods
from treue.ladder.rungs import ADVOCACY_DAYS
from treue.ladder.stays import ladder_stays

if TYPE_CHECKING:
    from treue.engine.seam import Frame
    from treue.history.history import History
    from treue.kernel.units import Grain

VERSION = "1"
CONVERSION_DAYS = 90
"""An invitation has so long to lead to a customer."""


@measure(
    "referral_conversion",
    label="Invitations that win a customer",
    unit="share",
    version=VERSION,
    needs=("referrals",),
    grains=GRAINS,
)
def referral_conversion(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of invited people who became customers within 90 days.

    It misleads when it is read as what invitations cause: some of the invited would have come anyway.

    Parameters
    ----------
    history : History
        What happened; it must have referrals.
    by : str, optional
        ``month``, ``quarter``, ``year`` of the first invitation; provisional where some invited then still
        have time. Left out: all whose 90 days are over.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; each invited person counts once. Self-referrals, and people
        who were customers before, are in neither number. Undefined when nobody's 90 days are over.

    Raises
    ------
    WrongArgument
        When `by` is not a period.
    NotEnoughData
        When the history has no referrals.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> sent = pa.table({"referral_id": ["1", "2"], "referrer_id": ["a", "a"], "referred_id": ["b", "c"],
    ...                  "invited_at": [datetime(2026, 1, 1), datetime(2026, 1, 2)],
    ...                  "converted_at": [datetime(2026, 2, 1), None]})
    >>> bought = pa.table({"order_id": ["1"], "customer_id": ["a"], "ordered_at": [datetime(2026, 1, 1)],
    ...                    "net_amount": [1000]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought, "referrals": sent}).with_settings(
    ...         window_days=90, as_of=date(2026, 6, 30))
    ...     referral_conversion(history)[0].value
    0.5
    """
    _check(history, by, "referral_conversion")
    engine = history.engine
    F = engine.F
    people = _invited(history)
    is_over = F.col("invited_day") + F.lit(CONVERSION_DAYS) <= F.lit(history.as_of_day)
    landed = F.col("converted_day") - F.col("invited_day") <= F.lit(CONVERSION_DAYS)
    days = (
        people.where(is_over)
        .groupBy("invited_day")
        .agg(
            F.count("invitee").cast("bigint").alias("invited"),
            F.sum(F.when(landed, F.lit(1)).otherwise(F.lit(0))).cast("bigint").alias("won"),
        )
    )
    rows = engine.arrow(days).to_pylist()
    found = []
    for period in _periods(history, by):
        inside = [row for row in rows if period.start <= row["invited_day"] < period.end]
        found.append(
            proportion(
                "referral_conversion",
                sum(row["won"] for row in inside),
                sum(row["invited"] for row in inside),
                window=period.window,
                as_of=history.as_of,
                version=VERSION,
                provisional=by is not None and period.end - 1 + CONVERSION_DAYS > history.as_of_day,
                period=period.label or None,
            )
        )
    return found


@measure(
    "referral_rate",
    label="Customers who bring somebody",
    unit="share",
    version=VERSION,
    needs=("referrals",),
    grains=GRAINS,
)
def referral_rate(history: History, by: str | None = None) -> list[Figure]:
    """Return the share of active customers who brought a customer in the last 12 months.

    It misleads when referrals are recorded only where a reward is paid: friends told at the kitchen table
    are in no file.

    Parameters
    ----------
    history : History
        What happened; it must have referrals.
    by : str, optional
        ``month``, ``quarter``, ``year``: at the end of each complete period. Left out: after the last day
        observed.

    Returns
    -------
    list of Figure
        Shares (0 to 1) with Wilson's interval; undefined when nobody is active.

    Raises
    ------
    WrongArgument
        When `by` is not a period.
    NotEnoughData
        When the history has no referrals.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> import pyarrow as pa
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> from treue.history.history import History
    >>> sent = pa.table({"referral_id": ["1"], "referrer_id": ["a"], "referred_id": ["b"],
    ...                  "invited_at": [datetime(2026, 1, 1)], "converted_at": [datetime(2026, 2, 1)]})
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "b"], "net_amount": [1000, 500],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 2, 1)]})
    >>> with DuckDBEngine() as engine:
    ...     history = History.of(engine, {"purchases": bought, "referrals": sent}).with_settings(
    ...         window_days=90)
    ...     referral_rate(history)[0].value
    0.5
    """
    _check(history, by, "referral_rate")
    found = []
    if by is None:
        ends = [Period("", history.as_of_day + 1, history.as_of_day + 1)]
    else:
        grain: Grain = by  # type: ignore[assignment]
        ends = complete_periods(history.first_day, history.as_of, grain)
    for period in ends:
        brought, active = _active_referrers(history, period.end)
        window = Period("", period.end - ADVOCACY_DAYS, period.end).window
        found.append(
            proportion(
                "referral_rate",
                brought,
                active,
                window=window,
                as_of=history.as_of,
                version=VERSION,
                period=period.label or None,
            )
        )
    return found


def _check(history: History, by: str | None, name: str) -> None:
    if not history.has("referrals"):
        raise NotEnoughData(f"{name} needs referrals, and this history has none; add a table of invitations")
    if by is not None and by not in GRAINS:
        raise WrongArgument(f"by={by!r} cannot divide {name}; give one of {', '.join(GRAINS)}")


def _periods(history: History, by: str | None) -> list[Period]:
    if by is None:
        return [Period("", day_number(history.first_day), history.as_of_day - CONVERSION_DAYS + 1)]
    grain: Grain = by  # type: ignore[assignment]
    last = day_of(history.as_of_day - CONVERSION_DAYS)
    return periods(history.first_day, last, grain)


def _invited(history: History) -> Frame:
    """Return each invited person once, with the first invitation and the first day as a customer."""
    engine = history.engine
    F = engine.F
    sound = engine.frame(ladder_stays(history).referral_table or "")
    # An invitation that names nobody is a person of its own.
    invitee = F.coalesce(
        F.concat(F.lit("person:"), F.col("referred_id")), F.concat(F.lit("invitation:"), F.col("referral_id"))
    )
    named = sound.select(invitee.alias("invitee"), "invited_day", "converted_day")
    return named.groupBy("invitee").agg(
        F.min("invited_day").cast("int").alias("invited_day"),
        F.min("converted_day").cast("int").alias("converted_day"),
    )


def _active_referrers(history: History, day: int) -> tuple[int, int]:
    engine = history.engine
    F = engine.F
    active = history.spells.where((F.col("start_day") < F.lit(day)) & (F.col("end_day") >= F.lit(day)))
    code = ADVOCACY.index("referral_converted")
    events = engine.frame(ladder_stays(history).advocacy_table or "").where(
        (F.col("code") == F.lit(code))
        & (F.col("day") < F.lit(day))
        & (F.col("day") >= F.lit(day - ADVOCACY_DAYS))
    )
    brought = events.select(F.col("customer_id").alias("brought_by")).distinct()
    joined = active.join(brought, on=F.col("customer_id") == F.col("brought_by"), how="left")
    table = engine.arrow(
        joined.agg(
            F.count("brought_by").cast("bigint").alias("brought"),
            F.count("customer_id").cast("bigint").alias("active"),
        )
    )
    return int(table["brought"][0].as_py()), int(table["active"][0].as_py())
