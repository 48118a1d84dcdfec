"""What the measures of customers, purchases and revenue mean."""

from __future__ import annotations

from typing import Final

from treue.kernel.language import message
from treue.report.explanation import Explanation

OF_CUSTOMERS: Final = {
    "retention_rate": Explanation(
        message("Customer retention rate"),
        message(
            "Of the customers you had when the period began, the share who still were customers when it "
            "ended."
        ),
        "|A(t₀) ∩ A(t₁)| / |A(t₀)|",
        message("Customers won during the period are in neither number, so growth cannot hide a loss."),
        message(
            "200 customers on 1 June; 20 leave in June, 40 are won. 180 of the 200 are left: 90%, "
            "between 85.1% and 93.4%."
        ),
    ),
    "attrition_rate": Explanation(
        message("Customer attrition rate"),
        message(
            "The rest to 100% of the retention rate: customers you had at the start and no longer at the end."
        ),
        "1 − |A(t₀) ∩ A(t₁)| / |A(t₀)|",
        message(
            "Who comes and goes within the period is not in it; churn incidence and early loss count them."
        ),
        message("20 of 200 customers are lost: 10%, between 6.6% and 14.9%."),
    ),
    "churn_incidence": Explanation(
        message("Churn incidence"),
        message("Losses per 100 customers and month, counting everyone for as long as they were customers."),
        message("losses / customer-months"),
        message("Unlike the attrition rate it also sees those who came and went within one period."),
        message(
            "3 losses in 1,200 customer-months: 0.25 per 100 customers and month, between 0.05 and 0.73."
        ),
    ),
    "early_loss": Explanation(
        message("Early loss"),
        message("Of the customers won in a period, the share who were gone again when it ended."),
        message("|won and gone| / |won|"),
        message(
            "Longer periods have more of it; in a period no longer than the activity window it cannot "
            "be measured."
        ),
        message("40 customers are won in June and 5 of them leave in June: 12.5%, between 5.5% and 26.1%."),
    ),
    "active_customers": Explanation(
        message("Active customers"),
        message(
            "How many are customers at the moment: those who bought within the activity window, or have a "
            "running contract."
        ),
        "|A(t)|",
        message("It can grow while many leave, as long as more are won."),
        message(
            "With a window of 60 days a customer who bought on 1 January is active up to and including "
            "1 March, and not on 2 March."
        ),
    ),
    "active_customers_expected": Explanation(
        message("Customers still active, by a model"),
        message(
            "How many customers are expected to be still active, by the model that foresaw the last "
            "third of the history best."
        ),
        "Σ P(Aᵢ)",
        message("It knows no seasons, and does not say of any one customer that they are gone."),
        message(
            "A customer who came back twice, the last time in week 30 of 39, counts as 0.87 of an active one."
        ),
    ),
    "resurrection_share": Explanation(
        message("Share of the silent who come back"),
        message(
            "Of those who were silent for longer than the activity window, the share who came back after all."
        ),
        message("came back / silent for longer than W"),
        message(
            "It is the error of calling silence a loss, and too low while the silent have had little time to return. A window that is found in the data keeps it at 5% or below where one can."
        ),
        message(
            "40 customers were silent for more than 90 days, 10 of them came back: 25%, between 14.2% "
            "and 40.2%."
        ),
    ),
    "cohort_retention": Explanation(
        message("Cohort retention"),
        message(
            "Of everyone whose first purchase fell into one month or quarter, the share active in a "
            "later one."
        ),
        message("active in period n / size of the cohort"),
        message("A share can rise again, because people come back. Cells whose time is not over are marked."),
        message("52 of the 120 customers won in January bought in April: 43.3%, between 34.8% and 52.3%."),
    ),
    "n_day_retention": Explanation(
        message("N-day retention"),
        message("The share of customers who bought again on exactly one day after their first purchase."),
        message("bought on day n / customers whose day n is over"),
        message("It is made for things that are used daily; in a shop every single day has a small share."),
        message(
            "Five customers buy again on these days: A 1, 7, 30 · B 3, 8 · C 7 · D never · E 31. Day 7: "
            "A and C, 2 of 5."
        ),
    ),
    "bracket_retention": Explanation(
        message("Bracket retention"),
        message("The share of customers who bought again within a span of days after their first purchase."),
        message("bought from day a to day b / customers whose day b is over"),
        message("Spans of unequal length must not be compared: a longer one holds more purchases."),
        message(
            "Five customers buy again on these days: A 1, 7, 30 · B 3, 8 · C 7 · D never · E 31. Days 1 "
            "to 7: A, B and C, 3 of 5."
        ),
    ),
    "unbounded_retention": Explanation(
        message("Unbounded retention"),
        message("The share of customers who bought again so many days after their first purchase, or later."),
        message("bought on day n or later / customers watched for n + 90 days"),
        message(
            "It can only grow, because everybody may still return; so only those count who were watched "
            "for 90 days more."
        ),
        message(
            "Five customers buy again on these days: A 1, 7, 30 · B 3, 8 · C 7 · D never · E 31. Day 7 "
            "or later: A, B, C and E, 4 of 5."
        ),
    ),
    "survival": Explanation(
        message("Share of customers still there"),
        message(
            "The share still customers so many days after the first purchase, allowing for those whose "
            "time is not over."
        ),
        "S(t) = ∏ (1 − dᵢ / nᵢ)",
        message(
            "Customers older than the records enter at the age they had when the records began. The "
            "curve stops where fewer than ten remain."
        ),
        message(
            "Ten customers leave after 1, 2, 3 and 5 months or are still there after 2, 4, 5, 6, 6 and "
            "6: after five months 54.9% are still there, between 18.7% and 80.6%."
        ),
    ),
    "survival_median": Explanation(
        message("Days after which half have left"),
        message("The number of days after which half of the customers are gone."),
        "min t: S(t) ≤ 0.5",
        message(
            "Under an activity window it holds the days of silence too: many who buy once make a median "
            "as long as the window."
        ),
        message(
            "Eleven customers leave after 9, 13, 18, 23, 31, 34 and 48 weeks or are still there after "
            "13, 28, 45 and 161: half have left by week 31."
        ),
    ),
    "repeat_purchase_rate": Explanation(
        message("Second purchase"),
        message(
            "Of the customers whose first purchase is long enough ago, the share who bought again on "
            "another day."
        ),
        message("second purchase within the time / first purchase long enough ago"),
        message("Newcomers who have not had the time are left out; counted in, they would push it down."),
        message("230 of 500 customers bought again within a year: 46%, between 41.7% and 50.4%."),
    ),
    "time_between_purchases": Explanation(
        message("Time between purchases"),
        message(
            "The typical gap between two purchases: half of the gaps are shorter. Gaps that are still "
            "open count for as long as they have lasted."
        ),
        "min t: S(t) ≤ 0.5",
        message("Closed gaps alone would look too short."),
        message(
            "Forty customers buy on days 0, 7, 40 and 70 and are watched until day 70: the gaps that "
            "began in January have a median of 7 days, those of February 30 days, and those of March "
            "cannot be told yet."
        ),
    ),
    "purchase_frequency": Explanation(
        message("Orders per buyer"),
        message("Orders per customer who bought at all in the time shown."),
        message("orders / buyers"),
        message("Silent customers are not in it, so it does not show that people leave."),
        message("Five customers with 3, 1, 2, 5 and 1 orders: 12 orders of 5 buyers, so 2.4."),
    ),
    "average_order_value": Explanation(
        message("Average order value"),
        message("Net revenue divided by orders. Orders that came back whole are no orders."),
        message("Σ revenue / Σ orders"),
        message("One very large order moves a month, and the value can rise because small customers left."),
        message("Five customers spent 150, 80, 60, 300 and 30 in 3, 1, 2, 5 and 1 orders: 620 / 12 = 51.67."),
    ),
    "historic_clv": Explanation(
        message("Value of a customer so far"),
        message(
            "What a customer has brought so far on average; money counts less for each year since the first "
            "purchase, by 10% (d) unless another rate is set."
        ),
        "Σ mₜ / (1 + d)ᵗ",
        message("Compare only customers of the same age: the young have not had the time."),
        message(
            "50 on the first day, 40 after half a year and 60 after a year and a quarter, at 10%: "
            "141.40; without discounting 150."
        ),
    ),
    "rfm": Explanation(
        message("Recency, frequency and value"),
        message(
            "Customers sorted by how recently, how often and for how much they bought, each from 1 to 5."
        ),
        "1 + ⌊5 (2r − 1) / 2n⌋",
        message(
            "Scores compare customers with each other: there are ones and fives in a good firm and in a "
            "bad one."
        ),
        message(
            "Ten customers with 1, 1, 1, 2, 2, 3, 4, 5, 7 and 9 orders get the frequency scores 1, 1, "
            "1, 3, 3, 3, 4, 4, 5 and 5."
        ),
    ),
    "gross_revenue_retention": Explanation(
        message("Gross revenue retention"),
        message(
            "Of the monthly revenue from contracts at the start, the share still there, growth not counted."
        ),
        message("Σ min(endᵢ, startᵢ) / Σ startᵢ"),
        message("Large customers decide: losing one of them can outweigh a hundred small ones who stayed."),
        message("100,000 at the start, 6,000 lost with customers and 3,000 by reductions: 91%."),
    ),
    "net_revenue_retention": Explanation(
        message("Net revenue retention"),
        message("The monthly revenue at the end from customers you had at the start, compared with then."),
        message("Σ endᵢ / Σ startᵢ"),
        message("Above 100% the customers who stay spend more than the lost ones took away."),
        message(
            "100,000 at the start; 6,000 lost with customers, 3,000 by reductions, 8,000 gained by "
            "additions: 99%."
        ),
    ),
    "mrr_movement": Explanation(
        message("Monthly recurring revenue"),
        message(
            "What changed the monthly revenue: new, more, less, lost and returned contracts. They add "
            "up to the change."
        ),
        message("start + new + more − less − lost + returned = end"),
        message("It is what contracts promise, not what was paid."),
        message(
            "100,000 at the start; new 12,000, more 8,000, less 3,000, lost 6,000, returned 1,500: "
            "112,500 at the end."
        ),
    ),
    "probability_existing_buys": Explanation(
        message("An existing customer buys within 90 days"),
        message("Of those who were customers 90 days ago, the share who have bought since."),
        message("bought within 90 days / customers"),
        message(
            "It is no reason by itself to prefer old customers: they differ from newcomers in more than "
            "being old."
        ),
        message("56 of 70 customers bought within the 90 days: 80%."),
    ),
    "probability_new_buys": Explanation(
        message("A new visitor or prospect buys within 90 days"),
        message("The share of visitors and prospects who made a first purchase within 90 days."),
        message("first purchase within 90 days / visitors and prospects"),
        message("A person with two devices counts as two visitors, and the share is then too low."),
        message("90 of 600 people who had looked have bought: 15%, between 12.4% and 18.1%."),
    ),
    "expected_returners": Explanation(
        message("Customers expected to buy in the next 90 days"),
        message("How many of the known customers are expected to buy at least once in the next 90 days."),
        "Σ P(Xᵢ(t, t + 90) ≥ 1)",
        message("It holds if all goes on as so far: no model knows seasons, prices or what you plan."),
        message("A music shop (CDNOW) with 23,502 customers: 3,358 of them, between 3,263 and 3,453."),
    ),
    "expected_orders": Explanation(
        message("Orders expected in the next 90 days"),
        message(
            "How many orders the known customers are expected to make in the next 90 days; orders of "
            "one day count once."
        ),
        "Σ E[Xᵢ(t, t + 90)]",
        message("It holds if all goes on as so far: no model knows seasons, prices or what you plan."),
        message(
            "A music shop (CDNOW) with 23,502 customers: 5,806 orders, between 5,625 and 5,986; in the "
            "same days of the year before there were 7,137."
        ),
    ),
    "expected_revenue": Explanation(
        message("Revenue expected in the next 90 days"),
        message(
            "What these orders are expected to be worth: each customer’s expected orders times what "
            "theirs are worth."
        ),
        "Σ E[Xᵢ] · E[Mᵢ]",
        message("It is told only where how much people spend does not go with how often they buy."),
        message("A music shop (CDNOW) with 23,502 customers: 225,300 dollars, between 217,741 and 233,121."),
    ),
}
