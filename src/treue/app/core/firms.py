"""Change what the firm has said about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from treue.app.core import audit
from treue.app.core.models.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treue.app.core.models.user import User

CHANGEABLE: Final = (
    "name",
    "timezone",
    "currency",
    "language",
    "country",
    "window_days",
    "margin_share",
    "cycle_hour",
)


def hold() -> None:
    """Let nobody else change the firm until the end of this transaction, so that what is checked in it stays true."""
    Firm.the()
    list(Firm.objects.select_for_update(no_key=True).filter(id=1))


@transaction.atomic
def change_firm(values: Mapping[str, Any], *, by: User) -> list[str]:
    """Change the firm's settings.

    Parameters
    ----------
    values : mapping
        New values of some of `CHANGEABLE`, checked already.
    by : User
        Who changes them.

    Returns
    -------
    list of str
        What is different now; nothing is written where nothing is.
    """
    firm = Firm.the()
    changed = [name for name in CHANGEABLE if name in values and getattr(firm, name) != values[name]]
    if changed:
        Firm.objects.filter(id=1).update(**{name: values[name] for name in changed})
        # The name may be a person's; the log says only that it changed.
        detail = {name: "changed" if name == "name" else values[name] for name in changed}
        audit.write("firm.changed", by=by, subject="firm", detail=detail)
    return changed


@transaction.atomic
def release(*, by: User) -> bool:
    """Let a restored system send again; False where it was not held."""
    if not Firm.objects.filter(id=1, held=True).update(held=False):
        return False
    audit.write("firm.released", by=by, subject="firm")
    return True
