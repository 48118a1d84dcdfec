"""From the records in the database to a history of the library: Arrow through ADBC, without names or addresses."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db import connection
from django.db.models import Max

from treue.app.customers.models import Customer, Purchase
from treue.app.customers.queries import one_with_merged
from treue.app.measuring.wording import NOTHING_HERE
from treue.kernel.errors import NotEnoughData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treue.app.core.models import Firm
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.history import History

FRESH_DAYS: Final = 7
"""Where something happened within so many days, the firm is observed up to yesterday; else up to its last day."""

SQLITE_BATCH_ROWS: Final = 65_536
NO_NUMBER: Final = -1e300
"""Stands for null in a column of fractions on its way through SQLite, which does not say of which type a null is."""

MOST_ATTRIBUTES: Final = 12
PLAIN_NAME: Final = re.compile(r"\w[\w .-]{0,60}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a canonical table comes from.

    Parameters
    ----------
    table : str
        Of the database.
    columns : dict of str to tuple of str
        Canonical column to its SQL and its type: ``text``, ``instant``, ``date``, ``whole``, ``fraction``,
        ``flag`` or ``id`` (a customer).
    owner : str
        The column that names the customer; empty where there is none.
    where : str
        A condition.
    """

    table: str
    columns: dict[str, tuple[str, str]]
    owner: str = "customer_id"
    where: str = ""


def _same(**columns: str) -> dict[str, tuple[str, str]]:
    return {name: (name, kind) for name, kind in columns.items()}


SOURCES: Final[dict[str, Source]] = {
    "customers": Source(
        "customers_customer",
        {
            "customer_id": ("id", "id"),
            **_same(
                first_seen_at="instant", acquired_via="text", country="text", language="text", segment="text"
            ),
        },
        owner="id",
    ),
    "purchases": Source(
        "customers_purchase",
        {
            "order_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(ordered_at="instant", net_amount="whole", currency="text", margin_amount="whole"),
            **_same(discount_amount="whole", coupon_code="text", channel="text"),
        },
    ),
    "returns": Source(
        "customers_return",
        {
            "return_id": ("code", "text"),
            "order_id": ("purchase_code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(returned_at="instant", amount="whole"),
        },
    ),
    "contracts": Source(
        "customers_contract",
        {
            "contract_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(
                started_on="date", ended_on="date", end_reason="text", monthly_amount="whole", currency="text"
            ),
        },
    ),
    "visits": Source(
        "customers_visit",
        {
            "visit_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(anonymous_id="text", at="instant", kind="text", campaign="text"),
        },
    ),
    "contacts": Source(
        "customers_contact",
        {
            "contact_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(channel="text", direction="text", opened_at="instant", first_reply_at="instant"),
            **_same(solved_at="instant", reopened_count="whole", own_fault="flag", severity="text"),
        },
    ),
    "promises": Source(
        "customers_promise",
        {
            "promise_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(made_at="instant", due_at="instant", kept_at="instant"),
        },
    ),
    "answers": Source(
        "customers_answer",
        {
            "answer_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(survey="text", wave="text", asked_at="instant", answered_at="instant", score="fraction"),
        },
    ),
    "referrals": Source(
        "customers_referral",
        {
            "referral_id": ("code", "text"),
            "referrer_id": ("referrer_id", "id"),
            "code": ("share_code", "text"),
            "invited_at": ("invited_at", "instant"),
            "referred_id": ("referred_id", "id"),
            "converted_at": ("converted_at", "instant"),
        },
        owner="referrer_id",
    ),
    "mentions": Source(
        "customers_mention",
        {
            "mention_id": ("code", "text"),
            "customer_id": ("customer_id", "id"),
            **_same(at="instant", network="text", kind="text"),
        },
    ),
    "merges": Source(
        "customers_merge",
        {
            "from_id": ("loser_id", "id"),
            "into_id": ("winner_id", "id"),
            **_same(merged_at="instant", undone_at="instant"),
        },
        owner="winner_id",
    ),
}
"""Canonical table to where it comes from. A customer's id in the library is its key here, as text."""

TYPES: Final = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "instant": "TIMESTAMP",
    "date": "DATE",
    "whole": "BIGINT",
    "fraction": "DOUBLE",
    "flag": "BOOLEAN",
}


@contextmanager
def open_history(firm: Firm, engine: DuckDBEngine, *, as_of: date | None, today: date) -> Iterator[History]:
    """Load everything that may be measured, and give it as a history of the library.

    Parameters
    ----------
    firm : Firm
        For the time zone, the currency and the choices of measuring.
    engine : DuckDBEngine
        Where the tables go.
    as_of : datetime.date or None
        Last day observed. None: yesterday where something happened within the last days, else the last day
        on which anything did.
    today : datetime.date
        The firm's day.

    Yields
    ------
    History
        Of all customers but those whose processing is restricted.

    Raises
    ------
    NotEnoughData
        When there is neither a purchase nor a contract.
    """
    from treue.history.history import History
    from treue.history.settings import Settings

    tables = load_tables(engine)
    if not {"purchases", "contracts"} & set(tables):
        raise NotEnoughData(NOTHING_HERE)
    chosen = Settings(
        as_of=as_of or last_day(firm, today),
        timezone=firm.timezone,
        currency=firm.currency or None,
        window_days=firm.window_days,
        margin_share=firm.margin_share,
    )
    yield History(engine, tables, chosen, today=today)


def last_day(firm: Firm, today: date) -> date | None:
    """Return yesterday where something was bought within the last days; else None, for the last day in the data."""
    newest: datetime | None = Purchase.objects.aggregate(at=Max("ordered_at"))["at"]
    if newest is None:
        return None
    local = newest.astimezone(ZoneInfo(firm.timezone)).date()
    return today - timedelta(days=1) if today - timedelta(days=FRESH_DAYS) <= local else None


def hidden_customers(**flags: bool) -> list[int]:
    """Return the keys of customers with a switch set, and of the records merged into them."""
    found: set[int] = set()
    for customer in Customer.objects.filter(**flags):
        found.update(one_with_merged(customer))
    return sorted(found)


def load_tables(engine: DuckDBEngine) -> dict[str, str]:
    """Load every table that has rows.

    Parameters
    ----------
    engine : DuckDBEngine
        Where they go.

    Returns
    -------
    dict of str to str
        Canonical name to the engine's table.
    """
    hidden = hidden_customers(restricted=True)
    loaded: dict[str, str] = {}
    with _reading() as cursor:
        for name, source in SOURCES.items():
            attributes = _attributes(source.table) if name in {"customers", "purchases"} else []
            cursor.execute(_select(source, hidden, attributes))
            reader = cursor.fetch_record_batch()
            engine.connection.register("treue_arriving", reader)
            try:
                table = f"history_{name}"
                engine.connection.execute(
                    f"CREATE TEMP TABLE {table} AS SELECT {_typed(source, attributes)} FROM treue_arriving"
                )
            finally:
                engine.connection.unregister("treue_arriving")
            rows = engine.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
            if rows[0][0]:
                loaded[name] = table
            else:
                engine.connection.execute(f"DROP TABLE {table}")
    return loaded


@contextmanager
def _reading() -> Iterator[Any]:
    """Give a cursor that reads Arrow from the database that Django speaks to."""
    if connection.vendor == "sqlite":
        from adbc_driver_sqlite import dbapi

        path = quote(str(Path(str(django_settings_name())).absolute()))
        with dbapi.connect(f"file:{path}?mode=ro") as reader, reader.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(SQLITE_BATCH_ROWS)})
            yield cursor
        return
    from adbc_driver_postgresql import dbapi as postgres

    from treue.app.customers.importing.staging import postgres_address

    with postgres.connect(postgres_address()) as reader, reader.cursor() as cursor:
        yield cursor


def django_settings_name() -> str:
    """Return the file of the SQLite database that Django speaks to."""
    return str(connection.settings_dict["NAME"] or django_settings.DATABASES["default"]["NAME"])


def _select(source: Source, hidden: list[int], attributes: list[str]) -> str:
    columns = [f"{_sql(sql, kind)} AS {_quoted(name)}" for name, (sql, kind) in source.columns.items()]
    columns += [f"{_attribute(name)} AS {_quoted(name)}" for name in attributes]
    conditions = [source.where] if source.where else []
    if hidden and source.owner:
        numbers = ", ".join(str(int(one)) for one in hidden)
        conditions.append(f"({source.owner} IS NULL OR {source.owner} NOT IN ({numbers}))")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(columns)} FROM {source.table}{where}"


def _sql(sql: str, kind: str) -> str:
    column = _quoted(sql)
    if kind == "id":
        return f"CAST({column} AS TEXT)"
    if connection.vendor != "sqlite":
        return column
    if kind in {"text", "instant", "date"}:
        return f"COALESCE({column}, '')"
    return f"CAST(COALESCE({column}, {NO_NUMBER}) AS REAL)" if kind == "fraction" else column


def _typed(source: Source, attributes: list[str]) -> str:
    """Return the columns as the library wants them, from what the database's driver gives."""
    parts = []
    for name, (_, kind) in source.columns.items():
        column = _quoted(name)
        if kind == "fraction":
            value = f"CASE WHEN {column} > {NO_NUMBER / 10} THEN CAST({column} AS DOUBLE) END"
        elif kind == "instant":
            # The engine's clock is UTC, so an instant with a zone becomes the UTC instant without one.
            value = (
                f"CAST(NULLIF(CAST({column} AS VARCHAR), '') AS TIMESTAMP)"
                if _is_text()
                else f"CAST({column} AS TIMESTAMP)"
            )
        elif kind in {"text", "id"}:
            value = f"NULLIF(CAST({column} AS VARCHAR), '')"
        elif kind == "date" and _is_text():
            value = f"CAST(NULLIF({column}, '') AS DATE)"
        else:
            value = f"CAST({column} AS {TYPES[kind]})"
        parts.append(f"{value} AS {column}")
    parts += [f"NULLIF(CAST({_quoted(name)} AS VARCHAR), '') AS {_quoted(name)}" for name in attributes]
    return ", ".join(parts)


def _is_text() -> bool:
    return connection.vendor == "sqlite"


def _attributes(table: str) -> list[str]:
    """Return the further columns that customers or orders have, to divide customers by."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"SELECT DISTINCT key FROM (SELECT attributes FROM {table} WHERE attributes IS NOT NULL "
                "ORDER BY id DESC LIMIT 1000) AS some, json_each(some.attributes)"
            )
        else:
            cursor.execute(
                f"SELECT DISTINCT jsonb_object_keys(attributes) FROM (SELECT attributes FROM {table} "
                "WHERE attributes IS NOT NULL AND jsonb_typeof(attributes) = 'object' ORDER BY id DESC LIMIT 1000) AS some"
            )
        names = sorted(str(row[0]) for row in cursor.fetchall())
    taken = {name for source in SOURCES.values() for name in source.columns}
    return [name for name in names if PLAIN_NAME.fullmatch(name) and name not in taken][:MOST_ATTRIBUTES]


def _attribute(name: str) -> str:
    if connection.vendor == "sqlite":
        return f"""COALESCE(CAST(json_extract(attributes, '$."{name}"') AS TEXT), '')"""
    return f"attributes ->> '{name}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
