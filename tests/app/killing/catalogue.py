"""The cases by name; what one of them needs is loaded for it only."""

from __future__ import annotations

from importlib import import_module

CASES = {
    "erasure": "cases:Erasure",
    "careless-erasure": "cases:CarelessErasure",
    "merge": "cases:Merging",
    "careless-merge": "cases:CarelessMerging",
    "part": "cases:Parting",
    "careless-part": "cases:CarelessParting",
    "cycle": "cycles:Cycle",
    "careless-cycle": "cycles:CarelessCycle",
    "writing-cycle": "cycles:WritingCycle",
    "orders": "imports:Orders",
    "careless-orders": "imports:CarelessOrders",
    "people": "imports:People",
    "careless-people": "imports:CarelessPeople",
    "tables": "imports:Tables",
    "careless-tables": "imports:CarelessTables",
    "upgrade": "upgrades:Upgrade",
    "large-upgrade": "upgrades:LargeUpgrade",
    "losing-upgrade": "upgrades:LosingUpgrade",
    "careless-upgrade": "upgrades:CarelessUpgrade",
}


def find(name):
    """Return a case."""
    module, _, kind = CASES[name].partition(":")
    return getattr(import_module(module), kind)()
