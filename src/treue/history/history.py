"""A firm's history, ready to be measured: canonical tables and what is derived from them once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from treue.engine.days import local_day, month_number
from treue.history import active_days as days_of_buying
from treue.history import spells as spell_rules
from treue.history.bounds import data_bounds
from treue.history.identity import merge_map
from treue.history.segments import NOT_SEGMENTS, first_values
from treue.history.settings import Activity, Settings
from treue.history.tables import TABLES
from treue.history.window import ActivityWindow, find_window, silences
from treue.kernel.errors import NotEnoughData, WrongArgument
from treue.kernel.units import day_number, day_of, zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from treue.engine.seam import Engine, Frame
    from treue.history.reading import Reading

MERGED_IDS = ("customer_id", "referrer_id", "referred_id")

ALIKE = ("_data_bounds", "_merge_table", "_merged", "as_of", "first_day", "segment_columns")
"""What is the same under every activity window."""


class History:
    """What happened with a firm's customers, and how it is to be looked at.

    Everything derived is computed at first use, once, and kept in the engine.

    Parameters
    ----------
    engine : Engine
        Where the tables live.
    tables : mapping of str to str
        Canonical table name to the engine's table; absent tables are simply not there.
    settings : Settings, optional
        The firm's choices.
    reading : Reading, optional
        How the files were read.
    today : datetime.date, optional
        Contracts may start or end after it; such days have not happened yet, so they are never taken for
        the last day observed. Default: no day is too late.

    Raises
    ------
    WrongArgument
        When a table's name is not a canonical one.
    NotEnoughData
        When there is neither a purchase nor a contract up to the last day observed.

    Examples
    --------
    >>> from datetime import datetime
    >>> from treue.engine.duckdb import DuckDBEngine
    >>> bought = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "a"],
    ...                    "ordered_at": [datetime(2026, 1, 1), datetime(2026, 1, 31)],
    ...                    "net_amount": [1000, 2000]})
    >>> with History.of(DuckDBEngine(), {"purchases": bought}) as history:
    ...     history.as_of.isoformat()
    '2026-01-31'
    """

    def __init__(
        self,
        engine: Engine,
        tables: Mapping[str, str],
        settings: Settings | None = None,
        reading: Reading | None = None,
        today: date | None = None,
    ) -> None:
        unknown = sorted(set(tables) - set(TABLES))
        if unknown:
            raise WrongArgument(
                f"table={unknown[0]!r} is not a table of a history; known: {', '.join(TABLES)}"
            )
        self.engine = engine
        self.tables = dict(tables)
        self.settings = settings or Settings()
        self.reading = reading
        self.today = today
        self._merged: dict[str, Frame] = {}
        # Small tables that several measures read; whoever computed one keeps it here under its own key.
        self.kept: dict[tuple[object, ...], Any] = {}

    @classmethod
    def of(cls, engine: Engine, tables: Mapping[str, pa.Table], settings: Settings | None = None) -> History:
        """Make a history of Arrow tables; canonical columns that are absent are filled with nulls.

        Parameters
        ----------
        engine : Engine
            Where the tables will live.
        tables : mapping of str to pyarrow.Table
            Canonical table name to its rows.
        settings : Settings, optional
            The firm's choices.

        Returns
        -------
        History
            Ready to be measured.
        """
        loaded = {}
        for name, arrow in tables.items():
            whole = arrow
            for field in TABLES[name].schema if name in TABLES else ():
                if field.name not in whole.column_names:
                    whole = whole.append_column(field.name, pa.nulls(len(whole), field.type))
                else:
                    place = whole.column_names.index(field.name)
                    whole = whole.set_column(place, field.name, whole[field.name].cast(field.type))
            loaded[name] = engine.load(whole, name)
        return cls(engine, loaded, settings)

    def has(self, table: str) -> bool:
        """Whether the history holds a canonical table."""
        return table in self.tables

    def frame(self, table: str) -> Frame:
        """Return a canonical table with merged customers under the one id that stayed.

        Parameters
        ----------
        table : str
            Canonical name.

        Returns
        -------
        Frame
            All columns of the table.

        Raises
        ------
        NotEnoughData
            When the history has no such table.
        """
        if table not in self.tables:
            raise NotEnoughData(
                f"table={table!r} is not in this history; it has {', '.join(sorted(self.tables))}"
            )
        frame = self.engine.frame(self.tables[table])
        if self._merge_table is None or table == "merges":
            return frame
        if table not in self._merged:
            for name in MERGED_IDS:
                if name in frame.columns:
                    frame = self._with_merged(frame, name)
            self._merged[table] = self.engine.staged(frame, table)
        return self._merged[table]

    def _with_merged(self, frame: Frame, name: str) -> Frame:
        F = self.engine.F
        columns = frame.columns
        merged = self.engine.frame(self._merge_table or "").select(
            F.col("from_id").alias("merge_from_id"), F.col("into_id").alias("merge_into_id")
        )
        joined = frame.join(merged, on=F.col(name) == F.col("merge_from_id"), how="left")
        kept = F.coalesce(F.col("merge_into_id"), F.col(name)).alias(name)
        return joined.select(*[kept if column == name else F.col(column) for column in columns])

    @cached_property
    def _merge_table(self) -> str | None:
        if not self.has("merges"):
            return None
        rows = self.engine.arrow(self.engine.frame(self.tables["merges"])).to_pylist()
        pairs = merge_map(rows, self._end_instant if self.settings.as_of else None)
        if not pairs:
            return None
        table = pa.table({"from_id": list(pairs), "into_id": list(pairs.values())})
        return self.engine.load(table, "merge_map")

    @property
    def _end_instant(self) -> datetime:
        """The first UTC instant after the last day observed."""
        midnight = datetime.combine(
            day_of(self.as_of_day + 1), datetime.min.time(), zone(self.settings.timezone)
        )
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @cached_property
    def _data_bounds(self) -> tuple[date, date]:
        """First and last local day of anything that happened, whatever `as_of` is."""
        return data_bounds(self.engine, self.tables, self.settings.timezone, self.today)

    @cached_property
    def as_of(self) -> date:
        """The last day observed, inclusive."""
        return self.settings.as_of or self._data_bounds[1]

    @property
    def as_of_day(self) -> int:
        """Day number of the last day observed."""
        return day_number(self.as_of)

    @cached_property
    def first_day(self) -> date:
        """The first day on which anything was observed."""
        return self.settings.observed_from or self._data_bounds[0]

    @property
    def observed_days(self) -> int:
        """Days from the first to the last day observed, both counted."""
        return self.as_of_day - day_number(self.first_day) + 1

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.settings.currency or "EUR"

    @property
    def activity(self) -> Activity:
        """Which definition of an active customer is in force."""
        if self.settings.activity is not None:
            return self.settings.activity
        return "contract" if self.has("contracts") and not self.has("purchases") else "window"

    def with_settings(self, **changes: object) -> History:
        """Return the same history looked at with other choices; nothing derived is shared."""
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        return History(self.engine, self.tables, settings, self.reading, self.today)

    @contextmanager
    def under_window(self, window_days: int) -> Iterator[History]:
        """Look at the same history under another activity window for a while.

        Days of buying and silences do not depend on the window and are shared; what does is let go at the end.

        Parameters
        ----------
        window_days : int
            Days of silence after which a customer counts as lapsed, 1 or more.

        Yields
        ------
        History
            For what is computed inside only.
        """
        other = self.with_settings(window_days=window_days)
        shared = {"_active_days_table": self._active_days_table, "_silences": self._silences}
        shared |= {name: self.__dict__[name] for name in ALIKE if name in self.__dict__}
        other.__dict__.update(shared)
        try:
            yield other
        finally:
            for name in ("_spells_table", "_turning_days_table"):
                if name in other.__dict__:
                    self.engine.drop(other.__dict__[name])

    def day_of_instant(self, instant: str) -> object:
        """Return the column expression of the local day number of a UTC instant column."""
        first, last = self._data_bounds
        return local_day(self.engine, instant, self.settings.timezone, first, last)

    def net_orders(self, until_day: int | None = None) -> Frame:
        """Return every order up to `as_of`, or a day before it, with returns taken off (see `active_days.net_orders`)."""
        first, last = self._data_bounds
        return days_of_buying.net_orders(
            self.engine,
            self.frame("purchases"),
            self.frame("returns") if self.has("returns") else None,
            timezone=self.settings.timezone,
            first=first,
            last=last,
            as_of_day=self.as_of_day if until_day is None else until_day,
        )

    @cached_property
    def _customer_days_table(self) -> str:
        return self.engine.persist(self._told_customer_days(), "customer_days")

    def _told_customer_days(self) -> Frame:
        orders = self.net_orders()
        return days_of_buying.customer_days(self.engine, orders, with_margin=self._has_margins)

    @cached_property
    def _has_margins(self) -> bool:
        F = self.engine.F
        purchases = self.engine.frame(self.tables["purchases"])
        bounds = self.engine.arrow(purchases.agg(F.max("margin_amount").alias("high")))
        return bounds["high"][0].as_py() is not None

    @property
    def customer_days(self) -> Frame:
        """One row per customer and day with any order (see `active_days.customer_days`)."""
        return self.engine.frame(self._customer_days_table)

    @cached_property
    def _active_days_table(self) -> str:
        # Days of all orders are not written down where nobody has asked for them themselves.
        kept = "_customer_days_table" in self.__dict__
        days = self.customer_days if kept else self._told_customer_days()
        return self.engine.persist(days_of_buying.active_days(self.engine, days), "active_days")

    @property
    def active_days(self) -> Frame:
        """One row per customer and day with a kept order (see `active_days.active_days`)."""
        return self.engine.frame(self._active_days_table)

    @property
    def kept_orders(self) -> Frame | None:
        """Customer and day of every kept order, before days are told apart; None once `active_days` is there.

        For what needs no more than customers and their days, this saves the dearer table where nothing else
        has asked for it.
        """
        if "_active_days_table" in self.__dict__ or "_customer_days_table" in self.__dict__:
            return None
        orders = self.net_orders()
        return orders.where(self.engine.F.col("kept") == self.engine.F.lit(1)).select("customer_id", "day")

    @cached_property
    def _turning_days_table(self) -> str:
        window_days = self.window_days  # finding it may need `active_days`
        orders = self.kept_orders
        days = self.active_days if orders is None else self.engine.days_in_order(orders)
        F = self.engine.F
        second = F.col("previous_day") == F.col("first_day")
        turning = days.where(spell_rules.starts_spell(self.engine, window_days) | second)
        return self.engine.persist(
            turning.select("customer_id", "day", "previous_day", "first_day", "last_day"), "turning_days"
        )

    @property
    def turning_days(self) -> Frame:
        """The days of buying that start a spell under the activity window, and each customer's second day.

        Columns ``customer_id``, ``day``, ``previous_day``, ``first_day``, ``last_day``: the small share of
        `active_days` that tells who is active when, found without writing `active_days` down.
        """
        return self.engine.frame(self._turning_days_table)

    @cached_property
    def _summary_table(self) -> str:
        if "_customer_days_table" in self.__dict__:
            frame = days_of_buying.customer_summary(self.engine, self.customer_days)
        else:
            frame = days_of_buying.summary_of_orders(
                self.engine, self.net_orders(), with_margin=self._has_margins
            )
        return self.engine.persist(frame, "customer_summary")

    @property
    def customer_summary(self) -> Frame:
        """One row per customer who ever kept an order (see `active_days.customer_summary`)."""
        return self.engine.frame(self._summary_table)

    @cached_property
    def _silences(self) -> pa.Table:
        table = self.engine.arrow(silences(self.engine, self.active_days, self.as_of_day))
        if not len(table):
            raise NotEnoughData("no order was kept, so nobody's silence can be measured; check the amounts")
        return table

    @cached_property
    def window(self) -> ActivityWindow:
        """The activity window in force, with the share of customers who come back after it.

        Raises
        ------
        NotEnoughData
            When no order was kept.
        """
        return find_window(self._silences, self.observed_days, self.settings.window_days)

    @property
    def window_days(self) -> int:
        """Days of silence after which a customer counts as lapsed, given by the firm or found in the data."""
        return self.settings.window_days or self.window.days

    @cached_property
    def _spells_table(self) -> str:
        if self.activity == "contract":
            since = day_number(self.settings.observed_from) if self.settings.observed_from else None
            frame = spell_rules.contract_spells(
                self.engine, self.frame("contracts"), self.as_of_day, first_day=since
            )
        elif self.activity == "rhythm":
            frame = spell_rules.rhythm_spells(self.engine, self.active_days)
        else:
            frame = spell_rules.window_spells(self.engine, self.turning_days, self.window_days)
        return self.engine.persist(frame, "spells")

    @property
    def spells(self) -> Frame:
        """The stretches in which customers count as active (see :mod:`treue.history.spells`)."""
        return self.engine.frame(self._spells_table)

    def segments(self, column: str) -> Frame:
        """Return each customer's value of a column, fixed for ever.

        A column of the customers table is taken as it is; a column of the purchases or contracts is taken
        from the customer's first order or contract, so that a segment never depends on what happened later.
        Of several first ones at the same instant the least value counts.

        Parameters
        ----------
        column : str
            Name of a column of the customers, purchases or contracts.

        Returns
        -------
        Frame
            Columns ``segment_customer_id``, ``segment`` (text).

        Raises
        ------
        WrongArgument
            When none of the tables has the column, naming those that there are.
        """
        F = self.engine.F
        possible = self.segment_columns
        if column not in possible:
            known = ", ".join(sorted(possible)) or "none"
            raise WrongArgument(f"by={column!r} is not a column to divide customers by; there are: {known}")
        if possible[column] == "customers":
            return (
                self.frame("customers")
                .groupBy("customer_id")
                .agg(F.max(column).cast("string").alias("segment"))
                .select(F.col("customer_id").alias("segment_customer_id"), "segment")
            )
        key = ("segments", column)
        if key not in self.kept:
            self.kept[key] = self.engine.persist(
                first_values(self.engine, self.frame(possible[column]), possible[column], column), "segments"
            )
        return self.engine.frame(self.kept[key])

    @cached_property
    def segment_columns(self) -> dict[str, str]:
        """Columns that customers can be divided by, and the table each is in."""
        found: dict[str, str] = {}
        # A later table's column stands for an earlier one's of the same name.
        for table in ("contracts", "purchases", "customers"):
            if self.has(table):
                for column in self.engine.columns(self.tables[table]):
                    if column not in NOT_SEGMENTS and not column.endswith("_at"):
                        found[column] = table
        return found

    def month_number(self, column: str) -> object:
        """Return the column expression of a day's month: months since January of year 0."""
        return month_number(self.engine, column)

    def close(self) -> None:
        """Let go of the engine and everything kept in it."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
