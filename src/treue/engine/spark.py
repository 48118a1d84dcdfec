"""The engine for histories that outgrow a machine: a Spark session of the firm's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treue.engine.seam import Engine, Frame, fresh_name
from treue.kernel.errors import WrongTable

if TYPE_CHECKING:
    import pyarrow as pa


class SparkEngine(Engine):
    """Spark's own DataFrame API, with no layer between.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        A running session; its time zone is set to UTC. It stays open when the engine is closed.
    """

    name = "spark"

    def __init__(self, session: Any) -> None:
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        self.F = F
        self.Window = Window
        self.session = session
        self.session.conf.set("spark.sql.session.timeZone", "UTC")
        self._kept: dict[str, Any] = {}

    def frame(self, table: str) -> Frame:
        return self.session.table(table)

    def staged(self, frame: Frame, hint: str) -> Frame:  # noqa: ARG002  (Spark's own frames do not grow)
        return frame

    def persist(self, frame: Frame, hint: str) -> str:
        table = fresh_name(hint)
        kept = frame.cache()
        kept.createOrReplaceTempView(table)
        self._kept[table] = kept
        return table

    def load(self, arrow: pa.Table, hint: str) -> str:
        table = fresh_name(hint)
        self.session.createDataFrame(arrow).createOrReplaceTempView(table)
        return table

    def arrow(self, frame: Frame) -> pa.Table:
        return frame.toArrow()

    def drop(self, table: str) -> None:
        kept = self._kept.pop(table, None)
        if kept is not None:
            kept.unpersist()
        self.session.catalog.dropTempView(table)

    def columns(self, table: str) -> dict[str, str]:
        if not self.session.catalog.tableExists(table):
            raise WrongTable(f"table={table!r} is not there; it was dropped, or another engine made it")
        return dict(self.session.table(table).dtypes)

    def close(self) -> None:
        for table in list(self._kept):
            self.drop(table)
