from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from treue.app.core import second_factor
from treue.app.core.models import AuditEntry, RecoveryCode, User


@pytest.fixture
def treue(real_database):
    def run(*arguments, **variables):
        done = subprocess.run(
            [sys.executable, "-m", "treue.cli", "account", *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    Path(os.environ["TREUE_HOME"]).mkdir(mode=0o700, exist_ok=True)
    User.objects.create_user("ines@firm.example", "four words of ours", name="Ines", role="owner")
    return run


def test_accounts_are_listed(treue):
    User.objects.create_user("kim@firm.example", None, name="Kim", role="service", is_active=False)
    code, said, _ = treue()
    assert code == 0
    assert said.splitlines() == [
        "owner    Ines <ines@firm.example>, password alone",
        "service  Kim <kim@firm.example>, closed",
    ]


def test_the_only_owner_who_forgot_the_password_gets_back_in_once(treue):
    ines = User.objects.get()
    second_factor.new_recovery_codes(ines)
    hosts = {"TREUE_HOSTS": "localhost,treue.firm.example", "TREUE_HTTPS": "True", "TREUE_PROXIES": "1"}
    code, said, _ = treue("Ines@Firm.example", "--without-second-factor", **hosts)
    assert code == 0
    path = re.match(r"https://treue\.firm\.example(/welcome/[\w-]{40,}/)", said)[1]
    assert RecoveryCode.objects.count() == 0
    wishes = {"password": "quite another four words"}
    assert Client().post(path, wishes).status_code == 302
    assert User.objects.get().check_password(wishes["password"])
    assert Client().post(path, {"password": "and yet another one"}).status_code != 302
    made = AuditEntry.objects.get(action="account.link_made")
    assert (made.actor, made.subject) == ("command", f"user:{ines.pk}")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["jonas@firm.example"], "is no account; treue account lists them"),
        (["jonas"], "is not an e-mail address"),
        (["--without-second-factor"], "needs the address of an account"),
        (["kim@firm.example"], "is closed; an owner opens it under Settings, People"),
        (["--home", "/nowhere/at/all"], "nothing is in /nowhere/at/all yet"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(treue, arguments, why, monkeypatch):
    User.objects.create_user("kim@firm.example", None, name="Kim", role="service", is_active=False)
    if "--home" in arguments:
        monkeypatch.delenv("TREUE_DATABASE_URL", raising=False)
    code, said, wrong = treue(*arguments)
    assert (code, said) == (2, "")
    assert why in wrong
    assert "Traceback" not in wrong
    assert not AuditEntry.objects.filter(action="account.link_made").exists()


@pytest.mark.parametrize("command", [["account"], ["audit", "head"]])
def test_a_database_of_another_form_is_refused_in_a_sentence(tmp_path, command):
    (tmp_path / "treue.sqlite3").touch()
    done = subprocess.run(
        [sys.executable, "-m", "treue.cli", *command, "--home", str(tmp_path)],
        env={name: value for name, value in os.environ.items() if name != "TREUE_DATABASE_URL"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "not in the form of this version; treue serve brings it there" in done.stderr
