"""What the measures of the loyalty ladder mean."""

from __future__ import annotations

from typing import Final

from treue.kernel.language import message
from treue.report.explanation import Explanation

COUNTED_FROM_THE_DAY: Final = message(
    "It speaks of those who come to the rung new. Whoever has stood there for some time has, as a rule, a "
    "smaller chance."
)

OF_LADDER: Final = {
    "ladder_occupancy": Explanation(
        message("Share per rung of the ladder"),
        message(
            "How the people you know are spread over the rungs. Each stands on the highest rung for "
            "which there is evidence."
        ),
        "nₖ / n",
        message(
            "The intervals hold for all rungs together. A high survey score is an intention, not advocacy."
        ),
        message(
            "5,000 suspects, 2,500 prospects, 1,500 customers, 800 clients and 200 advocates: 2.0% are "
            "advocates, between 1.7% and 2.4%."
        ),
    ),
    "ladder_transition": Explanation(
        message("Moves on the ladder"),
        message(
            "Of those on a rung when a quarter began, the share on each rung when it ended; all quarters "
            "together, and each customer once per quarter."
        ),
        "nᵢⱼ / nᵢ",
        message(
            "Who left and came back within a quarter stayed, as far as its ends show. The quarters of one "
            "customer are taken as independent of each other, so the intervals may be too narrow."
        ),
        message(
            "Of 20 clients at the start of a quarter 8 are advocates at its end: 40%, between 21.9% and "
            "61.3%."
        ),
    ),
    "probability_of_prospect_within_12_months": Explanation(
        message("Chance to become a prospect within 12 months"),
        message(
            "Of those who become known, the share who show interest themselves within 12 months, counted "
            "from that day."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        COUNTED_FROM_THE_DAY,
        message(
            "A suspect who visits for the first time with 10% per quarter and else stays: within four "
            "quarters 1 − 0.9⁴ = 34.4%."
        ),
    ),
    "probability_of_customer_within_12_months": Explanation(
        message("Chance to become a customer within 12 months"),
        message(
            "Of those who come to a rung before any purchase, the share who buy for the first time within "
            "12 months, counted from that day."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        COUNTED_FROM_THE_DAY,
        message(
            "A prospect who becomes a customer with 15% per quarter and else stays: within four "
            "quarters 1 − 0.85⁴ = 47.8%."
        ),
    ),
    "probability_of_client": Explanation(
        message("Chance to become a client"),
        message(
            "Of those who come to a rung for the first time, the share who ever become clients before they "
            "leave."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ,  B = (I − Q)⁻¹ R",
        COUNTED_FROM_THE_DAY,
        message(
            "Ten customers buy a second time after 2, 3 and 6 days, lapse after 3, 5 and 7, or are "
            "still open after 4, 6, 8 and 8: by day 6, 31.7% are clients."
        ),
    ),
    "probability_of_client_within_12_months": Explanation(
        message("Chance to become a client within 12 months"),
        message(
            "Of those who come to a rung for the first time, the share who become clients within 12 months, "
            "counted from that day; leaving before counts as not getting there."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        COUNTED_FROM_THE_DAY,
        message(
            "Ten customers buy a second time after 2, 3 and 6 days, lapse after 3, 5 and 7, or are "
            "still open after 4, 6, 8 and 8: by day 6, 31.7% are clients."
        ),
    ),
    "probability_of_advocate": Explanation(
        message("Chance to become an advocate"),
        message(
            "Of those who come to a rung for the first time, the share who ever become advocates before they "
            "leave."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ,  B = (I − Q)⁻¹ R",
        COUNTED_FROM_THE_DAY,
        message(
            "Each quarter 8% of the clients become advocates, 12% leave and 80% stay: 40% ever become "
            "advocates."
        ),
    ),
    "probability_of_advocate_within_12_months": Explanation(
        message("Chance to become an advocate within 12 months"),
        message(
            "Of those who come to a rung for the first time, the share who become advocates within 12 months, "
            "counted from that day; leaving before counts as not getting there."
        ),
        "F(t) = Σ S(tᵢ₋) dᵢ / nᵢ",
        COUNTED_FROM_THE_DAY,
        message(
            "Each quarter 8% of the clients become advocates, 12% leave and 80% stay: within four "
            "quarters 8% · (1 + 0.8 + 0.8² + 0.8³) = 23.6%."
        ),
    ),
    "time_to_climb": Explanation(
        message("Time to climb the ladder"),
        message("How long the way up takes those who arrive."),
        "P̃ᵢⱼ = Pᵢⱼ hⱼ / hᵢ",
        message("It speaks only of those who arrive; most leave before."),
        message(
            "Each quarter 8% of the clients become advocates, 12% leave and 80% stay: those who become "
            "advocates take 5 quarters on average."
        ),
    ),
    "referral_rate": Explanation(
        message("Customers who bring somebody"),
        message("The share of active customers who brought a new customer in the last 12 months."),
        message("brought somebody / active customers"),
        message("Recommendations at the kitchen table are in no file: it is the least that can be true."),
        message("One of three active customers brought somebody: 33%, between 6% and 79%."),
    ),
    "referral_conversion": Explanation(
        message("Invitations that win a customer"),
        message("Of the people invited by customers, the share who became customers within 90 days."),
        message("became customers within 90 days / invited"),
        message("Some of the invited would have come without an invitation: it is not an effect."),
        message("18 of 120 invited people: 15%, between 9.7% and 22.5%."),
    ),
}
