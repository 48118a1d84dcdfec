"""What is configured, what is not, and what deserves a look, each with the next thing to do."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from django.conf import settings
from django.db import Error, connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from treue.app.core import audit, first_code
from treue.app.core.backups import encryption, shelf, upgrade
from treue.app.core.models import Firm, Job, Passkey, User
from treue.app.customers.models import Customer
from treue.app.privacy import retention, stored
from treue.app.privacy.declared import rows_of
from treue.app.privacy.models import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Level = Literal["ok", "note", "look"]
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
LEAST_FREE_BYTES: Final = 2 * 1024**3
OLD_BACKUP: Final = timedelta(days=7)
OLD_TRIAL: Final = timedelta(days=90)
OLD_CYCLE: Final = timedelta(hours=30)
WAITING_LONG: Final = timedelta(minutes=10)
LATELY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about this installation.

    Parameters
    ----------
    level : {"ok", "note", "look"}
        Right, worth knowing, or deserving a look.
    about : str
        What it is about.
    text : str
        How it is.
    todo : str
        The next thing to do; empty where there is nothing.
    """

    level: Level
    about: str
    text: str
    todo: str = ""


def findings() -> Iterator[Finding]:
    """Yield what there is to say; stops where the database does not answer."""
    now = timezone.now()
    yield from _files()
    try:
        connection.ensure_connection()
    except Error as error:
        yield Finding(
            "look",
            "database",
            f"does not answer: {str(error).strip().splitlines()[0]}",
            "check TREUE_DATABASE_URL and that the server runs",
        )
        return
    yield from _database()
    pending = upgrade.pending()
    if pending:
        yield Finding(
            "look",
            "database form",
            f"{len(pending)} changes of this version are not made yet",
            "treue serve makes a backup and then these changes",
        )
        return
    yield Finding("ok", "database form", "is the one of this version")
    for check in CHECKS:
        yield from check(now)


def _database() -> Iterator[Finding]:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        size = Path(given["NAME"]).stat().st_size / 1024**2
        overwrites = _told("PRAGMA secure_delete") == 1
        more = "" if overwrites else "; deleted rows are NOT written over"
        yield Finding("ok", "database", f"SQLite, {given['NAME']}, {size:,.0f} MB{more}")
        return
    where = given["HOST"] or "this machine"
    yield Finding("ok", "database", f"PostgreSQL {_told('SHOW server_version')}, {given['NAME']} on {where}")
    if _told("SHOW synchronous_commit") == "off":
        yield Finding(
            "look",
            "database",
            "synchronous_commit is off: what was done last is lost when the server loses power, an erasure too",
            f'ALTER DATABASE "{given["NAME"]}" SET synchronous_commit = on; it may also be set for the account',
        )


def _told(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def _files() -> Iterator[Finding]:
    home = stored.home()
    named = ["secret-key", "erasure-key", "erased", "backups"]
    if connection.vendor == "sqlite":
        # Its file may lie elsewhere; a whole path stays as it is.
        named += [f"{connection.settings_dict['NAME']}{end}" for end in ("", "-wal", "-shm")]
    open_ones = [
        path
        for path in (home, *(home / name for name in named))
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        yield Finding("look", "home folder", f"others on this machine can read {names}", f"chmod go= {names}")
    else:
        yield Finding("ok", "home folder", f"{home}, only this account may look into it")
    strange = stored.undeclared()
    if strange:
        yield Finding(
            "note",
            "home folder",
            f"holds what is not Treue's: {', '.join(strange[:5])}",
            "keep other files elsewhere: erasing a customer does not search them",
        )
    free = shutil.disk_usage(home).free
    level: Level = "ok" if free >= LEAST_FREE_BYTES else "look"
    yield Finding(
        level,
        "disk",
        f"{free / 1024**3:,.1f} GB free",
        "" if level == "ok" else "make room before the disk is full",
    )


def _accounts(_now: datetime) -> Iterator[Finding]:
    active = User.objects.filter(is_active=True)
    count = active.count()
    if not count:
        yield Finding(
            "look",
            "accounts",
            "there is none yet",
            "treue serve, then open its address and make the owner's account"
            + (f"; it asks for the code {first_code.code()}" if first_code.is_asked() else ""),
        )
        return
    apps_on = rows_of("otp_totp.TOTPDevice").filter(user=OuterRef("pk"), confirmed=True)
    without = (
        active.exclude(Exists(apps_on)).exclude(Exists(Passkey.objects.filter(user=OuterRef("pk")))).count()
    )
    if without:
        yield Finding(
            "look" if _reachable() else "note",
            "accounts",
            f"{without} of {count} log in with a password alone",
            "each person: own name, top right, then second factor",
        )
    else:
        yield Finding("ok", "accounts", f"{count}, all with a second factor")


def _reachable() -> bool:
    """Whether people come from other machines."""
    return bool(set(settings.ALLOWED_HOSTS) - LOCAL)


def _door(_now: datetime) -> Iterator[Finding]:
    if settings.HTTPS:
        yield Finding("ok", "HTTPS", f"insisted on, for {', '.join(settings.ALLOWED_HOSTS)}")
    elif _reachable():
        yield Finding(
            "look",
            "HTTPS",
            "others may come in without it",
            "put a proxy with HTTPS in front and set TREUE_HTTPS=True",
        )
    else:
        yield Finding(
            "note",
            "HTTPS",
            "not needed: only this machine comes in",
            "set TREUE_HOSTS and TREUE_HTTPS to let others in",
        )
    yield Finding("ok", "e-mail", "not needed yet: this version sends none")


def _firm(_now: datetime) -> Iterator[Finding]:
    firm = Firm.objects.filter(id=1).first()
    if firm is not None and firm.held:
        yield Finding(
            "look",
            "held",
            "this system came from a backup: nothing leaves it",
            "an owner releases it under Settings, once no other copy is at work",
        )
    if firm is not None and firm.is_demo:
        yield Finding(
            "note",
            "customers",
            "are invented: this is the demonstration firm",
            "an owner removes it on the page Today",
        )
    elif not Customer.objects.exists():
        yield Finding(
            "note",
            "customers",
            "there are none yet",
            "bring in a file on the page Data, or try the demonstration firm",
        )
    else:
        yield Finding("ok", "customers", f"{Customer.objects.count():,}")


def _work(now: datetime) -> Iterator[Finding]:
    waiting = Job.objects.filter(state=Job.State.WAITING, due_at__lt=now - WAITING_LONG).count()
    if waiting:
        yield Finding(
            "look",
            "background work",
            f"{waiting} pieces have been waiting for long",
            "keep treue serve running, without --no-worker",
        )
    failed = Job.objects.filter(state=Job.State.FAILED, finished_at__gte=now - LATELY)
    for kind, words in failed.order_by("-finished_at").values_list("kind", "words")[:3]:
        yield Finding(
            "look",
            "background work",
            f"{kind} failed: {words}",
            "treue serve prints what happened; try again on its page",
        )
    if not waiting and not failed.exists():
        yield Finding("ok", "background work", "nothing waits, and nothing failed lately")
    if not Customer.objects.exists():
        return
    run = rows_of("measuring.Run").filter(state="done").order_by("-finished_at").first()
    if run is None or run.finished_at is None:
        yield Finding("look", "daily cycle", "has not come to an end yet", "treue cycle")
    else:
        age = now - run.finished_at
        level: Level = "ok" if age < OLD_CYCLE else "look"
        yield Finding(
            level,
            "daily cycle",
            f"{_ago(age)}, from everything up to {run.as_of}",
            "" if level == "ok" else "keep treue serve running at night, or: treue cycle",
        )


def _backups(now: datetime) -> Iterator[Finding]:
    kept = [path for path in shelf.backups() if not path.name.startswith(shelf.UPGRADE)]
    if not kept:
        level: Level = "look" if Customer.objects.exists() else "note"
        yield Finding(
            level,
            "backups",
            "there is none in the home folder",
            "treue backup; treue serve makes one each night; copy them to another machine",
        )
        return
    age = now - shelf.made_at(kept[0])
    old = age > OLD_BACKUP
    yield Finding(
        "look" if old else "ok", "backups", f"the newest was made {_ago(age)}", "treue backup" if old else ""
    )
    yield from _encrypted(kept)
    asks = " --key FILE" if encryption.is_encrypted(kept[0]) else ""
    tried = max(
        (_tried_at(path) for path in shelf.backups()),
        default=None,
        key=lambda at: at.timestamp() if at else 0,
    )
    if tried is None:
        yield Finding(
            "look", "backups", "none was ever brought back to try it", f"treue restore {kept[0]} --try{asks}"
        )
    elif now - tried > OLD_TRIAL:
        yield Finding(
            "look", "backups", f"last tried {_ago(now - tried)}", f"treue restore {kept[0]} --try{asks}"
        )
    else:
        yield Finding("ok", "backups", f"one came back whole when it was tried {_ago(now - tried)}")


def _encrypted(kept: list[Path]) -> Iterator[Finding]:
    plain = [path for path in kept if not encryption.is_encrypted(path)]
    if not encryption.recipients():
        yield Finding(
            "note",
            "backups",
            "are not encrypted: whoever reads the file reads everything",
            "treue backup --new-key FILE",
        )
    elif plain:
        yield Finding(
            "look",
            "backups",
            f"{len(plain)} made before you encrypted them can be read by whoever has the file",
            f"delete them once a newer one was tried; the newest of them is {plain[0]}",
        )
    else:
        yield Finding("ok", "backups", "are encrypted")


def _tried_at(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(shelf.note_of(path).read_text("utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _log(_now: datetime) -> Iterator[Finding]:
    verdict = audit.verify()
    if verdict.first_bad is None:
        yield Finding("ok", "audit log", f"{verdict.entries:,} entries, as they were written")
    else:
        yield Finding(
            "look",
            "audit log",
            f"entry {verdict.first_bad} is not as it was written ({verdict.why})",
            "treue audit verify; compare with a backup",
        )


def _privacy(now: datetime) -> Iterator[Finding]:
    overdue = Request.objects.filter(closed_at=None, due_on__lt=now.date()).count()
    if overdue:
        yield Finding(
            "look",
            "privacy",
            f"{overdue} requests about a person's data are overdue",
            "answer them on the page Privacy",
        )
    asking = [rule.name for rule in retention.RULES if not retention.in_force(rule)]
    if asking and Customer.objects.exists():
        yield Finding(
            "note",
            "privacy",
            f"no period is chosen for: {', '.join(asking)}",
            "an owner keeps or changes the proposed ones on the page Privacy",
        )
    if Job.objects.filter(
        kind="erase-again", state__in=[Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED]
    ).exists():
        yield Finding(
            "look",
            "privacy",
            "customers may have to be erased again after a restore",
            "keep treue serve running: it does so first",
        )


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 1:
        return "within the last hour"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"


CHECKS: Final[tuple[Callable[[datetime], Iterator[Any]], ...]] = (
    _accounts,
    _door,
    _firm,
    _work,
    _backups,
    _log,
    _privacy,
)
