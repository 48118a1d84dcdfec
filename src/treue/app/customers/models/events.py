"""What happened with customers: the canonical tables of the library, with keys of the database.

``code`` is the id of the file (``order_id`` and so on) and unique, so the same file again adds nothing.
Money is whole minor units of ``currency``; instants are UTC.
"""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from treue.app.customers.models.people import Customer


class Purchase(models.Model):
    """An order."""

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="purchases", db_index=False)
    ordered_at = models.DateTimeField()
    net_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    margin_amount = models.BigIntegerField(null=True, blank=True)
    discount_amount = models.BigIntegerField(null=True, blank=True)
    coupon_code = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  (null as in the library)
    channel = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    attributes = models.JSONField(null=True, blank=True)
    # Only an import writes it, with the number of its own file: no need for the database to check each row again,
    # which took PostgreSQL as long as all the rest of a large import.
    file = models.ForeignKey(
        "customers.ImportedFile", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=["customer", "ordered_at"])]

    def __str__(self) -> str:
        return f"order {self.code}"


class OrderLine(models.Model):
    """A line of an order."""

    purchase_code = models.CharField(max_length=200)
    line_number = models.BigIntegerField()
    product_id = models.CharField(max_length=200)
    quantity = models.FloatField(null=True, blank=True)
    unit_amount = models.BigIntegerField(null=True, blank=True)
    category = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purchase_code", "line_number"], name="order_line_once")
        ]

    def __str__(self) -> str:
        return f"line {self.line_number} of order {self.purchase_code}"


class Return(models.Model):
    """A return, refund or cancellation."""

    code = models.CharField(max_length=200, unique=True)
    purchase_code = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="returns")
    returned_at = models.DateTimeField()
    amount = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["purchase_code"])]

    def __str__(self) -> str:
        return f"return {self.code}"


class Contract(models.Model):
    """A contract or subscription from its start to its end."""

    code = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contracts")
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    monthly_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "started_on"], name="contract_spell_once")]

    def __str__(self) -> str:
        return f"contract {self.code}"


class Visit(models.Model):
    """A page, product, basket or checkout event of somebody known or not."""

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="visits")
    anonymous_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    at = models.DateTimeField()
    kind = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    campaign = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001

    class Meta:
        # Whoever is erased or given a copy is looked for by the marks of their browsers, too.
        indexes = [
            models.Index(
                fields=["anonymous_id"],
                name="visit_by_browser",
                condition=models.Q(anonymous_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"visit {self.code}"


class Contact(models.Model):
    """A contact on any channel: what was asked, and when it was answered and solved."""

    class Channel(models.TextChoices):
        """On which way the customer and the firm spoke."""

        PHONE = "phone"
        EMAIL = "email"
        FORM = "form"
        CHAT = "chat"
        SHOP = "shop"
        SOCIAL = "social"

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    direction = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    opened_at = models.DateTimeField()
    first_reply_at = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    reply_known = models.BooleanField(default=True)
    """Whether no time of a first answer means that there was none; False where the file did not tell."""
    solution_known = models.BooleanField(default=True)
    """Whether no time of a solution means that it is open; False where the file did not tell."""
    reopened_count = models.BigIntegerField(null=True, blank=True)
    own_fault = models.BooleanField(null=True, blank=True)
    severity = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    actor = models.CharField(max_length=60, blank=True, default="")
    """Who wrote it down: ``user:7``; empty for what was imported."""

    class Meta:
        indexes = [
            # What is open is looked up in the order in which it waits, among all that is solved.
            models.Index(
                fields=["opened_at", "id"],
                name="contacts_open",
                condition=models.Q(solved_at__isnull=True, solution_known=True),
            )
        ]

    def __str__(self) -> str:
        return f"contact {self.code}"


class ContactStep(models.Model):
    """What staff said of a contact, and when it happened; rows are added, never changed."""

    class Kind(models.TextChoices):
        """What happened."""

        ANSWERED = "answered"
        SOLVED = "solved"
        REOPENED = "reopened"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    """When it happened."""
    recorded_at = models.DateTimeField(default=now)
    """When it was written down."""
    actor = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.kind} contact {self.contact_id}"


class Promise(models.Model):
    """What was promised to a customer, and by when."""

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="promises")
    made_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_known = models.BooleanField(default=True)
    """Whether no time of keeping means that it was not kept; False where the file did not tell."""
    text = models.CharField(max_length=500, blank=True, default="")
    actor = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes = [
            # What is open is looked up in the order in which it falls due.
            models.Index(
                fields=["due_at", "id"],
                name="promises_open",
                condition=models.Q(kept_at__isnull=True, kept_known=True),
            )
        ]

    def __str__(self) -> str:
        return f"promise {self.code}"


class Answer(models.Model):
    """One answer to one wave of a survey."""

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="answers")
    survey = models.CharField(max_length=100)
    wave = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)

    def __str__(self) -> str:
        return f"answer {self.code}"


class Referral(models.Model):
    """An invitation that a customer passed on."""

    code = models.CharField(max_length=200, unique=True)
    referrer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="referrals")
    share_code = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    invited_at = models.DateTimeField()
    referred = models.ForeignKey(
        Customer, null=True, on_delete=models.SET_NULL, related_name="referred_through"
    )
    converted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"referral {self.code}"


class Mention(models.Model):
    """A public recommendation or complaint."""

    code = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="mentions")
    at = models.DateTimeField()
    network = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    kind = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"mention {self.code}"
