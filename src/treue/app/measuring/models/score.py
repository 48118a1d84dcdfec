"""What one run says about one customer."""

from __future__ import annotations

from django.db import models

from treue.app.measuring.models.run import Run


class Score(models.Model):
    """One customer in one run; a customer who objected to profiling has none in any run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="scores", db_index=False)
    # Each index costs a part of every night: of a customer, scores are found through the constraint below.
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    rung = models.CharField(max_length=12, blank=True, default="")
    """``suspect``, ``prospect``, ``customer``, ``client``, ``advocate``, or ``former`` for lapsed buyers."""
    rung_since = models.DateField(null=True, blank=True)
    rung_before = models.CharField(max_length=12, blank=True, default="")
    """The rung a month ago."""
    moved = models.SmallIntegerField(null=True, blank=True)
    """1 where the rung rose within that month, -1 where it fell, else null; a lapsed buyer stands below all rungs."""
    evidence = models.CharField(max_length=60, blank=True, default="")
    """Why this rung, as a word that pages translate: ``second_purchase`` and so on."""
    orders_count = models.PositiveIntegerField(default=0)
    net_amount = models.BigIntegerField(default=0)
    """Net of returns, minor units."""
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    silent_days = models.PositiveIntegerField(null=True, blank=True)
    usual_gap_days = models.FloatField(null=True, blank=True)
    """The customer's own from three gaps on, else that of all; null for who bought on one day only."""
    gaps_count = models.PositiveIntegerField(null=True, blank=True)
    """Gaps between days of buying that are known."""
    return_share = models.FloatField(null=True, blank=True)
    """Probability of buying again within the horizon of the run; null without a model that passed."""
    alive_share = models.FloatField(null=True, blank=True)
    """Probability of not having left for good; null without a model."""
    value_ahead = models.BigIntegerField(null=True, blank=True)
    """Expected margin of the next year, minor units; null without a model."""
    orders_ahead = models.FloatField(null=True, blank=True)
    """Purchases expected in the next year; null without a model of purchases."""
    orders_ahead_low = models.PositiveIntegerField(null=True, blank=True)
    orders_ahead_high = models.PositiveIntegerField(null=True, blank=True)
    """Between which they lie with a probability of at least 95 %."""
    order_worth = models.BigIntegerField(null=True, blank=True)
    """Net revenue expected of each of them, minor units."""
    stake = models.BigIntegerField(null=True, blank=True)
    """What is at stake in a year, minor units; only for those on the care list."""
    care_rank = models.PositiveIntegerField(null=True, blank=True)
    """Place on the care list, 1 first; null for those not on it."""
    risk = models.CharField(max_length=10, blank=True, default="")
    """``none``, ``silent`` (unusually long), ``lapsed`` (beyond the window) or ``gone`` (almost surely); of contracts
    ``leaving`` (an end soon is unusually likely), ``ending`` (it is agreed on) or ``steady``; empty where nothing tells."""
    recency_score = models.PositiveSmallIntegerField(null=True, blank=True)
    frequency_score = models.PositiveSmallIntegerField(null=True, blank=True)
    money_score = models.PositiveSmallIntegerField(null=True, blank=True)
    yearly_amount = models.BigIntegerField(null=True, blank=True)
    """What the running contracts bring in a year, minor units; null without one, or without a known amount."""
    ends_on = models.DateField(null=True, blank=True)
    """When the contract ends, where that is agreed on."""
    loss_share = models.FloatField(null=True, blank=True)
    """Probability that the contract ends within the horizon of the run; null where nothing can tell."""
    reasons = models.JSONField(null=True, blank=True)
    """What makes a loss likelier: pairs of a feature and its value, the strongest first; null for most."""
    # In which part of a figure: null in none, so that an index of those who are in one stays small.
    stands = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001
    """``now`` a customer, or ``past``."""
    part = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001
    """In the period of the retention rate: ``kept``, ``lost``, ``won``, ``won_lost``, ``back`` or ``back_lost``."""
    asked = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001
    """``existing`` for who was a customer just before the last 90 days."""
    again_days = models.PositiveIntegerField(null=True, blank=True)
    """Days from the first purchase to the second day of buying; null without one."""
    silence = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001
    """Silent for longer than the window: ``back`` since, or ``open``."""
    paying = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001
    """Monthly revenue over the last year: ``same``, ``more``, ``less``, ``ended``, ``new`` or ``returned``."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "run"], name="score_once_per_customer")]
        indexes = [
            models.Index(
                fields=["run", "care_rank"], condition=models.Q(care_rank__isnull=False), name="score_care"
            ),
            models.Index(fields=["run", "rung"]),
            # A list in one of these orders is read from its beginning; equal ones are in the order of customers.
            models.Index(fields=["run", "net_amount", "customer"], name="score_money"),
            models.Index(fields=["run", "last_on", "customer"], name="score_last"),
            models.Index(fields=["run", "orders_count", "customer"], name="score_orders"),
            models.Index(fields=["run", "return_share", "customer"], name="score_returns"),
            *(
                models.Index(
                    fields=["run", name, "customer"],
                    condition=models.Q(**{f"{name}__isnull": False}),
                    name=f"score_{short}",
                )
                for name, short in (("stake", "stake"), ("value_ahead", "ahead"), ("again_days", "again"))
            ),
            *(
                models.Index(
                    fields=["run", name, "net_amount", "customer"],
                    condition=models.Q(**{f"{name}__isnull": False}),
                    name=f"score_{name}",
                )
                for name in ("moved", "part", "silence", "paying")
            ),
            models.Index(
                fields=["run", "stands", "last_on", "customer"],
                condition=models.Q(stands__isnull=False),
                name="score_stands",
            ),
        ]

    def __str__(self) -> str:
        return f"score of customer {self.customer_id} in run {self.run_id}"
