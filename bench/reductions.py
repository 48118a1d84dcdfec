"""The four reductions of raw orders that everything else in a report is made from.

Each contestant answers with the same plain tables, so that a fast wrong answer is found:

``rfm``        per customer first and last day, days, orders and amount; the answer is their sums
``cohorts``    customers active per month of the first purchase and months since
``retention``  per month customers at the start and end, retained, acquired, reactivated, lost
``ladder``     per month boundary how many are customers, clients and former customers
"""

from __future__ import annotations

REDUCTIONS = ("rfm", "cohorts", "retention", "ladder")
CONTESTANTS = ("treue", "sql", "pandas")

WINDOW_DAYS = 90
"""Longer than a month: who lapses and comes back in one month is active again at its end."""

Answer = list[list[int]]
"""Rows of whole numbers, in ascending order."""
