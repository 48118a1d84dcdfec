"""What Treue writes is for its account alone, also in a folder that others may look into."""

from __future__ import annotations

import os
import subprocess
import sys

BEGIN = """
import os, pathlib, sys
os.umask(0o022)
from treue.cli.application import open_application, prepare_database
open_application(pathlib.Path(sys.argv[1]))
prepare_database()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO core_attempt (key, count, began_at) VALUES ('x', 1, '2026-01-01')")
print(*(f"{path.name} {path.stat().st_mode & 0o777:o}" for path in pathlib.Path(sys.argv[1]).iterdir()), sep="\\n")
"""


def test_files_are_private_where_the_folder_was_open_before(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN, str(home)],
        env={name: value for name, value in os.environ.items() if name != "TREUE_DATABASE_URL"},
        capture_output=True,
        text=True,
        check=True,
    )
    modes = dict(line.split() for line in ended.stdout.splitlines())
    assert {"treue.sqlite3", "treue.sqlite3-wal", "secret-key"} <= modes.keys()
    assert [name for name, mode in modes.items() if mode[1:] != "00"] == []
