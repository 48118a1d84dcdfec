"""Who stands in a file of orders: names and addresses go into records that lack them.

The library keeps none of these columns, because its reports need none; the records of the firm do. They are never a
consent, and what staff wrote is never overwritten.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from django.utils import timezone

from treue.app.core.addresses import country_of_numbers, normal_email, normal_phone
from treue.app.customers import search, suppression
from treue.app.customers.importing import cells
from treue.app.customers.importing.contact_files import FIELDS, one_line
from treue.app.customers.importing.sample import sample_of
from treue.engine.duckdb import quoted
from treue.engine.seam import fresh_name
from treue.history.sources import files
from treue.history.sources.columns import plain_name
from treue.kernel.errors import TreueError, WrongArgument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.backends.utils import CursorWrapper

    from treue.app.core.models import Firm
    from treue.app.customers.importing.staging import Staging
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.reading import FileReading, Reading

WORDS: Final = {
    "email": f"customeremail billingemail {FIELDS['email']} shippingemail",
    "phone": f"billingphone customerphone {FIELDS['phone']} shippingphone",
    "name": "billingname customername customerfullname billingfullname kundenname kundenavn name navn fullname shippingname",
    "first_name": "billingfirstname customerfirstname firstname vorname fornavn shippingfirstname",
    "last_name": "billinglastname customerlastname lastname nachname zuname etternavn shippinglastname",
    "company": "billingcompany customercompany company companyname firma unternehmen bedrift shippingcompany",
    "language": "customerlocale customerlanguage language locale sprache språk",
    "country": "billingcountry shippingcountry country countrycode land ländercode landkode",
}
"""What a file of orders says of persons, and how its columns are called; who pays comes before who receives."""
_FOLDED: Final = {name: [word.casefold() for word in words.split()] for name, words in WORDS.items()}
ID_OR_NAME: Final = frozenset(
    {"email", "customeremail", "billingemail", "customername", "kundenname", "kundenavn"}
)
"""Columns that tell who a customer is and what they are called at once."""
TOLD: Final = ("name", "company", "language", "email", "phone")
BATCH_ROWS: Final = 20_000


@dataclass(slots=True)
class OrderPeople:
    """What files of orders say of persons.

    Parameters
    ----------
    rows : list of dict
        One of each customer: ``code``, and what is told.
    columns : dict of str to list of str
        File to the columns that were taken.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)


def gather(
    engine: DuckDBEngine, paths: Sequence[str | Path], tables: Mapping[str, str], reading: Reading, firm: Firm
) -> OrderPeople:
    """Read what files of orders say of persons; of several rows of one customer the latest counts.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the tables are.
    paths : sequence of str or Path
        The files.
    tables : mapping of str to str
        Canonical table to engine table, with the ids of the reader.
    reading : Reading
        How the files were read, and which row became which order.
    firm : Firm
        Its country is that of telephone numbers without a ``+``.

    Returns
    -------
    OrderPeople
        Nobody where no file says anything.
    """
    found = OrderPeople()
    kept = reading.rows.get("purchases")
    if kept is None or "purchases" not in tables:
        return found
    orders = [file for file in reading.files if file.source != "canonical" and "purchases" in file.tables]
    numbers = {file.path: number for number, file in enumerate(orders)}
    told = fresh_name("told")
    texts = ", ".join(f"{name} VARCHAR" for name in WORDS)
    engine.connection.execute(
        f"CREATE TEMP TABLE {quoted(told)} (code VARCHAR, ordered_at TIMESTAMP, line BIGINT, {texts})"
    )
    with tempfile.TemporaryDirectory(prefix="treue-told-") as folder:
        for file in files.list_files(paths).files:
            mine = [one for one in orders if one.path == file.label or one.path.startswith(f"{file.label}[")]
            if mine and _says_something(file, mine):
                for raw in files.read_raw(engine, file, Path(folder)):
                    if raw.label in numbers:
                        places = _places(raw.headers, orders[numbers[raw.label]])
                        found.columns[raw.label] = [raw.headers[place] for place in places.values()]
                        if places:
                            _keep(
                                engine,
                                told,
                                raw.table,
                                places,
                                (kept, numbers[raw.label], tables["purchases"]),
                            )
                    raw.release(engine)
    found.rows = _latest(engine, told, firm)
    engine.drop(told)
    return found


def _says_something(file: files.InputFile, mine: Sequence[FileReading]) -> bool:
    """Whether it is worth to read a file once more."""
    if file.kind == "excel":
        return True
    try:
        headers = sample_of(file.path).headers
    except TreueError:
        return False
    return any(_places(headers, one) for one in mine)


def _places(headers: Sequence[str], file: FileReading) -> dict[str, int]:
    """Return which column says what; those that the orders need for something else say nothing of a person."""
    plain = [plain_name(header) for header in headers]
    used = {plain_name(header) for name, header in file.columns.items() if name != "customer"}
    customer = plain_name(file.columns.get("customer"))
    if customer not in ID_OR_NAME:
        used.add(customer)
    if file.source == "shopify":
        # There it is the number of the order.
        used.add("name")
    places: dict[str, int] = {}
    for name, words in _FOLDED.items():
        place = next((plain.index(word) for word in words if word in plain and word not in used), None)
        if place is not None and place not in places.values():
            places[name] = place
    return {} if places.keys() <= {"country"} else places


def _keep(
    engine: DuckDBEngine, told: str, raw: str, places: Mapping[str, int], orders: tuple[str, int, str]
) -> None:
    kept, number, purchases = orders
    texts = ", ".join(f"left(r.c{places[name]}, 400)" if name in places else "NULL" for name in WORDS)
    something = " OR ".join(f"r.c{place} IS NOT NULL" for place in places.values())
    engine.connection.execute(
        f"INSERT INTO {quoted(told)} SELECT p.customer_id, p.ordered_at, r.line, {texts} FROM {quoted(raw)} r "
        f"JOIN {quoted(kept)} k ON k.line = r.line AND k.file = {number} "
        f"JOIN {quoted(purchases)} p ON p.order_id = k.id WHERE {something}"
    )


def _latest(engine: DuckDBEngine, told: str, firm: Firm) -> list[dict[str, str]]:
    whole = {
        **{name: name for name in WORDS},
        "name": "coalesce(name, nullif(concat_ws(' ', first_name, last_name), ''))",
    }
    chosen = ", ".join(
        f"last({whole[name]} ORDER BY ordered_at, line) FILTER ({whole[name]} IS NOT NULL) AS told_{name}"
        for name in (*TOLD, "country")
    )
    query = f"SELECT replace(code, chr(0), '') AS code, {chosen} FROM {quoted(told)} GROUP BY 1"
    rows = []
    for batch in engine.connection.sql(query).to_arrow_reader(BATCH_ROWS):
        for code, *texts in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            rows.append(_row(code, dict(zip((*TOLD, "country"), texts, strict=True)), firm.country))
    return rows


def _row(code: str, told: Mapping[str, str | None], country: str) -> dict[str, str]:
    """Return what is said of one customer, as the records keep it; an address that is none is left out."""
    texts = {name: one_line(told[name] or "") for name in told}
    row = {"code": code, "name": texts["name"][:200], "company": texts["company"][:200]}
    row["language"] = texts["language"][:20]
    own = country_of_numbers(texts["country"], country)
    for kind, normal in (("email", normal_email), ("phone", lambda text: normal_phone(text, own))):
        row[kind] = row[f"{kind}_typed"] = ""
        try:
            if texts[kind]:
                row[kind], row[f"{kind}_typed"] = normal(texts[kind]), texts[kind][:254]
        except WrongArgument:
            continue
    return row


def erased_in(found: OrderPeople) -> set[str]:
    """Return the ids of those who were erased by what the file says of them, and forget their telephones.

    Parameters
    ----------
    found : OrderPeople
        What was read; it loses the telephones of those who were erased.

    Returns
    -------
    set of str
        A telephone may be shared: by it alone nobody is known.
    """
    if not found.rows or not suppression.anybody():
        return set()
    values = [(suppression.EMAIL, row["email"]) for row in found.rows if row["email"]]
    values += [(suppression.PHONE, row["phone"]) for row in found.rows if row["phone"]]
    gone = suppression.blocked(values)
    for row in found.rows:
        if (suppression.PHONE, row["phone"]) in gone:
            row["phone"] = row["phone_typed"] = ""
    return {row["code"] for row in found.rows if (suppression.EMAIL, row["email"]) in gone}


def stage(found: OrderPeople, engine: DuckDBEngine, everybody: str, staging: Staging) -> None:
    """Let what is said wait beside the people whom the files name.

    Parameters
    ----------
    found : OrderPeople
        What was read.
    engine : DuckDBEngine
        Where it is.
    everybody : str
        Engine table of all people with their numbers.
    staging : Staging
        Where to.
    """
    names = ["code", "name", "company", "language", "email", "email_typed", "phone", "phone_typed"]
    columns: dict[str, Any] = {
        name: pa.array([row[name] for row in found.rows], pa.string()) for name in names
    }
    for name in ("name", "company", "email"):
        columns[f"{name}_words"] = pa.array([_words(row[name]) for row in found.rows], pa.string())
    columns["phone_words"] = pa.array(
        [_words(" ".join(search.phone_words(row["phone"]))) if row["phone"] else "" for row in found.rows],
        pa.string(),
    )
    loaded = engine.load(pa.table(columns), "told")
    query = (
        f"SELECT e.number, t.* EXCLUDE (code) FROM {quoted(loaded)} t JOIN {quoted(everybody)} e USING (code) "
        "ORDER BY e.number"
    )
    staging.keep("told", engine.connection.sql(query).to_arrow_reader(BATCH_ROWS))


def _words(text: str) -> str:
    return f" {search.spelled(text)}" if text else ""


def land(cursor: CursorWrapper, staging: Staging) -> tuple[int, int]:
    """Fill the gaps of records; call it in the transaction, after the people.

    Parameters
    ----------
    cursor : CursorWrapper
        In the transaction.
    staging : Staging
        Holds ``told`` and ``found``.

    Returns
    -------
    tuple of (int, int)
        In how many records a gap was filled, and how many addresses are new. A record that is restricted stays
        as it is.
    """
    told, found = staging.name("told"), staging.name("found")
    own = "customers_customer"
    texts = ("name", "company", "language")
    lacks = {name: f"({own}.{name} = '' AND s.{name} <> '')" for name in texts}
    lacks |= {kind: _lacks(kind, f"{own}.id") for kind in ("email", "phone")}
    words = " || ".join(
        f"CASE WHEN {lacks[name]} THEN s.{name}_words ELSE '' END"
        for name in ("name", "company", "email", "phone")
    )
    changes = ", ".join(
        f"{name} = CASE WHEN {lacks[name]} THEN s.{name} ELSE {own}.{name} END" for name in texts
    )
    cursor.execute(
        f"UPDATE {own} SET {changes}, search_text = {own}.search_text || {words} FROM {told} s, {found} f "
        f"WHERE f.number = s.number AND {own}.id = f.customer_id AND NOT {own}.restricted "
        f"AND ({' OR '.join(lacks.values())})"
    )
    filled = int(cursor.rowcount)
    now, added = cells.literal(timezone.now(), staging.vendor), 0
    for kind in ("email", "phone"):
        cursor.execute(
            "INSERT INTO customers_contactpoint (customer_id, kind, typed, normal, added_at) "
            f"SELECT f.customer_id, '{kind}', s.{kind}_typed, s.{kind}, {now} FROM {told} s "
            f"JOIN {found} f ON f.number = s.number JOIN {own} c ON c.id = f.customer_id "
            f"WHERE NOT c.restricted AND {_lacks(kind, 'c.id')} ORDER BY s.number ON CONFLICT DO NOTHING"
        )
        added += int(cursor.rowcount)
    cursor.execute(
        f"SELECT DISTINCT f.customer_id FROM {told} s JOIN {found} f ON f.number = s.number "
        "JOIN customers_merge m ON m.loser_id = f.customer_id WHERE m.undone_at IS NULL"
    )
    # Whoever stayed is found by what stands in the records merged into it.
    ids = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(ids), search.WRITTEN):
        search.refresh(ids[start : start + search.WRITTEN])
    return filled, added


def _lacks(kind: str, customer: str) -> str:
    """Return SQL of whether somebody has no such address yet, and nobody else has this one."""
    return (
        f"(s.{kind} <> '' AND NOT EXISTS (SELECT 1 FROM customers_contactpoint p "
        f"WHERE p.kind = '{kind}' AND p.customer_id = {customer}) AND NOT EXISTS (SELECT 1 FROM "
        f"customers_contactpoint o WHERE o.kind = '{kind}' AND o.normal = s.{kind}))"
    )
