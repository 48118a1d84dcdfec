"""Settings from the environment through strict readers: what cannot be right is refused, never guessed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from treue.kernel.errors import WrongArgument

YES_OR_NO = {"True": True, "False": False}
DATABASE_PARAMETERS = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "channel_binding",
    "connect_timeout",
    "application_name",
    "options",
)
"""What the address of a PostgreSQL database may say behind its question mark, beside ``host`` and ``port``."""


def text(name: str, default: str = "") -> str:
    """Return a setting as text; ``NAME_FILE`` names a file that holds it, for secrets.

    Parameters
    ----------
    name : str
        Name of the variable.
    default : str
        What holds where neither is set.

    Returns
    -------
    str
        Without line ends around it.

    Raises
    ------
    WrongArgument
        When both are set, or the file cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and file is not None:
        raise WrongArgument(f"{name} and {name}_FILE are both set; keep one of them")
    if file is None:
        return default if value is None else value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongArgument(f"{name}_FILE={file!r} cannot be read: {error.strerror}") from error


def yes(name: str, *, default: bool) -> bool:
    """Return a setting that is True or False, and nothing else.

    Parameters
    ----------
    name : str
        Name of the variable.
    default : bool
        What holds where it is not set.

    Returns
    -------
    bool
        The choice.

    Raises
    ------
    WrongArgument
        When it is anything else.
    """
    value = text(name, str(default))
    if value not in YES_OR_NO:
        raise WrongArgument(f"{name}={value!r} is neither True nor False; give one of them")
    return YES_OR_NO[value]


def count(name: str, *, default: int, least: int = 0) -> int:
    """Return a setting that is a whole number.

    Parameters
    ----------
    name : str
        Name of the variable.
    default : int
        What holds where it is not set.
    least : int
        Smallest number allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    WrongArgument
        When it is no whole number, or too small.
    """
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise WrongArgument(f"{name}={value!r} is not a whole number of at least {least}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return a setting that is a list with commas between.

    Parameters
    ----------
    name : str
        Name of the variable.
    default : str
        What holds where it is not set.

    Returns
    -------
    list of str
        Without empty ones.
    """
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def home() -> Path:
    """Return the folder that holds everything this installation keeps.

    Returns
    -------
    pathlib.Path
        ``TREUE_HOME``, else ``treue`` in the folder for programs' data of this account.
    """
    chosen = os.environ.get("TREUE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "treue"


def private_folder(path: Path) -> Path:
    """Make a folder that only this account may look into.

    Parameters
    ----------
    path : pathlib.Path
        The folder; it may be there already.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    WrongArgument
        When it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongArgument(
            f"home={str(path)!r} cannot be made: {error.strerror}; set TREUE_HOME to a folder of your own"
        ) from error
    return path


def secret_key(folder: Path) -> str:
    """Return the secret that signs sessions; made at first use and kept in the home folder.

    Parameters
    ----------
    folder : pathlib.Path
        The home folder.

    Returns
    -------
    str
        At least 50 characters.

    Raises
    ------
    WrongArgument
        When a secret was given that is too short to be one.
    """
    given = text("TREUE_SECRET_KEY")
    if given:
        if len(given) < 50:
            raise WrongArgument("TREUE_SECRET_KEY is shorter than 50 characters; give a longer random text")
        return given
    file = private_folder(folder) / "secret-key"
    try:
        # Whoever comes first writes it; a second process reads what the first wrote.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return file.read_text(encoding="utf-8").strip()


def database(folder: Path) -> dict[str, Any]:
    """Return Django's description of the database.

    Parameters
    ----------
    folder : pathlib.Path
        The home folder, where SQLite's file lies unless another is named.

    Returns
    -------
    dict
        An entry of ``DATABASES``.

    Raises
    ------
    WrongArgument
        When ``TREUE_DATABASE_URL`` names a database that Treue does not speak to, or asks for something of
        which Treue does not know that every connection would keep to it.
    """
    url = text("TREUE_DATABASE_URL")
    if not url:
        return sqlite(folder / "treue.sqlite3")
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        query = _parameters(parts.query)
        host, port = query.pop("host", unquote(parts.hostname or "")), query.pop("port", "")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")) or "postgres",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or port),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": query,
        }
    if parts.scheme == "sqlite" and parts.path:
        return sqlite(Path(unquote(parts.path)))
    raise WrongArgument(
        "TREUE_DATABASE_URL is neither postgresql://user:password@host:port/name nor sqlite:///path/of/file"
    )


def _parameters(query: str) -> dict[str, str]:
    """Return what an address says behind its question mark; what nobody would keep to is refused."""
    found = {}
    for pair in query.split("&") if query else []:
        name, _, value = pair.partition("=")
        if name not in {"host", "port", *DATABASE_PARAMETERS} or not value:
            raise WrongArgument(
                f"TREUE_DATABASE_URL: {name!r} is not understood; behind the ? may stand host, port, "
                f"{', '.join(DATABASE_PARAMETERS)}, each as name=value"
            )
        found[name] = unquote(value)
    return found


def of_child(**changes: str) -> dict[str, str]:
    """Return the environment for a program that is started from here.

    Parameters
    ----------
    **changes : str
        Variables that it is to find otherwise.

    Returns
    -------
    dict of str to str
        All variables.
    """
    return {**os.environ, **changes}


def sqlite(path: Path) -> dict[str, Any]:
    """Return Django's description of a SQLite file that survives a loss of power and many writers.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict
        An entry of ``DATABASES``.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # A write transaction takes its lock at its start: no "database is locked" halfway through.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;",
        },
    }
