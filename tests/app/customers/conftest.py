"""Files for imports, and what the database holds afterwards, told as plain rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from treue.history.read import read_files
from treue.history.settings import Settings

TABLES = {
    "purchases": ("Purchase", "order_id=code customer_id=customer__code ordered_at net_amount currency margin_amount discount_amount coupon_code channel"),
    "order_lines": ("OrderLine", "order_id=purchase_code line_number product_id quantity unit_amount category"),
    "returns": ("Return", "return_id=code order_id=purchase_code customer_id=customer__code returned_at amount"),
    "contracts": ("Contract", "contract_id=code customer_id=customer__code started_on ended_on end_reason monthly_amount currency"),
    "visits": ("Visit", "visit_id=code customer_id=customer__code anonymous_id at kind campaign"),
    "contacts": ("Contact", "contact_id=code customer_id=customer__code channel direction opened_at first_reply_at solved_at reopened_count own_fault severity"),
    "promises": ("Promise", "promise_id=code customer_id=customer__code made_at due_at kept_at"),
    "answers": ("Answer", "answer_id=code customer_id=customer__code survey wave asked_at answered_at score"),
    "referrals": ("Referral", "referral_id=code referrer_id=referrer__code code=share_code invited_at referred_id=referred__code converted_at"),
    "mentions": ("Mention", "mention_id=code customer_id=customer__code at network kind"),
    "merges": ("Merge", "from_id=loser__code into_id=winner__code merged_at undone_at"),
}  # fmt: skip
"""Canonical table: model, and canonical column to where it lies in the database."""


def plain(value):
    """Return a value so that the library's and the database's can be compared."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return value.isoformat() if isinstance(value, date) else value


def sorted_rows(rows):
    return sorted((tuple(plain(value) for value in row) for row in rows), key=repr)


class Held:
    """What the database holds and what the library reads, table by table."""

    @staticmethod
    def columns(table):
        return dict(part.split("=") if "=" in part else (part, part) for part in TABLES[table][1].split())

    def rows(self, table):
        from treue.app.customers import models

        model = getattr(models, TABLES[table][0])
        return sorted_rows(model.objects.values_list(*self.columns(table).values()))

    def library(self, paths, mapping=None, **settings):
        engine, tables, reading, _ = read_files(paths, Settings(**settings), mapping=mapping)
        with engine:
            found = {}
            for table in TABLES:
                if table in tables:
                    names = [f'"{name}"' for name in self.columns(table)]
                    query = f'SELECT {", ".join(names)} FROM "{tables[table]}"'
                    found[table] = sorted_rows(engine.connection.execute(query).fetchall())
            return found, reading

    def everything(self):
        return {table: self.rows(table) for table in TABLES}


@pytest.fixture
def held():
    return Held()


@pytest.fixture(scope="session")
def firm_folder(tmp_path_factory):
    """Give the canonical tables of a small simulated firm."""
    from treue.simulate.firm import simulate_firm

    folder = tmp_path_factory.mktemp("firm") / "files"
    simulate_firm(folder, customers=300, months=18, seed=7)
    return folder


@pytest.fixture
def write(tmp_path):
    def make(name, text):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make
