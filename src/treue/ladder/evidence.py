"""What puts people on a rung: attention, purchases and advocacy, each as one row per customer and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.ladder.rungs import CLIENT_CONTRACT_DAYS

if TYPE_CHECKING:
    from treue.engine.seam import Column, Engine, Frame
    from treue.history.history import History

ATTENTION = ("visit", "contact", "survey_reply", "sign_up")
"""Codes of attention; of several on one day the last of this list is shown."""

ADVOCACY = ("recommendation", "referral_converted")
"""Codes of advocacy; of several on one day the last of this list is shown."""

INBOUND = ("in", "inbound", "incoming")
"""What `contacts.direction` says when the customer made the contact."""

SIGN_UP = ("signup", "sign_up")
"""What `visits.kind` says when a visitor left an address."""


def first_purchases(history: History) -> Frame:
    """Return the day on which each buyer first bought, or first had a contract.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``buyer_id``, ``bought_day``.
    """
    F = history.engine.F
    first = history.spells.where(F.col("previous_end_day").isNull())
    return first.select(F.col("customer_id").alias("buyer_id"), F.col("start_day").alias("bought_day"))


def second_purchases(history: History) -> Frame:
    """Return the day that makes a client of each customer who has one.

    That is the second day with a kept purchase. Where activity is a contract, it is the first day of a
    second contract, or the day on which an unbroken contract is a year old, whichever comes first.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    Frame
        Columns ``customer_id``, ``day``.
    """
    F = history.engine.F
    if history.activity != "contract":
        days = history.turning_days if history.activity == "window" else history.active_days
        return days.where(F.col("previous_day") == F.col("first_day")).select("customer_id", "day")
    epoch = F.to_date(F.lit("1970-01-01"))
    started = F.datediff(F.col("started_on"), epoch).cast("int").alias("day")
    ended = F.datediff(F.col("ended_on"), epoch).cast("int").alias("ended_day")
    contracts = history.frame("contracts").select("customer_id", started, ended)
    first = first_purchases(history)
    # From the first spell on: what ended before observation began is not seen in the spells either.
    later = contracts.join(first, on=F.col("customer_id") == F.col("buyer_id"), how="inner").where(
        (F.col("day") > F.col("bought_day"))
        & (F.col("day") <= F.lit(history.as_of_day))
        & (F.col("ended_day").isNull() | (F.col("ended_day") >= F.col("day")))
    )
    year_old = (F.col("start_day") + F.lit(CLIENT_CONTRACT_DAYS)).cast("int")
    lasting = history.spells.where((year_old < F.col("end_day")) & (year_old <= F.lit(history.as_of_day)))
    both = later.select("customer_id", "day").union(lasting.select("customer_id", year_old.alias("day")))
    return both.groupBy("customer_id").agg(F.min("day").cast("int").alias("day"))


def event_days(history: History) -> dict[str, Frame]:
    """Return who did something on which day, per table of events, each computed once.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    dict of str to Frame
        For visits, contacts, answers and mentions: ``customer_id``, ``day``, ``code`` (place in
        :data:`ATTENTION` or :data:`ADVOCACY`; null where it is neither), one row per customer and day. For
        customers: ``customer_id``, ``day`` (null where the list gives no first day). Tables that the
        history lacks are absent.
    """
    F = history.engine.F

    def code(codes: tuple[str, ...], name: str) -> Column:
        return F.lit(codes.index(name))

    sign_up = F.when(F.lower(F.col("kind")).isin(*SIGN_UP), code(ATTENTION, "sign_up"))
    public = F.lower(F.col("kind")) == F.lit("recommendation")
    kinds = {
        "visits": ("at", sign_up.otherwise(code(ATTENTION, "visit"))),
        "contacts": (
            "opened_at",
            F.when(F.lower(F.col("direction")).isin(*INBOUND), code(ATTENTION, "contact")),
        ),
        "answers": ("answered_at", code(ATTENTION, "survey_reply")),
        "mentions": ("at", F.when(public, code(ADVOCACY, "recommendation"))),
    }
    found = {}
    for table, (instant, meaning) in kinds.items():
        if history.has(table):
            day: Column = history.day_of_instant(instant)
            events = history.frame(table).select("customer_id", day.alias("day"), meaning.alias("code"))
            events = events.where(
                F.col("customer_id").isNotNull() & (F.col("day") <= F.lit(history.as_of_day))
            )
            daily = events.groupBy("customer_id", "day").agg(F.max("code").cast("int").alias("code"))
            found[table] = kept(history.engine, daily, table)
    if history.has("customers"):
        listed = (
            history.frame("customers").groupBy("customer_id").agg(F.min("first_seen_at").alias("seen_at"))
        )
        seen: Column = history.day_of_instant("seen_at")
        dated = listed.select("customer_id", seen.alias("day"))
        found["customers"] = kept(history.engine, dated, "customers")
    return found


def attention_days(engine: Engine, events: dict[str, Frame], firsts: Frame) -> Frame | None:
    """Return the days on which people who had not bought yet gave the firm their attention.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    events : dict of str to Frame
        What :func:`event_days` returns.
    firsts : Frame
        What :func:`first_purchases` returns; later attention changes nobody's rung.

    Returns
    -------
    Frame or None
        Columns ``customer_id``, ``day``, ``code`` (place in :data:`ATTENTION`); None when the history
        has neither visits nor contacts nor answers.
    """
    F = engine.F
    kinds = [events[table] for table in ("visits", "contacts", "answers") if table in events]
    if not kinds:
        return None
    both = united(kinds).where(F.col("code").isNotNull())
    days = both.groupBy("customer_id", "day").agg(F.max("code").cast("int").alias("code"))
    known = days.join(firsts, on=F.col("customer_id") == F.col("buyer_id"), how="left")
    early = known.where(F.col("bought_day").isNull() | (F.col("day") < F.col("bought_day")))
    return early.select("customer_id", "day", "code")


def advocacy_days(engine: Engine, events: dict[str, Frame], verified: Frame | None) -> Frame | None:
    """Return the days on which people brought somebody, or recommended the firm in public.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    events : dict of str to Frame
        What :func:`event_days` returns.
    verified : Frame or None
        What :func:`verified_referrals` returns; None without referrals.

    Returns
    -------
    Frame or None
        Columns ``customer_id``, ``day``, ``code`` (place in :data:`ADVOCACY`); None when the history
        has neither referrals nor mentions.
    """
    F = engine.F
    kinds = [events["mentions"].where(F.col("code").isNotNull())] if "mentions" in events else []
    if verified is not None:
        kinds.append(
            verified.where(F.col("converted_day").isNotNull()).select(
                F.col("referrer_id").alias("customer_id"),
                F.col("converted_day").alias("day"),
                F.lit(ADVOCACY.index("referral_converted")).alias("code"),
            )
        )
    if not kinds:
        return None
    both = united(kinds)
    return both.groupBy("customer_id", "day").agg(F.max("code").cast("int").alias("code"))


def invitations(history: History) -> Frame:
    """Return the invitations sent up to the last day observed, with local days.

    Parameters
    ----------
    history : History
        What happened; it must have referrals.

    Returns
    -------
    Frame
        Columns ``referral_id``, ``referrer_id``, ``referred_id``, ``invited_day``, ``told_day`` (when the
        file says that it won somebody).
    """
    F = history.engine.F
    invited: Column = history.day_of_instant("invited_at")
    told: Column = history.day_of_instant("converted_at")
    days = history.frame("referrals").select(
        "referral_id",
        "referrer_id",
        "referred_id",
        invited.alias("invited_day"),
        told.alias("told_day"),
    )
    sent = days.where(F.col("invited_day") <= F.lit(history.as_of_day))
    return kept(history.engine, sent, "referrals")


def verified_referrals(engine: Engine, sent: Frame, firsts: Frame, as_of_day: int) -> Frame:
    """Return the invitations that could win somebody: not oneself, and nobody who had bought before.

    Parameters
    ----------
    engine : Engine
        Where the frames live.
    sent : Frame
        What :func:`invitations` returns.
    firsts : Frame
        What :func:`first_purchases` returns.
    as_of_day : int
        Day number of the last day observed; what an invitation led to later is not known.

    Returns
    -------
    Frame
        Columns ``referral_id``, ``referrer_id``, ``referred_id``, ``invited_day``, ``converted_day``
        (null while it has led to nothing; the invitee's first purchase where the file does not say).
    """
    F = engine.F
    joined = sent.join(firsts, on=F.col("referred_id") == F.col("buyer_id"), how="left")
    sound = joined.where(
        (F.col("referred_id").isNull() | (F.col("referred_id") != F.col("referrer_id")))
        & (F.col("bought_day").isNull() | (F.col("bought_day") >= F.col("invited_day")))
    )
    converted = F.coalesce(F.col("told_day"), F.col("bought_day"))
    in_time = (converted >= F.col("invited_day")) & (converted <= F.lit(as_of_day))
    return sound.select(
        "referral_id",
        "referrer_id",
        "referred_id",
        "invited_day",
        F.when(in_time, converted).cast("int").alias("converted_day"),
    )


def identified_days(history: History, events: dict[str, Frame], sent: Frame | None) -> Frame | None:
    """Return days on which people became known to the firm, other than by buying, attention or advocacy.

    Parameters
    ----------
    history : History
        What happened.
    events : dict of str to Frame
        What :func:`event_days` returns.
    sent : Frame or None
        What :func:`invitations` returns; None without referrals.

    Returns
    -------
    Frame or None
        Columns ``customer_id``, ``day``; several rows per customer are possible. None when no table names
        anybody.
    """
    F = history.engine.F
    # An outbound contact, a complaint or an order that was sent back makes nobody a prospect, but known.
    found = [
        events[table].select("customer_id", "day") for table in ("contacts", "mentions") if table in events
    ]
    if sent is not None:
        known_day = F.coalesce(F.col("told_day"), F.col("invited_day")).alias("day")
        found.append(
            sent.select(F.col("referrer_id").alias("customer_id"), F.col("invited_day").alias("day"))
        )
        whom = sent.where(F.col("referred_id").isNotNull())
        found.append(whom.select(F.col("referred_id").alias("customer_id"), known_day))
    if history.has("purchases"):
        orders = history.net_orders()
        if history.activity != "contract":
            orders = orders.where(F.col("kept") == F.lit(0))
        found.append(orders.select("customer_id", "day"))
    if "customers" in events:
        found.append(events["customers"].where(F.col("day").isNotNull()))
    if not found:
        return None
    early = united(found).where(F.col("day") <= F.lit(history.as_of_day))
    return early.groupBy("customer_id").agg(F.min("day").cast("int").alias("day"))


def united(frames: list[Frame]) -> Frame:
    """Return the rows of all frames of the same columns, put together in pairs of pairs.

    One after the other would copy the first frame's plan as often as there are frames.

    Parameters
    ----------
    frames : list of Frame
        At least one.

    Returns
    -------
    Frame
        Duplicates are kept.
    """
    if len(frames) == 1:
        return frames[0]
    middle = len(frames) // 2
    return united(frames[:middle]).union(united(frames[middle:]))


def kept(engine: Engine, frame: Frame, hint: str) -> Frame:
    """Return the same rows as a table of their own.

    Frames that are built on frames take long to turn into SQL, and what two others read would be computed
    twice: so each step of the ladder is kept.

    Parameters
    ----------
    engine : Engine
        Keeps it.
    frame : Frame
        What is to be computed.
    hint : str
        Part of the table's name.

    Returns
    -------
    Frame
        Over the kept table.
    """
    return engine.frame(engine.persist(frame, f"ladder_{hint}"))
