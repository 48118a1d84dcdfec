"""An environment for each contestant that Treue must not depend on, in the folder ``build``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = ROOT / "bench" / "peers"
FOLDER = ROOT / "build" / "peers"


def environment(name: str) -> Path | None:
    """Return the Python with the packages of ``bench/peers/<name>.txt``, installed at first use.

    None where they cannot be installed, which is said: pins of old programs fit few versions of Python.
    """
    pins = (SCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    place, stamp = FOLDER / name, FOLDER / name / "pins.txt"
    python = place / "bin" / "python"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == pins:
        return python
    print(f"  installing {name} into {place.relative_to(ROOT)}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(place)],
        [str(python), "-m", "pip", "install", "--quiet", "-r", str(SCRIPTS / f"{name}.txt")],
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"  {name} cannot be installed ({reason}): not measured", flush=True)
            return None
    stamp.write_text(pins, encoding="utf-8")
    return python
