"""What was known of each customer before a day, written once for every engine.

Each function gives one row per customer and moment. A moment is a day number; only what happened before
that day is counted, and a return, reply or answer counts only if it had come by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.history.active_days import left_of

if TYPE_CHECKING:
    from treue.engine.seam import Column, Frame
    from treue.history.history import History

YEAR_DAYS = 365
"""How far back the counts of a year go."""

PATIENCE_DAYS = 2
"""A contact without a reply counts as unanswered from the third day on."""

OUTBOUND = ("out", "outbound", "outgoing")
"""What `contacts.direction` says when the firm made the contact."""

SEVERE = ("high", "critical", "urgent", "severe")
"""What `contacts.severity` says of a grave matter."""


class Facts:
    """The tables of a history as they were known before certain days.

    Parameters
    ----------
    history : History
        What happened.
    moments : Frame
        Column ``moment``: day numbers.
    """

    def __init__(self, history: History, moments: Frame) -> None:
        self.history = history
        self.moments = moments
        self.F = history.engine.F

    def known(self, events: Frame, day: str = "day", back_days: int | None = None) -> Frame:
        """Return events beside every moment that they came before.

        Parameters
        ----------
        events : Frame
            Any columns and a day number.
        day : str
            Name of the column with the day number.
        back_days : int, optional
            Events further back than this are left out.

        Returns
        -------
        Frame
            The columns and ``moment``.
        """
        F = self.F
        both = events.crossJoin(self.moments).where(F.col(day) < F.col("moment"))
        if back_days is None:
            return both
        return both.where(F.col(day) >= F.col("moment") - F.lit(back_days))

    def day_of(self, instant: str) -> Column:
        """Return the local day number of a column with a UTC `instant`."""
        return self.history.day_of_instant(instant)

    def within(self, days: int, day: str = "day", also: Column | None = None) -> Column:
        """Return an aggregate: how many events fell into the last days before the moment.

        Parameters
        ----------
        days : int
            How many days back.
        day : str
            Name of the column with the day number.
        also : Column, optional
            A further condition.

        Returns
        -------
        Column
            Whole numbers.
        """
        F = self.F
        condition = F.col(day) >= F.col("moment") - F.lit(days)
        return self.count_of(condition if also is None else condition & also)

    def count_of(self, condition: Column) -> Column:
        """Return an aggregate: how many rows fulfil the `condition`; null does not."""
        F = self.F
        return F.sum(F.when(condition, F.lit(1)).otherwise(F.lit(0))).cast("int")

    def tells(self, table: Frame, mark: str) -> Column:
        """Return whether the file of a row tells what a mark stands for; see :data:`treue.history.tables.TELLS`.

        Parameters
        ----------
        table : Frame
            The rows.
        mark : str
            Name of the column of marks; a table without it tells.

        Returns
        -------
        Column
            Never null.
        """
        yes = self.F.lit(1) == self.F.lit(1)
        return self.F.coalesce(self.F.col(mark), yes) if mark in table.columns else yes

    def orders(self) -> Frame:
        """Return each order with what of it was known to be kept before each moment.

        Returns
        -------
        Frame
            Columns ``order_id``, ``customer_id``, ``day``, ``moment``, ``net_amount`` (minor units, after
            returns), ``returned`` (1 where something had come back).
        """
        F, history = self.F, self.history
        bought = history.frame("purchases").select(
            "order_id", "customer_id", self.day_of("ordered_at").alias("day"), "net_amount"
        )
        orders = self.known(bought)
        if not history.has("returns"):
            return orders.withColumn("returned", F.lit(0))
        back = history.frame("returns").select(
            F.col("order_id").alias("returned_order_id"),
            self.day_of("returned_at").alias("returned_day"),
            "amount",
        )
        back = self.known(back.where(F.col("returned_order_id").isNotNull()), "returned_day")
        back = back.groupBy("returned_order_id", F.col("moment").alias("returned_moment")).agg(
            F.sum("amount").cast("bigint").alias("returned_amount")
        )
        same = (F.col("order_id") == F.col("returned_order_id")) & (
            F.col("moment") == F.col("returned_moment")
        )
        joined = history.engine.staged(orders.join(back, on=same, how="left"), "orders_back")
        net = left_of(history.engine, "net_amount", F.coalesce(F.col("returned_amount"), F.lit(0)))
        returned = F.when(F.col("returned_amount").isNotNull(), F.lit(1)).otherwise(F.lit(0))
        return joined.select(
            "order_id",
            "customer_id",
            "day",
            "moment",
            net.cast("bigint").alias("net_amount"),
            returned.alias("returned"),
        )

    def buying(self) -> Frame:
        """Return days and worth of buying of everybody who had kept an order.

        Returns
        -------
        Frame
            Columns ``customer_id``, ``moment``, ``first_day``, ``last_day``, ``days_count``,
            ``days_year``, ``days_half``, ``days_half_before``, ``net_amount``, ``net_year`` (minor
            units), ``returned_year``.
        """
        F = self.F
        orders = self.orders()
        kept = F.when(F.col("net_amount") > F.lit(0), F.lit(1))
        days = orders.groupBy("customer_id", "moment", "day").agg(
            F.count(kept).cast("int").alias("kept_count"),
            F.sum("net_amount").cast("bigint").alias("day_amount"),
            F.sum("returned").cast("int").alias("day_returned"),
        )
        days = self.history.engine.staged(days, "known_days")
        bought = F.col("kept_count") > F.lit(0)
        kept_day = F.when(bought, F.col("day"))
        recent = F.col("day") >= F.col("moment") - F.lit(YEAR_DAYS)
        half = F.col("day") >= F.col("moment") - F.lit(182)
        summed = days.groupBy("customer_id", "moment").agg(
            F.min(kept_day).alias("first_day"),
            F.max(kept_day).alias("last_day"),
            F.count(kept_day).cast("int").alias("days_count"),
            self.count_of(bought & recent).alias("days_year"),
            self.count_of(bought & half).alias("days_half"),
            self.within(364, also=bought & ~half).alias("days_half_before"),
            F.sum("day_amount").cast("bigint").alias("net_amount"),
            F.sum(F.when(recent, F.col("day_amount")).otherwise(F.lit(0))).cast("bigint").alias("net_year"),
            F.sum(F.when(recent, F.col("day_returned")).otherwise(F.lit(0)))
            .cast("int")
            .alias("returned_year"),
        )
        return summed.where(F.col("days_count") > F.lit(0))

    def contacts(self) -> Frame:
        """Return what customers turned to the firm for in the last year, and how it replied.

        A mark of own fault or severity is taken as known from the day of the contact; reopening counts
        once the matter was closed. What was solved without a word before counts as answered at that moment. Of
        a contact whose file tells no replies nobody knows whether it waits.
        """
        F, history = self.F, self.history
        told = history.frame("contacts")
        inbound = F.col("direction").isNull() | ~F.lower(F.col("direction")).isin(*OUTBOUND)
        reply_known = self.tells(told, "reply_known")
        told = told.withColumn(
            "answered_at", F.coalesce(F.col("first_reply_at"), F.when(reply_known, F.col("solved_at")))
        )
        waited = (F.unix_timestamp("answered_at") - F.unix_timestamp("opened_at")) / F.lit(3600.0)
        events = told.where(inbound).select(
            "customer_id",
            self.day_of("opened_at").alias("day"),
            self.day_of("answered_at").alias("reply_day"),
            self.day_of("solved_at").alias("solved_day"),
            waited.cast("double").alias("reply_hours"),
            F.coalesce(F.col("reopened_count"), F.lit(0)).alias("reopened"),
            (F.col("own_fault").isNotNull() & F.col("own_fault")).alias("own_fault"),
            F.lower(F.col("severity")).isin(*SEVERE).alias("severe"),
            reply_known.alias("reply_known"),
        )
        events = history.engine.staged(self.known(events, back_days=YEAR_DAYS), "known_contacts")
        replied = F.col("reply_day").isNotNull() & (F.col("reply_day") < F.col("moment"))
        waiting = F.col("reply_known") & ~replied & (F.col("day") < F.col("moment") - F.lit(PATIENCE_DAYS))
        reopened = F.when(F.col("solved_day") < F.col("moment"), F.col("reopened")).otherwise(F.lit(0))
        return events.groupBy("customer_id", "moment").agg(
            self.within(30).alias("contacts_month"),
            self.within(90).alias("contacts_quarter"),
            self.within(YEAR_DAYS).alias("contacts_year"),
            self.within(90, also=F.col("own_fault")).alias("faults_quarter"),
            self.within(YEAR_DAYS, also=F.col("own_fault")).alias("faults_year"),
            self.within(YEAR_DAYS, also=F.col("severe")).alias("severe_year"),
            F.sum(reopened).cast("int").alias("reopened_year"),
            self.count_of(waiting).alias("unanswered"),
            F.avg(F.when(replied, F.col("reply_hours"))).cast("double").alias("reply_hours"),
            F.max("day").alias("last_contact_day"),
        )

    def promises(self) -> Frame:
        """Return how many promises fell due in the last year and were not kept in time.

        Of a promise whose file does not tell nobody knows whether it was kept.
        """
        F, history = self.F, self.history
        given = history.frame("promises")
        in_time = F.col("kept_at").isNotNull() & (F.col("kept_at") <= F.col("due_at"))
        kept = in_time | ~self.tells(given, "kept_known")
        broken = given.select(
            "customer_id",
            self.day_of("due_at").alias("day"),
            F.when(kept, F.lit(0)).otherwise(F.lit(1)).alias("broken"),
        )
        return (
            self.known(broken, back_days=YEAR_DAYS)
            .groupBy("customer_id", "moment")
            .agg(F.sum("broken").cast("int").alias("broken_promises_year"))
        )

    def visits(self) -> Frame:
        """Return how often customers looked in, and when last."""
        F, history = self.F, self.history
        seen = history.frame("visits").where(F.col("customer_id").isNotNull())
        seen = self.known(seen.select("customer_id", self.day_of("at").alias("day")))
        visits = seen.groupBy("customer_id", "moment", "day").agg(F.lit(1).alias("one"))
        visits = history.engine.staged(visits, "known_visits")
        earlier = F.col("day") < F.col("moment") - F.lit(90)
        return visits.groupBy("customer_id", "moment").agg(
            self.within(90).alias("visits_quarter"),
            self.within(180, also=earlier).alias("visits_quarter_before"),
            F.max("day").alias("last_visit_day"),
        )

    def mentions(self) -> Frame:
        """Return how often customers spoke of the firm in public in the last year, well or ill."""
        F, history = self.F, self.history
        said = history.frame("mentions").select(
            "customer_id", self.day_of("at").alias("day"), F.lower(F.col("kind")).alias("kind")
        )
        complaint = F.col("kind") == F.lit("complaint")
        return (
            self.known(said, back_days=YEAR_DAYS)
            .groupBy("customer_id", "moment")
            .agg(
                self.within(90, also=complaint).alias("complaints_quarter"),
                self.within(YEAR_DAYS, also=complaint).alias("complaints_year"),
                self.within(YEAR_DAYS, also=F.col("kind") == F.lit("recommendation")).alias(
                    "recommendations_year"
                ),
            )
        )

    def referrals(self) -> Frame:
        """Return how many people customers had invited, and how many of them had come."""
        F, history = self.F, self.history
        invited = history.frame("referrals").select(
            F.col("referrer_id").alias("customer_id"),
            self.day_of("invited_at").alias("day"),
            self.day_of("converted_at").alias("won_day"),
        )
        return (
            self.known(invited)
            .groupBy("customer_id", "moment")
            .agg(
                F.count("day").cast("int").alias("referrals_made"),
                self.count_of(F.col("won_day") < F.col("moment")).alias("referrals_won"),
            )
        )

    def contracts(self) -> Frame:
        """Return which contracts customers held on the eve of the moment, and which had ended."""
        F, history = self.F, self.history
        epoch = F.to_date(F.lit("1970-01-01"))
        held = history.frame("contracts").select(
            "customer_id",
            F.datediff(F.col("started_on"), epoch).cast("int").alias("day"),
            F.datediff(F.col("ended_on"), epoch).cast("int").alias("end_day"),
            "monthly_amount",
        )
        known = history.engine.staged(self.known(held), "known_contracts")
        ended = F.col("end_day").isNotNull() & (F.col("end_day") < F.col("moment"))
        amount = F.when(~ended, F.col("monthly_amount"))
        return known.groupBy("customer_id", "moment").agg(
            self.count_of(~ended).alias("contracts_held"),
            self.count_of(ended).alias("contracts_ended"),
            F.sum(amount).cast("bigint").alias("contract_amount"),
        )
