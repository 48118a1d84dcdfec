"""What opened an account once before a restore opens nothing after it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from treue.app.core import accounts, second_factor
from treue.app.core.backups.dump import write_backup
from treue.app.core.backups.restore import bring_back
from treue.app.core.models import AuditEntry, User
from treue.app.core.models.door import OneTimeLink, RecoveryCode
from treue.app.customers import suppression

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def people(real_database):
    ines = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines", role="owner")
    TOTPDevice.objects.create(user=ines, name="app", key=KEY, confirmed=True)
    jonas, _ = accounts.invite("jonas@firm.example", "Jonas", "service", by=ines)
    gone, _ = accounts.invite("gone@firm.example", "Gone", "service", by=ines)
    accounts.deactivate(gone, by=ines)
    return ines, jonas


@pytest.mark.parametrize("real_database", KINDS, indirect=True)
def test_links_and_recovery_codes_of_a_backup_open_nothing(people, tmp_path, empty_database, real_database):
    ines, jonas = people
    link = accounts.make_reset_link(jonas, by=ines)
    used = OneTimeLink.objects.filter(user__email="gone@firm.example").values_list("used_at", flat=True)[0]
    codes = second_factor.new_recovery_codes(ines)
    write_backup(tmp_path / "b.treue.zip")
    accounts.set_password_by_link(link, PASSWORD)
    assert second_factor.check_code(ines, codes[0])
    with empty_database(real_database):
        done = bring_back(tmp_path / "b.treue.zip")
        suppression.forget_key()
        assert accounts.person_of_link(link) is None
        with pytest.raises(accounts.LinkIsOver):
            accounts.set_password_by_link(link, PASSWORD)
        back = User.objects.get(email="ines@firm.example")
        assert not any(second_factor.check_code(back, code) for code in codes)
        assert second_factor.codes_left(back) == 0
        # What was over in the backup keeps its time.
        assert used in OneTimeLink.objects.values_list("used_at", flat=True)
        detail = AuditEntry.objects.get(action="backup.restored").detail
        assert (detail["links_ended"], detail["recovery_codes_ended"]) == (1, 10)
        assert [one.name for one in done.accounts] == ["Ines", "Jonas"]
        assert RecoveryCode.objects.count() == 10
        suppression.forget_key()


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_the_app_still_opens_and_new_codes_are_made(people, tmp_path, empty_database, real_database):
    second_factor.new_recovery_codes(people[0])
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        bring_back(tmp_path / "b.treue.zip")
        suppression.forget_key()
        client = Client()
        client.post("/login/", {"email": "ines@firm.example", "password": PASSWORD})
        code = f"{totp(bytes.fromhex(KEY)):06d}"
        assert client.post("/login/second/", {"code": code}).status_code == 302
        assert client.get("/account/").status_code == 200
        back = User.objects.get(email="ines@firm.example")
        assert second_factor.check_code(back, second_factor.new_recovery_codes(back)[0])
        suppression.forget_key()


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_the_command_names_the_accounts_that_are_open(
    people, tmp_path, empty_database, real_database, capsys, monkeypatch
):
    write_backup(tmp_path / "b.treue.zip")
    with empty_database(real_database):
        command = import_module("treue.cli.restore")
        monkeypatch.setattr(command, "open_application", lambda _: None)
        assert command.restore(tmp_path / "b.treue.zip") == 0
        suppression.forget_key()
    told = capsys.readouterr().out
    assert "2 accounts, as in the backup" in told
    assert "Ines <ines@firm.example>, owner" in told
    assert "gone@firm.example" not in told
    assert "Close who left since the backup under Settings, People." in told
