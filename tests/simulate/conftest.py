"""One firm of 20,000 customers that all tests of planted truth look at, as its tables show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from treue.simulate.firm import simulate_firm
from treue.simulate.shop import SHOP
from treue.simulate.truth import Truth

EVEN = replace(SHOP, season_indices=(1.0,) * 12)
"""The same shop without seasons."""


@dataclass
class Firm:
    folder: Path
    truth: Truth

    def table(self, name):
        return pyarrow.parquet.read_table(self.folder / f"{name}.parquet").to_pandas()

    def days(self, instants):
        """Days since the start, the opening hours stretched to the whole day again."""
        instants = pd.to_datetime(instants)
        whole = (instants.dt.normalize() - pd.Timestamp(self.truth.started_on)).dt.days
        seconds = (instants - instants.dt.normalize()).dt.total_seconds()
        return whole + (seconds - 7 * 3600) / (14 * 3600)

    @property
    def end(self):
        """Days simulated."""
        return (self.truth.last_day - self.truth.started_on).days + 1

    def people(self, ids):
        """Customer ids with second records replaced by their owner's."""
        merges = self.table("merges")
        stands = merges[merges.undone_at.isna()].set_index("from_id").into_id
        return ids.map(stands).fillna(ids)

    def purchases(self):
        """Orders with the person, the segment and days since the start."""
        bought = self.table("purchases")
        if "merges" in self.truth.rows:
            bought["customer_id"] = self.people(bought.customer_id)
        bought["segment"] = bought.customer_id.map(self.table("customers").set_index("customer_id").segment)
        return bought.assign(day=self.days(bought.ordered_at)).sort_values(["customer_id", "day", "order_id"])


@pytest.fixture(scope="session")
def firm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm")
    return Firm(folder, simulate_firm(folder, customers=20_000, months=24, seed=11))


@pytest.fixture(scope="session")
def even_firm(tmp_path_factory):
    """Return a firm without seasons and campaign: exactly the Pareto/NBD."""
    folder = tmp_path_factory.mktemp("even")
    tables = ("customers", "purchases")
    return Firm(folder, simulate_firm(folder, customers=20_000, seed=12, tables=tables, shop=EVEN))


@pytest.fixture(scope="session")
def campaign_firm(tmp_path_factory):
    """Return a firm large enough to tell a factor of 1.3 from 1 and from 1.6 by the arms alone."""
    folder = tmp_path_factory.mktemp("campaign")
    tables = ("customers", "purchases", "assignments")
    return Firm(folder, simulate_firm(folder, customers=80_000, seed=13, tables=tables))
