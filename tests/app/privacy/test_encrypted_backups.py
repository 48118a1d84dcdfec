"""A backup is encrypted for a key that need not lie on the machine, and opens with that key only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pyrage
import pytest

from treue.app.core.backups import encryption, nightly, shelf
from treue.app.core.backups.dump import read_backup, write_backup
from treue.app.core.backups.restore import bring_back
from treue.app.customers.models import Customer
from treue.app.privacy import stored
from treue.app.privacy.doctor import findings
from treue.kernel.errors import Refused, WrongArgument

from .conftest import MARK


class Nobody:
    """A worker to which nobody listens."""

    def tell(self, *_):
        """Hear and forget."""


def treue(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "treue.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ,
    )


def about_backups():
    return [(one.level, one.text) for one in findings() if one.about == "backups"]


@pytest.fixture
def key(home, tmp_path):
    """Make a key; backups are encrypted from here on."""
    path = tmp_path / "key.txt"
    encryption.new_key(path)
    return path


def test_an_encrypted_backup_says_nothing_without_its_key_and_everything_with_it(
    zita, home, tmp_path, empty_database, real_database
):
    plain = tmp_path / "plain.treue.zip"
    write_backup(plain)
    key = tmp_path / "key.txt"
    public = encryption.new_key(key)
    assert key.stat().st_mode & 0o777 == 0o600
    assert public in (home / "backup-recipients").read_text()
    assert stored.undeclared() == []
    path = tmp_path / "b.treue.zip.age"
    made = write_backup(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if "b.treue" in one.name] == [path.name]
    for word in (b"PK\x03\x04", b"manifest.json", b"customers_customer"):
        assert word in plain.read_bytes()
        assert word not in path.read_bytes()
    with pytest.raises(WrongArgument, match="no backup"):
        read_backup(path)
    with encryption.readable(path, key) as found:
        assert read_backup(found) == made
    assert not found.exists()
    with empty_database(real_database) as other:
        with encryption.readable(path, key) as found:
            bring_back(found)
        assert Customer.objects.filter(name__icontains=MARK).exists()
        assert encryption.recipients(), "what is restored goes on encrypting"
        assert (other / "backup-recipients").read_text() == f"{public}\n"


def test_each_way_not_to_open_one_is_said_in_a_sentence(zita, home, tmp_path, key):
    path = tmp_path / "b.treue.zip.age"
    write_backup(path)
    other, none, words = tmp_path / "other.txt", tmp_path / "none.txt", tmp_path / "words.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    none.write_text("# nothing\n")
    words.write_text("hunter2\n")
    cut = tmp_path / "cut.treue.zip.age"
    cut.write_bytes(path.read_bytes()[:-40])
    for file, given, said in (
        (path, None, "give --key"),
        (path, other, "another key"),
        (path, none, "holds no secret key"),
        (path, words, "begins with AGE-SECRET-KEY-1"),
        (path, tmp_path / "away.txt", "cannot be read"),
        (cut, key, "damaged"),
    ):
        with pytest.raises(WrongArgument, match=said), encryption.readable(file, given):
            pass
    plain = tmp_path / "plain.treue.zip"
    with encryption.readable(path, key) as found:
        shutil.copy(found, plain)
    with encryption.readable(plain, None) as found:
        assert found == plain


def test_a_key_is_never_written_over_and_lines_that_are_none_are_refused(zita, home, tmp_path, key):
    with pytest.raises(Refused, match="encrypted already"):
        encryption.new_key(tmp_path / "second.txt")
    recipients = home / "backup-recipients"
    recipients.unlink()
    with pytest.raises(WrongArgument, match="there already"):
        encryption.new_key(key)
    with pytest.raises(WrongArgument, match="cannot be written"):
        encryption.new_key(tmp_path / "no-folder" / "key.txt")
    assert not recipients.exists(), "no backup is encrypted for a key that nobody has"
    for words, said in (("age1zzz\n", "no public key"), ("# soon\n", "names no public key")):
        recipients.write_text(words)
        with pytest.raises(WrongArgument, match=said):
            write_backup(tmp_path / "b.treue.zip")
        assert not list(tmp_path.glob("b.treue*"))


def test_of_several_who_make_a_key_at_once_one_has_a_key(home, tmp_path):
    files = [tmp_path / f"key-{number}.txt" for number in range(8)]
    ready = threading.Barrier(len(files))

    def make(path):
        ready.wait()
        try:
            return encryption.new_key(path)
        except Refused as error:
            return str(error)

    with ThreadPoolExecutor(len(files)) as pool:
        told = list(pool.map(make, files))
    made = [one for one in told if one.startswith("age1")]
    assert sum("encrypted already" in one for one in told) == len(files) - 1
    kept = [path for path in files if path.exists()]
    assert len(made) == len(kept) == 1
    assert made[0] in kept[0].read_text()
    assert (home / "backup-recipients").read_text() == f"{made[0]}\n"


def test_no_encrypted_backup_is_made_where_the_readable_one_would_not_fit_beside_it(
    real_database, home, key, monkeypatch
):
    Customer.objects.create(code="k-1")
    (shelf.folder() / "nightly-2026-01-01-040000.treue.zip.age").write_bytes(b"x" * 1000)
    for free, made in ((2_500, False), (3_500, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder, free=free: SimpleNamespace(free=free))
        if made:
            nightly.work(Nobody())
        else:
            with pytest.raises(Refused, match="too little room"):
                nightly.work(Nobody())
    assert encryption.is_encrypted(shelf.backups()[0])


def test_a_disk_that_does_not_keep_what_was_encrypted_leaves_no_backup(
    zita, home, tmp_path, key, monkeypatch
):
    real = pyrage.encrypt_io

    def spoiled(source, out, keys):
        source.read(1)
        real(source, out, keys)

    monkeypatch.setattr(pyrage, "encrypt_io", spoiled)
    with pytest.raises(Refused, match="disk is not to be trusted"):
        write_backup(tmp_path / "b.treue.zip.age")
    assert not list(tmp_path.glob("b.treue*"))


def test_the_backup_of_the_night_is_encrypted_and_old_ones_go_whatever_they_are(real_database, home, key):
    Customer.objects.create(code="k-1")
    for number in range(8):
        (shelf.folder() / f"nightly-2026-01-0{number + 1}-040000.treue.zip").write_bytes(b"PK")
    nightly.work(Nobody())
    newest, *others = shelf.backups()
    assert newest.name.endswith(".treue.zip.age")
    assert encryption.is_encrypted(newest)
    assert len(others) == 6
    assert [level for level, words in about_backups() if "made before you encrypted" in words] == ["look"]
    shelf.remove(others)
    assert ("ok", "are encrypted") in about_backups()
    (home / "backup-recipients").unlink()
    assert any("are not encrypted" in words for _, words in about_backups())


@pytest.mark.slow_on_postgres
def test_the_commands_make_a_key_encrypt_and_try_with_it(real_database, home, tmp_path):
    Customer.objects.create(code="k-1")
    path, key = tmp_path / "b.treue.zip.age", tmp_path / "key.txt"
    done = treue("backup", "--home", str(home), "--to", str(path), "--new-key", str(key))
    assert done.returncode == 0, done.stderr
    assert "off this machine" in done.stdout
    assert f"--try --key {key}" in done.stdout
    refused = treue("restore", str(path), "--try", "--home", str(home))
    assert refused.returncode == 2
    assert "give --key with the file" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not shelf.note_of(path).exists()
    assert treue("restore", str(path), "--try", "--key", str(key)).returncode == 0
    assert shelf.note_of(path).exists()
    again = treue(
        "backup", "--home", str(home), "--to", str(tmp_path / "c.age"), "--new-key", str(tmp_path / "d")
    )
    assert again.returncode == 2
    assert "encrypted already" in again.stderr
    assert treue("backup", "--home", str(home), "--to", str(tmp_path / "c.age")).returncode == 0
    assert encryption.is_encrypted(tmp_path / "c.age")
