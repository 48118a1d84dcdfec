"""The audit log grows at its end only: SQLite's INSERT OR REPLACE would pass the triggers on DELETE by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NEXT = "coalesce((SELECT max(number) FROM core_auditentry), 0) + 1"
SQLITE = (
    f"""CREATE TRIGGER audit_entry_last BEFORE INSERT ON core_auditentry WHEN NEW.number <> {NEXT}
       BEGIN SELECT RAISE(ABORT, 'the audit log takes new entries only'); END""",
    """CREATE TRIGGER audit_head_grows BEFORE UPDATE ON core_audithead WHEN NEW.count < OLD.count
       BEGIN SELECT RAISE(ABORT, 'the audit log takes new entries only'); END""",
    """CREATE TRIGGER audit_head_kept BEFORE DELETE ON core_audithead
       BEGIN SELECT RAISE(ABORT, 'the audit log takes new entries only'); END""",
)
POSTGRES = (
    f"""CREATE FUNCTION audit_entry_last() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.number <> {NEXT} THEN RAISE EXCEPTION 'the audit log takes new entries only'; END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER audit_entry_last BEFORE INSERT ON core_auditentry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_last()""",
    """CREATE TRIGGER audit_head_grows BEFORE UPDATE ON core_audithead
       FOR EACH ROW WHEN (NEW.count < OLD.count) EXECUTE FUNCTION audit_entry_stays()""",
    """CREATE TRIGGER audit_head_kept BEFORE DELETE OR TRUNCATE ON core_audithead
       FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()""",
)


def add(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the triggers of the database at hand."""
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement)


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("core", "0003_door")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]
