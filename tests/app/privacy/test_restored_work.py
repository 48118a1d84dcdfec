"""Work that was under way when a backup was made holds up nothing where it is brought back."""

from __future__ import annotations

import pytest

from treue.app.core import jobs
from treue.app.core.backups.dump import write_backup
from treue.app.core.backups.restore import bring_back
from treue.app.core.models import Job
from treue.app.customers import suppression
from treue.app.customers.models import Customer, ImportedFile
from treue.app.privacy import services


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_an_import_that_was_under_way_does_not_keep_whoever_was_erased(
    zita, home, tmp_path, empty_database, real_database
):
    file = ImportedFile.objects.create(name="orders.csv", path="x", state="running", actor="command")
    unread = ImportedFile.objects.create(name="visits.csv", path="y", state="uploaded", actor="command")
    running = [jobs.order("import", f"import:{file.pk}"), jobs.order("cycle")]
    for job in running:
        assert jobs.claim(job.pk)
    waiting = [jobs.order("import-reading", f"import:{unread.pk}"), jobs.order("retention")]
    mark = suppression.digest_of(("id", "old-kanarienvogel"))
    (home / "erased").write_text(f"{mark}\n")
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        bring_back(tmp_path / "b.treue.zip")
        suppression.forget_key()
        states = [Job.objects.get(pk=job.pk).state for job in (*running, *waiting)]
        assert states == ["cancelled", "waiting", "cancelled", "waiting"]
        assert ImportedFile.objects.filter(pk__in=[file.pk, unread.pk], state="cancelled").count() == 2
        assert services.erase_again() == 1
        assert not Customer.objects.exists()
        suppression.forget_key()
