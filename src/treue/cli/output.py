"""What a person sees: tables and sentences on the output, progress on the error stream.

Colours and progress bars appear on a terminal only. Everything is written through :func:`write`, so
that a closed pipe ends the command quietly.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from treue.cli.failure import PipeClosedError, let_go_of_stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType
    from rich.progress import Progress

PATIENCE_SECONDS = 2.0
"""Work that is done sooner shows no progress bar."""

WIDTH_WITHOUT_TERMINAL = 1000
"""Lines in a file or a pipe are not cut to the width of a window."""


def write(text: str) -> None:
    """Write a text to the output.

    Raises
    ------
    PipeClosedError
        When whoever read the output has gone.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        let_go_of_stdout()
        raise PipeClosedError from error


def say(line: str = "") -> None:
    """Write one line, in plain letters."""
    write(f"{line}\n")


def note(line: str) -> None:
    """Write one line to the error stream: for people, beside a result for programs."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def show(*parts: RenderableType) -> None:
    """Write rich tables or styled texts; plain where the output is no terminal.

    Parameters
    ----------
    *parts : rich renderable
        One below the other.
    """
    from rich.console import Console

    terminal = sys.stdout.isatty()
    page = io.StringIO()
    console = Console(
        file=page,
        force_terminal=terminal,
        width=shutil.get_terminal_size().columns if terminal else WIDTH_WITHOUT_TERMINAL,
        highlight=False,
        soft_wrap=not terminal,
    )
    for part in parts:
        console.print(part)
    lines = page.getvalue().split("\n")
    write("\n".join(line.rstrip() for line in lines))


def write_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    title: str | None = None,
) -> None:
    """Write a table with a heading line.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : iterable of sequence of str
        Cells, taken literally.
    right : sequence of str, optional
        Headings of the columns that stand to the right (numbers).
    title : str, optional
        A line above.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_justify="left")
    for column in columns:
        table.add_column(
            Text(column),
            justify="right" if column in right else "left",
            no_wrap=column in right,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    if title:
        show(Text(title, style="bold"), table)
    else:
        show(table)


def write_json(value: Any) -> None:
    """Write a value as JSON that any program reads: UTF-8, no NaN."""
    write(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV with a heading line; nothing stands for null."""
    page = io.StringIO()
    writer = csv.DictWriter(page, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write(page.getvalue())


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "row was", "rows were"), counted(1200, "row was", "rows were")
    ('1 row was', '1,200 rows were')
    """
    return f"{number:,} {one if number == 1 else many}"


@contextmanager
def progress(
    *, quiet: bool, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[Callable[[str, float], None]]:
    """Show a progress bar while the block runs, once it has run for two seconds.

    Parameters
    ----------
    quiet : bool
        True shows none; neither does an error stream that is no terminal.
    patience_seconds : float
        How long the work may take without a bar.

    Yields
    ------
    callable
        Takes what is being done and how much of it is done (0 to 1).
    """
    if quiet or not sys.stderr.isatty():
        yield _nothing
        return
    bar = _LateBar()
    timer = threading.Timer(patience_seconds, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield bar.update
    finally:
        timer.cancel()
        bar.stop()


def _nothing(_what: str, _share: float) -> None:
    return


class _LateBar:
    """A progress bar that remembers what it was told before it was shown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._what, self._share = "working", 0.0
        self._bar: Progress | None = None
        self._task: Any = None
        self._over = False

    def start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._over:
                return
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._what, total=1.0)
            self._bar.update(self._task, completed=self._share)
            self._bar.start()

    def update(self, what: str, share: float) -> None:
        with self._lock:
            self._what, self._share = what, share
            if self._bar is not None:
                self._bar.update(self._task, description=what, completed=share)

    def stop(self) -> None:
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()
