"""Small firms whose ladder can be recounted day by day from the raw events, without the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from treue.history.history import History
from treue.history.settings import Settings
from treue.history.tables import TABLES
from treue.kernel.units import day_number, day_of

START = date(2023, 1, 1)
ZONE = "Europe/Oslo"


def arrow(name, rows):
    """Return rows (dictionaries) as the canonical table `name`."""
    return pa.Table.from_pylist(
        rows, schema=pa.schema([field.with_nullable(True) for field in TABLES[name].schema])
    )


def random_firm(seed, people=12, days=900, empty_share=0.25):
    """Return the canonical tables of a firm in which everything happens, as lists of rows."""
    rng = np.random.default_rng(seed)
    names = [f"c{number:02d}" for number in range(people)]

    def instant():
        return datetime.combine(START, datetime.min.time()) + timedelta(
            seconds=int(rng.integers(days * 86400))
        )

    def someone():
        return str(rng.choice(names))

    def several(most):
        return range(int(rng.integers(most)) if rng.random() > empty_share else 1)

    tables = {
        "purchases": [
            {
                "order_id": f"o{i}",
                "customer_id": str(rng.choice(names[: people * 2 // 3])),
                "ordered_at": instant(),
                "net_amount": int(rng.choice([0, 500, 1500])),
            }
            for i in range(people * 3)
        ],
        "visits": [
            {
                "visit_id": f"v{i}",
                "customer_id": someone() if rng.random() < 0.8 else None,
                "at": instant(),
                "kind": str(rng.choice(["page", "signup"])),
            }
            for i in several(people)
        ],
        "contacts": [
            {
                "contact_id": f"k{i}",
                "customer_id": someone(),
                "opened_at": instant(),
                "direction": str(rng.choice(["inbound", "outbound"])),
            }
            for i in several(people)
        ],
        "answers": [
            {
                "answer_id": f"a{i}",
                "customer_id": someone(),
                "survey": "s",
                "answered_at": instant(),
                "score": 9.0,
            }
            for i in several(6)
        ],
        "referrals": [
            {
                "referral_id": f"r{i}",
                "referrer_id": someone(),
                "referred_id": someone(),
                "invited_at": (at := instant()),
                "converted_at": at + timedelta(days=int(rng.integers(60))) if rng.random() < 0.7 else None,
            }
            for i in several(people)
        ],
        "mentions": [
            {
                "mention_id": f"m{i}",
                "customer_id": someone(),
                "at": instant(),
                "kind": str(rng.choice(["recommendation", "complaint"])),
            }
            for i in several(8)
        ],
        "customers": [
            {"customer_id": name, "first_seen_at": instant() if rng.random() < 0.6 else None}
            for name in names
            if rng.random() < 0.7
        ],
    }
    return {name: rows for name, rows in tables.items() if rows}


def history_of(engine, tables, **settings):
    chosen = {"timezone": ZONE, "window_days": 120, "as_of": START + timedelta(days=800)} | settings
    return History.of(engine, {name: arrow(name, rows) for name, rows in tables.items()}, Settings(**chosen))


class Recount:
    """The ladder recounted by its definition, one person and one day at a time."""

    def __init__(self, tables, as_of, window=120, timezone=ZONE):
        self.as_of = day_number(as_of)
        self.window = window
        self.zone = ZoneInfo(timezone)
        self.tables = tables
        rows = tables.get
        everything = [
            self.day(row[column])
            for table, column in (
                ("purchases", "ordered_at"),
                ("visits", "at"),
                ("contacts", "opened_at"),
                ("answers", "answered_at"),
                ("referrals", "invited_at"),
                ("mentions", "at"),
            )
            for row in rows(table, [])
        ]
        self.first = min(everything)
        kept = [r for r in rows("purchases", []) if r["net_amount"] > 0]
        self.bought = self.by(kept, "customer_id", "ordered_at")
        self.attention = self.merged(
            self.by(rows("visits", []), "customer_id", "at"),
            self.by(
                [r for r in rows("contacts", []) if r["direction"] == "inbound"], "customer_id", "opened_at"
            ),
            self.by(rows("answers", []), "customer_id", "answered_at"),
        )
        self.advocacy = self.merged(
            self.by([r for r in rows("mentions", []) if r["kind"] == "recommendation"], "customer_id", "at"),
            self.referred(rows("referrals", [])),
        )
        invited = [
            {"customer_id": r["referred_id"], "at": r["converted_at"] or r["invited_at"]}
            for r in rows("referrals", [])
        ]
        self.known = self.merged(
            self.bought,
            self.attention,
            self.advocacy,
            self.by(rows("purchases", []), "customer_id", "ordered_at"),
            self.by(rows("contacts", []), "customer_id", "opened_at"),
            self.by(rows("mentions", []), "customer_id", "at"),
            self.by(rows("referrals", []), "referrer_id", "invited_at"),
            self.by(invited, "customer_id", "at"),
            self.by([r for r in rows("customers", []) if r["first_seen_at"]], "customer_id", "first_seen_at"),
        )
        for row in rows("customers", []):
            if row["first_seen_at"] is None and row["customer_id"] not in self.known:
                self.known[row["customer_id"]] = {self.first - 1}

    def day(self, instant):
        return day_number(instant.replace(tzinfo=UTC).astimezone(self.zone).date())

    def by(self, rows, who, when):
        found = {}
        for row in rows:
            if row[who] is not None and self.day(row[when]) <= self.as_of:
                found.setdefault(row[who], set()).add(self.day(row[when]))
        return found

    @staticmethod
    def merged(*parts):
        found = {}
        for part in parts:
            for who, days in part.items():
                found.setdefault(who, set()).update(days)
        return found

    def referred(self, rows):
        found = {}
        for row in rows:
            invited, whom = self.day(row["invited_at"]), row["referred_id"]
            first = min(self.bought.get(whom, {10**6}))
            if whom == row["referrer_id"] or first < invited or invited > self.as_of:
                continue
            won = self.day(row["converted_at"]) if row["converted_at"] else first
            if invited <= won <= self.as_of:
                found.setdefault(row["referrer_id"], set()).add(won)
        return found

    def rung(self, who, t):
        """Return the state just before day t, or None when nobody knew this person."""
        if not any(day < t for day in self.known.get(who, ())):
            return None

        def within(days, reach):
            return any(t - reach <= day < t for day in days)

        bought = [day for day in self.bought.get(who, ()) if day < t]
        if within(self.advocacy.get(who, ()), 365):
            return "advocate"
        if within(bought, self.window):
            return "client" if len(bought) > 1 else "customer"
        if bought:
            return "former"
        return "prospect" if within(self.attention.get(who, ()), 365) else "suspect"

    def panel(self, days=None):
        """Return ``{(customer, t): rung}`` for every t up to the day after the last observed."""
        whole = days or range(min(min(d) for d in self.known.values()), self.as_of + 2)
        return {(who, t): rung for who in self.known for t in whole if (rung := self.rung(who, t))}


@pytest.fixture
def firm():
    return random_firm


@pytest.fixture
def recount():
    return Recount


@pytest.fixture
def make_history():
    return history_of


@pytest.fixture
def canonical():
    return arrow


@pytest.fixture
def simple_history(duckdb_engine):
    """Make a history of purchases given as ``{customer: [days after START]}``."""

    def make(purchases, engine=None, as_of=None, window=90, **more):
        rows = [
            {
                "order_id": f"{who}-{day}",
                "customer_id": who,
                "ordered_at": datetime.combine(day_of(day_number(START) + day), datetime.min.time()),
                "net_amount": 100,
            }
            for who, days in purchases.items()
            for day in days
        ]
        return history_of(
            engine or duckdb_engine,
            ({"purchases": rows} if rows else {}) | more,
            timezone="UTC",
            window_days=window,
            as_of=as_of,
        )

    return make
