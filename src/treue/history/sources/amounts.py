"""Amounts as people write them become exact decimals; the whole column decides the decimal sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treue.engine.duckdb import quoted
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from treue.engine.duckdb import DuckDBEngine

DECIMAL = "DECIMAL(28,6)"
LARGEST = 10**13
"""Larger amounts (in major units) are misread ids or damage, and would not fit minor units."""
LONGEST_SHOWN = 60
"""Letters of a cell or header in a sentence."""

SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "₺": "TRY",
    "₩": "KRW",
}
_CROWNS = {"Europe/Stockholm": "SEK", "Europe/Copenhagen": "DKK", "Atlantic/Reykjavik": "ISK"}
_SPACE = r"[\s\x{00a0}\x{202f}\x{2009}''\x{2019}]"
_MARK = r"([A-Za-z]{3}|[Kk][Rr]\.?|US\$|zł|[€£$¥₹₺₩])"


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """How a column of amounts is read, as SQL.

    Parameters
    ----------
    value : str
        Expression of an exact decimal, NULL where the text is no number.
    currency : str or None
        Expression of the ISO code that stands in the cell; None where no cell has one.
    note : str or None
        What was decided, where something was.
    """

    value: str
    currency: str | None = None
    note: str | None = None


def text_of(column: int) -> str:
    """Return the SQL of a cell; tables of texts hold no surrounding space, and NULL for nothing."""
    return f"c{column}"


def read_amounts(
    engine: DuckDBEngine,
    table: str,
    column: int,
    header: str,
    *,
    decimals: str | None,
    timezone: str,
    typed: bool,
) -> AmountColumn:
    """Decide from the whole column how its amounts are written.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the rows are.
    table : str
        Table of texts.
    column : int
        Place of the column.
    header : str
        Its name, for messages.
    decimals : {"comma", "point"} or None
        The decimal sign where the user has said it.
    timezone : str
        The firm's zone: tells whose crowns "kr" are.
    typed : bool
        Whether the file holds numbers, not texts, in this column.

    Returns
    -------
    AmountColumn
        SQL expressions over the table of texts.

    Raises
    ------
    Refused
        When every amount could mean thousands as well as decimals, as 1.234.
    """
    text = text_of(column)
    plain = f"try_cast({text} AS {DECIMAL})"
    # Enough digits after the point, or none at all, and DuckDB's own conversion is right.
    odd = f"{text} IS NOT NULL AND ({plain} IS NULL OR regexp_matches({text}, '^[-+]?[0-9]{{1,3}}[.][0-9]{{3}}$'))"
    row = engine.connection.execute(f"SELECT count(*) FROM {quoted(table)} WHERE {odd}").fetchone()
    if typed or (decimals is None and row == (0,)):
        return AmountColumn(plain)
    if decimals not in (None, "comma", "point"):
        raise WrongArgument(
            f"decimals={decimals!r} is not a decimal sign; give decimals=comma or decimals=point"
        )
    bare = _bare(text)
    sign, note = (decimals, None) if decimals else _decide(engine, table, bare, header)
    return AmountColumn(_value(text, bare, sign), _currency(engine, table, text, timezone), note)


def shown(text: str) -> str:
    """Return a text of a file as far as a sentence needs it.

    Examples
    --------
    >>> shown("01/02/2024"), len(shown("01/02/2024 " * 1_000))
    ('01/02/2024', 60)
    """
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _bare(text: str) -> str:
    """Return SQL of the digits and separators of an amount, without sign, currency and spaces."""
    spaceless = f"regexp_replace({text}, '{_SPACE}', '', 'g')"
    unmarked = f"regexp_replace(regexp_replace({spaceless}, '^[-+\u2212(]*{_MARK}', ''), '{_MARK}[-)]?$', '')"
    return f"regexp_replace(regexp_replace({unmarked}, '[.,][-\u2013\u2014]+$', ''), '^[-+\u2212(]+|[-)]$', '', 'g')"


def _decide(engine: DuckDBEngine, table: str, bare: str, header: str) -> tuple[str, str | None]:
    """Return the decimal sign that the column's texts prove."""
    comma = r"^\d{1,3}(\.\d{3})+,\d*$|^\d{1,3}(\.\d{3}){2,}$|^\d*,(\d{1,2}|\d{4,})$|^(0|\d{4,}),\d{3}$"
    point = r"^\d{1,3}(,\d{3})+\.\d*$|^\d{1,3}(,\d{3}){2,}$|^\d*\.(\d{1,2}|\d{4,})$|^(0|\d{4,})\.\d{3}$"
    either = r"^[1-9]\d{0,2}[.,]\d{3}$"
    query = f"""SELECT count(*) FILTER (regexp_matches(b, '{comma}')), count(*) FILTER (regexp_matches(b, '{point}')),
        count(*) FILTER (regexp_matches(b, '{either}')), count(*) FILTER (regexp_matches(b, '^\\d+$')),
        any_value(b) FILTER (regexp_matches(b, '{either}')),
        count(*) FILTER (regexp_matches(b, '{either}') AND contains(b, ','))
        FROM (SELECT {bare} AS b FROM {quoted(table)})"""
    commas, points, unclear, whole, example, unclear_commas = engine.connection.execute(query).fetchall()[0]
    if commas or points:
        sign = "comma" if commas > points else "point"
        less = min(commas, points)
        note = f"The decimal sign of {header!r} is the {sign}"
        return (
            sign,
            f"{note}; {less:,} amounts that are written otherwise were set aside." if less else f"{note}.",
        )
    if not unclear:
        return "point", None
    if whole:
        sign = "point" if 2 * unclear_commas >= unclear else "comma"
        return sign, f"Amounts such as {example!r} in {header!r} are whole thousands."
    raise Refused(
        f"{shown(header)}={shown(example)!r} could be a thousand or a decimal, and no other amount tells; "
        "say --map decimals=comma or --map decimals=point"
    )


def _value(text: str, bare: str, sign: str) -> str:
    mark, group = (",", "[.]") if sign == "comma" else ("[.]", ",")
    shape = f"^(\\d+|\\d{{1,3}}({group}\\d{{3}})+)?({mark}\\d*)?([eE][-+]?\\d{{1,2}})?$"
    pointed = f"replace(regexp_replace({bare}, '{group}', '', 'g'), ',', '.')"
    number = f"try_cast(CASE WHEN regexp_matches({bare}, '{shape}') THEN {pointed} END AS {DECIMAL})"
    negative = f"regexp_matches({text}, '^''?{_MARK}?\\s*[-\u2212(]|\\d\\s*-$')"
    return f"(CASE WHEN {negative} THEN -{number} ELSE {number} END)"


def _currency(engine: DuckDBEngine, table: str, text: str, timezone: str) -> str | None:
    """Return SQL of the currency in the cell, or None where no cell has one."""
    mark = f"upper(rtrim(regexp_extract({text}, '{_MARK}'), '.'))"
    query = f"SELECT DISTINCT {mark} FROM {quoted(table)} WHERE {mark} <> '' LIMIT 50"
    marks = {row[0] for row in engine.connection.execute(query).fetchall()}
    if not marks:
        return None
    return currency_code(mark, timezone)


def currency_code(text: str, timezone: str) -> str:
    """Return SQL that turns a sign or a code in any case into an ISO code."""
    crown = _CROWNS.get(timezone, "NOK")
    codes = {**{sign.upper(): code for sign, code in SYMBOLS.items()}, "KR": crown, "EURO": "EUR"}
    cases = " ".join(f"WHEN '{sign}' THEN '{code}'" for sign, code in codes.items())
    return f"(CASE rtrim(upper({text}), '.') {cases} ELSE nullif(rtrim(upper({text}), '.'), '') END)"
