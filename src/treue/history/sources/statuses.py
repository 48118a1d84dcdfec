"""What the words in a status column mean for an order."""

from __future__ import annotations

CANCELLED = frozenset(
    [
        "cancelled",
        "canceled",
        "cancellation",
        "annulled",
        "void",
        "voided",
        "storniert",
        "storno",
        "annulliert",
        "kansellert",
        "avbestilt",
        "annullert",
        "wc-cancelled",
        "wc-canceled",
        "abgebrochen",
        "avbrutt",
    ]
)
REFUNDED = frozenset(
    [
        "refunded",
        "returned",
        "reversed",
        "chargeback",
        "wc-refunded",
        "erstattet",
        "rückerstattet",
        "zurückgegeben",
        "retourniert",
        "zurückgesendet",
        "refundert",
        "returnert",
        "tilbakebetalt",
    ]
)
CREDIT = frozenset(
    {"refund", "return", "credit", "credit note", "credit memo", "creditnote", "gutschrift", "retoure", "rückgabe",
     "rücksendung", "stornorechnung", "kreditnota", "retur", "refusjon", "erstattung"}
)  # fmt: skip
ALL_KNOWN = (
    CANCELLED | REFUNDED | CREDIT
    | {"paid", "complete", "completed", "shipped", "delivered", "processing", "closed", "open", "pending", "authorized",
       "partially_refunded", "partially_paid", "sale", "order", "invoice", "bezahlt", "versendet", "versandt",
       "abgeschlossen", "geliefert", "offen", "rechnung", "betalt", "sendt", "fullført", "levert", "behandles",
       "salg", "faktura", "succeeded", "active", "on-hold", "on hold", "partially refunded", "fulfilled"}
)  # fmt: skip


def status_class(text: str, unpaid: frozenset[str]) -> str:
    """Return SQL that turns a status into ``cancelled``, ``credit``, ``not_paid`` or NULL.

    A refunded order counts as cancelled: a purchase that was returned in full.
    """

    def listed(words: frozenset[str]) -> str:
        return "(" + ", ".join(f"'{word}'" for word in sorted(words)) + ")"

    low = f"lower({text})"
    return (
        (f"(CASE WHEN {low} IN {listed(unpaid)} THEN 'not_paid' " if unpaid else "(CASE ")
        + f"WHEN {low} IN {listed(CANCELLED | REFUNDED)} THEN 'cancelled' WHEN {low} IN {listed(CREDIT)} THEN 'credit' END)"
    )
