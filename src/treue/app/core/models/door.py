"""What opens the door beside a password, and how often it was tried."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Attempt(models.Model):
    """How often something was tried within the hour; see :mod:`treue.app.core.throttle`."""

    key = models.CharField(max_length=64, primary_key=True)
    """A keyed digest: the table names no address and no machine."""
    count = models.PositiveIntegerField()
    began_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:12]} {self.count}"


class OneTimeLink(models.Model):
    """A link that lets one person set a password once, made by an owner who hands it over."""

    class Purpose(models.TextChoices):
        """Why it was made."""

        INVITE = "invite"
        RESET = "reset"

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of its 256 random bits; the link itself is kept nowhere."""
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} of user:{self.user_id}"


class RecoveryCode(models.Model):
    """A code that stands in once for a lost second factor."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    """SHA-256 of its 120 random bits; the code itself is shown once and kept nowhere."""
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"code of user:{self.user_id}"


class Passkey(models.Model):
    """A key that a person's device or password store keeps; Treue has its public half."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    """What the person calls it."""
    credential_id = models.CharField(max_length=1400, unique=True)
    """As base64url."""
    handle = models.CharField(max_length=64)
    """Under which random name the device knows the account, as base64url; the same for all of a person's."""
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    """How often it signed, where its device counts; it never goes back unless the key was copied."""
    created_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} of user:{self.user_id}"
