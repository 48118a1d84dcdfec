"""Who is one with whom, who is left out of everything, and of whom no score is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from treue.app.customers.merging import tops_of_all
from treue.app.customers.models import Customer

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine


@dataclass(frozen=True, slots=True)
class Persons:
    """What is known about customers before anything is measured.

    Parameters
    ----------
    root : dict of int to int
        From every record that was merged into another to the one that stayed.
    hidden : frozenset of int
        Records whose processing is restricted, and all that are one with them: left out of everything.
    objected : frozenset of int
        Records that stayed, of customers who objected to profiling: they count in sums, and get no score.
    """

    TABLE: ClassVar[str] = "treue_persons"

    root: dict[int, int]
    hidden: frozenset[int]
    objected: frozenset[int]

    @classmethod
    def now(cls) -> Persons:
        """Return what the records say; a merge counts from the moment it was made.

        What one of several records of a person forbids holds for all of them.
        """
        root = tops_of_all()
        whole: dict[int, set[int]] = {}
        for one, stayed in root.items():
            whole.setdefault(stayed, {stayed}).add(one)
        restricted = Customer.objects.filter(restricted=True).values_list("id", flat=True)
        objected = Customer.objects.filter(no_profiling=True).values_list("id", flat=True)
        hidden: set[int] = set()
        for one in restricted:
            stayed = root.get(one, one)
            hidden |= whole.get(stayed, {stayed})
        return cls(root, frozenset(hidden), frozenset(root.get(one, one) for one in objected))

    def load(self, engine: DuckDBEngine) -> bool:
        """Put whoever is merged or hidden into the engine; False where there is nobody."""
        import pyarrow as pa

        numbers = sorted(self.root.keys() | self.hidden)
        table = pa.table(
            {
                "id": pa.array(numbers, pa.int64()),
                "root": pa.array([self.root.get(one, one) for one in numbers], pa.int64()),
                "hidden": pa.array([one in self.hidden for one in numbers], pa.bool_()),
            }
        )
        engine.connection.register("treue_told", table)
        engine.connection.execute(f"CREATE TEMP TABLE {self.TABLE} AS SELECT * FROM treue_told")
        engine.connection.unregister("treue_told")
        return bool(numbers)
