"""Bringing files in, against the bare ``adbc_ingest`` of the same rows into the same database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.process import run
from bench.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE = 0.4
FLAT = 1.25
FILES = 6
"""The first meets an empty database, the last one that holds five times its rows."""


def contest(vendors: Sequence[str], customers: int, repeat: int) -> tuple[list[Verdict], list[Verdict]]:
    """Return whether all rows landed, and how fast; a file holds as many orders as the firm has customers."""
    del repeat  # each of six files is a turn
    equal, speed = [], []
    for vendor in vendors:
        ended = run(["-m", "bench.importing", vendor, str(customers), str(FILES)])
        told = json.loads(ended.printed.splitlines()[-1])
        first, last = told["seconds"][0], told["seconds"][-1]
        raw = told["raw"][0]
        rates = ", ".join(f"{customers / one:,.0f}" for one in told["seconds"])
        print(
            f"  import {vendor:<11}{first:8.2f} s {ended.gigabytes:6.2f} GB   rows a second, file by file: {rates}; "
            f"adbc_ingest {customers / raw['keyed']:,.0f}, into a table without keys {customers / raw['bare']:,.0f}",
            flush=True,
        )
        equal.append(
            Verdict(f"{vendor}: rows landed", f"{raw['rows']:,}", f"{customers:,}", raw["rows"] == customers)
        )
        share, slower = raw["keyed"] / first, last / min(told["seconds"][0], told["seconds"][1])
        bare = raw["bare"] / first
        speed += [
            Verdict(
                f"{vendor}: import / adbc_ingest", f"{share:.0%}", f"at least {SHARE:.0%}", share >= SHARE
            ),
            Verdict(f"{vendor}: import / adbc_ingest, no keys", f"{bare:.0%}", "for comparison", met=True),
            Verdict(
                f"{vendor}: time of the sixth file / the first",
                f"{slower:.2f}",
                f"at most {FLAT}",
                slower <= FLAT,
            ),
        ]
    return equal, speed
