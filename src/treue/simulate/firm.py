"""A whole firm: chunk by chunk from people to tables, and the truth beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, get_args

from treue.history.tables import TABLES
from treue.kernel.errors import Refused, WrongArgument
from treue.simulate.calendar import Calendar
from treue.simulate.chance import Streams
from treue.simulate.chunk import Plan, simulate_chunk
from treue.simulate.people import expected_orders_per_person
from treue.simulate.rows import Rows
from treue.simulate.shop import SHOP, Shop
from treue.simulate.truth import MADE_BY, TRUTH_FILE, Tally, Truth, planted_numbers
from treue.simulate.writing import FileFormat, TableFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

STARTED_ON = date(2023, 1, 1)
ORDERS_PER_CHUNK = 1_000_000
CUSTOMERS_PER_CHUNK = 50_000
"""A chunk holds about so many orders or customers, whichever is fewer: that bounds the memory."""

MAXIMUM_CUSTOMERS = 100_000_000
MAXIMUM_MONTHS = 240
MAXIMUM_ORDERS_PER_CUSTOMER = 1000


def simulate_firm(
    folder: Path,
    *,
    customers: int = 5000,
    months: int = 24,
    seed: int = 7,
    file_format: FileFormat = "parquet",
    tables: Sequence[str] | None = None,
    purchases_per_customer: float | None = None,
    started_on: date = STARTED_ON,
    shop: Shop = SHOP,
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Write the canonical tables of a firm whose truth is known, and ``truth.json`` beside them.

    The same arguments give the same bytes. A table that is left out also leaves out what it would have
    changed elsewhere: without ``assignments`` there is no campaign, without ``merges`` nobody has two
    records, without ``referrals`` nobody is won by one, and without ``returns`` every order is kept.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing. Files of an earlier simulation are replaced.
    customers : int
        Records in the customers table, 1 or more. About a fifth of them never buy.
    months : int
        Whole calendar months, 1 to 240.
    seed : int
        0 or more; another seed is another firm with the same truth.
    file_format : str
        ``parquet`` or ``csv``.
    tables : sequence of str, optional
        Names of canonical tables; all of them when left out.
    purchases_per_customer : float, optional
        Mean orders per record; buying rates are scaled to reach it. The shop's own mean when left out.
    started_on : datetime.date
        First day, the first of a month.
    shop : Shop
        What to plant.
    progress : callable, optional
        Called with customers done and customers in all after every chunk.

    Returns
    -------
    Truth
        What was planted and what came of it.

    Raises
    ------
    WrongArgument
        When an argument cannot be right.
    Refused
        When the folder holds tables that no simulation made.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     truth = simulate_firm(Path(folder), customers=200, months=12, seed=1)
    >>> truth.rows["customers"], truth.last_day.isoformat()
    (200, '2023-12-31')
    """
    asked = _tables(tables)
    _check(customers, months, seed, file_format, started_on)
    calendar = Calendar(started_on, months, shop.season_indices)
    shop, expected = _scaled(shop, calendar, purchases_per_customer)
    _make_room(folder)
    plan = Plan(shop, calendar, frozenset(asked))
    tally = Tally(shop, calendar)
    chunk_size = int(min(CUSTOMERS_PER_CHUNK, max(1000, ORDERS_PER_CHUNK // max(expected, 1))))
    with TableFiles(folder, asked, file_format) as files:
        rows = Rows(files, calendar, shop, customers, expected)
        for number, first in enumerate(range(0, customers, chunk_size)):
            count = min(chunk_size, customers - first)
            rows.write(simulate_chunk(first, count, plan, Streams(seed, number), tally))
            if progress is not None:
                progress(first + count, customers)
    planted, unit = planted_numbers(shop)
    truth = Truth(
        seed=seed,
        customers=customers,
        months=months,
        started_on=started_on,
        last_day=started_on + timedelta(days=int(calendar.end) - 1),
        currency="EUR",
        timezone="UTC",
        planted=planted,
        units=unit,
        expected_orders_per_customer=expected,
        realised=tally.realised(),
        rows=files.rows,
    )
    truth.write(folder)
    return truth


def _tables(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tables asked for in their canonical order."""
    if names is None:
        return tuple(TABLES)
    unknown = [name for name in names if name not in TABLES]
    if unknown or not names:
        raise WrongArgument(f"tables={list(names)} must name canonical tables: {', '.join(TABLES)}")
    return tuple(name for name in TABLES if name in names)


def _check(customers: int, months: int, seed: int, file_format: str, started_on: date) -> None:
    """Refuse arguments that cannot be right."""
    if not 1 <= customers <= MAXIMUM_CUSTOMERS:
        raise WrongArgument(f"customers={customers} must be from 1 to {MAXIMUM_CUSTOMERS}")
    if not 1 <= months <= MAXIMUM_MONTHS:
        raise WrongArgument(f"months={months} must be from 1 to {MAXIMUM_MONTHS}")
    if seed < 0:
        raise WrongArgument(f"seed={seed} is negative; give 0 or more")
    if file_format not in get_args(FileFormat):
        raise WrongArgument(f"format={file_format} is not one of {', '.join(get_args(FileFormat))}")
    if started_on.day != 1:
        raise WrongArgument(
            f"started_on={started_on} must be the first of a month, as {started_on.replace(day=1)}"
        )


def _scaled(shop: Shop, calendar: Calendar, wanted: float | None) -> tuple[Shop, float]:
    """Return the shop with buying rates that give `wanted` orders per record, and what it then expects."""
    firsts, repeats = expected_orders_per_person(shop, calendar)
    if wanted is None:
        return shop, firsts + repeats
    if not firsts < wanted <= MAXIMUM_ORDERS_PER_CUSTOMER:
        raise WrongArgument(
            f"purchases_per_customer={wanted} must be more than {firsts:.2f} (so many records ever buy) "
            f"and at most {MAXIMUM_ORDERS_PER_CUSTOMER}"
        )
    factor = (wanted - firsts) / repeats
    segments = tuple(replace(part, alpha_days=part.alpha_days / factor) for part in shop.segments)
    return replace(shop, segments=segments), wanted


def _make_room(folder: Path) -> None:
    """Make the folder, and remove what an earlier simulation left; never what a person put there."""
    folder.mkdir(parents=True, exist_ok=True)
    held = [
        path
        for name in TABLES
        for ending in get_args(FileFormat)
        if (path := folder / f"{name}.{ending}").exists()
    ]
    truth = folder / TRUTH_FILE
    ours = truth.is_file() and _made_here(truth)
    if (held or truth.exists()) and not ours:
        raise Refused(
            f"folder={folder} holds {(held or [truth])[0].name}, which no simulation made; name an empty folder"
        )
    for path in held:
        path.unlink()


def _made_here(truth: Path) -> bool:
    """Return whether a truth file is one of ours."""
    try:
        found = json.loads(truth.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("made_by") == MADE_BY
