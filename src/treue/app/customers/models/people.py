"""Who the customers are."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from treue.app.customers.folded import ByLetters, Folded


class Customer(models.Model):
    """A person or firm that is known by at least one id, address or event."""

    class Expertise(models.TextChoices):
        """How much a customer knows of what the firm sells."""

        UNKNOWN = "", "Not known"
        BEGINNER = "beginner", "Beginner"
        KNOWS = "knows", "Knows the subject"
        EXPERT = "expert", "Expert"

    code = models.CharField(max_length=200, unique=True)
    """The id under which files and the library know this customer; the first of its external ids."""
    name = models.CharField(max_length=200, blank=True, default="")
    company = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=60, blank=True, default="")
    segment = models.CharField(max_length=200, blank=True, default="")
    acquired_via = models.CharField(max_length=200, blank=True, default="")
    expertise = models.CharField(max_length=10, choices=Expertise.choices, blank=True, default="")
    no_marketing = models.BooleanField(default=False)
    no_profiling = models.BooleanField(default=False)
    """Objected to scores (GDPR 21): none is computed, and none is kept."""
    restricted = models.BooleanField(default=False)
    """Processing is restricted (GDPR 18): kept, but seen and used for nothing else."""
    boundaries = models.TextField(blank=True, default="")
    """What holds in dealings with a difficult customer, written for everybody who answers."""
    attributes = models.JSONField(default=dict)
    """Further columns of the files, text each, to divide customers by."""
    search_text = models.TextField(blank=True, default="")
    """Code, names and addresses, casefolded and once more in plain letters, with spaces between: what a search looks
    through."""
    first_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(ByLetters("name"), name="customers_name"),
            models.Index(
                fields=["expertise"], name="customers_expertise", condition=models.Q(expertise__gt="")
            ),
            # Lists leave out the few: they are looked up, not the many.
            models.Index(fields=["id"], name="restricted_customers", condition=models.Q(restricted=True)),
            models.Index(fields=["id"], name="objecting_customers", condition=models.Q(no_profiling=True)),
            models.Index(
                fields=["id"], name="customers_without_marketing", condition=models.Q(no_marketing=True)
            ),
            models.Index(Folded("country", english=True), name="customers_country"),
            models.Index(Folded("language", english=True), name="customers_language"),
        ]

    def __str__(self) -> str:
        return self.name or self.company or self.code


class ExternalId(models.Model):
    """An id under which some system knows a customer; no two customers share one."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="external_ids")
    system = models.CharField(max_length=60, blank=True, default="")
    """Which system; empty for the ids of files of orders."""
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "system"], name="external_id_once")]

    def __str__(self) -> str:
        return f"{self.system}:{self.value}"


class ContactPoint(models.Model):
    """An address at which a customer can be reached."""

    class Kind(models.TextChoices):
        """What kind of address."""

        EMAIL = "email"
        PHONE = "phone"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    typed = models.CharField(max_length=254)
    """As it was typed."""
    normal = models.CharField(max_length=254)
    """As it is compared, see :mod:`treue.app.core.addresses`."""
    added_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "normal"], name="contact_point_once")]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"


class Consent(models.Model):
    """A consent with its proof, or its withdrawal; rows are added, never changed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=60)
    channel = models.CharField(max_length=20)
    given = models.BooleanField()
    """False is a withdrawal or a refusal."""
    address = models.CharField(max_length=254, blank=True, default="")
    """The address for which it was given, as typed."""
    at = models.DateTimeField()
    text = models.TextField(blank=True, default="")
    """The exact words agreed to, or the name of the form that held them."""
    proof = models.JSONField(default=dict)
    """What the file or form held as proof: columns and their values."""
    actor = models.CharField(max_length=60)
    """``self``, ``user:7`` or ``import:12``."""
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["customer", "purpose", "channel", "at"])]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.given}"


class Merge(models.Model):
    """Two records are one customer; events stay where they were, so that it can be undone."""

    loser = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merged_into")
    """The record that is shown under the other from now on."""
    winner = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merged_from")
    merged_at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["loser"], condition=models.Q(undone_at=None), name="merged_into_one_only"
            )
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.winner_id}"
