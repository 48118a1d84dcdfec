"""The rungs of the ladder, from the lowest to the highest, and what lies off it."""

from __future__ import annotations

SUSPECT = "suspect"
PROSPECT = "prospect"
CUSTOMER = "customer"
CLIENT = "client"
ADVOCATE = "advocate"
FORMER = "former"

RUNGS = (SUSPECT, PROSPECT, CUSTOMER, CLIENT, ADVOCATE)
"""From the lowest to the highest."""

STATES = (*RUNGS, FORMER)
"""The rungs, and buyers who have lapsed: known, but off the ladder."""

ADVOCACY_DAYS = 365
"""A referral that led to a customer, or a public recommendation, counts for so long."""

ATTENTION_DAYS = 365
"""A visit, sign-up, survey reply or contact of the customer's own counts for so long."""

CLIENT_CONTRACT_DAYS = 365
"""A contract that has run for so long counts as a second decision for the firm."""

POSSIBLE: dict[str, tuple[str, ...]] = {
    SUSPECT: STATES,
    PROSPECT: STATES,
    # Who has bought never becomes one who has not, and a second purchase stays a second purchase.
    CUSTOMER: (CUSTOMER, CLIENT, ADVOCATE, FORMER),
    CLIENT: (CLIENT, ADVOCATE, FORMER),
    ADVOCATE: STATES,
    FORMER: (CUSTOMER, CLIENT, ADVOCATE, FORMER),
}
"""Where one can be at the end of a period, by where one was at its start."""


def at_least(rung: str) -> tuple[str, ...]:
    """Return a rung and the rungs above it.

    Parameters
    ----------
    rung : str
        One of :data:`RUNGS`.

    Returns
    -------
    tuple of str
        In the order of the ladder.

    Examples
    --------
    >>> at_least("client")
    ('client', 'advocate')
    """
    return RUNGS[RUNGS.index(rung) :]


def below(rung: str) -> tuple[str, ...]:
    """Return the rungs below a rung.

    Parameters
    ----------
    rung : str
        One of :data:`RUNGS`.

    Returns
    -------
    tuple of str
        In the order of the ladder.

    Examples
    --------
    >>> below("customer")
    ('suspect', 'prospect')
    """
    return RUNGS[: RUNGS.index(rung)]


def move(start: str, end: str) -> str:
    """Return the name of a move on the ladder, as figures carry it in `segment`.

    Parameters
    ----------
    start, end : str
        Two of :data:`STATES`.

    Returns
    -------
    str
        For example ``customer→client``.
    """
    return f"{start}→{end}"
