"""Parts of figures that a list of customers can be asked for, each with what it is called and what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from treue.kernel.language import message

if TYPE_CHECKING:
    Parts = dict[str, tuple[str, tuple[str | int, ...]]]

MOVED: Final[Parts] = {
    "up": (message("rose"), (1,)),
    "down": (message("fell or left it"), (-1,)),
}

STANDS: Final[Parts] = {
    "now": (message("a customer now"), ("now",)),
    "past": (message("a customer in the past"), ("past",)),
    "ever": (message("ever a customer"), ("now", "past")),
}
"""Choice to its name and the words that stand in the score."""

PERIOD: Final[Parts] = {
    "start": (message("a customer when it began"), ("kept", "lost")),
    "kept": (message("a customer when it began and when it ended"), ("kept",)),
    "lost": (message("a customer when it began, no longer when it ended"), ("lost",)),
    "won": (message("won in it"), ("won", "won_lost")),
    "won_lost": (message("won in it, and gone again when it ended"), ("won_lost",)),
    "back": (message("come back in it"), ("back", "back_lost")),
    "gone": (message("a customer in it, no longer when it ended"), ("lost", "won_lost", "back_lost")),
    "any": (
        message("a customer at any time of it"),
        ("kept", "lost", "won", "won_lost", "back", "back_lost"),
    ),
}
"""The period is that of the retention rate as it stands: the last full quarter, or month."""

ASKED: Final[Parts] = {"existing": (message("a customer then"), ("existing",))}

SILENCE: Final[Parts] = {
    "any": (message("at some time silent for longer than the window"), ("back", "open")),
    "back": (message("silent for longer than the window, and back since"), ("back",)),
    "open": (message("silent for longer than the window, and not back so far"), ("open",)),
}

PAYING: Final[Parts] = {
    "start": (message("paid when the time began"), ("same", "more", "less", "ended")),
    "end": (message("pays now"), ("same", "more", "less", "new", "returned")),
    "same": (message("pays the same as then"), ("same",)),
    "more": (message("pays more than then"), ("more",)),
    "less": (message("pays less than then"), ("less",)),
    "ended": (message("paid then, no longer now"), ("ended",)),
    "new": (message("pays since a day after it"), ("new",)),
    "returned": (message("pays again since a day after it"), ("returned",)),
}
"""The time is that of revenue retention: a year, or as many days as were observed."""
