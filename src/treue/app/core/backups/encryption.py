"""Encrypt backups with age, for a key whose secret half need not lie on this machine.

The home folder holds the public keys (file ``backup-recipients``, a line each, as ``age -R`` reads them). Whoever
holds the secret key opens a backup with ``treue restore --key``, or without Treue: ``age -d -i KEY FILE``.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyrage
from django.conf import settings
from django.utils import timezone

from treue.app import environment
from treue.app.core import workplace
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPIENTS: Final = "backup-recipients"
BEGINNING: Final = b"age-encryption.org/v1"
PIECE: Final = 1 << 20
ENCRYPTED_ALREADY: Final = (
    "backups are encrypted already, for the keys in {file}; to change them, delete that file first"
)


def _file() -> Path:
    return Path(settings.HOME) / RECIPIENTS


def _said(path: Path) -> list[str]:
    """Return the lines of a file of keys that say something."""
    lines = (line.strip() for line in path.read_text("utf-8", errors="replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def recipients() -> list[Any]:
    """Return the public keys that backups are encrypted for; none where they are not encrypted.

    Raises
    ------
    WrongArgument
        When a line of the file is no public key of age.
    """
    try:
        lines = _said(_file())
    except FileNotFoundError:
        return []
    if not lines:
        raise WrongArgument(f"{_file()} names no public key; write one into it, or delete the file")
    try:
        return [pyrage.x25519.Recipient.from_str(line) for line in lines]
    except pyrage.RecipientError as error:
        raise WrongArgument(
            f"{_file()} holds a line that is no public key of age; such a key begins with age1"
        ) from error


def new_key(path: Path) -> str:
    """Make a key, and have every backup from now on encrypted for it.

    Parameters
    ----------
    path : pathlib.Path
        The file for the secret key; it must not be there yet.

    Returns
    -------
    str
        The public key.

    Raises
    ------
    Refused
        When backups are encrypted already.
    WrongArgument
        When there is such a file, or it cannot be written.
    """
    if _file().exists():
        raise Refused(ENCRYPTED_ALREADY.format(file=_file()))
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    made = f"# made by Treue {timezone.now():%Y-%m-%d %H:%M} UTC; opens its backups\n# public key: {public}\n{key}\n"
    environment.private_folder(Path(settings.HOME))
    try:
        _write_new(path, made)
    except FileExistsError as error:
        raise WrongArgument(f"{path} is there already; give another name") from error
    except OSError as error:
        raise WrongArgument(f"{path} cannot be written: {error.strerror}") from error
    try:
        _write_new(_file(), f"{public}\n")
    except FileExistsError as error:
        path.unlink()  # of two who make a key at once, the second has one that opens nothing
        raise Refused(ENCRYPTED_ALREADY.format(file=_file())) from error
    return public


def keep(content: bytes) -> None:
    """Go on encrypting for the keys that a backup names, where none are named here."""
    with suppress(FileExistsError):
        _write_new(_file(), content.decode("utf-8"))


def _write_new(path: Path, words: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(words)
        out.flush()
        os.fsync(out.fileno())


class _Digest:
    """Takes what is decrypted and keeps nothing but its SHA-256."""

    def __init__(self) -> None:
        self.found = sha256()

    def write(self, piece: bytes) -> int:
        """Take a piece."""
        self.found.update(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""


def encrypt(plain: Path, encrypted: Path, keys: list[Any]) -> None:
    """Write a file encrypted, and read it back.

    Parameters
    ----------
    plain, encrypted : pathlib.Path
        From where and to where; what is there is overwritten.
    keys : list
        Public keys.

    Raises
    ------
    Refused
        When the new file does not hold what the old one does.
    """
    # One more key, known only here and forgotten at the end, so that the file can be read back.
    trial = pyrage.x25519.Identity.generate()
    with (
        plain.open("rb") as source,
        os.fdopen(os.open(encrypted, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
    ):
        pyrage.encrypt_io(source, out, [*keys, trial.to_public()])
        out.flush()
        os.fsync(out.fileno())
    digest, wanted = _Digest(), sha256()
    with encrypted.open("rb") as source:
        pyrage.decrypt_io(source, digest, [trial])
    with plain.open("rb") as source:
        while piece := source.read(PIECE):
            wanted.update(piece)
    if digest.found.digest() != wanted.digest():
        raise Refused("the encrypted backup does not hold what was written: the disk is not to be trusted")


def is_encrypted(path: Path) -> bool:
    """Whether a file was encrypted with age."""
    try:
        with path.open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING
    except OSError:
        return False


@contextmanager
def readable(path: Path, key: Path | None) -> Iterator[Path]:
    """Give a backup as it is read: itself, or decrypted in a folder that is gone afterwards.

    Parameters
    ----------
    path : pathlib.Path
        The backup.
    key : pathlib.Path or None
        The file of the secret key.

    Raises
    ------
    WrongArgument
        When it is encrypted and no key is given, the key is not the right one, or the file is damaged.
    """
    if not is_encrypted(path):
        yield path
        return
    if key is None:
        raise WrongArgument(f"{path.name} is encrypted; give --key with the file of its secret key")
    keys = _secret(key)
    with workplace.folder_for_command(Path(settings.FILE_UPLOAD_TEMP_DIR)) as folder:
        plain = folder / path.name.removesuffix(".age")
        try:
            with path.open("rb") as source, plain.open("xb") as out:
                pyrage.decrypt_io(source, out, keys)
        except pyrage.DecryptError as error:
            raise WrongArgument(
                f"{path.name} does not open with {key.name}: it was encrypted for another key, or is damaged"
            ) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise WrongArgument(f"{path.name} is damaged: it is not as it was encrypted") from error
        yield plain


def _secret(path: Path) -> list[Any]:
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in _said(path)]
    except OSError as error:
        raise WrongArgument(f"{path} cannot be read: {error.strerror}") from error
    except pyrage.IdentityError as error:
        raise WrongArgument(
            f"{path} holds a line that is no secret key; such a key begins with AGE-SECRET-KEY-1"
        ) from error
    if not keys:
        raise WrongArgument(f"{path} holds no secret key; such a key begins with AGE-SECRET-KEY-1")
    return keys
