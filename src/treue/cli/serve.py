"""``treue serve``: the whole application on one machine, with nothing to configure."""

from __future__ import annotations

import signal
import tempfile
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treue.cli import options, output
from treue.cli.application import Home, open_application, prepare_database
from treue.cli.failure import DONE
from treue.kernel.errors import Refused, WrongArgument

if TYPE_CHECKING:
    from treue.app.core.worker import Worker

PORT = 8000
THREADS = 8
FORM_BYTES = 16 * 1024 * 1024
"""What a form may hold beside a file; without one it is smaller, see :mod:`treue.app.web.bodies`."""


def serve(
    *,
    home: Home = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on; others than this machine's need HTTPS in front.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="Port to listen on.", min=0, max=65535)
    ] = PORT,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Whether background work is done in here too.")
    ] = True,
    plain_http: Annotated[
        bool,
        typer.Option(
            "--plain-http", help="Let other machines in without HTTPS: passwords then travel readable."
        ),
    ] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read before the options are)
) -> int:
    """Start the application: pages, database and background work, on one machine."""
    open_application(home)
    check_safe(host, plain_http=plain_http)
    prepare_database()
    run_server(host, port, worker=worker, quiet=quiet)
    return DONE


def check_safe(host: str, *, plain_http: bool) -> None:
    """Refuse to let passwords travel readable, and settings under which nobody could log in.

    Parameters
    ----------
    host : str
        Where to listen.
    plain_http : bool
        Whether other machines may come without HTTPS all the same.

    Raises
    ------
    Refused
        When other machines could come, and not by HTTPS.
    WrongArgument
        When people are to come by HTTPS and no proxy could say that they do.
    """
    from django.conf import settings

    if settings.SECURE_SSL_REDIRECT and not settings.PROXIES:
        raise WrongArgument(
            "TREUE_HTTPS=True needs a proxy in front that speaks HTTPS and says so in X-Forwarded-Proto;"
            " set TREUE_PROXIES=1"
        )
    if not (is_own_machine(host) or settings.SECURE_SSL_REDIRECT or plain_http):
        raise Refused(
            f"host={host!r} lets other machines in without HTTPS, and passwords would travel readable; put a proxy"
            " with HTTPS in front and set TREUE_HTTPS=True and TREUE_PROXIES=1, or give --plain-http where the"
            " port stays on this machine all the same"
        )


def is_own_machine(host: str) -> bool:
    """Return whether a name or address is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def run_server(host: str, port: int, *, worker: bool, quiet: bool, also: tuple[str, ...] = ()) -> None:
    """Answer requests until the process is asked to end.

    Parameters
    ----------
    host, port : str and int
        Where to listen; port 0 takes a free one.
    worker : bool
        Whether background work is done in here too.
    quiet : bool
        Whether to print nothing.
    also : tuple of str
        Lines to print below the address.
    """
    from django.conf import settings
    from waitress.channel import HTTPChannel
    from waitress.server import create_server

    from treue.app.core.logs import spare_the_rest
    from treue.app.web.bodies import Refusal, Request
    from treue.app.wsgi import application

    spare_the_rest()
    HTTPChannel.parser_class, HTTPChannel.error_task_class = Request, Refusal
    try:
        # What is sent waits in the home folder, not in a folder that may be memory.
        tempfile.tempdir = settings.FILE_UPLOAD_TEMP_DIR
        server = create_server(
            application,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            # Without proxies of one's own nobody's word about a client is passed on.
            clear_untrusted_proxy_headers=not settings.PROXIES,
            max_request_body_size=settings.UPLOAD_BYTES + FORM_BYTES,
        )
    except OSError as error:
        raise WrongArgument(
            f"port={port} cannot be listened on: {error.strerror}; another program may use it, try --port {port + 1}"
        ) from error
    doing = _start_worker() if worker else None
    _end_on_signal(server)
    if not quiet:
        output.say(f"Treue      http://{host}:{server.effective_port}/")
        for line in (*_first_code(), *also):
            output.say(line)
        output.say("           Ctrl+C ends it.")
    try:
        server.run()
    finally:
        if doing is not None:
            doing.stop()
        server.close()


def _first_code() -> tuple[str, ...]:
    """Return what to say to whoever makes the first account, where strangers could."""
    from treue.app.core import first_code
    from treue.app.core.models import User

    if not first_code.is_asked() or User.objects.exists():
        return ()
    return (f"           The first account asks for the code {first_code.code()}.",)


def _start_worker() -> Worker:
    from treue.app.core.worker import Worker

    doing = Worker()
    threading.Thread(target=doing.run, name="worker", daemon=True).start()
    return doing


def _end_on_signal(server: Any) -> None:
    def end(_number: int, _frame: Any) -> None:
        # Waitress ends its loop on this, as on Ctrl+C.
        raise KeyboardInterrupt

    del server
    signal.signal(signal.SIGTERM, end)
