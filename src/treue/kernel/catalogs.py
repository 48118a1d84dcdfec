"""The files in which translations lie, read as they are."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from babel.messages.catalog import Catalog


@cache
def translations(code: str, package: str) -> dict[str, tuple[str, ...]]:
    """Return what a package says in another language.

    Parameters
    ----------
    code : str
        Which language.
    package : str
        Name of the package that holds the folder ``locale``.

    Returns
    -------
    dict of str to tuple of str
        By English message; two forms where the message has a plural. Empty for English.
    """
    if code == "en":
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for source in catalog_files(code, package):
        with source.open("rb") as file:
            found.update(_of_catalog(read_po(file, locale=code)))
    return found


def catalog_files(code: str, package: str) -> list[Traversable]:
    """Return the files with a package's translations: ``locale/de.po``, or all in ``locale/de/``.

    Parameters
    ----------
    code : str
        Which language.
    package : str
        Name of the package that holds the folder ``locale``.

    Returns
    -------
    list of Traversable
        In the order of their names.
    """
    folder = resources.files(package).joinpath("locale")
    parts = folder.joinpath(code)
    if parts.is_dir():
        return sorted((one for one in parts.iterdir() if one.name.endswith(".po")), key=lambda one: one.name)
    return [folder.joinpath(f"{code}.po")]


def _of_catalog(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in catalog:
        if not entry.id or entry.fuzzy:
            continue
        key = entry.id[0] if isinstance(entry.id, (list, tuple)) else entry.id
        forms = entry.string if isinstance(entry.string, (list, tuple)) else (entry.string,)
        if all(forms):
            found[key] = tuple(forms)
    return found
