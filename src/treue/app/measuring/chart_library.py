"""The program that lets charts answer the pointer: Vega, as the renderer of the charts carries it.

It is made once by the daily cycle, which has the renderer at hand, and lies in the home folder. Where it is not
there, charts stay the drawings that they are.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from django.conf import settings

from treue.app import environment

SNIPPET: Final = "export default vegaEmbed;"
RENDERER: Final = "vl-convert-python"


def place() -> Path | None:
    """Return where the program lies, or will; None where the renderer is not installed."""
    name = _name()
    return None if name is None else Path(settings.HOME) / "charts" / name


# Every page asks, and to find a version all installed packages are looked through.
@cache
def _name() -> str | None:
    try:
        return f"{RENDERER}-{version(RENDERER)}.js.gz"
    except PackageNotFoundError:
        return None


def made() -> Path | None:
    """Return the file, or None where it has not been made."""
    file = place()
    return file if file is not None and file.exists() else None


def address() -> str:
    """Return the address of the program, another one for each version; empty where there is none."""
    file = made()
    return f"/chart-library.js?{file.name.removesuffix('.js.gz')}" if file else ""


def make() -> None:
    """Make the program unless it is there; it is whole or not there at all."""
    file = place()
    if file is None or file.exists():
        return
    import vl_convert

    environment.private_folder(file.parent)
    for older in file.parent.glob("*.js.gz"):
        older.unlink()
    part = file.with_suffix(".part")
    part.write_bytes(gzip.compress(vl_convert.javascript_bundle(SNIPPET).encode(), mtime=0))
    part.replace(file)
