"""Django's checks: nothing starts while a table does not say how persons in it are treated."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from treue.app.privacy.declared import declarations, faults


@register("models")
def every_table_is_declared(**_: Any) -> list[CheckMessage]:
    """Say which tables or columns are not declared."""
    from treue.app.privacy.retention import RULES_BY_NAME

    models = apps.get_models(include_auto_created=True)
    return [Error(fault, id="privacy.E001") for fault in faults(models, declarations(), list(RULES_BY_NAME))]
