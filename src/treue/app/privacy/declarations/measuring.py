"""What the daily cycle computes."""

from __future__ import annotations

from typing import Final

from treue.app.privacy.declared import AGAIN, INNER, SIGNS, STAYS, Declared
from treue.kernel.language import message

WHY_FIGURES: Final = message("To see how the firm keeps its customers. It is about many at once.")

DECLARED: Final = (
    Declared(
        model="measuring.Score",
        what=message("Scores"),
        why=message("To see whom to care for first. They decide nothing by themselves."),
        kept="scores",
        owners=("customer",),
        given={
            "run__as_of": message("As of"),
            "rung": message("Rung of the ladder: how close the customer is to the firm"),
            "rung_since": message("On it since"),
            "rung_before": message("Rung a month before"),
            "moved": message("Rose (1) or fell (-1) since a month before"),
            "evidence": message("What the rung rests on"),
            "orders_count": message("Orders so far"),
            "net_amount": message("Bought for, less returns"),
            "first_on": message("First purchase"),
            "last_on": message("Last purchase"),
            "silent_days": message("Days of silence"),
            "usual_gap_days": message("Usual gap in days"),
            "return_share": message("Chance of buying again, 0 to 1, by a model of all customers’ orders"),
            "alive_share": message("Chance of not having left for good, 0 to 1, by the same model"),
            "value_ahead": message("Margin expected within a year"),
            "orders_ahead": message("Purchases expected within a year"),
            "orders_ahead_low": message(
                "Lower limit of these purchases; they lie within both with a probability of at least 95 %"
            ),
            "orders_ahead_high": message("Upper limit of these purchases"),
            "order_worth": message("Revenue expected of each of them"),
            "stake": message("What would be lost in a year"),
            "care_rank": message("Place on the list of those to care for"),
            "gaps_count": message("Gaps between days of buying that are known"),
            "risk": message("Rhythm or contract: whether the silence is unusual, or the contract may end"),
            "recency_score": message("Recency from 1 to 5, 5 for the last who bought"),
            "frequency_score": message("Frequency from 1 to 5, 5 for those who buy most often"),
            "money_score": message("Money from 1 to 5, 5 for those who buy for most"),
            "yearly_amount": message("What the running contracts bring in a year"),
            "ends_on": message("End of the contract, where it is agreed on"),
            "loss_share": message("Chance that the contract ends within 90 days, 0 to 1"),
            "reasons": message("Signs that the contract may end, and their values"),
            "stands": message("Whether a customer now or in the past"),
            "part": message("Whether kept, lost or won in the period of the retention rate"),
            "asked": message("Whether a customer 90 days before"),
            "again_days": message("Days from the first purchase to the second"),
            "silence": message("Whether silent for longer than the firm’s window, and back since"),
            "paying": message("How the monthly amount of contracts has changed over the last year or less"),
        },
        withheld={"id": INNER, "customer": AGAIN},
    ),
    Declared(
        model="measuring.Panel",
        what=message("Parts of pages"),
        why=WHY_FIGURES,
        kept="scores",
        searched=("content",),
        found="delete",
        withheld={"name": SIGNS, "language": SIGNS},
    ),
    Declared(
        model="measuring.RunFigure",
        what=message("Figures"),
        why=WHY_FIGURES,
        kept=STAYS,
        withheld={
            "figure": INNER,
            "name": SIGNS,
            "window": SIGNS,
            "period": SIGNS,
            "status": SIGNS,
            "segment": "names a group; figures about fewer than five are deleted with each erasure",
        },
    ),
    Declared(
        model="measuring.Run",
        what=message("Runs of the daily cycle"),
        why=WHY_FIGURES,
        kept=STAYS,
        searched=("data", "settings", "seconds", "why"),
        found="blank",
        withheld={"version": SIGNS},
    ),
)
