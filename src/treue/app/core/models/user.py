"""The people who work with Treue, and what each may do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.timezone import now

from treue.app.core.addresses import normal_email


class Role(models.TextChoices):
    """What a person does in the firm; what each may see and do is one table, `web.access`."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    SERVICE = "service", "Service"
    ANALYST = "analyst", "Analyst"
    AUDITOR = "auditor", "Auditor"


class Accounts(BaseUserManager["User"]):
    """Accounts by their address."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the account of an address, however it is written."""
        return self.get(email=normal_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account; without a password nobody can log in to it."""
        user = self.model(email=normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person of the firm who may log in."""

    email = models.CharField(max_length=254, unique=True)
    """Normalised: see :func:`treue.app.core.addresses.normal_email`."""
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role.choices)
    language = models.CharField(max_length=5, blank=True, default="")
    """Empty: what the browser asks for."""
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)
    session_round = models.PositiveIntegerField(default=0)
    """Counted up to end every session of this account, as when its role changes."""

    objects: ClassVar[Accounts] = Accounts()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """Return what a session must agree with; another password or round ends it."""
        return f"{super().get_session_auth_hash()}{self.session_round}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django checks sessions signed with older secrets through this method.
        return f"{super()._get_session_auth_hash(secret=secret)}{self.session_round}"  # type: ignore[misc]
