"""What the first page says the system did by itself."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.backups import shelf
from treue.app.core.models import AuditEntry, Firm
from treue.app.customers import services
from treue.app.web.did import did
from treue.app.web.speech import language_of


@pytest.fixture
def home(tmp_path):
    with override_settings(HOME=tmp_path):
        yield tmp_path


def said(code="en"):
    return " | ".join(did(Firm.the(), language_of(code))).replace("\u00a0", " ")


def test_a_backup_of_last_night_is_told_and_an_older_one_is_not(database, home):
    assert "Backup" not in said()
    now = timezone.now()
    path = shelf.folder() / shelf.name_for(now, shelf.NIGHT)
    path.write_bytes(b"x")
    old = (now - timedelta(days=2)).timestamp()
    os.utime(path, (old, old))
    assert "Backup" not in said()
    os.utime(path, (now.timestamp(), now.timestamp()))
    assert "Backup made on" in said()
    assert "Sicherung vom" in said("de")


def test_what_was_deleted_as_too_old_is_told_with_its_number(database, home):
    audit.write("privacy.retention", by=audit.SYSTEM, detail={"visits": 1_200})
    audit.write("privacy.retention", by=audit.SYSTEM, detail={"visits": 34, "jobs": 2})
    told = said()
    assert "Deleted as older than its period: Visits (1,234)" in told
    assert "Background work that has ended (2)" in told
    assert "Gelöscht, weil die Frist überschritten war: Besuche (1.234)" in said("de")


def test_what_was_deleted_before_yesterday_is_not_told(database, home, monkeypatch):
    audit.write("privacy.retention", by=audit.SYSTEM, detail={"visits": 1_200})
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "Deleted" not in said()
    assert AuditEntry.objects.filter(action="privacy.retention").exists()


def test_the_first_page_says_it(jonas, browse, home):
    services.add_customer("Bo", by="system")
    audit.write("privacy.retention", by=audit.SYSTEM, detail={"visits": 5})
    assert "Deleted as older than its period: Visits (5)" in browse(jonas).get("/").content.decode()
