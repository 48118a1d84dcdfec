"""What was measured beside what is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target: what was measured, what is asked, and whether it is met."""

    name: str
    measured: str
    target: str
    met: bool


def show(verdicts: list[Verdict], *, judged: bool) -> None:
    """Print what was measured beside what is asked."""
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    print()
    for verdict in verdicts:
        word = "met" if verdict.met else "MISSED"
        print(
            f"{verdict.name:<{width}}  {verdict.measured:>9}  {verdict.target:<14}  {word if judged else '–'}"
        )
