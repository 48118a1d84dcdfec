"""The second half of ``treue demo``: the application with the invented firm in it."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

from treue.cli import output
from treue.cli.application import open_application, prepare_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME, ADDRESS = "Ines Holm", "ines@fjordkaffe.example"
FILL_SHARE = 0.4


def prepare(home: Path, tell: Callable[[str, float], None], language: str = "en") -> str:
    """Fill the application's home folder with the invented firm, measured and ready to be looked at.

    Parameters
    ----------
    home : Path
        The home folder; what is there already is kept.
    tell : callable
        Takes what is being done and the share done.
    language : {"en", "de", "nb"}
        Of a firm that is made now: what its customers were promised, and what new visitors read.

    Returns
    -------
    str
        A new password of the owner's account.
    """
    open_application(home)
    prepare_database()
    from treue.app.core import audit
    from treue.app.core.models import Firm
    from treue.app.customers import demo
    from treue.app.customers.models import Customer
    from treue.app.measuring.cycle import run_now

    if not Customer.objects.exists() or demo.half_made():
        Firm.the()
        Firm.objects.update(language=language)
        demo.fill(lambda what, share: tell(what, FILL_SHARE * share), by=audit.COMMAND)
    if Firm.the().run_id is None:
        run_now(lambda what, share: tell(what, FILL_SHARE + (1 - FILL_SHARE) * share), by=audit.COMMAND)
    return _owner()


def _owner() -> str:
    """Make the owner's account, or give it a new password; only the invented firm's account is touched."""
    from treue.app.core.models import Role, User

    password = "-".join(secrets.token_hex(2) for _ in range(4))
    user = User.objects.filter(email=ADDRESS).first()
    if user is None:
        User.objects.create_user(ADDRESS, password, name=NAME, role=Role.OWNER)
        return password
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def answers() -> bool:
    """Whether the first page is answered, without opening a connection."""
    from django.test import Client

    return Client(SERVER_NAME="localhost").get("/login/").status_code == 200


def announce(home: Path, password: str, port: int) -> tuple[str, ...]:
    """Return what to tell: how to log in, and how to start it again."""
    return (
        f"           Log in as {ADDRESS} with the password {password}",
        f"           Later: {_program()} serve --home {home} --port {port}",
    )


def _program() -> str:
    name = sys.argv[0]
    return name if name.endswith("treue") else "treue"


def tell_how_to_start(home: Path, password: str, port: int) -> None:
    """Say how the application is started, where nobody sits before the screen to stop it."""
    lines = announce(home, password, port)
    output.say(f"Pages      ready; start them: {_program()} serve --home {home} --port {port}")
    output.say(lines[0])
