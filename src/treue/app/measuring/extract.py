"""From the records in the database to a history of the library: Arrow through ADBC, no names and no addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection

from treue.app.measuring.people import Persons
from treue.app.measuring.reading import reading
from treue.app.measuring.wording import NOTHING_HERE
from treue.kernel.errors import NotEnoughData

if TYPE_CHECKING:
    from treue.app.core.models import Firm
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.history import History

ORDERED: Final = frozenset({"purchases", "returns", "contracts"})
NO_NUMBER: Final = -1e300
"""Stands for null in a column of fractions on its way through SQLite, whose driver takes the type of a column
from its first rows."""

MOST_ATTRIBUTES: Final = 12
PLAIN_NAME: Final = re.compile(r"\w[\w .-]{0,60}")
ARRIVING: Final = "treue_arriving"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a canonical table comes from.

    Parameters
    ----------
    sql : str
        The table of the database, perhaps joined with another; its rows are called ``t``.
    columns : dict of str to tuple of str
        Canonical column to its SQL and its type: ``text``, ``instant``, ``date``, ``whole``, ``fraction``,
        ``flag``, ``key`` (a number that becomes an id) or ``person`` (the key of a customer).
    attributes : str
        Column of further attributes as JSON; empty where there is none.
    """

    sql: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    attributes: str = ""


def _same(**kinds: str) -> dict[str, tuple[str, str]]:
    return {name: (f"t.{name}", kind) for name, kind in kinds.items()}


_CUSTOMER = {"customer_id": ("t.customer_id", "person")}

SOURCES: Final[dict[str, Source]] = {
    "customers": Source(
        "customers_customer t",
        {
            "customer_id": ("t.id", "person"),
            **_same(
                first_seen_at="instant", acquired_via="text", country="text", language="text", segment="text"
            ),
        },
        "t.attributes",
    ),
    "purchases": Source(
        "customers_purchase t",
        {
            "order_id": ("t.id", "key"),
            **_CUSTOMER,
            **_same(ordered_at="instant", net_amount="whole", currency="text", margin_amount="whole"),
            **_same(discount_amount="whole", coupon_code="text", channel="text"),
        },
        "t.attributes",
    ),
    "returns": Source(
        "customers_return t LEFT JOIN customers_purchase p ON p.code = t.purchase_code",
        {
            "return_id": ("t.id", "key"),
            # A return of an order that is not here keeps an order, so that it counts as what it is.
            "order_id": (
                "CASE WHEN p.id IS NULL AND t.purchase_code IS NOT NULL THEN -t.id ELSE p.id END",
                "key",
            ),
            "customer_id": ("COALESCE(p.customer_id, t.customer_id)", "person"),
            **_same(returned_at="instant", amount="whole"),
        },
    ),
    "contracts": Source(
        "customers_contract t",
        {
            "contract_id": ("t.code", "text"),
            **_CUSTOMER,
            **_same(
                started_on="date", ended_on="date", end_reason="text", monthly_amount="whole", currency="text"
            ),
        },
    ),
    "visits": Source(
        "customers_visit t",
        {
            "visit_id": ("t.id", "key"),
            **_CUSTOMER,
            **_same(anonymous_id="text", at="instant", kind="text", campaign="text"),
        },
    ),
    "contacts": Source(
        "customers_contact t",
        {
            "contact_id": ("t.id", "key"),
            **_CUSTOMER,
            **_same(channel="text", direction="text", opened_at="instant", first_reply_at="instant"),
            **_same(solved_at="instant", reopened_count="whole", own_fault="flag", severity="text"),
            # Not every file tells whether and when.
            **_same(reply_known="flag", solution_known="flag"),
            # Who wrote it down: what staff write is no sign that the files reach that day.
            "by_staff": ("CASE WHEN t.actor = '' THEN 0 ELSE 1 END", "whole"),
        },
    ),
    "answers": Source(
        "customers_answer t",
        {
            "answer_id": ("t.id", "key"),
            **_CUSTOMER,
            **_same(survey="text", wave="text", asked_at="instant", answered_at="instant", score="fraction"),
        },
    ),
    "referrals": Source(
        "customers_referral t",
        {
            "referral_id": ("t.id", "key"),
            "referrer_id": ("t.referrer_id", "person"),
            "code": ("t.share_code", "text"),
            "invited_at": ("t.invited_at", "instant"),
            "referred_id": ("t.referred_id", "person"),
            "converted_at": ("t.converted_at", "instant"),
        },
    ),
    "mentions": Source(
        "customers_mention t",
        {
            "mention_id": ("t.id", "key"),
            **_CUSTOMER,
            **_same(at="instant", network="text", kind="text"),
        },
    ),
}
"""Canonical table to where it comes from; tables that no figure of the cycle reads are left where they are.

The id of a customer in the library is its key in the database, as text: it says nothing about a person.
"""

TYPES: Final = {
    "person": "VARCHAR",
    "key": "VARCHAR",
    "text": "VARCHAR",
    "instant": "TIMESTAMP",
    "date": "DATE",
    "whole": "BIGINT",
    "fraction": "DOUBLE",
    "flag": "BOOLEAN",
}


def open_history(
    firm: Firm, engine: DuckDBEngine, persons: Persons, *, as_of: date | None, today: date
) -> History:
    """Load everything that may be measured, and give it as a history of the library.

    Parameters
    ----------
    firm : Firm
        For the time zone, the currency and the choices of measuring.
    engine : DuckDBEngine
        Where the tables go.
    persons : Persons
        Who is one with whom, and who is left out.
    as_of : datetime.date or None
        Last day observed. None: yesterday where the data reach so far, else the last day on which anything
        happened. A day that is not over is never the last one, unless there is no other.
    today : datetime.date
        The firm's day.

    Returns
    -------
    History
        Of all customers but those whose processing is restricted, merged records as one.

    Raises
    ------
    NotEnoughData
        When there is neither a purchase nor a contract.
    """
    from treue.history.history import History
    from treue.history.settings import Settings

    tables = load_tables(engine, persons)
    if not {"purchases", "contracts"} & set(tables):
        raise NotEnoughData(NOTHING_HERE)
    chosen = Settings(
        timezone=firm.timezone,
        currency=firm.currency or None,
        window_days=firm.window_days,
        margin_share=firm.margin_share,
    )
    yesterday = today - timedelta(days=1)
    history = History(engine, tables, chosen, today=today)
    return history.with_settings(as_of=as_of or last_day(history, yesterday))


def last_day(history: History, yesterday: date) -> date:
    """Return the last day observed: no later than yesterday, and no later than the data reach.

    Parameters
    ----------
    history : History
        Everything that happened, without a last day of its own.
    yesterday : datetime.date
        The last day that is over.

    Returns
    -------
    datetime.date
        Where orders are known, only they, returns and contracts count: a visit or an answer of later does not
        mean that orders have come in, nor does what staff write down themselves.
    """
    from treue.history.history import History

    tables = dict(history.tables)
    if "purchases" in tables:
        tables = {name: table for name, table in tables.items() if name in ORDERED}
    elif "contacts" in tables:
        engine = history.engine
        arrived = engine.frame(tables["contacts"]).where(engine.F.col("by_staff") == engine.F.lit(0))
        tables["contacts"] = engine.persist(arrived, "contacts_arrived")
    told = History(history.engine, tables, history.settings, today=history.today)
    return min(told.as_of, yesterday) if told.first_day <= yesterday else told.as_of


def load_tables(engine: DuckDBEngine, persons: Persons) -> dict[str, str]:
    """Load every table that has rows, all as they were at one instant.

    Parameters
    ----------
    engine : DuckDBEngine
        Where they go.
    persons : Persons
        Who is one with whom, and who is left out.

    Returns
    -------
    dict of str to str
        Canonical name to the engine's table.
    """
    loaded: dict[str, str] = {}
    joined = persons.load(engine)
    attributes_of = {name: _attributes(source) for name, source in SOURCES.items()}
    with reading() as answer:
        for name, source in SOURCES.items():
            attributes = attributes_of[name]
            table = f"history_{name}"
            engine.connection.register(ARRIVING, answer(_select(source, attributes)))
            try:
                sql = _typed(source, attributes, persons=joined)
                engine.connection.execute(f"CREATE TEMP TABLE {table} AS {sql}")
            finally:
                engine.connection.unregister(ARRIVING)
            if engine.connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
                loaded[name] = table
    if "customers" in loaded and not _says_something(engine, loaded):
        # Where files gave nothing but ids with the orders, a list of them is no list of people known.
        del loaded["customers"]
    return loaded


def _says_something(engine: DuckDBEngine, loaded: dict[str, str]) -> bool:
    """Whether the list of customers tells anything that the events do not."""
    told = [name for name in engine.columns(loaded["customers"]) if name != "customer_id"]
    anything = f"coalesce({', '.join(f'CAST({_quoted(name)} AS VARCHAR)' for name in told)}) IS NOT NULL"
    query = f"SELECT 1 FROM {loaded['customers']} WHERE {anything} LIMIT 1"
    if engine.connection.execute(query).fetchall():
        return True
    active = " UNION ALL ".join(
        f"SELECT {column} AS customer_id FROM {loaded[table]}"
        for table, source in SOURCES.items()
        for column, (_, kind) in source.columns.items()
        if kind == "person" and table != "customers" and table in loaded
    )
    if not active:
        return True
    query = f"SELECT 1 FROM {loaded['customers']} ANTI JOIN ({active}) USING (customer_id) LIMIT 1"
    return bool(engine.connection.execute(query).fetchall())


def _select(source: Source, attributes: list[str]) -> str:
    columns = [f"{_asked(sql, kind)} AS {_quoted(name)}" for name, (sql, kind) in source.columns.items()]
    columns += [f"{_attribute(source, name)} AS {_quoted(name)}" for name in attributes]
    return f"SELECT {', '.join(columns)} FROM {source.sql}"


def _asked(sql: str, kind: str) -> str:
    if connection.vendor != "sqlite":
        return sql
    if kind in {"text", "instant", "date"}:
        return f"COALESCE({sql}, '')"
    return f"CAST(COALESCE({sql}, {NO_NUMBER}) AS REAL)" if kind == "fraction" else sql


def _typed(source: Source, attributes: list[str], *, persons: bool) -> str:
    """Return the query that gives the columns as the library wants them, from what the driver gives."""
    parts, joins, conditions = [], "", []
    for place, (name, (_, kind)) in enumerate(source.columns.items()):
        column = f"a.{_quoted(name)}"
        if kind == "person" and persons:
            joins += f" LEFT JOIN {Persons.TABLE} p{place} ON p{place}.id = {column}"
            conditions.append(f"p{place}.hidden IS NOT TRUE")
            column = f"coalesce(p{place}.root, {column})"
        parts.append(f"{_value(column, kind)} AS {_quoted(name)}")
    parts += [f"NULLIF(CAST(a.{_quoted(name)} AS VARCHAR), '') AS {_quoted(name)}" for name in attributes]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(parts)} FROM {ARRIVING} a{joins}{where}"


def _value(column: str, kind: str) -> str:
    lite = connection.vendor == "sqlite"
    if kind == "fraction":
        return f"CASE WHEN {column} > {NO_NUMBER / 10} THEN CAST({column} AS DOUBLE) END"
    if kind == "text":
        return f"NULLIF(CAST({column} AS VARCHAR), '')"
    if kind in {"instant", "date"} and lite:
        return f"CAST(NULLIF({column}, '') AS {TYPES[kind]})"
    # The engine's clock is UTC, so an instant with a zone becomes the UTC instant without one.
    return f"CAST({column} AS {TYPES[kind]})"


def _attributes(source: Source) -> list[str]:
    """Return the further columns that customers or orders have, to divide customers by."""
    if not source.attributes:
        return []
    # Who came without further columns holds an empty object, and says nothing of what the others have.
    newest = (
        f"(SELECT {source.attributes} AS attributes FROM {source.sql} WHERE {source.attributes} IS NOT NULL "
        f"AND CAST({source.attributes} AS TEXT) NOT IN ('{{}}', 'null')"
    )
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"SELECT DISTINCT key FROM {newest} ORDER BY t.id DESC LIMIT 1000) AS newest, "
                "json_each(newest.attributes)"
            )
        else:
            cursor.execute(
                f"SELECT DISTINCT jsonb_object_keys(attributes) AS key FROM {newest} "
                f"AND jsonb_typeof({source.attributes}) = 'object' ORDER BY t.id DESC LIMIT 1000) AS newest"
            )
        names = sorted(str(row[0]) for row in cursor.fetchall())
    taken = {name for one in SOURCES.values() for name in one.columns}
    return [name for name in names if PLAIN_NAME.fullmatch(name) and name not in taken][:MOST_ATTRIBUTES]


def _attribute(source: Source, name: str) -> str:
    if connection.vendor == "sqlite":
        return f"""COALESCE(CAST(json_extract({source.attributes}, '$."{name}"') AS TEXT), '')"""
    return f"{source.attributes} ->> '{name}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
