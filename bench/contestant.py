"""One contestant in a process of its own: ``python -m bench.contestant treue rfm ORDERS AS_OF_DAY``.

Prints the seconds it took, without the imports, and the answers, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from bench.reductions import REDUCTIONS


def main() -> None:
    """Run what the arguments ask for."""
    contestant, reduction, orders, as_of_day = sys.argv[1:]
    names = REDUCTIONS if reduction == "all" else (reduction,)
    way = importlib.import_module(f"bench.in_{contestant}").reduce_orders
    begin = time.perf_counter()
    answers = way(names, Path(orders), int(as_of_day))
    seconds = time.perf_counter() - begin
    json.dump({"seconds": seconds, "answers": answers}, sys.stdout)


main()
