"""What was known of each customer's survey answers before a day, written once for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.models.churn_facts import YEAR_DAYS

if TYPE_CHECKING:
    from treue.engine.seam import Frame
    from treue.models.churn_facts import Facts


def survey_scores(facts: Facts) -> Frame:
    """Return each customer's last score, how it had changed, and how many questions went unanswered.

    Scores of different surveys have different scales, so only the survey with the most answers so far
    counts at each moment.

    Parameters
    ----------
    facts : Facts
        The history and the moments.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``moment``, ``last_score``, ``score_change`` (last score minus the mean
        of those before; null with one answer), ``answer_day`` (day number of the last answer),
        ``answers_missing`` (invitations of the last year without an answer).
    """
    F, engine, history = facts.F, facts.history.engine, facts.history
    told = history.frame("answers").select(
        "customer_id",
        "survey",
        "score",
        facts.day_of("answered_at").alias("day"),
        facts.day_of("asked_at").alias("asked_day"),
    )
    scored = told.where(F.col("day").isNotNull() & F.col("score").isNotNull())
    scored = engine.staged(facts.known(scored.select("customer_id", "survey", "score", "day")), "scored")
    daily = _of_the_main_survey(facts, scored)
    last = daily.groupBy("customer_id", "moment").agg(
        engine.first_by("day_score", "backwards").cast("double").alias("last_score"),
        F.max("day").cast("int").alias("answer_day"),
        F.sum("day_score").cast("double").alias("score_sum"),
        F.count("day").cast("int").alias("score_days"),
    )
    before = (F.col("score_sum") - F.col("last_score")) / (F.col("score_days") - F.lit(1))
    change = F.when(F.col("score_days") > F.lit(1), F.col("last_score") - before)
    last = engine.staged(
        last.select(
            "customer_id",
            "moment",
            "last_score",
            change.cast("double").alias("score_change"),
            "answer_day",
            F.lit(0).alias("missing"),
        ),
        "last_scores",
    )
    return _with_silence(facts, last, told)


def _of_the_main_survey(facts: Facts, scored: Frame) -> Frame:
    """Return mean scores per day of the survey that most had answered before the moment."""
    F, engine = facts.F, facts.history.engine
    counts = scored.groupBy("moment", "survey").agg(F.count("day").cast("int").alias("answers"))
    order = engine.Window.partitionBy("moment").orderBy(F.col("answers").desc(), F.col("survey"))
    main = counts.withColumn("place", F.row_number().over(order)).where(F.col("place") == F.lit(1))
    main = main.select(F.col("moment").alias("main_moment"), F.col("survey").alias("main_survey"))
    main = engine.staged(main, "main_survey")
    same = (F.col("moment") == F.col("main_moment")) & (F.col("survey") == F.col("main_survey"))
    daily = scored.join(main, on=same, how="inner").groupBy("customer_id", "moment", "day")
    daily = daily.agg(F.avg("score").cast("double").alias("day_score"))
    # The latest day is the least one backwards.
    return engine.staged(daily.withColumn("backwards", F.lit(0) - F.col("day")), "daily_scores")


def _with_silence(facts: Facts, last: Frame, told: Frame) -> Frame:
    """Return the last scores together with invitations that nobody had answered."""
    F, engine = facts.F, facts.history.engine
    asked = told.where(F.col("asked_day").isNotNull())
    asked = facts.known(asked, "asked_day", back_days=YEAR_DAYS)
    silent = F.col("day").isNull() | (F.col("day") >= F.col("moment"))
    missing = asked.groupBy("customer_id", "moment").agg(facts.count_of(silent).alias("missing"))
    nothing = F.lit(None)
    missing = missing.select(
        "customer_id",
        "moment",
        nothing.cast("double").alias("last_score"),
        nothing.cast("double").alias("score_change"),
        nothing.cast("int").alias("answer_day"),
        "missing",
    )
    both = engine.staged(last.unionAll(missing), "scores_and_silence")
    return both.groupBy("customer_id", "moment").agg(
        F.max("last_score").alias("last_score"),
        F.max("score_change").alias("score_change"),
        F.max("answer_day").alias("answer_day"),
        F.sum("missing").cast("int").alias("answers_missing"),
    )
