"""A firm of contracts: who may end theirs, what is at stake, and why, on the care list and on the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from treue.app.core import audit
from treue.app.core.models import Firm, User
from treue.app.customers.importing.services import import_paths
from treue.app.customers.models import Customer
from treue.app.measuring import cycle
from treue.app.measuring.care import care_list
from treue.app.measuring.extract import open_history
from treue.app.measuring.models import Score
from treue.app.measuring.people import Persons
from treue.app.privacy import stored
from treue.engine.duckdb import DuckDBEngine
from treue.models.contract_care import contract_care

DAYS, COUNT = 600, 1500
BEGIN = date(2024, 1, 1)
LAST = BEGIN + timedelta(days=DAYS - 1)


@pytest.fixture
def subscriptions(tmp_path):
    """Write contracts that end eight times as often after a mistake of the firm, and those contacts."""
    rng = np.random.default_rng(3)
    start = np.floor(rng.uniform(0, DAYS - 60, COUNT))
    fault = start + rng.exponential(400, COUNT)
    wait = rng.exponential(1.0, COUNT)
    before = (fault - start) * 0.001
    end = np.ceil(np.where(wait < before, start + wait / 0.001, fault + (wait - before) / 0.008))
    ends = [BEGIN + timedelta(days=int(day)) if day < DAYS else None for day in end]
    # Some of those who are left have given notice for next spring.
    open_ones = [place for place, day in enumerate(ends) if day is None]
    for place in open_ones[:5]:
        ends[place] = LAST + timedelta(days=200 + place % 7)
    people = [f"k-{place}" for place in range(COUNT)]
    folder = tmp_path / "firm"
    folder.mkdir()
    contracts = pa.table(
        {
            "contract_id": [f"v-{place}" for place in range(COUNT)],
            "customer_id": people,
            "started_on": [BEGIN + timedelta(days=int(day)) for day in start],
            "ended_on": pa.array(ends, pa.date32()),
            "monthly_amount": [f"{10 + place % 40}.00" for place in range(COUNT)],
            "currency": ["EUR"] * COUNT,
        }
    )
    seen = np.flatnonzero((fault < np.minimum(end, DAYS)) & (fault >= start)).tolist()
    contacts = pa.table(
        {
            "contact_id": [f"c-{place}" for place in seen],
            "customer_id": [people[place] for place in seen],
            "direction": ["in"] * len(seen),
            "channel": ["phone"] * len(seen),
            "opened_at": [
                (datetime(2024, 1, 1, 10) + timedelta(days=int(fault[place]))).isoformat() for place in seen
            ],
            "own_fault": ["true"] * len(seen),
        }
    )
    for name, table in (("contracts", contracts), ("contacts", contacts)):
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    return folder


@pytest.mark.slow_on_postgres
def test_contracts_that_may_end_are_on_the_care_list_with_their_reasons(real_database, subscriptions, browse):
    import_paths([subscriptions], by="command")
    objector = Customer.objects.filter(contracts__ended_on__gt=LAST).order_by("pk").first()
    Customer.objects.filter(pk=objector.pk).update(no_profiling=True)
    run = cycle.run_now(lambda _words, _share: None, by=audit.COMMAND, as_of=LAST)
    firm = Firm.the()
    with DuckDBEngine() as engine:
        history = open_history(firm, engine, Persons.now(), as_of=LAST, today=LAST)
        care = contract_care(history)
        ranked = [int(care.customer_id[place].as_py()) for place in care.ranked()]
        assert care.risk.used == "classifier"
        expected = {
            int(name): told
            for name, *told in zip(
                care.customer_id.to_pylist(), care.loss, care.yearly.tolist(), care.ahead, strict=True
            )
        }
    assert stored.undeclared() == []
    scores = {one.customer_id: one for one in Score.objects.filter(run=run)}
    assert objector.pk not in scores
    assert len(expected) > 300
    for key, (loss, yearly, ahead) in expected.items():
        if key != objector.pk:
            assert scores[key].loss_share == pytest.approx(loss)
            assert scores[key].yearly_amount == yearly
            assert scores[key].value_ahead == (None if np.isnan(ahead) else round(ahead))
    listed = list(care_list(run.pk, LAST))
    assert [one.customer_id for one in listed] == [key for key in ranked if key != objector.pk]
    assert [one.care_rank for one in listed] == list(range(1, len(listed) + 1))
    assert {one.risk for one in listed} == {"ending", "leaving"}
    ending = next(one for one in listed if one.risk == "ending")
    leaving = next(one for one in listed if one.reasons and one.reasons[0] == ["contacts_year", 1.0])
    owner = User.objects.create(email="ines@firm.example", password="", name="Ines", role="owner")
    client = browse(owner)
    page = client.get("/").content.decode()
    assert listed[0].customer.code in page
    assert "which need not be causes" in page
    page = client.get(f"/customers/{leaving.customer_id}/").content.decode()
    for words in ("Chance that the contract ends within 90 days", "1 contact in the last year"):
        assert words in page, words
    page = client.get(f"/customers/{ending.customer_id}/").content.decode()
    assert "The end is agreed on already." in page
    assert "Expected purchases" not in page
    page = client.get("/retention/").content.decode()
    movement = page[page.index("Monthly recurring revenue") :]
    assert all(f">{words}<" in movement for words in ("at the beginning", "less than before", "at the end"))
