"""What every engine offers: table to frame, frame to Arrow, Arrow to table.

Reductions are written once against this seam, in the PySpark DataFrame API: they take frames from
:meth:`Engine.frame`, build on them with ``engine.F`` (functions) and ``engine.Window``, and give the
result to :meth:`Engine.persist` or :meth:`Engine.arrow`. What they may use is what all three engines
have: no ``min_by`` (use :meth:`Engine.first_by`), no time zones inside the engine (use
:func:`treue.engine.days.local_day`), integers cast explicitly after ``sum`` and ``floor``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import count
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa

Frame = Any
"""A DataFrame with the PySpark API: sqlframe's, or Spark's own."""

Column = Any

_NUMBERS = count(1)


def fresh_name(hint: str) -> str:
    """Return a table name that was not used before in this process."""
    return f"treue_{hint}_{next(_NUMBERS)}"


class Engine(ABC):
    """A place where tables live and reductions run."""

    name: str
    F: Any
    """The functions module of the PySpark API for this engine."""
    Window: Any

    @abstractmethod
    def frame(self, table: str) -> Frame:
        """Return a frame over a table that this engine made."""

    @abstractmethod
    def staged(self, frame: Frame, hint: str) -> Frame:
        """Give a frame a name without computing it, and return a frame that starts from the name.

        Each step on a frame copies all steps before it, so a long reduction takes minutes to write
        down and milliseconds to run. A stage after some six steps keeps it short; the database sees
        the same query.

        Parameters
        ----------
        frame : Frame
            A frame of this engine.
        hint : str
            Part of the name, for people who read the query.

        Returns
        -------
        Frame
            The same rows and columns.
        """

    @abstractmethod
    def persist(self, frame: Frame, hint: str) -> str:
        """Compute a `frame` once, keep it as a table, and return its name, which holds the word `hint`."""

    @abstractmethod
    def load(self, arrow: pa.Table, hint: str) -> str:
        """Keep the Arrow table `arrow` in this engine and return its name, which holds the word `hint`."""

    @abstractmethod
    def arrow(self, frame: Frame) -> pa.Table:
        """Compute a frame and return it as an Arrow table."""

    def arrow_in_order(self, frame: Frame, text: str) -> pa.Table:
        """Compute a `frame` and return it as an Arrow table in the order of the column `text`, byte by byte.

        Databases order texts in ways of their own, some by the rules of a language.
        """
        import pyarrow.compute as pc  # takes a tenth of a second

        table = self.arrow(frame)
        return table.take(pc.sort_indices(table[text]))

    @abstractmethod
    def drop(self, table: str) -> None:
        """Forget a table that :meth:`persist` or :meth:`load` made."""

    @abstractmethod
    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table with their Spark type names.

        Raises
        ------
        WrongTable
            When this engine has no such table.
        """

    @abstractmethod
    def close(self) -> None:
        """Drop what was made and let go of the connection."""

    def first_by(self, value: str, key: str) -> Column:
        """Return an aggregate: the value of column `value` in the row with the least `key`."""
        return self.F.min_by(value, key)

    def count_different(self, value: Column) -> Column:
        """Return an aggregate: how many different values `value` takes, nulls left out."""
        return self.F.countDistinct(value)

    def days_in_order(self, days: Frame) -> Frame:
        """Return each day of each customer once, with its place in the customer's story.

        Parameters
        ----------
        days : Frame
            Columns ``customer_id`` and ``day``; rows may repeat.

        Returns
        -------
        Frame
            Columns ``customer_id``, ``day``, ``previous_day`` (null where there is none), ``first_day`` and
            ``last_day``.
        """
        F = self.F
        once = days.groupBy("customer_id", "day").agg(F.lit(1).alias("one"))
        story = self.Window.partitionBy("customer_id").orderBy("day")
        return once.select(
            "customer_id",
            "day",
            F.lag("day").over(story).alias("previous_day"),
            F.min("day").over(story).alias("first_day"),
            F.max("day").over(self.whole(story)).alias("last_day"),
        )

    def whole(self, story: Any) -> Any:
        """Return an ordered window widened to all rows of the group, so that one sorting serves both."""
        return story.rowsBetween(self.Window.unboundedPreceding, self.Window.unboundedFollowing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
