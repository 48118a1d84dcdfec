"""The audit log takes new entries only: the database itself refuses to change or delete one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SQLITE = (
    """CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON core_auditentry
       BEGIN SELECT RAISE(ABORT, 'the audit log takes new entries only'); END""",
    """CREATE TRIGGER audit_entry_kept BEFORE DELETE ON core_auditentry
       BEGIN SELECT RAISE(ABORT, 'the audit log takes new entries only'); END""",
)
POSTGRES = (
    """CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the audit log takes new entries only'; END $$""",
    """CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON core_auditentry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_stays()""",
    """CREATE TRIGGER audit_entry_kept BEFORE TRUNCATE ON core_auditentry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()""",
)


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the triggers of the database at hand."""
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement)


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("core", "0001_initial")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]
