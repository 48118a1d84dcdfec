"""What SECURITY.md promises of files that are written."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path


def test_a_formula_in_a_file_stays_text_in_what_is_set_aside(tmp_path):
    evil = "=HYPERLINK(A1)"
    good = "".join(f"o{day},c{day % 3},2026-01-{day:02d},10.00\n" for day in range(1, 29))
    (tmp_path / "orders.csv").write_text(
        f"order_id,customer_id,ordered_at,total\n{good}{evil},c1,never,1.00\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "treue.cli", "report", "orders.csv", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    with Path(tmp_path / "treue-report-set-aside.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert evil in row["row"]
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
